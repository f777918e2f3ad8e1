"""An HTTP response, independent of the HTTP library."""

from dataclasses import dataclass, field
from datetime import datetime

from dazos_tui.crm.http.retry_after import (
    PAUSE_STATUSES,
    describe_retry_after,
    parse_http_date,
    retry_after_seconds,
)


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response: its status, the URL of its request, its redirect target, its text and two headers."""

    status: int
    url: str = field(repr=False)
    location: str = field(repr=False)
    text: str = field(repr=False)
    date_header: str = field(default="", repr=False)
    retry_after_header: str = field(default="", repr=False)

    @property
    def server_time(self) -> datetime | None:
        """Return when the server answered, by its own clock: in UTC, to the second (HTTP header Date)."""
        return parse_http_date(self.date_header)

    @property
    def pause_seconds(self) -> float | None:
        """Return how many seconds the server asks to wait before the next request, or None."""
        # Read with each response: that of nearly all says no more than their status.
        if self.status not in PAUSE_STATUSES:
            return None
        return retry_after_seconds(self.status, self.retry_after_header, self.server_time)

    @property
    def pause_text(self) -> str:
        """Return a sentence with that pause; empty if the server does not say how long."""
        return describe_retry_after(self.status, self.retry_after_header, self.server_time)

    @property
    def is_redirect(self) -> bool:
        """Return whether the response is a redirect."""
        return 300 <= self.status < 400 and bool(self.location)
