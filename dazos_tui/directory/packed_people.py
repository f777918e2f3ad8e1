"""Many people in little memory: what is searched, what is shown, and what few values they share.

A person takes some hundred bytes instead of five hundred, and a `User` is made only of those who are looked
at.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import add, itemgetter
from typing import NamedTuple, overload

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.value_column import ValueColumn
from dazos_tui.text.normalize import fold
from dazos_tui.text.packed_texts import PackedTexts, decoded, encoded

SEPARATOR = "\x1f"
"""A character that occurs in no text, since the CRM's text has no control characters, and sorts first."""

_TAB = "\t"
_FIELDS = 4
"""The fields of a person that are a text of their own: record id, user name, name, e-mail."""


class Kind(NamedTuple):
    """What many people have in common."""

    role: str
    folded_role: str
    status: Status
    admin: bool | None


Entry = tuple[bytes, bytes, Kind]
"""A person as they are packed: the search line, the fields of their own, and what others have too."""


def search_line(name: str, user_name: str, email: str) -> bytes:
    """Return a person's search line, encoded.

    It has a separator before, between and after the texts. Sorted, lines are in the order of the names, then
    of the user names.
    """
    return encoded(fold(f"{SEPARATOR}{name}{SEPARATOR}{user_name}{SEPARATOR}{email}{SEPARATOR}"))


def entry_of(user: User) -> Entry:
    """Return a person of a list as they are packed."""
    fields = user.id, user.user_name, user.name, user.email
    text = _TAB.join(fields)
    if text.count(_TAB) >= _FIELDS:
        # No text of the CRM has one.
        text = _TAB.join(field.replace(_TAB, " ") for field in fields)
    kind = Kind(user.role, fold(user.role), user.status, user.admin)
    return search_line(user.name, user.user_name, user.email), encoded(text), kind


class PackedPeople(Sequence[User]):
    """People in the order of their search lines. Rows are their indexes."""

    def __init__(self) -> None:
        self.lines, self._fields, self.kinds = PackedTexts(), PackedTexts(), ValueColumn[Kind]()

    @classmethod
    def mostly_in_order(cls, entries: Iterable[Entry]) -> "PackedPeople":
        """Return people with different record ids, without a copy of those who are already in their order."""
        people, last, others = cls(), b"", list[Entry]()
        for entry in entries:
            if entry[0] < last:
                others.append(entry)
            else:
                people._append(entry)
                last = entry[0]
        return people.changed((), others) if others else people

    def changed(self, gone: Iterable[int], new: Iterable[Entry] = ()) -> "PackedPeople":
        """Return the people without those in some rows, in ascending order, and with new ones."""
        # A new person comes before the row that is behind them, whether that stays or not.
        steps: list[tuple[int, bool, Entry | None]] = [(row, True, None) for row in gone]
        steps += (
            (bisect_right(self.lines, entry[0]), False, entry) for entry in sorted(new, key=itemgetter(0))
        )
        steps.sort(key=itemgetter(0, 1))
        people, done = PackedPeople(), 0
        people.kinds = self.kinds.without_rows()
        for row, _, entry in steps:
            people._append_rows(self, done, row)
            done = row
            if entry is None:
                done += 1
            else:
                people._append(entry)
        people._append_rows(self, done, len(self))
        return people

    def _append(self, entry: Entry) -> None:
        line, fields, kind = entry
        self.lines.append(line)
        self._fields.append(fields)
        self.kinds.append(kind)

    def _append_rows(self, other: "PackedPeople", start: int, stop: int) -> None:
        if start < stop:
            self.lines.append_rows(other.lines, start, stop)
            self._fields.append_rows(other._fields, start, stop)
            self.kinds.append_rows(other.kinds, start, stop)

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> User: ...
    @overload
    def __getitem__(self, index: slice) -> list[User]: ...
    def __getitem__(self, index: int | slice) -> User | list[User]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        return _user(self._fields[index], self.kinds[index])

    def __iter__(self) -> Iterator[User]:
        return map(_user, self._fields, map(self.kinds.values.__getitem__, self.kinds.codes))

    def with_id(self, user_id: str) -> User | None:
        """Return the person with this record id, or None."""
        row = self._fields.index_of_start(encoded(user_id + _TAB))
        return None if row is None else self[row]

    @property
    def ids(self) -> Iterator[bytes]:
        """Return the encoded record id of each row."""
        return (fields.partition(b"\t")[0] for fields in self._fields)

    def unlike(self, other: "PackedPeople") -> list[User]:
        """Return those who are not exactly so among others, as far as a list is remembered."""
        known = set(RememberedLines(other))
        return [self[row] for row, line in enumerate(RememberedLines(self)) if line not in known]


def _user(fields: bytes, kind: Kind) -> User:
    user_id, user_name, name, email = decoded(fields).split(_TAB)
    return User(user_id, user_name, name, email, kind.role, kind.status, kind.admin)


class RememberedLines(Sequence[bytes]):
    """The line of each person in a file of `directory.remembered`, encoded, made when it is read."""

    def __init__(self, people: PackedPeople) -> None:
        self._people = people
        self._ends = [encoded(f"{_TAB}{kind.role}{_TAB}{kind.status.value}") for kind in people.kinds.values]

    def __len__(self) -> int:
        return len(self._people)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        people = self._people
        if isinstance(index, slice):
            ends = map(self._ends.__getitem__, people.kinds.codes[index])
            return [*map(add, people._fields[index], ends)]
        return people._fields[index] + self._ends[people.kinds.codes[index]]

    def __iter__(self) -> Iterator[bytes]:
        return map(add, self._people._fields, map(self._ends.__getitem__, self._people.kinds.codes))
