"""The people of one instance as an immutable collection that can be searched and sorted."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import compress

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.index import UserIndex
from dazos_tui.directory.matches import Matches
from dazos_tui.directory.order import BY_RELEVANCE, SORT_COLUMNS, SortOrder
from dazos_tui.directory.query import parse_query
from dazos_tui.directory.search_text import search_line
from dazos_tui.text.normalize import fold

_EMPTY_INDEX = UserIndex((), (), ())


class Directory:
    """People in the order of their names, each record id once. It is immutable: see `with_users`."""

    def __init__(self, index: UserIndex = _EMPTY_INDEX) -> None:
        """Build a directory on a finished index; other modules use `from_users`."""
        self._index = index
        self._ranks_by_order: dict[SortOrder, Sequence[int]] = {}

    @classmethod
    def from_users(cls, users: Iterable[User]) -> "Directory":
        """Return a directory of these people."""
        return cls().with_users(users)

    def with_users(self, users: Iterable[User]) -> "Directory":
        """Return a directory with these people too. A person already in it is replaced by the newer row."""
        newer = {user.id: user for user in users}
        kept = [user.id not in newer for user in self.users]
        # Sorted first, so that lines are in memory in the order in which they are read: up to three times as
        # fast.
        new = sorted(newer.values(), key=lambda user: user.name.lower())
        people = [*compress(self.users, kept), *new]
        lines = [*compress(self._index.text.lines, kept), *map(search_line, new)]
        return _build_directory(people, lines)

    def with_only(self, ids: Collection[str]) -> "Directory":
        """Return a directory of only the people with these record ids."""
        kept = [user.id in ids for user in self.users]
        if all(kept):
            return self
        return _build_directory(
            list(compress(self.users, kept)), list(compress(self._index.text.lines, kept))
        )

    def __len__(self) -> int:
        return len(self.users)

    @property
    def users(self) -> Sequence[User]:
        """Return everybody, in the order of their names."""
        return self._index.users

    @cached_property
    def ids(self) -> frozenset[str]:
        """Return everybody's record id."""
        return frozenset(user.id for user in self.users)

    def count(self, status: Status) -> int:
        """Return how many accounts have this status."""
        return self._counts[status]

    @cached_property
    def _counts(self) -> Counter[Status]:
        return Counter(user.status for user in self.users)

    def search(self, query: str, order: SortOrder = BY_RELEVANCE) -> Matches:
        """Return the people who match `query`; everybody if it is empty.

        They are in groups: first those whose user name or e-mail is exactly a typed word, then those whose
        name starts with it, those with any word that starts with it, those who have it inside a word, and
        those who have it only in their role. Of several typed words, the one that matches worst counts. Last
        come those who match except for one small mistake in a word. Each group is in the order of names, or
        of the column that `order` names. If no word was typed, the column orders everybody.
        """
        terms = parse_query(query)
        rows = self._index.matching_rows(terms)
        similar = self._index.similar_rows(terms, rows)
        return Matches(self._index, terms, rows, similar, self._column_ranks(order))

    def all_matching(self, query: str) -> Sequence[User]:
        """Return everybody who matches `query` as typed, in the order of names."""
        return [self.users[row] for row in self._index.matching_rows(parse_query(query))]

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
            keys = [SORT_COLUMNS[order.column](user) for user in self.users]
            ranks = [0] * len(keys)
            rows = sorted(range(len(keys)), key=keys.__getitem__, reverse=order.descending)
            for rank, row in enumerate(rows):
                ranks[row] = rank
            self._ranks_by_order[order] = ranks
        return self._ranks_by_order[order]


def _build_directory(people: Sequence[User], lines: Sequence[str]) -> Directory:
    order = sorted(range(len(lines)), key=lines.__getitem__)
    users = tuple([people[row] for row in order])
    folded = {role: fold(role) for role in {user.role for user in users}}
    return Directory(UserIndex(users, [lines[row] for row in order], [folded[user.role] for user in users]))
