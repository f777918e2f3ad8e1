"""Points and stretches of time as people type them: ``7d``, ``2026-11-01``, ``yesterday``, ``month``."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_AGE = re.compile(r"(\d{1,6})\s*([a-z]+)")
_UNITS = {
    "min": timedelta(minutes=1), "mins": timedelta(minutes=1), "minute": timedelta(minutes=1),
    "minutes": timedelta(minutes=1), "h": timedelta(hours=1), "hour": timedelta(hours=1),
    "hours": timedelta(hours=1), "d": timedelta(days=1), "day": timedelta(days=1), "days": timedelta(days=1),
    "w": timedelta(weeks=1), "week": timedelta(weeks=1), "weeks": timedelta(weeks=1),
}  # fmt: skip
_MONTHS_OF = {"mo": 1, "month": 1, "months": 1, "y": 12, "year": 12, "years": 12}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_YEAR = re.compile(r"\d{4}")

EXAMPLES = "7d, 2h, 2026-11-01, 2026-11, yesterday, monday, week or month"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time from `start` up to `end` (exclusive), both aware. A point has both the same."""

    start: datetime
    end: datetime

    @property
    def whole_days(self) -> "Period":
        """Return the period itself, or the local day of a point."""
        return self if self.start != self.end else _days(self.start.astimezone().date(), 1)


def parse_when(text: str, now: datetime) -> Period:
    """Return the time meant by an age, a day, a month, a year, a weekday (its latest) or an ISO time.

    Times without a zone are local. A lone ``m`` after a number is refused, since it could mean months or
    minutes. Raises ValueError with the rest of a sentence about `text`.
    """
    wanted = text.strip().lower()
    try:
        if age := _AGE.fullmatch(wanted):
            return _age(int(age[1]), age[2], now)
        return _named(wanted, now.astimezone().date()) or _written(text.strip())
    except (OverflowError, OSError):
        raise ValueError("is too long ago or too far ahead") from None


def _age(number: int, unit: str, now: datetime) -> Period:
    if unit == "m":
        raise ValueError(f"could mean months or minutes: use {number}mo or {number}min")
    if unit in _MONTHS_OF:
        then = _months_before(now.astimezone(), number * _MONTHS_OF[unit])
    elif unit in _UNITS:
        then = now - number * _UNITS[unit]
    else:
        raise ValueError(_unreadable())
    if then.year < 2:
        raise OverflowError
    return Period(then, then)


def _months_before(moment: datetime, months: int) -> datetime:
    first = _first_of_month(moment.date(), -months)
    last = _first_of_month(first, 1) - timedelta(days=1)
    day = first.replace(day=min(moment.day, last.day))
    return datetime.combine(day, moment.time()).astimezone()


def _first_of_month(day: date, months: int) -> date:
    """Return the first day of the month that is so many months after that of `day`."""
    number = day.year * 12 + day.month - 1 + months
    if number < 24:
        raise OverflowError
    return date(number // 12, number % 12 + 1, 1)


def _named(word: str, today: date) -> Period | None:
    word = re.sub(r"[\s_-]", "", word)
    if len(word) >= 3 and (days := [index for index, day in enumerate(_WEEKDAYS) if day.startswith(word)]):
        return _days(today - timedelta(days=(today.weekday() - days[0]) % 7), 1)
    period = _PERIODS.get(word.removeprefix("this"))
    return period(today) if period else None


def _written(text: str) -> Period:
    try:
        if _YEAR.fullmatch(text):
            return _months(date(int(text), 1, 1), 12)
        if month := _MONTH.fullmatch(text):
            return _months(date(int(month[1]), int(month[2]), 1), 1)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_unreadable()) from None
    if not 2 <= moment.year <= 9998:
        raise OverflowError
    if moment.time() == time() and len(text) <= len("2026-W47-1") and moment.tzinfo is None:
        return _days(moment.date(), 1)
    moment = moment.astimezone()
    return Period(moment, moment)


def _days(first: date, count: int) -> Period:
    return Period(_midnight(first), _midnight(first + timedelta(days=count)))


def _months(day: date, count: int) -> Period:
    return Period(_midnight(day.replace(day=1)), _midnight(_first_of_month(day, count)))


def _midnight(day: date) -> datetime:
    if not 2 <= day.year <= 9998:
        raise OverflowError
    return datetime.combine(day, time()).astimezone()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


_PERIODS: dict[str, Callable[[date], Period]] = {
    "today": lambda today: _days(today, 1),
    "yesterday": lambda today: _days(today - timedelta(days=1), 1),
    "week": lambda today: _days(_monday(today), 7),
    "lastweek": lambda today: _days(_monday(today) - timedelta(days=7), 7),
    "month": lambda today: _months(today, 1),
    "lastmonth": lambda today: _months(_first_of_month(today, -1), 1),
    "year": lambda today: _months(date(today.year, 1, 1), 12),
    "lastyear": lambda today: _months(date(today.year - 1, 1, 1), 12),
}


def _unreadable() -> str:
    return f"is not a time; examples are {EXAMPLES}"
