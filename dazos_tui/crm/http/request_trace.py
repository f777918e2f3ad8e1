"""How far one request has come, as the HTTP library reports it to its “trace” extension."""

from collections.abc import Callable


class RequestTrace:
    """Receives each event of a request, such as ``connection.start_tls.started``."""

    def __init__(self, on_request_sent: Callable[[], object] | None = None) -> None:
        """Build a trace that calls `on_request_sent` each time a request has been sent."""
        self._on_request_sent = on_request_sent
        self._last_event = ""

    async def __call__(self, event: str, _: object) -> None:
        """Handle the next event."""
        self._last_event = event
        if self._on_request_sent is not None and event.endswith(".send_request_body.complete"):
            self._on_request_sent()

    @property
    def has_failed_at_first_hop(self) -> bool:
        """Return whether TLS failed with the first machine on the way: the proxy, if there is one."""
        return self._last_event == "connection.start_tls.failed"
