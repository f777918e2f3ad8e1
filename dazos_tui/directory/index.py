"""The search itself: which rows of the sorted lines match the terms of a query."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from operator import attrgetter

from dazos_tui.crm.models import User
from dazos_tui.directory.fuzzy_index import MIN_FUZZY_LENGTH, FuzzyIndex
from dazos_tui.directory.query import QueryTerm
from dazos_tui.directory.search_text import SEPARATOR, SearchText, name_in

MAX_MATCHES = 100_000
"""If a single word has this many matches, only the best ones and this many of the others are searched for."""


class UserIndex:
    """People and their search lines, both in the order of the lines."""

    def __init__(self, users: Sequence[User], lines: Sequence[str]) -> None:
        self.users = users
        self.lines = SearchText(lines)

    @cached_property
    def fuzzy_index(self) -> FuzzyIndex:
        """Return the index of the words in all names."""
        return FuzzyIndex(map(name_in, self.lines))

    def matching_rows(self, terms: Sequence[QueryTerm], among: Sequence[int] | None = None) -> Sequence[int]:
        """Return the rows that match as typed; `among` has rows known to include all of them."""
        if among is None:
            among = range(len(self.users))
        # The longest text first: it leaves the fewest rows for the others.
        for term in sorted(terms, key=lambda term: len(term.text) if term.is_in_line else 0, reverse=True):
            among = self._rows_for_term(term, among)
        return among

    def best_or_some_rows(self, word: str) -> Sequence[int]:
        """Return the rows that match a word: if there are `MAX_MATCHES` or more, the best and some others."""
        some = self.lines.rows_containing(word, among=range(len(self.users)), limit=MAX_MATCHES)
        if len(some) < MAX_MATCHES or len(some) == len(self.users):
            return some
        return sorted({*self.best_rows(word), *some})

    def best_rows(self, word: str, among: Sequence[int] | None = None) -> list[int]:
        """Return first the rows whose user name or e-mail is `word`, then those whose name starts with it.

        This does not read the other rows that contain the word.
        """
        if among is None:
            among = range(len(self.users))
        whole: Sequence[int] = ()
        if len(word) >= self._shortest_identifier:
            whole = self.lines.rows_containing(f"{SEPARATOR}{word}{SEPARATOR}", among=among)
        exact = [row for row in whole if self.is_exact(row, word)]
        return list(dict.fromkeys([*exact, *self.lines.rows_with_prefix(SEPARATOR + word, among=among)]))

    @cached_property
    def _shortest_identifier(self) -> int:
        """The length of the shortest user name or e-mail: a shorter word equals none of them."""
        texts = (text for line in self.lines for text in line.split(SEPARATOR, 4)[2:4])
        return min((len(text) for text in texts if text), default=0)

    def is_exact(self, row: int, word: str) -> bool:
        """Return whether a person's user name or e-mail is `word`."""
        return word in self.lines[row].split(SEPARATOR)[2:4]

    def similar_rows(self, terms: Sequence[QueryTerm], rows: Sequence[int]) -> Sequence[int]:
        """Return the rows that match except for a mistake in some words; `rows` match as typed."""
        words = [term for term in terms if term.is_word and len(term.text) >= MIN_FUZZY_LENGTH]
        near = {term: self.fuzzy_index.similar_rows(term.text) for term in words}
        known = set[int]().union(*near.values()).difference(rows)
        return sorted(row for row in known if all(self._is_similar(row, term, near) for term in terms))

    def _rows_for_term(self, term: QueryTerm, rows: Sequence[int]) -> Sequence[int]:
        if term.is_in_line:
            rows = self.lines.rows_containing(term.text, among=rows)
        elif not term.field:
            lines = self.lines
            return [row for row in rows if term.text not in lines[row]]
        return self._filter_by_field(term, rows) if term.field else rows

    def _filter_by_field(self, term: QueryTerm, rows: Sequence[int]) -> Sequence[int]:
        """Return the rows whose field matches a field term."""
        value, users = attrgetter(term.attribute), self.users
        wanted = {value(users[row]) for row in rows}
        wanted = {each for each in wanted if term.accepts(each) is not term.exclude}
        return [row for row in rows if value(users[row]) in wanted]

    def _is_similar(self, row: int, term: QueryTerm, near: Mapping[QueryTerm, Collection[int]]) -> bool:
        line = self.lines[row]
        if term.is_word:
            return term.text in line or row in near.get(term, ())
        if term.field:
            return bool(self._filter_by_field(term, [row]))
        return term.text not in line
