"""Finding out how the sign-in times of one instance are to be read."""

from asyncio import to_thread
from collections.abc import Callable, Sequence
from datetime import datetime

from dazos_tui.config import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import SignInRow
from dazos_tui.crm.sign_in_times import (
    DateFormat,
    Reckoning,
    UnreadableTime,
    calibrated,
    configured,
    readings,
)


async def reckoning_of(instance: Instance, client: CrmClient, clock: Callable[[], datetime]) -> Reckoning:
    """Return how times are read: as the own sign-in of this session stands there, else as configured.

    Asks the CRM twice: for the own sign-ins, unless the session is a browser's, and for everybody's, none of
    which may lie in the future. `clock` (UTC) serves where the server does not tell its time. Raises
    UnreadableTime if neither helps, CrmError.
    """
    rows: Sequence[SignInRow] = ()
    if client.signed_in_at is not None:
        rows = (await client.login_history(instance.username)).rows
    reckoning = await to_thread(_reckoning, instance, rows, client.signed_in_at)
    newest = await client.login_history()
    now = newest.server_time or clock()
    for row in newest.rows:
        if readings(row.signed_in):
            reckoning.spans(row.signed_in, now)
    return reckoning


def _reckoning(instance: Instance, rows: Sequence[SignInRow], moment: datetime | None) -> Reckoning:
    formats = (instance.date_format,) if instance.date_format is not None else tuple(DateFormat)
    plain = configured(instance.time_zone, formats) if instance.time_zone is not None else None
    own = _own(rows)
    if moment is not None and own is not None:
        found = calibrated(
            own.signed_in, moment, formats=formats, zones=plain.zones if plain is not None else None
        )
        if found is not None:
            return found
        if plain is not None and calibrated(own.signed_in, moment) is not None:
            raise UnreadableTime(
                f"the own sign-in ({own.signed_in}) does not fit the time_zone or date_format in the config"
            )
    if plain is not None:
        return plain
    raise UnreadableTime(_why_not(moment, own))


def _own(rows: Sequence[SignInRow]) -> SignInRow | None:
    """Return the row of the own session: the newest that has not ended.

    Where it is another's, of the same account and later, all times are taken for earlier than they were, and
    that proves nothing wrong.
    """
    if len({row.name for row in rows}) > 1:
        # Then the CRM did not look for the user name, and they are anybody's.
        return None
    return next((row for row in rows if not any(char.isdigit() for char in row.signed_out)), None)


def _why_not(moment: datetime | None, own: SignInRow | None) -> str:
    if moment is None:
        return "the session is a browser's, which signed in nobody knows when"
    if own is None:
        return "the own sign-in, by which the time zone could be told, does not stand there"
    return f"the own sign-in stands there as “{own.signed_in}”, which fits no time zone"
