"""Many people in little memory: what is searched, what is shown, and what few values they share.

A person takes some hundred bytes instead of five hundred, and a `User` is made only of those who are looked
at.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from operator import add, itemgetter
from typing import NamedTuple, overload

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.packed_texts import PackedTexts, decoded, encoded
from dazos_tui.directory.value_column import ValueColumn
from dazos_tui.text.normalize import fold

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

    def __init__(self, kinds: Iterable[Kind] = (), packed: Iterable[tuple[bytes, bytes, int]] = ()) -> None:
        """Build it from what `changed` gathers: entries with the index of their kind."""
        in_order = sorted(packed, key=itemgetter(0))
        self.lines = PackedTexts(map(itemgetter(0), in_order))
        self._fields = PackedTexts(map(itemgetter(1), in_order))
        self.kinds = ValueColumn(tuple(kinds), map(itemgetter(2), in_order))

    def changed(self, keep: Iterable[bool], new: Iterable[Entry] = ()) -> "PackedPeople":
        """Return the people whose row's `keep` is true, and new ones."""
        indexes = {kind: index for index, kind in enumerate(self.kinds.values)}
        packed = [*compress(zip(self.lines, self._fields, self.kinds.codes, strict=True), keep)]
        packed += ((line, fields, indexes.setdefault(kind, len(indexes))) for line, fields, kind in new)
        return PackedPeople(indexes, packed)

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: int) -> User: ...
    @overload
    def __getitem__(self, index: slice) -> list[User]: ...
    def __getitem__(self, index: int | slice) -> User | list[User]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        user_id, user_name, name, email = decoded(self._fields[index]).split(_TAB)
        role, _, status, admin = self.kinds[index]
        return User(user_id, user_name, name, email, role, status, admin)

    @property
    def ids(self) -> Iterator[bytes]:
        """Return the encoded record id of each row."""
        return (fields.partition(b"\t")[0] for fields in self._fields)

    def remembered_lines(self) -> Iterator[bytes]:
        """Return each person's line in a file of `directory.remembered`, encoded."""
        ends = [encoded(f"{_TAB}{kind.role}{_TAB}{kind.status.value}") for kind in self.kinds.values]
        return map(add, self._fields, map(ends.__getitem__, self.kinds.codes))

    def unlike(self, other: "PackedPeople") -> list[User]:
        """Return those who are not exactly so among others, as far as a list is remembered."""
        known = set(other.remembered_lines())
        return [self[row] for row, line in enumerate(self.remembered_lines()) if line not in known]
