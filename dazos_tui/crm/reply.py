"""What came back over HTTP."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the address it was asked at, where it redirects to, and its text."""

    status: int
    url: str = field(repr=False)
    location: str = field(repr=False)
    text: str = field(repr=False)
    date: str = field(default="", repr=False)

    @property
    def server_time(self) -> datetime | None:
        """Return when the server answered, by its own clock, to the second and in UTC (HTTP header Date)."""
        # The library raises these two for what is no date, and OverflowError for years beyond all reckoning.
        with suppress(ValueError, TypeError, OverflowError):
            moment = parsedate_to_datetime(self.date)
            return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return None

    @property
    def redirects(self) -> bool:
        """Tell whether the answer points elsewhere."""
        return 300 <= self.status < 400 and bool(self.location)
