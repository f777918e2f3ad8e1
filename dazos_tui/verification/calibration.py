"""Finding out the time zone and date format of one instance's sign-in times."""

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
    """Return how times are read: from this session's own sign-in in the history, else as configured.

    For a browser's session the time of its sign-in is unknown. The CRM is then asked for the account's time
    zone and date format, unless they are configured; otherwise for the account's own sign-ins. Last it is
    asked for everybody's sign-ins, none of which may be in the future. `clock` (UTC) is used where the server
    does not send its time. Raises UnreadableTimeError if none of this helps, CrmError.
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
    calibration = await to_thread(_calibrate_by_own_rows, plain, formats, own.rows, client.signed_in_at, now)
    newest = await client.fetch_login_history()
    _require_no_future_times(calibration, newest.rows, newest.server_time or clock())
    return calibration


def _require_no_future_times(
    calibration: TimeCalibration, rows: Sequence[LoginHistoryRow], now: datetime
) -> None:
    """Raise UnreadableTimeError if this calibration puts a sign-in into the future, unless any would."""
    plausible = [row for row in rows if not is_implausible(row.signed_in, now)]
    if rows and not plausible:
        example = safe_text(rows[0].signed_in, limit=40)
        raise UnreadableTimeError(f"none of the newest times, such as “{example}”, can be right")
    for row in plausible:
        calibration.possible_spans(row.signed_in, now)


async def _fetch_own_settings_or_empty(client: CrmClient) -> OwnSettings:
    """Return the own account's settings, as far as the CRM shows them; they may be empty."""
    with suppress(UnexpectedPageError, PermissionDeniedError):
        return await client.fetch_own_settings()
    return OwnSettings("", "")


def _zone_or_none(name: str) -> str | None:
    """Return the name if it is a time zone's, else None: a CRM in another language may show words instead."""
    with suppress(ValueError):
        load_time_zone(name)
        return name or None
    return None


def _date_formats(name: str | None) -> tuple[DateFormat, ...]:
    """Return the date format with this name, or all formats if the name is unknown."""
    return tuple(one for one in DateFormat if one == name) or tuple(DateFormat)


def _calibrate_by_own_rows(
    configured: TimeCalibration | None,
    formats: tuple[DateFormat, ...],
    rows: Sequence[LoginHistoryRow],
    signed_in_at: datetime | None,
    now: datetime,
) -> TimeCalibration:
    if len({row.name for row in rows}) > 1:
        # The CRM did not search for the user name, so these are anybody's.
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
    """Raise UnreadableTimeError if a row may be this session's in another time zone or format."""
    for index, row in enumerate(rows):
        found = calibrate(row.signed_in, signed_in_at)
        if found is not None and not _is_refuted(found, rows[:index], now):
            raise UnreadableTimeError(
                f"your own sign-in ({row.signed_in}) does not fit the time_zone or date_format in the config"
            )


def _possible_calibrations(
    rows: Sequence[LoginHistoryRow], calibrations: Sequence[TimeCalibration | None], now: datetime
) -> Sequence[TimeCalibration]:
    """Return the possible calibrations, assuming each row in turn to be this session's sign-in.

    A row marked as ended may still be this session's. But an older row is not if the rows above it would then
    be in the future.
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
        return "the session is a browser's, and it is not known when that signed in"
    if own is None:
        return "your own sign-in, which would show the time zone, is not in the login history"
    return f"your own sign-in is listed at “{own.signed_in}”, which fits no time zone"
