"""The people of an instance whom a text names, such as a ticket: by e-mail, by user name, by full name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dazos_tui.crm.models import User
from dazos_tui.directory.pasted_email import emails_in
from dazos_tui.text.normalize import fold

MAX_ADDRESSES = 50
"""The most addresses of a text that are looked for."""
MAX_SEARCHES = 10
"""The most addresses of a text that the CRM is asked for while the list is incomplete."""
MAX_PEOPLE = 50
"""The most people of a text that are offered."""

_MAX_WORDS = 20_000
"""The most words of a text that are compared with names."""
_WORD = re.compile(r"\w+")
_USER_NAME = re.compile(r"\w[\w.+-]*\w")
_TELLING = re.compile(r"[\d._-]")
"""What a user name has that an ordinary word does not."""
_LONGEST_NAME = 5
"""The most words of a name."""


@dataclass(frozen=True, slots=True)
class NamedPeople:
    """The people that a text names, each once: first those by address, then by user name and name.

    `addresses` are all that are in the text, whether somebody here has them or not.
    """

    people: tuple[User, ...] = ()
    addresses: tuple[str, ...] = ()


def people_in_text(text: str, users: Iterable[User]) -> NamedPeople:
    """Return the people among `users` whom a text names.

    A name counts if it has two words or more, in the usual order or with the last name first, and if nobody
    of this name is named more exactly; a user name if it has a digit, dot, hyphen or underscore: others could
    be ordinary words.
    """
    addresses = emails_in(text)[:MAX_ADDRESSES]
    order = {address.casefold(): place for place, address in enumerate(addresses)}
    folded = fold(text)
    names, user_names = _phrases_in(folded), set(_USER_NAME.findall(folded))
    by_address: list[tuple[int, User]] = []
    by_user_name: list[User] = []
    by_name: list[User] = []
    for user in users:
        place = order.get(user.email.casefold()) if user.email else None
        if place is not None:
            by_address.append((place, user))
        elif _has_told_user_name(user, user_names):
            by_user_name.append(user)
        elif _has_name(user, names):
            by_name.append(user)
    by_address.sort(key=lambda found: found[0])
    certain = [*(user for _, user in by_address), *by_user_name]
    known_names = {fold(user.name) for user in certain}
    people = [*certain, *(user for user in by_name if fold(user.name) not in known_names)]
    return NamedPeople(tuple(people[:MAX_PEOPLE]), addresses)


def _phrases_in(folded: str) -> set[tuple[str, ...]]:
    """Return all runs of two to `_LONGEST_NAME` words."""
    words = _WORD.findall(folded)[:_MAX_WORDS]
    return {
        tuple(words[start : start + length])
        for length in range(2, _LONGEST_NAME + 1)
        for start in range(len(words) - length + 1)
    }


def _has_told_user_name(user: User, user_names: set[str]) -> bool:
    user_name = fold(user.user_name)
    return user_name in user_names and _TELLING.search(user_name) is not None


def _has_name(user: User, names: set[tuple[str, ...]]) -> bool:
    words = tuple(_WORD.findall(fold(user.name)))
    return len(words) > 1 and (words in names or (words[-1], *words[:-1]) in names)
