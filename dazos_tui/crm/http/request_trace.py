"""How far one request has come, as the HTTP library reports it to its “trace” extension."""

from collections.abc import Awaitable, Callable

BeforeSend = Callable[[], Awaitable[object]]
"""Awaited once there is a connection, before the first byte of the request is sent. If it raises an error,
nothing is sent, and the request raises the same error."""


class RequestTrace:
    """Receives each event of a request, such as ``connection.start_tls.started``."""

    def __init__(
        self,
        on_request_sent: Callable[[], object] | None = None,
        before_send: BeforeSend | None = None,
    ) -> None:
        """Build a trace that calls `on_request_sent` each time a request has been sent."""
        self._on_request_sent = on_request_sent
        self._before_send = before_send
        self._last_event = ""

    async def __call__(self, event: str, _: object) -> None:
        """Handle the next event. The library goes on when this returns, and stops if it raises an error."""
        self._last_event = event
        # The events of making a connection begin with other words: whatever HTTP begins with, it is not sent.
        if self._before_send is not None and event.startswith("http"):
            before_send, self._before_send = self._before_send, None
            await before_send()
        if self._on_request_sent is not None and event.endswith(".send_request_body.complete"):
            self._on_request_sent()

    @property
    def has_failed_at_first_hop(self) -> bool:
        """Return whether TLS failed with the first machine on the way: the proxy, if there is one."""
        return self._last_event == "connection.start_tls.failed"
