"""Times as the history stores them: UTC, milliseconds, as text that sorts by time."""

from datetime import UTC, datetime


def format_time(moment: datetime) -> str:
    """Return a time as the history stores it: ``2026-11-23T13:37:00.123Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
