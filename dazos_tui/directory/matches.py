"""The people who match a query, best first, as a sequence that ranks only as far as it is read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import chain, islice
from operator import and_, or_
from typing import overload

from dazos_tui.crm.models import User
from dazos_tui.directory.index import UserIndex
from dazos_tui.directory.packed_people import search_line
from dazos_tui.directory.query import QueryTerm
from dazos_tui.directory.row_set import RowSet, mask_of


@dataclass(frozen=True, eq=False)
class Matches(Sequence[User]):
    """The people who match as typed, best first, then those who match except for a small mistake.

    `rows` are the rows of the former and `similar_rows` those of the latter, both in the order of the lines.
    `ranks` has each row's rank by the chosen column. It orders people who match equally well; if no word was
    typed, everybody.
    """

    user_index: UserIndex = field(repr=False)
    terms: tuple[QueryTerm, ...]
    rows: RowSet = field(repr=False)
    similar_rows: Sequence[int] = field(repr=False, default=())
    ranks: Sequence[int] | None = field(repr=False, default=None)

    @property
    def exact_count(self) -> int:
        """Return how many match without a mistake. They come first."""
        return len(self.rows)

    @property
    def is_ranked(self) -> bool:
        """Return whether words were typed, so that the best matches come first, whatever the column."""
        return bool(self._words)

    def __len__(self) -> int:
        return len(self.rows) + len(self.similar_rows)

    @overload
    def __getitem__(self, index: int) -> User: ...
    @overload
    def __getitem__(self, index: slice) -> list[User]: ...
    def __getitem__(self, index: int | slice) -> User | list[User]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        return self.user_index.users[self._order[index if index >= 0 else index + len(self)]]

    def index_of(self, user: User) -> int | None:
        """Return the index of a person, or None if they are not among the matches."""
        rows = self.user_index.text.rows_equal_to(search_line(user.name, user.user_name, user.email))
        row = next((row for row in rows if self.user_index.users[row].id == user.id), None)
        if row is None or (row not in self.rows and row not in self.similar_rows):
            return None
        order = self._order
        return order.index(row) if isinstance(order, range) else order.position(row)

    @cached_property
    def _words(self) -> list[str]:
        return [term.text for term in self.terms if term.is_word]

    @cached_property
    def _order(self) -> "range | RowSet | _LazyRows":
        """All rows, in their order."""
        if self._words:
            groups = chain(self._groups(), [self.similar_rows])
            return _LazyRows(chain.from_iterable(map(self._sorted, groups)))
        if self.ranks is not None:
            return _LazyRows(self._sorted(self.rows))
        is_everybody = len(self.rows) == len(self.user_index.users)
        return range(len(self.rows)) if is_everybody else self.rows

    def _sorted(self, rows: Iterable[int]) -> Iterable[int]:
        """Return rows that match equally well, in the order of the chosen column, else of the lines."""
        return rows if self.ranks is None else sorted(rows, key=self.ranks.__getitem__)

    def _groups(self) -> Iterator[Iterable[int]]:
        """Yield the rows in groups that match equally well, the best first, each in the order of the lines.

        Of several words, the one that matches worst counts, unless the name starts with all of them.
        """
        rows, text, words = self.rows.mask, self.user_index.text, self._words
        exact = [text.rows_identified_by(word, among=rows) for word in words]
        yield RowSet(known := _in_all(exact))
        starts = [text.rows_with_name_start(word) & rows for word in words]
        starting = _in_all(map(or_, exact, starts)) | text.rows_with_name_start(" ".join(words)) & rows
        yield RowSet(starting & ~known)
        known |= starting
        may_start = _in_all(text.rows_that_may_start(word, among=rows) for word in words)
        with_starts = list[int]()
        yield self._rows_with_starts(RowSet(may_start & ~known), with_starts)
        known |= mask_of(with_starts, len(self.user_index.users))
        in_line = _in_all(text.rows_in_line(word, among=rows) for word in words)
        yield RowSet(in_line & ~known)
        yield RowSet(rows & ~known & ~in_line)

    def _rows_with_starts(self, rows: Iterable[int], found: list[int]) -> Iterator[int]:
        """Yield the rows where all words start a word, and add them to `found`."""
        text, words = self.user_index.text, self._words
        for row in rows:
            if all(text.has_word_start(row, word) for word in words):
                found.append(row)
                yield row


def _in_all(masks: Iterable[int]) -> int:
    return reduce(and_, masks)


class _LazyRows:
    """Rows that are computed as far as they are read."""

    def __init__(self, rows: Iterable[int]) -> None:
        self._rest = iter(rows)
        self._known = list[int]()

    def __getitem__(self, index: int) -> int:
        self._known += islice(self._rest, max(0, index + 1 - len(self._known)))
        return self._known[index]

    def position(self, row: int) -> int:
        """Return the position of a row. Raises ValueError if it is none of these."""
        self._known += self._rest
        return self._known.index(row)
