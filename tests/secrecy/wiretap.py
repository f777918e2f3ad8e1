"""What goes over the wire between the app and the demo CRM, and answers put in the place of the CRM's own."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dazos_tui.demo.app import make_app

_MADE_UP = {
    "session cookie": rb"PHPSESSID=([0-9a-f]{32})",
    "CSRF token": rb"sid:([0-9a-f]{40}),",
    "API session": rb'sessionName"?[:=] ?"?([0-9a-f]{20})',
    "proof of the access key": rb"accessKey=([0-9a-f]{32})",
    "API challenge": rb'"token": ?"([0-9a-f]{13})"',
}
"""What server and client make up for each session, as it stands in a request or an answer."""

Form = dict[str, str]


@dataclass
class Wire:
    """All that was said, and what is to be said instead."""

    said: bytearray = field(default_factory=bytearray)
    watch: Callable[[str], None] = lambda _query: None
    """Told of the query of each request before it is answered."""
    _instead: list[tuple[str, Callable[[Form], Response]]] = field(default_factory=list)

    def tapped(self, app: ASGIApp) -> ASGIApp:
        """Return the application with somebody who listens."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            query = scope["query_string"].decode()
            self.said += b"\n".join([query.encode(), *(value for _, value in scope["headers"]), b""])
            self.watch(query)
            body = await _whole(receive)
            self.said += body + b"\n"
            given = self._given_instead(f"{query}&{body.decode()}", body)
            await (given or app)(scope, _again(body, receive), self._heard(send))

        return serve

    def instead(self, of: str, answer: Callable[[Form], Response]) -> None:
        """Answer the next request whose query or form holds `of` by this, made from its form."""
        self._instead.append((of, answer))

    def secrets(self) -> dict[str, str]:
        """Return what was made up for the sessions so far, by name."""
        return {
            f"{name} {number}": text.decode()
            for name, pattern in _MADE_UP.items()
            for number, text in enumerate(sorted(set(re.findall(pattern, self.said))))
        }

    def carried(self, secret: str) -> bool:
        """Tell whether a secret, or the half that is written alike everywhere, went over the wire at all."""
        return secret[len(secret) // 2 :].encode() in self.said

    def _given_instead(self, asked: str, body: bytes) -> Response | None:
        for place, (of, answer) in enumerate(self._instead):
            if of in asked:
                del self._instead[place]
                return answer({name: values[0] for name, values in parse_qs(body.decode()).items()})
        return None

    def _heard(self, send: Send) -> Send:
        async def listening(message: Message) -> None:
            self.said += b"\n".join(value for _, value in message.get("headers", []))
            self.said += b"\n" + message.get("body", b"")
            await send(message)

        return listening


def tap(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Listen to every demo CRM that is started from now on."""
    wire = Wire()
    monkeypatch.setattr("dazos_tui.demo.server.make_app", lambda world: wire.tapped(make_app(world)))
    return wire


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body that was read already, and then what else comes."""
    given = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def once_more() -> Message:
        return next(given, None) or await receive()

    return once_more
