"""Many people in little memory: what is searched, what is shown, and what few values they share.

A person takes some hundred bytes instead of five hundred, and a `User` is made only of those who are looked
at.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple, overload

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.value_column import ValueColumn
from dazos_tui.text.normalize import fold
from dazos_tui.text.packed_texts import PackedTexts, decoded, encoded

SEPARATOR = "\x1f"
"""A character that occurs in no text, since the CRM's text has no control characters, and sorts first."""

_MOST_SEEN = 500
"""How many people are kept as they are shown: a list looks at the same ones again and again."""

_TAB = "\t"
_SEPARATOR_BYTE, _TAB_BYTE = encoded(SEPARATOR), encoded(_TAB)


class Kind(NamedTuple):
    """What many people have in common."""

    role: str
    folded_role: str
    status: Status
    admin: bool | None


Entry = tuple[bytes, bytes, Kind]
"""A person as they are packed: the search line, their own fields, and what others have too.

The fields are the record id, the name, the user name and the e-mail, with tabs between them. Of the last
three, one that is folded already is left empty, as most user names and addresses are: it is in the line.
"""


def search_line(name: str, user_name: str, email: str) -> bytes:
    """Return a person's search line, encoded.

    It has a separator before, between and after the texts. Sorted, lines are in the order of the names, then
    of the user names.
    """
    return encoded(fold(f"{SEPARATOR}{name}{SEPARATOR}{user_name}{SEPARATOR}{email}{SEPARATOR}"))


def entry_of(user: User) -> Entry:
    """Return a person of a list as they are packed."""
    texts = user.name, user.user_name, user.email
    line = search_line(*texts)
    # No text of the CRM has a tab.
    own = (
        b"" if one == folded else one.replace(_TAB_BYTE, b" ")
        for one, folded in zip(map(encoded, texts), _folded_in(line), strict=False)
    )
    kind = Kind(user.role, fold(user.role), user.status, user.admin)
    return line, _TAB_BYTE.join((encoded(user.id), *own)), kind


def _folded_in(line: bytes) -> list[bytes]:
    return line.split(_SEPARATOR_BYTE)[1:4]


def _texts_of(line: bytes, fields: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Return a person's record id, name, user name and e-mail."""
    user_id, *own = fields.split(_TAB_BYTE)
    name, user_name, email = (one or folded for one, folded in zip(own, _folded_in(line), strict=False))
    return user_id, name, user_name, email


class PackedPeople(Sequence[User]):
    """People in the order of their search lines. Rows are their indexes."""

    def __init__(self) -> None:
        self.lines, self._fields, self.kinds = PackedTexts(), PackedTexts(), ValueColumn[Kind]()
        self._seen: dict[int, User] = {}

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
        user = self._seen.get(index)
        if user is None:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            user = self._seen[index] = _user(self.lines[index], self._fields[index], self.kinds[index])
        return user

    def __iter__(self) -> Iterator[User]:
        return map(_user, self.lines, self._fields, map(self.kinds.values.__getitem__, self.kinds.codes))

    def remembered_lines(self, rows: slice = slice(None)) -> Iterator[bytes]:
        """Yield each person's line in a file of `directory.remembered`, encoded."""
        ends = [encoded(f"{_TAB}{kind.role}{_TAB}{kind.status.value}") for kind in self.kinds.values]
        codes = self.kinds.codes[rows]
        for line, fields, code in zip(self.lines[rows], self._fields[rows], codes, strict=True):
            user_id, name, user_name, email = _texts_of(line, fields)
            yield _TAB_BYTE.join((user_id, user_name, name, email)) + ends[code]

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
        known = set(other.remembered_lines())
        return [self[row] for row, line in enumerate(self.remembered_lines()) if line not in known]


def _user(line: bytes, fields: bytes, kind: Kind) -> User:
    user_id, name, user_name, email = map(decoded, _texts_of(line, fields))
    return User(user_id, user_name, name, email, kind.role, kind.status, kind.admin)


class RememberedLines(Sequence[bytes]):
    """What `PackedPeople.remembered_lines` yields, as a sequence that takes no memory."""

    def __init__(self, people: PackedPeople) -> None:
        self._people = people

    def __len__(self) -> int:
        return len(self._people)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        if isinstance(index, slice):
            return [*self._people.remembered_lines(index)]
        return next(self._people.remembered_lines(slice(index, index + 1)))
