"""Times that cannot be: a clock that was wrong, here or on another machine, has dated rows of the history."""

from datetime import datetime, timedelta

_CLOSE = timedelta(minutes=1)
"""Clocks of two machines may differ by so much without being wrong."""


def is_ahead(then: datetime, now: datetime) -> bool:
    """Return whether a time in the past is dated later than now (both aware), so that a clock was wrong."""
    return then - now > _CLOSE


def ahead_words(then: datetime) -> str:
    """Return when such a time is, in words that continue “A link was asked for”; local, to the minute."""
    return f"at a time still to come ({then.astimezone():%Y-%m-%d %H:%M}: a clock was wrong)"
