"""How far one request has come, as the HTTP library tells it by its “trace” extension."""

from collections.abc import Callable


class Steps:
    """Takes each step of a request, such as ``connection.start_tls.started``; calls `sent` when it left."""

    def __init__(self, sent: Callable[[], object] | None = None) -> None:
        self._sent = sent
        self._last = ""

    async def __call__(self, step: str, _: object) -> None:
        """Take the next step."""
        self._last = step
        if self._sent is not None and step.endswith(".send_request_body.complete"):
            self._sent()

    @property
    def ended_with_first_hop(self) -> bool:
        """Tell whether TLS failed with the first machine on the way: the proxy, if there is one."""
        return self._last == "connection.start_tls.failed"
