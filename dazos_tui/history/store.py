"""The history on disk: one SQLite file, safe to share between processes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from dazos_tui.history.models import Entry, Outcome, Request


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


class HistoryError(Exception):
    """The history cannot be read or written: `str(error)` says what happened, `error.advice` what to do."""

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class HistoryStore:
    """The record of resets in one file. Made on first use."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        raise NotImplementedError

    def begin(self, request: Request) -> Entry:
        """Record that a reset is about to be asked for. It is on disk when this returns."""
        raise NotImplementedError

    def finish(self, entry_id: int, outcome: Outcome, message: str) -> Entry:
        """Record what became of it. It is on disk when this returns."""
        raise NotImplementedError

    def search(
        self,
        query: str = "",
        *,
        instance: str | None = None,
        since: datetime | None = None,
        outcome: Outcome | None = None,
        limit: int | None = None,
    ) -> list[Entry]:
        """Return the matching entries, newest first. Every word of `query` must be in one of the row's texts."""
        raise NotImplementedError

    def last_reset(self, instance: str, user_id: str) -> Entry | None:
        """Return the newest entry for this person, whatever its outcome."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file."""
        raise NotImplementedError
