"""The people who match a query, in their order, as a sequence that ranks no further than it is looked at."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import overload

from dazos_tui.crm.models import User
from dazos_tui.directory.index import MOST, Index
from dazos_tui.directory.lines import line_of
from dazos_tui.directory.query import Term

_EXACT, _NAME_START, _WORD_START, _INSIDE = range(4)

_MANY = 1_000
"""From so many matches on it pays to tell the first of them without ranking all."""
_SCREENFUL = 100


@dataclass(frozen=True, eq=False)
class Matches(Sequence[User]):
    """Those who match as typed, the best first, then those who match but for a small mistake.

    `rows` are the rows of the former and `similar` those of the latter, both in the order of the lines.
    `ranks` says for each row where a chosen column puts it; without it the order is that of relevance.
    """

    people: Index = field(repr=False)
    terms: tuple[Term, ...]
    rows: Sequence[int] = field(repr=False)
    similar: Sequence[int] = field(repr=False, default=())
    ranks: Sequence[int] | None = field(repr=False, default=None)

    @property
    def as_typed(self) -> int:
        """Return how many match without a mistake. They come first."""
        return len(self.rows)

    @property
    def are_more(self) -> bool:
        """Tell whether there may be more matches than those found: nobody reads so many."""
        return MOST <= len(self.rows) < len(self.people.users) and len(self.terms) == 1

    def contains_all_of(self, terms: Sequence[Term]) -> bool:
        """Tell whether whoever matches `terms` as typed is among these, by what the terms say alone."""
        narrower = all(any(term.implies(earlier) for term in terms) for earlier in self.terms)
        return narrower and not self.are_more

    def __len__(self) -> int:
        return len(self.rows) + len(self.similar)

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
        return self.people.users[order[index]]

    def place_of(self, user: User) -> int | None:
        """Return the index of a person, or None if they are not among the matches."""
        rows = self.people.lines.rows_of(line_of(user))
        row = next((row for row in rows if self.people.users[row].id == user.id), None)
        try:
            return None if row is None else self._order.index(row)
        except ValueError:
            return None

    @cached_property
    def _words(self) -> list[str]:
        return [term.text for term in self.terms if term.is_word]

    @cached_property
    def _head(self) -> Sequence[int]:
        """The rows that come first, as far as they can be told without looking at every match."""
        if self.ranks is not None or len(self._words) != 1 or len(self.rows) < _MANY:
            return ()
        best = self.people.best_rows(self._words[0], self.rows)
        if len(best) > _SCREENFUL:
            return best
        return [*best, *islice(self._starting(self._words[0], set(best)), _SCREENFUL)]

    def _starting(self, word: str, besides: Set[int]) -> Iterator[int]:
        """Yield the rows in which some word starts so, but for some rows."""
        lines = self.people.lines
        return (row for row in self.rows if row not in besides and _starts_word(lines[row], word))

    @cached_property
    def _order(self) -> Sequence[int]:
        """All rows, in their order."""
        if self.ranks is not None:
            rank = self.ranks.__getitem__
            return [*sorted(self.rows, key=rank), *sorted(self.similar, key=rank)]
        if not self._words:
            return self.rows
        ranked = self._by_one_word(*self._words) if len(self._words) == 1 else self._by_all_words()
        return [*ranked, *self.similar]

    def _by_one_word(self, word: str) -> Sequence[int]:
        best = self.people.best_rows(word, self.rows)
        starting = list(self._starting(word, set(best)))
        known = {*best, *starting}
        return [*best, *starting, *(row for row in self.rows if row not in known)]

    def _by_all_words(self) -> Sequence[int]:
        tiers: tuple[list[int], ...] = ([], [], [], [])
        for row in self.rows:
            tiers[max(self._tier(row, word) for word in self._words)].append(row)
        return [row for tier in tiers for row in tier]

    def _tier(self, row: int, word: str) -> int:
        line = self.people.lines[row]
        if not _starts_word(line, word):
            return _INSIDE
        if self.people.is_exact(row, word):
            return _EXACT
        return _NAME_START if line.startswith(word, 1) else _WORD_START


def _starts_word(line: str, word: str) -> bool:
    """Tell whether a word in the line starts so. The line begins with a separator."""
    place = line.find(word)
    while place > 0 and line[place - 1].isalnum():
        place = line.find(word, place + 1)
    return place > 0
