"""Which moments a time in the login history may mean. Pure functions; no I/O except time-zone data.

A vtiger 8.0 server writes these times in the time zone and date format of the signed-in account, and names
neither. Both can be derived from the row of this tool's own sign-in, whose moment is known: only few time
zones had just that local time then. What remains ambiguous stays so: a time may mean several moments.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cache

from dazos_tui.text.sanitize import safe_text

MAX_OWN_SIGN_IN_OFFSET = timedelta(minutes=3)
"""How far the row of the own sign-in may be from its moment: a code had to be typed, and clocks differ."""
_MAX_UTC_OFFSET = timedelta(hours=15)
"""No time zone is that far from UTC: the farthest are 14 hours ahead and 12 behind."""
_FUTURE_TOLERANCE = timedelta(minutes=2)
"""How far ahead of the server's own clock a sign-in may seem to be."""

_WRITTEN_TIME = re.compile(
    r"([0-9]{1,4})([-./])([0-9]{1,2})\2([0-9]{1,4}),?\s+"
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:\s*([AaPp])\.?[Mm]\.?)?"
)


_DATE_FORMAT = re.compile(r"(dd|mm|yyyy)([-./])(dd|mm)\2(dd|mm|yyyy)")


class DateFormat(StrEnum):
    """How the CRM writes dates: one of the three orders that vtiger offers, with any separator.

    vtiger 8 offers each with “-”, “.” and “/” (include/fields/DateTimeField.php): all three are understood.
    """

    MONTH_FIRST = "mm-dd-yyyy"
    DAY_FIRST = "dd-mm-yyyy"
    YEAR_FIRST = "yyyy-mm-dd"

    @classmethod
    def _missing_(cls, value: object) -> "DateFormat | None":
        """Return the order of a format written with other separators, or in capitals."""
        if not isinstance(value, str):
            return None
        found = _DATE_FORMAT.fullmatch(value.strip().lower())
        order = "-".join(found.group(1, 3, 4)) if found is not None else ""
        return next((one for one in cls if one.value == order), None)


class UnreadableTimeError(Exception):
    """A time of the login history cannot be that of a sign-in: `str(error)` says why."""


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """When a sign-in may have been: from `start` (UTC) on, for the length of the smallest written unit."""

    start: datetime
    length: timedelta

    @property
    def end(self) -> datetime:
        """Return the first moment after the span."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class TimeCalibration:
    """How the times of one instance are read: in one of these formats, in one of these time zones.

    `clock_ahead` is how far the clock that writes them is ahead of the server's.
    """

    formats: tuple[DateFormat, ...]
    zones: tuple[tzinfo, ...]
    clock_ahead: timedelta = timedelta(0)

    def possible_spans(self, written: str, now: datetime) -> tuple[TimeSpan, ...]:
        """Return the spans that a time may mean, earliest first, none of them after `now`.

        `now` is the server's time (UTC). Raises UnreadableTimeError if there is no such span.
        """
        found = parse_written_time(written)
        if not found:
            raise UnreadableTimeError(
                f"the time “{safe_text(written, limit=40)}” is written in an unknown way"
            )
        fitting = [span for date_format, span in found.items() if date_format in self.formats]
        if not fitting:
            formats = " or ".join(self.formats)
            raise UnreadableTimeError(
                f"the time “{safe_text(written, limit=40)}” is not written as {formats}"
            )
        moments = {
            (at - self.clock_ahead, span.length)
            for span in fitting
            for zone in self.zones
            for at in _utc_moments(span.start, zone)
        }
        spans = tuple(TimeSpan(*moment) for moment in sorted(moments) if moment[0] <= now + _FUTURE_TOLERANCE)
        if not spans:
            raise UnreadableTimeError(f"the time “{safe_text(written, limit=40)}” would be in the future")
        return spans


def parse_written_time(written: str) -> dict[DateFormat, TimeSpan]:
    """Return each way to read a time, without a time zone yet; empty if it is not a time."""
    found = _WRITTEN_TIME.fullmatch(written.strip())
    hour = _parse_hour(found[5], found[8]) if found is not None else None
    if found is None or hour is None:
        return {}
    first, second, third = found[1], found[3], found[4]
    orders = {
        DateFormat.MONTH_FIRST: (third, first, second),
        DateFormat.DAY_FIRST: (third, second, first),
        DateFormat.YEAR_FIRST: (first, second, third),
    }
    length = timedelta(seconds=1) if found[7] else timedelta(minutes=1)
    time = hour, int(found[6]), int(found[7] or 0)
    starts = {one: _parse_start(parts, time) for one, parts in orders.items()}
    return {one: TimeSpan(start, length) for one, start in starts.items() if start is not None}


def is_implausible(written: str, now: datetime) -> bool:
    """Return whether no sign-in can have this time at `now` (UTC), in any time zone and format."""
    starts = [span.start.replace(tzinfo=UTC) for span in parse_written_time(written).values()]
    return not starts or min(starts) - now > _MAX_UTC_OFFSET


def calibrate(
    written: str,
    moment: datetime,
    *,
    formats: Iterable[DateFormat] = DateFormat,
    zones: Iterable[tzinfo] | None = None,
) -> TimeCalibration | None:
    """Return how to read times, given one that was `written` and whose `moment` (UTC) is known.

    Only these formats and zones are considered; `zones` None means all. Returns None if none of them fits,
    so that another moment must have been written. The first call takes a seventh of a second.
    """
    candidates = _all_zones() if zones is None else tuple(zones)
    fitting: dict[DateFormat, list[tzinfo]] = {}
    distances: set[timedelta] = set()
    for date_format, span in parse_written_time(written).items():
        is_near = abs(span.start.replace(tzinfo=UTC) - moment) <= _MAX_UTC_OFFSET
        for zone in candidates if is_near and date_format in formats else ():
            near = [
                at - moment
                for at in _utc_moments(span.start, zone)
                if abs(at - moment) <= MAX_OWN_SIGN_IN_OFFSET
            ]
            if near:
                fitting.setdefault(date_format, []).append(zone)
                distances.update(near)
    if not fitting:
        return None
    all_zones = dict.fromkeys(zone for some in fitting.values() for zone in some)
    return TimeCalibration(
        tuple(fitting), tuple(all_zones), max(timedelta(0), _round_up_to_minutes(max(distances)))
    )


def merge_calibrations(calibrations: Sequence[TimeCalibration]) -> TimeCalibration:
    """Return a calibration by which a time may mean all that it may mean by any of these (at least one)."""
    formats = dict.fromkeys(date_format for each in calibrations for date_format in each.formats)
    zones = dict.fromkeys(zone for each in calibrations for zone in each.zones)
    return TimeCalibration(tuple(formats), tuple(zones), max(each.clock_ahead for each in calibrations))


def calibration_for_zone(time_zone: str, formats: Iterable[DateFormat] = DateFormat) -> TimeCalibration:
    """Return how to read times of this time zone (IANA name). Raises ValueError if there is no such zone."""
    return TimeCalibration(tuple(formats), (load_time_zone(time_zone),))


def load_time_zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name. Raises ValueError if this machine knows none of that name."""
    # Imported late: every command reads the config.
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("is not a time zone that this machine knows") from None


def _parse_hour(text: str, half: str | None) -> int | None:
    """Return the hour from 0 to 23, or None if there is no such hour."""
    hour = int(text)
    if half is None:
        return hour if hour < 24 else None
    return hour % 12 + (12 if half in "Pp" else 0) if 1 <= hour <= 12 else None


def _parse_start(date: tuple[str, str, str], time: tuple[int, int, int]) -> datetime | None:
    (year, month, day), (hour, minute, second) = date, time
    if len(year) != 4 or len(day) > 2:
        return None
    try:
        return datetime(  # noqa: DTZ001 - the zone is not known yet
            int(year), int(month), int(day), hour, minute, second
        )
    except ValueError:
        return None


def _utc_moments(local: datetime, zone: tzinfo) -> list[datetime]:
    """Return the moments (UTC) of this local time: two in the hour that is repeated when clocks go back."""
    try:
        return [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    except OverflowError:
        return []


def _round_up_to_minutes(distance: timedelta) -> timedelta:
    """Return the distance rounded up to minutes, which is the precision of times without seconds."""
    return timedelta(minutes=-(-distance // timedelta(minutes=1)))


@cache
def _all_zones() -> tuple[tzinfo, ...]:
    """Return every time zone that this machine knows, by name."""
    from zoneinfo import ZoneInfo, available_timezones

    return tuple(ZoneInfo(name) for name in sorted(available_timezones()))
