"""The people who match a query, best first, as a sequence that ranks only as far as it is read."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import overload

from dazos_tui.crm.models import User
from dazos_tui.directory.index import MAX_MATCHES, UserIndex
from dazos_tui.directory.query import QueryTerm
from dazos_tui.directory.search_text import SEPARATOR, search_line

_EXACT, _NAME_START, _WORD_START, _INSIDE, _IN_ROLE = range(5)

_LARGE_RESULT = 1_000
"""From this many matches on, finding the first of them without ranking all is faster."""
_SCREENFUL = 100


@dataclass(frozen=True, eq=False)
class Matches(Sequence[User]):
    """The people who match as typed, best first, then those who match except for a small mistake.

    `rows` are the rows of the former and `similar_rows` those of the latter, both in the order of the lines.
    `ranks` has each row's rank by the chosen column. It orders people who match equally well; if no word was
    typed, everybody.
    """

    user_index: UserIndex = field(repr=False)
    terms: tuple[QueryTerm, ...]
    rows: Sequence[int] = field(repr=False)
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

    @property
    def is_truncated(self) -> bool:
        """Return whether there may be more matches than were searched for: nobody reads that many."""
        return MAX_MATCHES <= len(self.rows) < len(self.user_index.users) and len(self.terms) == 1

    def is_superset_for(self, terms: Sequence[QueryTerm]) -> bool:
        """Return whether everyone who matches `terms` as typed is among these, judging by the terms only."""
        narrower = all(any(term.implies(earlier) for term in terms) for earlier in self.terms)
        return narrower and not self.is_truncated

    def __len__(self) -> int:
        return len(self.rows) + len(self.similar_rows)

    @overload
    def __getitem__(self, index: int) -> User: ...
    @overload
    def __getitem__(self, index: slice) -> list[User]: ...
    def __getitem__(self, index: int | slice) -> User | list[User]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        order = self._head if 0 <= index < len(self._head) else self._order
        return self.user_index.users[order[index]]

    def index_of(self, user: User) -> int | None:
        """Return the index of a person, or None if they are not among the matches."""
        rows = self.user_index.lines.rows_equal_to(search_line(user))
        row = next((row for row in rows if self.user_index.users[row].id == user.id), None)
        try:
            return None if row is None else self._order.index(row)
        except ValueError:
            return None

    @cached_property
    def _words(self) -> list[str]:
        return [term.text for term in self.terms if term.is_word]

    @cached_property
    def _head(self) -> Sequence[int]:
        """The first rows, as far as they can be found without reading every match."""
        if len(self._words) != 1 or len(self.rows) < _LARGE_RESULT:
            return ()
        best = self._best_rows(self._words[0])
        # Sorted by a column, the next group's first rows are known only once all of it is read.
        if len(best) > _SCREENFUL or self.ranks is not None:
            return best
        return [*best, *islice(self._rows_with_word_prefix(self._words[0], set(best)), _SCREENFUL)]

    def _rows_with_word_prefix(self, prefix: str, excluded: Set[int]) -> Iterator[int]:
        """Yield the rows with a word that starts with `prefix`, without the `excluded` ones."""
        lines = self.user_index.lines
        return (
            row
            for row in self.rows
            if row not in excluded and _tier_of_line(lines[row], prefix) == _WORD_START
        )

    @cached_property
    def _order(self) -> Sequence[int]:
        """All rows, in their order."""
        match self._words:
            case []:
                ranked = self._sorted(self.rows)
            case [word]:
                ranked = self._rank_by_word(word)
            case _:
                ranked = self._rank_by_all_words()
        return [*ranked, *self._sorted(self.similar_rows)] if self.similar_rows else ranked

    def _sorted(self, rows: Sequence[int]) -> Sequence[int]:
        """Return rows that match equally well, in the order of the chosen column, else of the lines."""
        return rows if self.ranks is None else sorted(rows, key=self.ranks.__getitem__)

    def _best_rows(self, word: str) -> list[int]:
        """Return the rows whose user name or e-mail is `word`, then those whose name starts with it."""
        best = self.user_index.best_rows(word, self.rows)
        if self.ranks is None:
            return best
        exact = [row for row in best if self.user_index.is_exact(row, word)]
        starting = best[len(exact) :]
        return [*self._sorted(exact), *self._sorted(starting)]

    def _rank_by_word(self, word: str) -> Sequence[int]:
        best = self._best_rows(word)
        known, lines = set(best), self.user_index.lines
        tiers = _empty_tiers()
        for row in self.rows:
            if row not in known:
                tiers[_tier_of_line(lines[row], word)].append(row)
        return [*best, *chain.from_iterable(map(self._sorted, tiers))]

    def _rank_by_all_words(self) -> Sequence[int]:
        tiers, whole = _empty_tiers(), " ".join(self._words)
        for row in self.rows:
            worst = max(self._tier(row, word) for word in self._words)
            begins = self.user_index.lines[row].startswith(whole, 1)
            tiers[min(worst, _NAME_START) if begins else worst].append(row)
        return list(chain.from_iterable(map(self._sorted, tiers)))

    def _tier(self, row: int, word: str) -> int:
        line = self.user_index.lines[row]
        tier = _tier_of_line(line, word)
        if tier == _WORD_START and self.user_index.is_exact(row, word):
            return _EXACT
        return _NAME_START if line.startswith(word, 1) else tier


def _empty_tiers() -> list[list[int]]:
    return [[] for _ in range(_IN_ROLE + 1)]


def _tier_of_line(line: str, word: str) -> int:
    """Return the tier of a line that contains `word`: at a word's start, inside one, or only in the role."""
    place, role = line.find(word), line.rfind(SEPARATOR, 0, -1)
    if place > role:
        return _IN_ROLE
    while 0 < place < role:
        if not line[place - 1].isalnum():
            return _WORD_START
        place = line.find(word, place + 1)
    return _INSIDE
