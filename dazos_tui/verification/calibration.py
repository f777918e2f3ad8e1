"""Finding out how the sign-in times of one instance are to be read."""

from asyncio import to_thread
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import PermissionDenied, UnexpectedPage
from dazos_tui.crm.login_times import (
    DateFormat,
    Reckoning,
    UnreadableTime,
    calibrated,
    configured,
    is_odd,
    merged,
    zone_of,
)
from dazos_tui.crm.models import LoginHistory, OwnSettings, SignInRow
from dazos_tui.text.sanitize import safe_text


async def reckoning_of(instance: Instance, client: CrmClient, clock: Callable[[], datetime]) -> Reckoning:
    """Return how times are read: as the own sign-in of this session stands there, else as configured.

    If the session is a browser's, nobody knows when it signed in: then the CRM is asked for the time zone and
    date format of the account, unless they are configured. Else it is asked for the own sign-ins. Last it is
    asked for everybody's, none of which may lie in the future. `clock` (UTC) serves where the server does not
    tell its time. Raises UnreadableTime if none of that helps, CrmError.
    """
    own = LoginHistory((), None)
    zone, formats = instance.time_zone, _formats(instance.date_format)
    if client.signed_in_at is not None:
        own = await client.login_history(instance.username)
    elif zone is None:
        settings = await _own_settings(client)
        zone, formats = (
            _known_zone(settings.time_zone),
            _formats(instance.date_format or settings.date_format),
        )
    plain = configured(zone, formats) if zone is not None else None
    now = own.server_time or clock()
    reckoning = await to_thread(_reckoning, plain, formats, own.rows, client.signed_in_at, now)
    newest = await client.login_history()
    _try_out(reckoning, newest.rows, newest.server_time or clock())
    return reckoning


def _try_out(reckoning: Reckoning, rows: Sequence[SignInRow], now: datetime) -> None:
    """Raise UnreadableTime if by this reckoning a sign-in lies in the future, unless it does by any."""
    sound = [row for row in rows if not is_odd(row.signed_in, now)]
    if rows and not sound:
        example = safe_text(rows[0].signed_in, limit=40)
        raise UnreadableTime(f"not one of the newest times, such as “{example}”, can be right")
    for row in sound:
        reckoning.spans(row.signed_in, now)


async def _own_settings(client: CrmClient) -> OwnSettings:
    """Return what the CRM tells of the own account's settings, which may be nothing."""
    with suppress(UnexpectedPage, PermissionDenied):
        return await client.own_settings()
    return OwnSettings("", "")


def _known_zone(name: str) -> str | None:
    """Return the name if it is that of a time zone: a CRM in another language may show words instead."""
    with suppress(ValueError):
        zone_of(name)
        return name or None
    return None


def _formats(name: str | None) -> tuple[DateFormat, ...]:
    """Return the one date format that a name is of, else all."""
    return tuple(one for one in DateFormat if one == name) or tuple(DateFormat)


def _reckoning(
    plain: Reckoning | None,
    formats: tuple[DateFormat, ...],
    rows: Sequence[SignInRow],
    moment: datetime | None,
    now: datetime,
) -> Reckoning:
    if len({row.name for row in rows}) > 1:
        # Then the CRM did not look for the user name, and they are anybody's.
        rows = ()
    if moment is not None and rows:
        zones = plain.zones if plain is not None else None
        found = [calibrated(row.signed_in, moment, formats=formats, zones=zones) for row in rows]
        fitting = _possible(rows, found, now)
        if fitting:
            return merged(fitting)
        if plain is not None:
            _refuse_strange(rows, moment, now)
    if plain is not None:
        return plain
    raise UnreadableTime(_why_not(moment, rows))


def _refuse_strange(rows: Sequence[SignInRow], moment: datetime, now: datetime) -> None:
    """Raise UnreadableTime if a row may be that of this session, in another time zone or format."""
    for index, row in enumerate(rows):
        found = calibrated(row.signed_in, moment)
        if found is not None and not _is_refuted(found, rows[:index], now):
            raise UnreadableTime(
                f"the own sign-in ({row.signed_in}) does not fit the time_zone or date_format in the config"
            )


def _possible(
    rows: Sequence[SignInRow], found: Sequence[Reckoning | None], now: datetime
) -> Sequence[Reckoning]:
    """Return how times may be read, each row being taken for that of this session in turn.

    Whether a row is marked as ended tells nothing about whose it is. But an older one is not this session's
    if those above it would be in the future then.
    """
    fitting = [(index, one) for index, one in enumerate(found) if one is not None]
    possible = [one for index, one in fitting if not _is_refuted(one, rows[:index], now)]
    return possible or [one for _, one in fitting]


def _is_refuted(reckoning: Reckoning, rows: Sequence[SignInRow], now: datetime) -> bool:
    try:
        for row in rows:
            if not is_odd(row.signed_in, now):
                reckoning.spans(row.signed_in, now)
    except UnreadableTime:
        return True
    return False


def _why_not(moment: datetime | None, rows: Sequence[SignInRow]) -> str:
    own = next((row for row in rows if not any(char.isdigit() for char in row.signed_out)), None)
    if moment is None:
        return "the session is a browser's, which signed in nobody knows when"
    if own is None:
        return "the own sign-in, by which the time zone could be told, does not stand there"
    return f"the own sign-in stands there as “{own.signed_in}”, which fits no time zone"
