"""Points in time as users type them."""

import re
from datetime import datetime, timedelta

_AGO = re.compile(r"(\d{1,6})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the time meant by an age such as ``2h``, ``3d`` or ``1w``, or by an ISO date or time.

    A date or time without a zone is local. Raises ValueError.
    """
    wanted = text.strip()
    if ago := _AGO.fullmatch(wanted.lower()):
        try:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise ValueError("is too long ago") from None
    try:
        return datetime.fromisoformat(wanted).astimezone()
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            "is neither an ISO date or time, such as 2026-11-23, nor an age, such as 2h, 3d, 1w"
        ) from None
