"""The people of one instance as an immutable collection that can be searched."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.query import Record, Term, parse_query


@dataclass(frozen=True)
class Directory:
    """People in the order of their names, each record id once."""

    _records: tuple[Record, ...] = ()

    @classmethod
    def of(cls, users: Iterable[User]) -> "Directory":
        """Make a directory of these people."""
        return cls().adding(users)

    def adding(self, users: Iterable[User]) -> "Directory":
        """Return a directory with these people too. Somebody already in it is replaced by the newer row."""
        records = {record.user.id: record for record in self._records}
        records |= {user.id: Record.of(user) for user in users}
        return Directory(tuple(sorted(records.values(), key=_by_name)))

    def keeping(self, ids: Collection[str]) -> "Directory":
        """Return a directory of those alone whose record ids are given."""
        return Directory(tuple(record for record in self._records if record.user.id in ids))

    def __len__(self) -> int:
        return len(self._records)

    @cached_property
    def users(self) -> tuple[User, ...]:
        """Return everybody."""
        return tuple(record.user for record in self._records)

    def count(self, status: Status) -> int:
        """Return how many accounts have this status."""
        return sum(user.status is status for user in self.users)

    def matching(self, query: str) -> Sequence[User]:
        """Return the people `query` asks for, the likeliest first; everybody if it is empty.

        First come those whose user name or e-mail is exactly what was typed, then those whose name or user
        name starts with it, then all others; each group in the order of names.
        """
        terms = parse_query(query)
        if not terms:
            return self.users
        found = [record for record in self._records if all(term.matches(record) for term in terms)]
        found.sort(key=lambda record: _rank(record, terms))
        return tuple(record.user for record in found)


def _by_name(record: Record) -> tuple[str, str, str]:
    return record.name, record.user_name, record.user.id


def _rank(record: Record, terms: tuple[Term, ...]) -> int:
    first = next((term.text for term in terms if not term.field and not term.exclude), "")
    if first in {record.user_name, record.email}:
        return 0
    return 1 if record.name.startswith(first) or record.user_name.startswith(first) else 2
