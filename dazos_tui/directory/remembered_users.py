"""Remembered people as users: to show them, to keep them, and to see what a new reading changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from dazos_tui.crm.models import LISTED_STATUSES, Status, User
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.packed_people import PackedPeople, RememberedLines, entry_of
from dazos_tui.directory.query import parse_query
from dazos_tui.directory.remembered import ListSource, RememberedPeople, RememberedPerson
from dazos_tui.text.normalize import fold
from dazos_tui.text.packed_texts import decoded

_FACTS = {
    "name": "name", "user_name": "user name", "email": "e-mail", "role": "role", "status": "status",
}  # fmt: skip
"""The attributes of a user whose changes are shown, with their words."""

_STATUSES = {status.value: status for status in Status}


def to_user(person: RememberedPerson) -> User:
    """Return a remembered person as a user. Whether they are an administrator is not kept."""
    user_id, user_name, name, email, role, status = person
    return User(user_id, user_name, name, email, role, _STATUSES.get(status, Status.UNKNOWN), None)


def to_remembered(
    source: ListSource, read_at: datetime, keep_hours: int, directory: Directory
) -> RememberedPeople:
    """Return what is kept of a complete list, in its order."""
    return RememberedPeople(source, read_at, keep_hours, RememberedLines(directory.users))


class RememberedList:
    """A remembered list that can be searched: at once for a word, and wholly once its index is built."""

    def __init__(self, people: RememberedPeople) -> None:
        self._people = people

    @property
    def source(self) -> ListSource:
        """Return whose list it is."""
        return self._people.source

    @property
    def read_at(self) -> datetime:
        """Return when the list was read (UTC)."""
        return self._people.read_at

    @cached_property
    def directory(self) -> Directory:
        """Return everybody. For a long list this takes a while, so a thread builds it."""
        entries = (entry_of(to_user(person)) for person in self._people)
        return Directory(PackedPeople.mostly_in_order(entries))

    def directory_for(self, query: str, limit: int) -> Directory:
        """Return everybody if the index is built, else enough people to fill a screen with matches."""
        return self.directory if self.is_indexed else self._first_matches(query, limit)

    @property
    def is_indexed(self) -> bool:
        """Return whether everybody can be searched without a wait."""
        return "directory" in self.__dict__

    def _first_matches(self, query: str, limit: int) -> Directory:
        """Return some who may match a query, enough to fill a screen: the index is built of these only.

        They are the first `limit` people whose facts contain all words; without a word, of all.
        """
        words = [term.text for term in parse_query(query) if term.is_in_line]
        lines = self._people.lines
        if not words:
            found: Sequence[int] = range(min(limit, len(lines)))
        else:
            found = [row for row, line in enumerate(self._folded) if all(word in line for word in words)]
        return Directory.from_users(to_user(self._people[row]) for row in found[:limit])

    @cached_property
    def _folded(self) -> list[str]:
        return [fold(decoded(line)) for line in self._people.lines]


@dataclass(frozen=True)
class ListChanges:
    """How a list differs from the one read at `since`: people by record id, as they were before."""

    since: datetime
    new: frozenset[str] = frozenset()
    changed: Mapping[str, User] = field(default_factory=dict)
    gone: tuple[User, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)

    def facts_changed(self, user: User) -> list[tuple[str, str]]:
        """Return the name of each fact that changed for a person, and its value before."""
        before = self.changed.get(user.id)
        if before is None:
            return []
        return [
            (words, str(getattr(before, fact)))
            for fact, words in _FACTS.items()
            if getattr(before, fact) != getattr(user, fact)
        ]


class ListRenewal:
    """What a new reading makes of a remembered list: nobody's facts are from both."""

    def __init__(self, remembered: Directory, read_at: datetime) -> None:
        """Build it for the people of a list that was read at `read_at` (UTC)."""
        self.read_at = read_at
        self._before = remembered
        self._unread = set(remembered.ids)

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {decoded(user_id): row for row, user_id in enumerate(self._before.users.ids)}

    def is_remembered(self, user_id: str) -> bool:
        """Return whether a person's facts are still those of the remembered list."""
        return user_id in self._unread

    def completed(self, users: Sequence[User], *, is_partial: bool) -> Sequence[User]:
        """Return people who were just read, with what a partial answer lacks from the remembered list.

        That is the role, and the status where it is not known: both stay remembered until they are read.
        """
        if not is_partial:
            self._unread.difference_update(user.id for user in users)
            return users
        return [self._with_missing(user) if user.id in self._unread else user for user in users]

    def _with_missing(self, user: User) -> User:
        before = self._before.users[self._rows[user.id]]
        status = user.status if user.status in LISTED_STATUSES else before.status
        return replace(user, role=user.role or before.role, status=status)

    def changes(self, complete: Directory, ids: Collection[str]) -> ListChanges:
        """Return how the complete new list, with these record ids, differs from the old one."""
        before = {user.id: user for user in self._before.users.unlike(complete.users)}
        now = {user.id for user in complete.users.unlike(self._before.users)}
        return ListChanges(
            self.read_at,
            new=frozenset(now - before.keys()),
            changed={user_id: user for user_id, user in before.items() if user_id in now},
            gone=tuple(user for user in before.values() if user.id not in ids),
        )
