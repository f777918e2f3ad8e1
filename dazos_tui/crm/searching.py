"""The search of the user list: what is asked, and whom the rows that come are."""

import json
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from dazos_tui.crm.models import UserRow
from dazos_tui.text import safe_text

LIKE_FIELDS = ("first_name", "last_name", "user_name", "email1")
"""Where a part of somebody's name or address is looked for."""

_LONGEST = 4_000
"""Characters of a search as it stands in an address: web servers take 8,000 in all, and at times less."""


def search_for(any_of: Iterable[tuple[str, str]], *, operator: str = "e") -> str:
    """Return a search for records where one of these fields is exactly its text, or contains it (“c”).

    As seen on a vtiger 8.0 server: two lists of conditions, all of the first and any of the second.
    """
    conditions = [[field, operator, text] for field, text in any_of]
    return json.dumps([conditions] if len(conditions) == 1 else [[], conditions])


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts in as few groups as fit into one search each."""
    batch: list[str] = []
    length = 0
    for text in texts:
        cost = len(quote(search_for([("user_name", text), ("email1", text)])))
        if batch and length + cost > _LONGEST:
            yield batch
            batch, length = [], 0
        batch.append(text)
        length += cost
    if batch:
        yield batch


def as_shown(text: str) -> str:
    """Return a text as rows show it, in small letters."""
    return safe_text(text).casefold()


def names_of(row: UserRow) -> set[str]:
    """Return user name and e-mail of a row in small letters; one it does not show is empty."""
    return {row.user.user_name.casefold(), row.user.email.casefold()}


def lacks_name(row: UserRow) -> bool:
    """Return whether a row lacks user name or e-mail, so that it may be of more texts than it shows."""
    return "" in names_of(row)


def is_settled(text: str, rows: Sequence[UserRow]) -> bool:
    """Return whether nobody else can be meant: by a user name that is somebody's, and no address."""
    return "@" not in text and any(row.user.user_name.casefold() == as_shown(text) for row in rows)
