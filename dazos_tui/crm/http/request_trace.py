"""How far one request has come, as the HTTP library reports it to its “trace” extension."""

from collections.abc import Callable
from typing import Protocol

_BEFORE_HTTP = frozenset({"connection", "proxy", "socks"})
"""The first words of httpcore's events of making a connection (httpcore 1.0, Extensions, trace)."""


class Preparation(Protocol):
    """What has to be done before a request leaves. It goes on while the connection is being made."""

    def begin(self) -> None:
        """Begin, unless it has begun. Called with every event until the first one of HTTP."""

    async def wait(self) -> None:
        """Begin, unless it has begun, and wait until it is done.

        If this raises an error, nothing is sent, and the request raises the same error.
        """


class RequestTrace:
    """Receives each event of a request, such as ``connection.start_tls.started``."""

    def __init__(
        self,
        on_request_sent: Callable[[], object] | None = None,
        preparation: Preparation | None = None,
    ) -> None:
        """Build a trace that calls `on_request_sent` each time a request has been sent."""
        self._on_request_sent = on_request_sent
        self._preparation = preparation
        self._last_event = ""

    async def __call__(self, event: str, _: object) -> None:
        """Handle the next event. The library goes on when this returns, and stops if it raises an error."""
        self._last_event = event
        if self._preparation is not None:
            self._preparation.begin()
            # Anything else may be HTTP.
            if event.partition(".")[0] not in _BEFORE_HTTP:
                preparation, self._preparation = self._preparation, None
                await preparation.wait()
        if self._on_request_sent is not None and event.endswith(".send_request_body.complete"):
            self._on_request_sent()

    @property
    def has_failed_at_first_hop(self) -> bool:
        """Return whether TLS failed with the first machine on the way: the proxy, if there is one."""
        return self._last_event == "connection.start_tls.failed"
