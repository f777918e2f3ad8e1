"""Records the traffic between the app and the demo CRM, and can replace the CRM's answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dazos_tui.demo.app import make_app

_GENERATED_SECRETS = {
    "session cookie": rb"PHPSESSID=([0-9a-f]{32})",
    "CSRF token": rb"sid:([0-9a-f]{40}),",
    "API session": rb'sessionName"?[:=] ?"?([0-9a-f]{20})',
    "proof of the access key": rb"accessKey=([0-9a-f]{32})",
    "API challenge": rb'"token": ?"([0-9a-f]{13})"',
}
"""Secrets that server and client generate for each session, as patterns of a request or an answer."""

Form = dict[str, str]


@dataclass
class Wire:
    """All traffic so far, and the answers that replace the CRM's own."""

    traffic: bytearray = field(default_factory=bytearray)
    watch: Callable[[str], None] = lambda _query: None
    """Called with the query of each request before it is answered."""
    _replacements: list[tuple[str, Callable[[Form], Response]]] = field(default_factory=list)

    def tapped(self, app: ASGIApp) -> ASGIApp:
        """Return the application with its traffic recorded."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            query = scope["query_string"].decode()
            self.traffic += b"\n".join([query.encode(), *(value for _, value in scope["headers"]), b""])
            self.watch(query)
            body = await _read_body(receive)
            self.traffic += body + b"\n"
            replacement = self._take_replacement(f"{query}&{body.decode()}", body)
            await (replacement or app)(scope, _replay(body, receive), self._recording(send))

        return serve

    def replace_answer(self, part: str, answer: Callable[[Form], Response]) -> None:
        """Use `answer`, called with the form, for the next request with `part` in its query or form."""
        self._replacements.append((part, answer))

    def secrets(self) -> dict[str, str]:
        """Return the secrets generated for the sessions so far, by name."""
        return {
            f"{name} {number}": text.decode()
            for name, pattern in _GENERATED_SECRETS.items()
            for number, text in enumerate(sorted(set(re.findall(pattern, self.traffic))))
        }

    def carried(self, secret: str) -> bool:
        """Return whether a secret was in the traffic at all, judging by its half that needs no escaping."""
        return secret[len(secret) // 2 :].encode() in self.traffic

    def _take_replacement(self, request: str, body: bytes) -> Response | None:
        for index, (part, answer) in enumerate(self._replacements):
            if part in request:
                del self._replacements[index]
                return answer({name: values[0] for name, values in parse_qs(body.decode()).items()})
        return None

    def _recording(self, send: Send) -> Send:
        async def record_and_send(message: Message) -> None:
            self.traffic += b"\n".join(value for _, value in message.get("headers", []))
            self.traffic += b"\n" + message.get("body", b"")
            await send(message)

        return record_and_send


def tap(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Record the traffic of every demo CRM that is started from now on."""
    wire = Wire()
    monkeypatch.setattr("dazos_tui.demo.server.make_app", lambda world: wire.tapped(make_app(world)))
    return wire


async def _read_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive function that first yields the body that was already read."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive_again() -> Message:
        return next(messages, None) or await receive()

    return receive_again
