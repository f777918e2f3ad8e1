"""Impossible times in the history, written while a clock was wrong, here or on another machine."""

from datetime import datetime, timedelta

_TOLERANCE = timedelta(minutes=1)
"""How much the clocks of two machines may differ without being wrong."""


def is_clock_ahead(then: datetime, now: datetime) -> bool:
    """Return whether a past time is later than now (both aware), so that a clock must have been wrong."""
    return then - now > _TOLERANCE


def duration(seconds: int) -> str:
    """Return a number of seconds, at least 60, as ``14 min``, ``2 h 58`` or ``3 d``, rounded down."""
    minutes = seconds // 60
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    if hours >= 24:
        return f"{hours // 24} d"
    return f"{hours} h {rest:02}" if rest else f"{hours} h"


def describe_ahead(then: datetime) -> str:
    """Return a phrase for such a time that continues “A link was requested”; local, to the minute."""
    return f"at a time in the future ({then.astimezone():%Y-%m-%d %H:%M}: a clock was wrong)"
