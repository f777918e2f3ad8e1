"""Times that cannot be: a clock that was wrong, here or on another machine, has dated rows of the history."""

from datetime import datetime, timedelta

_TOLERANCE = timedelta(minutes=1)
"""Clocks of two machines may differ by so much without being wrong."""


def is_clock_ahead(then: datetime, now: datetime) -> bool:
    """Return whether a time in the past is dated later than now (both aware), so that a clock was wrong."""
    return then - now > _TOLERANCE


def duration(seconds: int) -> str:
    """Return a number of seconds, from 60 on, as ``14 min``, ``2 h 58`` or ``3 d``: whole units, cut off."""
    minutes = seconds // 60
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    if hours >= 24:
        return f"{hours // 24} d"
    return f"{hours} h {rest:02}" if rest else f"{hours} h"


def describe_ahead(then: datetime) -> str:
    """Return when such a time is, in words that continue “A link was asked for”; local, to the minute."""
    return f"at a time still to come ({then.astimezone():%Y-%m-%d %H:%M}: a clock was wrong)"
