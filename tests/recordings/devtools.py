"""What the network tab of a Chromium would save: a HAR file, and a request copied as cURL.

Both are written from the events of the DevTools protocol in the form that Chrome's own developer tools give
them (`HAREntry` and `generateCurlCommand` in the source of its front end).
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.recordings.chromium import BrowserPage, Chromium, Result

_SENSITIVE = frozenset({"cookie", "set-cookie", "authorization"})
"""Headers that Chrome leaves out of a HAR, unless one with sensitive data is asked for."""
_NOT_FOR_CURL = frozenset(
    {"accept-encoding", "host", "method", "path", "scheme", "version", "authority", "protocol"}
)
_BASH_SPECIAL = re.compile(r"[\0-\x1F\x7F-\x9F!]|'")


@dataclass
class NetworkEntry:
    """One request, as the events told of it."""

    request: Result
    wall_time: float
    started: float
    kind: str
    response: Result = field(default_factory=dict)
    sent_headers: dict[str, str] = field(default_factory=dict)
    received_headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    body_is_base64: bool = False
    ended: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that were sent, with cookies."""
        return self.sent_headers or self.request["headers"]


class NetworkTab:
    """Records what a page requests."""

    def __init__(self, browser: Chromium) -> None:
        self.entries: list[NetworkEntry] = []
        self._open: dict[str, NetworkEntry] = {}
        self._hops: dict[str, list[NetworkEntry]] = {}
        self._headers: dict[tuple[str, str], list[dict[str, str]]] = {}
        self._browser = browser
        self._pending = 0
        self.page: BrowserPage = browser.open_page(self._on_event)
        # As with “Preserve log”, bodies are fetched as soon as they are there: another page drops them.
        self.page.call("Network.enable", {"maxTotalBufferSize": 100_000_000})

    def settle(self) -> None:
        """Wait until all requests have ended and their bodies are here."""
        self._browser.wait_for(lambda: not self._pending and not self._open, "the network")

    def _on_event(self, method: str, params: Result) -> None:
        handle = getattr(self, f"_{method.partition('.')[2]}", None)
        if method.startswith("Network.") and handle is not None:
            handle(params)

    def _requestWillBeSent(self, params: Result) -> None:  # noqa: N802 - named by the protocol
        if params["request"]["url"].startswith("data:"):
            return
        if "redirectResponse" in params:
            entry = self._open.pop(params["requestId"])
            entry.response, entry.ended = params["redirectResponse"], params["timestamp"]
        entry = NetworkEntry(
            params["request"], params["wallTime"], params["timestamp"], params.get("type", "Other")
        )
        self._open[params["requestId"]] = entry
        self.entries.append(entry)
        self._hops.setdefault(params["requestId"], []).append(entry)
        self._assign_headers(params["requestId"])

    def _requestWillBeSentExtraInfo(self, params: Result) -> None:  # noqa: N802
        self._extra(params, "sent_headers")

    def _responseReceivedExtraInfo(self, params: Result) -> None:  # noqa: N802
        self._extra(params, "received_headers")

    def _extra(self, params: Result, name: str) -> None:
        """Keep the headers of one hop of a request; the hop itself may be announced earlier or later."""
        self._headers.setdefault((params["requestId"], name), []).append(params["headers"])
        self._assign_headers(params["requestId"])

    def _assign_headers(self, request_id: str) -> None:
        for name in ("sent_headers", "received_headers"):
            for entry, headers in zip(
                self._hops.get(request_id, []), self._headers.get((request_id, name), []), strict=False
            ):
                setattr(entry, name, headers)

    def _responseReceived(self, params: Result) -> None:  # noqa: N802
        if (entry := self._open.get(params["requestId"])) is not None:
            entry.response = params["response"]

    def _loadingFailed(self, params: Result) -> None:  # noqa: N802
        self._open.pop(params["requestId"], None)

    def _loadingFinished(self, params: Result) -> None:  # noqa: N802
        entry = self._open.pop(params["requestId"], None)
        if entry is None:
            return
        entry.ended = params["timestamp"]
        self._pending += 1

        def keep(answer: Result) -> None:
            self._pending -= 1
            if "result" in answer:
                entry.body, entry.body_is_base64 = answer["result"]["body"], answer["result"]["base64Encoded"]

        self.page.send("Network.getResponseBody", {"requestId": params["requestId"]}, keep)


def write_har(
    path: Path, entries: list[NetworkEntry], *, bodies: bool = True, sensitive: bool = True
) -> None:
    """Write a HAR file as “Save all as HAR” does; without `sensitive` data it is Chrome's sanitized one."""
    log = {
        "version": "1.2",
        "creator": {"name": "WebInspector", "version": "537.36"},
        "pages": [
            {
                "startedDateTime": _time(entries[0]),
                "id": "page_1",
                "title": entries[0].request["url"],
                "pageTimings": {"onContentLoad": 100.0, "onLoad": 120.0},
            }
        ],
        "entries": [_har_entry(entry, bodies=bodies, sensitive=sensitive) for entry in entries],
    }
    path.write_text(json.dumps({"log": log}, indent=2, ensure_ascii=False), encoding="utf-8")


def _time(entry: NetworkEntry) -> str:
    return datetime.fromtimestamp(entry.wall_time, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _har_entry(entry: NetworkEntry, *, bodies: bool, sensitive: bool) -> dict[str, Any]:
    took = max(0.0, (entry.ended - entry.started) * 1000)
    return {
        "_initiator": {"type": "other"},
        "_priority": "High",
        "_resourceType": entry.kind.lower(),
        "cache": {},
        "connection": "8421",
        "pageref": "page_1",
        "request": _har_request(entry, sensitive=sensitive),
        "response": _har_response(entry, bodies=bodies, sensitive=sensitive),
        "serverIPAddress": "127.0.0.1",
        "startedDateTime": _time(entry),
        "time": took,
        "timings": {
            "blocked": 0.5,
            "dns": -1,
            "ssl": -1,
            "connect": -1,
            "send": 0.1,
            "wait": took,
            "receive": 0.2,
        },
    }


def _har_request(entry: NetworkEntry, *, sensitive: bool) -> dict[str, Any]:
    request = entry.request
    har: dict[str, Any] = {
        "method": request["method"],
        "url": request["url"],
        "httpVersion": "HTTP/1.1",
        "headers": _har_headers(entry.headers, sensitive=sensitive),
        "queryString": _pairs(urlsplit(request["url"]).query),
        "cookies": _cookies(entry.headers) if sensitive else [],
        "headersSize": 700,
        "bodySize": len(request.get("postData", "")),
    }
    if "postData" in request:
        mime = _header(entry.headers, "content-type")
        har["postData"] = {"mimeType": mime, "text": request["postData"]}
        if mime.startswith("application/x-www-form-urlencoded"):
            # Names and values as they are in the body, still encoded.
            har["postData"]["params"] = [
                dict(zip(("name", "value"), part.partition("=")[::2], strict=True))
                for part in request["postData"].split("&")
            ]
    return har


def _har_response(entry: NetworkEntry, *, bodies: bool, sensitive: bool) -> dict[str, Any]:
    response = entry.response
    headers = entry.received_headers or response.get("headers", {})
    content: dict[str, Any] = {
        "size": len(entry.body or ""),
        "mimeType": response.get("mimeType", "x-unknown"),
    }
    if bodies and entry.body is not None:
        content["text"] = entry.body
        if entry.body_is_base64:
            content["encoding"] = "base64"
    return {
        "status": response.get("status", 0),
        "statusText": response.get("statusText", ""),
        "httpVersion": "HTTP/1.1",
        "headers": _har_headers(headers, sensitive=sensitive),
        "cookies": [],
        "content": content,
        "redirectURL": _header(headers, "location"),
        "headersSize": 300,
        "bodySize": len(entry.body or ""),
        "_transferSize": 300 + len(entry.body or ""),
        "_error": None,
        "_fetchedViaServiceWorker": False,
    }


def _har_headers(headers: dict[str, str], *, sensitive: bool) -> list[dict[str, str]]:
    return [
        {"name": name, "value": value}
        for name, value in headers.items()
        if sensitive or name.casefold() not in _SENSITIVE
    ]


def _header(headers: dict[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.casefold() == name), "")


def _pairs(query: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)]


def _cookies(headers: dict[str, str]) -> list[dict[str, str]]:
    parts = (part.strip().partition("=") for part in _header(headers, "cookie").split(";") if part.strip())
    return [{"name": name, "value": value} for name, _, value in parts]


def copy_as_curl(entry: NetworkEntry) -> str:
    """Return a request as “Copy as cURL (bash)” gives it."""
    request, data = entry.request, entry.request.get("postData")
    parts = [re.sub(r"[\[{}\]]", r"\\\g<0>", _bash(request["url"]))]
    ignored = _NOT_FOR_CURL | ({"content-length"} if data else frozenset())
    if request["method"] != ("POST" if data else "GET"):
        parts.append(f"-X {_bash(request['method'])}")
    for name, value in entry.headers.items():
        if name.casefold() in ignored:
            continue
        if name.casefold() == "cookie":
            parts.append(f"-b {_bash(value)}")
        else:
            parts.append(f"-H {_bash(f'{name}: {value}' if value.strip() else f'{name};')}")
    if data:
        parts.append(f"--data-raw {_bash(data)}")
    return "curl " + (" \\\n  " if len(parts) >= 3 else " ").join(parts)


def _bash(text: str) -> str:
    if not _BASH_SPECIAL.search(text):
        return f"'{text}'"
    quoted = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return "$'" + re.sub(r"[\0-\x1F\x7F-\x9F!]", lambda found: f"\\u{ord(found[0]):04x}", quoted) + "'"
