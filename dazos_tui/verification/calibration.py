"""Finding out how the sign-in times of one instance are to be read."""

from asyncio import to_thread
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import PermissionDeniedError, UnexpectedPageError
from dazos_tui.crm.login_times import (
    DateFormat,
    TimeCalibration,
    UnreadableTimeError,
    calibrate,
    calibration_for_zone,
    is_implausible,
    load_time_zone,
    merge_calibrations,
)
from dazos_tui.crm.models import LoginHistory, LoginHistoryRow, OwnSettings
from dazos_tui.text.sanitize import safe_text


async def calibrate_instance(
    instance: Instance, client: CrmClient, clock: Callable[[], datetime]
) -> TimeCalibration:
    """Return how times are read: as the own sign-in of this session stands there, else as configured.

    If the session is a browser's, nobody knows when it signed in: then the CRM is asked for the time zone and
    date format of the account, unless they are configured. Else it is asked for the own sign-ins. Last it is
    asked for everybody's, none of which may lie in the future. `clock` (UTC) serves where the server does not
    tell its time. Raises UnreadableTimeError if none of that helps, CrmError.
    """
    own = LoginHistory((), None)
    zone, formats = instance.time_zone, _date_formats(instance.date_format)
    if client.signed_in_at is not None:
        own = await client.fetch_login_history(instance.username)
    elif zone is None:
        settings = await _fetch_own_settings_or_empty(client)
        zone, formats = (
            _zone_or_none(settings.time_zone),
            _date_formats(instance.date_format or settings.date_format),
        )
    plain = calibration_for_zone(zone, formats) if zone is not None else None
    now = own.server_time or clock()
    reckoning = await to_thread(_calibrate_by_own_rows, plain, formats, own.rows, client.signed_in_at, now)
    newest = await client.fetch_login_history()
    _require_no_future_times(reckoning, newest.rows, newest.server_time or clock())
    return reckoning


def _require_no_future_times(
    calibration: TimeCalibration, rows: Sequence[LoginHistoryRow], now: datetime
) -> None:
    """Raise UnreadableTimeError if by this reckoning a sign-in lies in the future, unless it does by any."""
    sound = [row for row in rows if not is_implausible(row.signed_in, now)]
    if rows and not sound:
        example = safe_text(rows[0].signed_in, limit=40)
        raise UnreadableTimeError(f"not one of the newest times, such as “{example}”, can be right")
    for row in sound:
        calibration.possible_spans(row.signed_in, now)


async def _fetch_own_settings_or_empty(client: CrmClient) -> OwnSettings:
    """Return what the CRM tells of the own account's settings, which may be nothing."""
    with suppress(UnexpectedPageError, PermissionDeniedError):
        return await client.fetch_own_settings()
    return OwnSettings("", "")


def _zone_or_none(name: str) -> str | None:
    """Return the name if it is that of a time zone: a CRM in another language may show words instead."""
    with suppress(ValueError):
        load_time_zone(name)
        return name or None
    return None


def _date_formats(name: str | None) -> tuple[DateFormat, ...]:
    """Return the one date format that a name is of, else all."""
    return tuple(one for one in DateFormat if one == name) or tuple(DateFormat)


def _calibrate_by_own_rows(
    configured: TimeCalibration | None,
    formats: tuple[DateFormat, ...],
    rows: Sequence[LoginHistoryRow],
    signed_in_at: datetime | None,
    now: datetime,
) -> TimeCalibration:
    if len({row.name for row in rows}) > 1:
        # Then the CRM did not look for the user name, and they are anybody's.
        rows = ()
    if signed_in_at is not None and rows:
        zones = configured.zones if configured is not None else None
        found = [calibrate(row.signed_in, signed_in_at, formats=formats, zones=zones) for row in rows]
        fitting = _possible_calibrations(rows, found, now)
        if fitting:
            return merge_calibrations(fitting)
        if configured is not None:
            _require_matching_config(rows, signed_in_at, now)
    if configured is not None:
        return configured
    raise UnreadableTimeError(_failure_reason(signed_in_at, rows))


def _require_matching_config(rows: Sequence[LoginHistoryRow], signed_in_at: datetime, now: datetime) -> None:
    """Raise UnreadableTimeError if a row may be that of this session, in another time zone or format."""
    for index, row in enumerate(rows):
        found = calibrate(row.signed_in, signed_in_at)
        if found is not None and not _is_refuted(found, rows[:index], now):
            raise UnreadableTimeError(
                f"the own sign-in ({row.signed_in}) does not fit the time_zone or date_format in the config"
            )


def _possible_calibrations(
    rows: Sequence[LoginHistoryRow], calibrations: Sequence[TimeCalibration | None], now: datetime
) -> Sequence[TimeCalibration]:
    """Return how times may be read, each row being taken for that of this session in turn.

    Whether a row is marked as ended tells nothing about whose it is. But an older one is not this session's
    if those above it would be in the future then.
    """
    fitting = [(index, one) for index, one in enumerate(calibrations) if one is not None]
    possible = [one for index, one in fitting if not _is_refuted(one, rows[:index], now)]
    return possible or [one for _, one in fitting]


def _is_refuted(calibration: TimeCalibration, rows: Sequence[LoginHistoryRow], now: datetime) -> bool:
    try:
        for row in rows:
            if not is_implausible(row.signed_in, now):
                calibration.possible_spans(row.signed_in, now)
    except UnreadableTimeError:
        return True
    return False


def _failure_reason(signed_in_at: datetime | None, rows: Sequence[LoginHistoryRow]) -> str:
    own = next((row for row in rows if not any(char.isdigit() for char in row.signed_out)), None)
    if signed_in_at is None:
        return "the session is a browser's, which signed in nobody knows when"
    if own is None:
        return "the own sign-in, by which the time zone could be told, does not stand there"
    return f"the own sign-in stands there as “{own.signed_in}”, which fits no time zone"
