"""Serves the pages of a report, so that an instance nobody here has becomes a regression test.

A report (docs/report.md) has the requests of one check of an instance, in their order, each with the
structure of its answer. A visitor who makes the same requests gets the same answers: any user name and
password sign in if they did in the report.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from dazos_tui.demo.errors import DemoError
from dazos_tui.demo.server import AppServer

REPORT_FORMAT = "dazos-tui report 1"
_MARK = re.compile(r"\{([0-9]+)\}")
_SHAPE = re.compile(r"[Xx0@.,:;'()/!? -]*(?:\.\.\.)?|\{[0-9]+\}")
_OTHER_DOMAIN = "crm.example.com"


@dataclass(frozen=True)
class RecordedAnswer:
    """One request of a report and its answer."""

    stage: int
    """How many forms had been posted before this request."""
    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    status: int
    location: str
    content_type: str
    cookies: tuple[dict[str, Any], ...]
    body: str

    def fits(self, method: str, path: str, parameters: dict[str, str]) -> int | None:
        """Return how many parameters of a request are those recorded, or None if it is another request.

        A shape in the report fits every value, and a shaped name every other name.
        """
        known = [(name, value) for name, value in self.parameters if name in parameters]
        others = [name for name, _ in self.parameters if name not in parameters]
        same = sum(parameters[name] == value for name, value in known)
        is_same_request = (
            (method, path) == (self.method, self.path)
            and len(parameters) == len(self.parameters)
            and all("xxxx" in name.lower() or "x0" in name for name in others)
            and all(parameters[name] == value or _SHAPE.fullmatch(value) for name, value in known)
        )
        return same if is_same_request else None

    def text(self, parameters: dict[str, str]) -> str:
        """Return the body for a request with these parameters: the record that it asks for is in it."""
        asked = {
            mark[1]: parameters[name]
            for name, value in self.parameters
            if (mark := _MARK.fullmatch(value)) and name in parameters
        }
        return _MARK.sub(lambda mark: asked.get(mark[1], mark[1]), self.body)


@dataclass
class _Visitor:
    stage: int = 0
    seen: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """How often each request was made, by the index of its first answer."""


class ReportReplay:
    """The web application that serves a report's pages. Each visitor is recognised by a cookie."""

    def __init__(self, report: dict[str, Any]) -> None:
        """Build the application from a report's JSON data. Raises DemoError if it is not one."""
        self.answers = read_answers(report)
        self._visitors: dict[str, _Visitor] = {}
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        visitor = next(
            (self._visitors[value] for value in request.cookies.values() if value in self._visitors), None
        )
        response = self._respond(request, visitor or _Visitor())
        await response(scope, receive, send)

    def _respond(self, request: Request, visitor: _Visitor) -> Response:
        parameters = dict(parse_qsl(request.url.query, keep_blank_values=True))
        answer = self._find(visitor, request.method, request.url.path.lstrip("/"), parameters)
        if request.method != "GET":
            visitor.stage += 1
        if answer is None:
            return PlainTextResponse("The report does not have this request.", 404)
        headers = {"content-type": answer.content_type}
        if answer.location:
            headers["location"] = _MARK.sub(r"\1", answer.location)
        response = Response(answer.text(parameters), answer.status, headers)
        for cookie in answer.cookies:
            self._set_cookie(response, cookie, visitor)
        return response

    def _find(
        self, visitor: _Visitor, method: str, path: str, parameters: dict[str, str]
    ) -> RecordedAnswer | None:
        """Return the answer that the report has for the n-th such request of a visitor, or its last one."""
        scores = [(answer.fits(method, path, parameters), answer) for answer in self.answers]
        fitting = [(score, index) for index, (score, _) in enumerate(scores) if score is not None]
        stages = [self.answers[index].stage for _, index in fitting]
        if not fitting:
            return None
        stage = max((one for one in stages if one <= visitor.stage), default=min(stages))
        now = [(score, index) for score, index in fitting if self.answers[index].stage == stage]
        best = max(score for score, _ in now)
        indexes = [index for score, index in now if score == best]
        place = visitor.seen[indexes[0]]
        visitor.seen[indexes[0]] += 1
        return self.answers[indexes[min(place, len(indexes) - 1)]]

    def _set_cookie(self, response: Response, cookie: dict[str, Any], visitor: _Visitor) -> None:
        value, attributes = f"visitor{next(self._numbers)}", cookie["attributes"]
        self._visitors[value] = visitor
        response.set_cookie(
            cookie["name"],
            value,
            path="/",
            httponly="httponly" in attributes,
            secure="secure" in attributes,
            domain=_OTHER_DOMAIN if "other domain" in attributes else None,
            max_age=1800 if "max-age" in attributes else None,
            expires=1800 if "expires" in attributes else None,
        )


class ReportServer:
    """A report's pages, served on 127.0.0.1 while this context manager is open."""

    def __init__(self, report: dict[str, Any], port: int = 0) -> None:
        """Build a server for a report's JSON data. Raises DemoError if it is not one."""
        self._app = ReportReplay(report)
        self._server = AppServer(port)

    @property
    def url(self) -> str:
        """The address of the instance that is served, ending in a slash."""
        return f"{self._server.url}/"

    def __enter__(self) -> Self:
        self._server.start(self._app)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


def read_report(path: Path) -> dict[str, Any]:
    """Return the report in a file. Raises DemoError if it is not one."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise DemoError(f"{path} is not a report: {problem}") from problem
    read_answers(report)
    return dict(report)


def read_answers(report: dict[str, Any]) -> list[RecordedAnswer]:
    """Return the answers that a report has, in their order. Raises DemoError if it is not a report."""
    if not isinstance(report, dict) or report.get("format") != REPORT_FORMAT:
        raise DemoError(f"This is not a report of the format “{REPORT_FORMAT}”.")
    try:
        return [_read_answer(report, exchange) for exchange in report["exchanges"]]
    except (KeyError, IndexError, TypeError, AttributeError) as problem:
        raise DemoError(f"The report is damaged: {problem!r}.") from problem


def _read_answer(report: dict[str, Any], exchange: dict[str, Any]) -> RecordedAnswer:
    path, _, query = exchange["url"].partition("?")
    kind = exchange["content type"]
    return RecordedAnswer(
        stage=exchange["stage"],
        method=exchange["method"],
        path=path.partition("#")[0],
        parameters=tuple(parse_qsl(query.partition("#")[0], keep_blank_values=True)),
        status=exchange["status"],
        location=exchange["location"],
        content_type=f"{kind}; charset=utf-8" if "/" in kind else "text/html; charset=utf-8",
        cookies=tuple(exchange["cookies"]),
        body=_body(report, exchange["body"]),
    )


def _body(report: dict[str, Any], body: dict[str, Any]) -> str:
    lines = []
    for line in _whole_lines(report, body["lines"]):
        if isinstance(line, str):
            lines.append(line)
        else:
            row = "\n".join(report["rows"][line["row"]])
            lines += [row.replace("{record}", f"{{{record}}}") for record in line["records"]]
    return "\n".join(lines)


def _whole_lines(report: dict[str, Any], lines: list[Any]) -> Iterator[Any]:
    """Yield lines with each reference replaced by the lines of the exchange that it refers to."""
    for line in lines:
        if isinstance(line, dict) and "same as" in line:
            other = report["exchanges"][line["same as"]]["body"]["lines"]
            yield from other[line["from"] : line["to"]]
        else:
            yield line
