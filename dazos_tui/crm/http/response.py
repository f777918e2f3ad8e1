"""What came back over HTTP."""

from dataclasses import dataclass, field
from datetime import datetime

from dazos_tui.crm.http.retry_after import describe_retry_after, parse_http_date, retry_after_seconds


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: the status, the address it was asked at, where it redirects to, and its text."""

    status: int
    url: str = field(repr=False)
    location: str = field(repr=False)
    text: str = field(repr=False)
    date_header: str = field(default="", repr=False)
    retry_after_header: str = field(default="", repr=False)

    @property
    def server_time(self) -> datetime | None:
        """Return when the server answered, by its own clock, to the second and in UTC (HTTP header Date)."""
        return parse_http_date(self.date_header)

    @property
    def pause_seconds(self) -> float | None:
        """Return how many seconds the server asks to wait before the next request, or None."""
        return retry_after_seconds(self.status, self.retry_after_header, self.server_time)

    @property
    def pause_text(self) -> str:
        """Return a sentence with that pause, empty where the server names none."""
        return describe_retry_after(self.status, self.retry_after_header, self.server_time)

    @property
    def is_redirect(self) -> bool:
        """Tell whether the answer points elsewhere."""
        return 300 <= self.status < 400 and bool(self.location)
