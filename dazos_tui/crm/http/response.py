"""What came back over HTTP."""

from dataclasses import dataclass, field
from datetime import datetime

from dazos_tui.crm.http.retry_after import http_date, pause_asked, pause_words


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the address it was asked at, where it redirects to, and its text."""

    status: int
    url: str = field(repr=False)
    location: str = field(repr=False)
    text: str = field(repr=False)
    date: str = field(default="", repr=False)
    retry_after: str = field(default="", repr=False)

    @property
    def server_time(self) -> datetime | None:
        """Return when the server answered, by its own clock, to the second and in UTC (HTTP header Date)."""
        return http_date(self.date)

    @property
    def pause(self) -> float | None:
        """Return how many seconds the server asks to wait before the next request, or None."""
        return pause_asked(self.status, self.retry_after, self.server_time)

    @property
    def pause_words(self) -> str:
        """Return a sentence with that pause, empty where the server names none."""
        return pause_words(self.status, self.retry_after, self.server_time)

    @property
    def redirects(self) -> bool:
        """Tell whether the answer points elsewhere."""
        return 300 <= self.status < 400 and bool(self.location)
