"""The search itself: which rows of the sorted lines match the terms of a query."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence

from dazos_tui.directory.fuzzy_index import MIN_FUZZY_LENGTH, FuzzyIndex
from dazos_tui.directory.order import SORT_COLUMNS
from dazos_tui.directory.packed_people import PackedPeople
from dazos_tui.directory.query import QueryTerm
from dazos_tui.directory.row_set import RowSet
from dazos_tui.directory.search_text import SearchText

_MOST_UNPREPARED = 10_000
"""With more people, a key does not wait for the index of mistakes."""
_NAMES_AT_ONCE = 1000
"""Names that are added to the index of mistakes before others get their turn: about a millisecond."""


class UserIndex:
    """People, with what finds them."""

    def __init__(self, users: PackedPeople) -> None:
        self.users = users
        self.text = SearchText(users)
        self._similar_names: FuzzyIndex | None = None
        self._is_preparing = False

    def prepare(self) -> Iterator[None]:
        """Make later searches faster, a little with each step. Until it ends, nobody similar is found."""
        self._is_preparing = True
        yield from self.text.prepare()
        yield from self._prepare_names()
        self._is_preparing = False

    def _prepare_names(self) -> Iterator[None]:
        names = FuzzyIndex()
        for first in range(0, len(self.users), _NAMES_AT_ONCE):
            rows = range(first, min(first + _NAMES_AT_ONCE, len(self.users)))
            names.add(first, (self.text.field_in(row, "name") for row in rows))
            yield
        names.complete()
        self._similar_names = names

    def sort_keys(self, column: str) -> Sequence[str | bytes]:
        """Return each row's key in the order of a column, one of `SORT_COLUMNS`."""
        kinds = self.users.kinds
        match column:
            case "role":
                return [kinds.values[code].folded_role for code in kinds.codes]
            case "status":
                return [kinds.values[code].status.value for code in kinds.codes]
        return self.text.column(SORT_COLUMNS[column])

    def matching_rows(self, terms: Sequence[QueryTerm]) -> RowSet:
        """Return the rows that match as typed."""
        mask = self.text.everything
        # The longest text first: it leaves the fewest rows for the others.
        for term in sorted(terms, key=lambda term: len(term.text) if term.is_word else 0, reverse=True):
            found = self._rows_for_term(term, mask)
            mask = mask & ~found if term.exclude else found
        return RowSet(mask)

    def similar_rows(
        self, terms: Sequence[QueryTerm], rows: RowSet, *, at_once: bool = False
    ) -> Sequence[int]:
        """Return the rows that match except for a mistake in some words; `rows` match as typed.

        `at_once`: rather nobody than a wait.
        """
        words = [term for term in terms if term.is_word and len(term.text) >= MIN_FUZZY_LENGTH]
        if not words or self._is_preparing:
            return ()
        if self._similar_names is None:
            if at_once and len(self.users) > _MOST_UNPREPARED:
                return ()
            deque(self._prepare_names(), maxlen=0)
        assert self._similar_names is not None  # noqa: S101 - just made
        near = {term: self._similar_names.similar_rows(term.text) for term in words}
        known = set[int]().union(*near.values())
        return sorted(
            row
            for row in known
            if row not in rows and all(self._is_similar(row, term, near) for term in terms)
        )

    def _rows_for_term(self, term: QueryTerm, among: int) -> int:
        """Return the bits of the rows, of those with a bit in `among`, that have what a term names."""
        match term.field:
            case "":
                in_role = self.text.rows_in_role(term.text)
                return self.text.rows_in_line(term.text, among=among) | among & in_role
            case "role":
                return among & self.text.rows_in_role(term.text)
            case "status" | "admin":
                return among & self.users.kinds.rows_where(
                    lambda kind: term.accepts(kind.status if term.field == "status" else kind.admin)
                )
        return self.text.rows_in_field(term.text, term.field, among=among)

    def _is_similar(self, row: int, term: QueryTerm, near: Mapping[QueryTerm, Collection[int]]) -> bool:
        if term.is_word and row in near.get(term, ()):
            return True
        has = self._has_value(row, term) if term.field else self.text.has(row, term.text)
        return has is not term.exclude

    def _has_value(self, row: int, term: QueryTerm) -> bool:
        kind = self.users.kinds[row]
        match term.field:
            case "role":
                return term.text in kind.folded_role
            case "status":
                return term.accepts(kind.status)
            case "admin":
                return term.accepts(kind.admin)
        return term.text in self.text.field_in(row, term.field)
