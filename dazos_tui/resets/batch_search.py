"""Finding the people whom a file names: few by the CRM's own search, many in one reading of the list."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.errors import PermissionDeniedError
from dazos_tui.crm.models import User
from dazos_tui.crm.reader import UserListReader
from dazos_tui.resets.batch_plan import FoundPerson, match_people
from dazos_tui.resets.people_file import IdentifierKind, WantedPerson
from dazos_tui.resets.record_id import user_with_record_id

T = TypeVar("T")

MAX_SEARCHED = 100
"""The most people who are looked for with the CRM's search, which takes some twenty names a request."""


class ReadWithRenewal(Protocol):
    """Calls a reading function, once more after a new sign-in if the session had ended."""

    def __call__(self, read: Callable[[], Awaitable[T]], /) -> Awaitable[T]:
        """Return the result of `read`. Raises CrmError."""


async def find_people(
    client: CrmClient,
    wanted: Sequence[WantedPerson],
    read: ReadWithRenewal,
    on_progress: Callable[[int, int | None], object] = lambda known, total: None,
) -> list[FoundPerson]:
    """Return for each named person the users who match.

    Nobody is missed because a list was incomplete: who is not in the list is looked for with the search, and
    everybody is if the list has gaps, or lacks a column in which the text may be somebody else's.
    `on_progress` gets how many people of the list are known, and how many there are (None: not known yet).
    Raises CrmError.
    """
    users: dict[str, User] = {}
    if len(wanted) > MAX_SEARCHED or not client.has_server_search:
        reader = UserListReader(client)
        await read(partial(reader.read_into, users, on_progress))
        if not reader.is_complete:
            users.clear()
    listed = match_people(wanted, users.values())
    hides_names = client.has_server_search and _hides_names(users.values())
    unclear = [
        one.wanted
        for one in listed
        if not one.candidates or (hides_names and one.wanted.kind is IdentifierKind.ANY)
    ]
    found, denied = await read(partial(_search, client, unclear))
    people = match_people(wanted, (users | found).values())
    return [replace(person, problem=denied.get(person.wanted.text, "")) for person in people]


def _hides_names(users: Collection[User]) -> bool:
    """Return whether the list lacks user names, which everybody has, or e-mails: a text may be another's."""
    return not all(user.user_name for user in users) or not any(user.email for user in users)


async def _search(
    client: CrmClient, wanted: Sequence[WantedPerson]
) -> tuple[dict[str, User], dict[str, str]]:
    """Return by record id the users who have one of these texts as e-mail, user name or record id.

    Beside them, by text: why the user with this record id may not be read.
    """
    named = (text for one in wanted for text in (one.text, one.written) if text)
    texts = list(dict.fromkeys(named))
    found = {row.user.id: row.user for rows in await client.find_exact_many(texts) for row in rows}
    denied: dict[str, str] = {}
    may_be_ids = {one.text for one in wanted if one.kind in {IdentifierKind.ANY, IdentifierKind.RECORD_ID}}
    for text in texts:
        if text in may_be_ids and text not in found:
            try:
                user = await user_with_record_id(client, text)
            except PermissionDeniedError as error:
                denied[text] = str(error)
                continue
            found |= {user.id: user} if user is not None else {}
    return found, denied
