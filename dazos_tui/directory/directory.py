"""The people of one instance as an immutable collection that can be searched and sorted."""

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.index import UserIndex
from dazos_tui.directory.matches import Matches
from dazos_tui.directory.order import BY_RELEVANCE, SortOrder
from dazos_tui.directory.packed_people import PackedPeople, entry_of
from dazos_tui.directory.query import parse_query
from dazos_tui.text.packed_texts import decoded, encoded

_NOBODY = PackedPeople()


class Directory:
    """People in the order of their names, each record id once. It is immutable: see `with_users`."""

    def __init__(self, people: PackedPeople = _NOBODY) -> None:
        """Build a directory of packed people; other modules use `from_users`."""
        self._index = UserIndex(people)
        self._ranks_by_order: dict[SortOrder, Sequence[int]] = {}

    @classmethod
    def from_users(cls, users: Iterable[User]) -> "Directory":
        """Return a directory of these people."""
        return cls().with_users(users)

    def with_users(self, users: Iterable[User]) -> "Directory":
        """Return a directory with these people too. A person already in it is replaced by the newer row."""
        newer = {encoded(user.id): entry_of(user) for user in users}
        replaced = (row for row, one in enumerate(self.users.ids) if one in newer)
        return Directory(self.users.changed(replaced, newer.values()))

    def with_only(self, ids: Collection[str]) -> "Directory":
        """Return a directory of only the people with these record ids."""
        gone = [row for row, one in enumerate(self.users.ids) if decoded(one) not in ids]
        return Directory(self.users.changed(gone)) if gone else self

    def __len__(self) -> int:
        return len(self.users)

    @property
    def users(self) -> PackedPeople:
        """Return everybody, in the order of their names."""
        return self._index.users

    @cached_property
    def ids(self) -> frozenset[str]:
        """Return everybody's record id."""
        return frozenset(map(decoded, self.users.ids))

    def count(self, status: Status) -> int:
        """Return how many accounts have this status."""
        return self._counts[status]

    @cached_property
    def _counts(self) -> dict[Status, int]:
        kinds = self.users.kinds
        return {
            status: kinds.rows_where(lambda kind, wanted=status: kind.status is wanted).bit_count()  # type: ignore[misc]
            for status in Status
        }

    def search(self, query: str, order: SortOrder = BY_RELEVANCE, *, at_once: bool = False) -> Matches:
        """Return the people who match `query`; everybody if it is empty.

        They are in groups: first those whose user name or e-mail is exactly a typed word, then those whose
        name starts with it, those with any word that starts with it, those who have it inside a word, and
        those who have it only in their role. Of several typed words, the one that matches worst counts. Last
        come those who match except for one small mistake in a word. Each group is in the order of names, or
        of the column that `order` names. If no word was typed, the column orders everybody.

        `at_once`: among very many people, nobody similar is found unless `prepare` was run: a key would wait.
        """
        terms = parse_query(query)
        rows = self._index.matching_rows(terms)
        similar = self._index.similar_rows(terms, rows, at_once=at_once)
        return Matches(self._index, terms, rows, similar, self._column_ranks(order))

    def all_matching(self, query: str) -> Sequence[User]:
        """Return everybody who matches `query` as typed, in the order of names."""
        return [self.users[row] for row in self._index.matching_rows(parse_query(query))]

    def has_address(self, address: str) -> bool:
        """Return whether somebody has this e-mail."""
        same = address.casefold()
        return any(user.email.casefold() == same for user in self.all_matching(f"email:{address}"))

    def prepare(self) -> Iterator[None]:
        """Make later searches faster, with a millisecond or two of work in each step.

        Until it ends, nobody similar to the typed words is found.
        """
        return self._index.prepare()

    def _column_ranks(self, order: SortOrder) -> Sequence[int] | None:
        """Return each row's rank in the order of a column, or None if no column is chosen."""
        if not order.column:
            return None
        if order not in self._ranks_by_order:
            keys = self._index.sort_keys(order.column)
            ranks = array("L", bytes(array("L").itemsize * len(keys)))
            rows = sorted(range(len(keys)), key=keys.__getitem__, reverse=order.descending)
            for rank, row in enumerate(rows):
                ranks[row] = rank
            self._ranks_by_order[order] = ranks
        return self._ranks_by_order[order]
