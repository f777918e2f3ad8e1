"""Times as the history stores them: UTC, milliseconds, as text that sorts by time."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def format_time(moment: datetime) -> str:
    """Return a time as the history stores it: ``2026-11-23T13:37:00.123Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def format_local_time(moment: datetime) -> str:
    """Return an aware time for people, in the machine's own time zone, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def parse_time(stamp: str) -> datetime:
    """Return a stored time (UTC). Raises ValueError for one that the history never stores."""
    moment = datetime.fromisoformat(stamp)
    # At either end of the range, no time can be converted to another time zone.
    if moment.tzinfo is None or not 1 < moment.year < 9999:
        raise ValueError(stamp)
    return moment


def sort_key_of(stamp: str) -> int:
    """Return the milliseconds since 1970 of a stored time, 0 for one that the history never stores."""
    try:
        return round(parse_time(stamp).timestamp() * 1000)
    except ValueError:
        return 0
