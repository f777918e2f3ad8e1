"""Makes a report of the requests that a check of an instance makes, and of their answers.

The format is described in docs/report.md.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dazos_tui import __version__
from dazos_tui.crm.dialect import Dialect
from dazos_tui.crm.http.exchange import Exchange
from dazos_tui.reports.pages import ListRow, shape_page
from dazos_tui.reports.shapes import RECORD_NAMES, RecordNumbers, Shaper
from dazos_tui.reports.vocabulary import shape_identifier

FORMAT = "dazos-tui report 1"
_MAX_CHARACTERS = 1_000_000
_MAX_TAGS = 20_000
_MAX_EXCHANGES = 400
_PAGE_NUMBER = re.compile(r"\bpage=[0-9]+")
_MAX_COMPARED = 4_000
"""Lines of a page that is compared with another: for more, it could take minutes."""
_MIN_RUN = 4
"""Lines that are replaced by a reference at least: fewer are easier to read as they are."""

_HEADER_NAMES = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "accept-ranges",
        "age",
        "allow",
        "alt-svc",
        "authorization",
        "cache-control",
        "connection",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-security-policy",
        "content-type",
        "cookie",
        "date",
        "etag",
        "expires",
        "host",
        "keep-alive",
        "last-modified",
        "link",
        "location",
        "origin",
        "pragma",
        "referer",
        "referrer-policy",
        "retry-after",
        "server",
        "set-cookie",
        "strict-transport-security",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "vary",
        "via",
        "www-authenticate",
        "x-content-type-options",
        "x-csrf-token",
        "x-frame-options",
        "x-pjax",
        "x-powered-by",
        "x-requested-with",
        "x-xss-protection",
    }
)
_MEDIA_TYPES = frozenset(
    {
        "text/html",
        "text/json",
        "text/plain",
        "application/json",
        "application/xhtml+xml",
        "text/javascript",
    }
)
_COOKIE_ATTRIBUTES = frozenset(
    {
        "domain",
        "expires",
        "httponly",
        "max-age",
        "path",
        "samesite",
        "secure",
        "partitioned",
    }
)


@dataclass(slots=True)
class ReportRecorder:
    """Collects the exchanges of one instance, each shaped at once: nothing personal is kept."""

    base_url: str = field(repr=False)
    dialect: Dialect = field(repr=False)
    _records: RecordNumbers = field(default_factory=RecordNumbers, repr=False)
    _exchanges: list[dict[str, Any]] = field(default_factory=list, repr=False)
    _row_names: dict[str, str] = field(default_factory=dict, repr=False)
    _first_alike: dict[str, tuple[int, list[Any]]] = field(default_factory=dict, repr=False)
    """Index and lines of the first exchange of each address, whatever its page number."""
    _steps: list[dict[str, Any]] = field(default_factory=list, repr=False)
    _stage: int = 0
    _left_out: int = 0

    def add(self, exchange: Exchange) -> None:
        """Add one request and its answer."""
        if len(self._exchanges) >= _MAX_EXCHANGES:
            self._left_out += 1
            return
        recorded = self._request(exchange) | self._response(exchange)
        lines = recorded["body"]["lines"]
        first = self._first_alike.setdefault(_without_page(recorded), (len(self._exchanges), lines))
        if first[0] < len(self._exchanges):
            recorded["body"]["lines"] = _changed_lines(*first, lines)
        if exchange.method != "GET":
            self._stage += 1
        self._exchanges.append(recorded)

    def add_step(self, step: str, *, ok: bool, error: Exception | None = None) -> None:
        """Add the result of one step of the check: its name, whether it passed, the kind of its error."""
        kind = {} if error is None else {"error": type(error).__name__}
        self._steps.append({"step": step, "ok": ok, **kind})

    def report(self) -> dict[str, Any]:
        """Return the report, as JSON data."""
        return {
            "format": FORMAT,
            "made by": f"dazos-tui {__version__}",
            "doctor": self._steps,
            "exchanges": self._exchanges,
            "rows": {name: json.loads(lines) for lines, name in self._row_names.items()},
            "left out": self._left_out,
        }

    def text(self) -> str:
        """Return the report as the text of a file."""
        return json.dumps(self.report(), indent=1, ensure_ascii=False) + "\n"

    @property
    def summary(self) -> str:
        """Return in words how much is in the report."""
        return (
            f"{len(self._steps)} steps, {len(self._exchanges)} requests with the structure of their answers"
        )

    @property
    def _shaper(self) -> Shaper:
        return Shaper(self.base_url, self.dialect, self._records)

    def _request(self, exchange: Exchange) -> dict[str, Any]:
        query = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
        for name, value in query:
            if name.lower() in RECORD_NAMES:
                self._records.add(value)
        return {
            "stage": self._stage,
            "method": exchange.method if exchange.method in {"GET", "POST", "PUT", "PATCH"} else "OTHER",
            "url": self._shaper.url(exchange.url),
            "fields": [shape_identifier(name) for name in exchange.field_names],
            "request headers": _header_names(exchange.request_headers),
        }

    def _response(self, exchange: Exchange) -> dict[str, Any]:
        headers = exchange.response_headers
        return {
            "status": exchange.status,
            "response headers": _header_names(name for name, _ in headers),
            "content type": _media_type(headers),
            "location": next((self._shaper.url(value) for name, value in headers if name == "location"), ""),
            "cookies": [self._cookie(value) for name, value in headers if name == "set-cookie"],
            "body": self._body(exchange.text),
        }

    def _cookie(self, line: str) -> dict[str, Any]:
        first, *attributes = line.split(";")
        given = {name.strip().lower(): value for name, _, value in (one.partition("=") for one in attributes)}
        domain = given.get("domain", "").strip().lstrip(".").lower()
        host = (urlsplit(self.base_url).hostname or "").lower()
        is_other = bool(domain) and host != domain and not host.endswith(f".{domain}")
        name = re.sub(r"[^A-Za-z0-9_-]", "", shape_identifier(first.partition("=")[0].strip()))
        return {
            "name": name or "x",
            "attributes": sorted(_COOKIE_ATTRIBUTES & {*given}) + (["other domain"] if is_other else []),
        }

    def _body(self, text: str) -> dict[str, Any]:
        if len(text) > _MAX_CHARACTERS or text.count("<") > _MAX_TAGS:
            return {"kind": "left out", "lines": []}
        content = self._shaper.json(text) if text.lstrip()[:1] in {"{", "["} else None
        if content is not None:
            return {"kind": "json", "lines": [content]}
        return {"kind": "html", "lines": self._lines(shape_page(text, self._shaper))}

    def _lines(self, items: Iterable[str | ListRow]) -> list[Any]:
        lines: list[Any] = []
        for item in items:
            if isinstance(item, str):
                lines.append(item)
                continue
            known = json.dumps(item.lines)
            name = self._row_names.setdefault(known, f"row {len(self._row_names) + 1}")
            if lines and isinstance(lines[-1], dict) and lines[-1]["row"] == name:
                lines[-1]["records"].append(item.record)
            else:
                lines.append({"row": name, "records": [item.record]})
        return lines


def _without_page(recorded: dict[str, Any]) -> str:
    return f"{recorded['body']['kind']} {_PAGE_NUMBER.sub('', recorded['url'])}"


def _changed_lines(index: int, known: list[Any], lines: list[Any]) -> list[Any]:
    """Return lines in which each run that the exchange `index` has too is a reference to it."""
    if max(len(known), len(lines)) > _MAX_COMPARED:
        return lines
    old, new = ([json.dumps(line) for line in one] for one in (known, lines))
    changed: list[Any] = []
    for kind, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal" and end - start >= _MIN_RUN:
            changed.append({"same as": index, "from": start, "to": end})
        else:
            changed += lines[first:last]
    return changed


def _header_names(names: Iterable[str]) -> list[str]:
    return sorted({name.lower() if name.lower() in _HEADER_NAMES else "x-other" for name in names})


def _media_type(headers: Iterable[tuple[str, str]]) -> str:
    given = next((value for name, value in headers if name == "content-type"), "")
    media = given.partition(";")[0].strip().lower()
    return media if media in _MEDIA_TYPES else "" if not given else "other"
