"""The people who match a query, in their order, as a sequence that ranks no further than it is looked at."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import overload

from dazos_tui.crm.models import User
from dazos_tui.directory.index import MOST, Index
from dazos_tui.directory.query import Term
from dazos_tui.directory.search_text import SEPARATOR, line_of

_EXACT, _NAME_START, _WORD_START, _INSIDE, _IN_ROLE = range(5)

_MANY = 1_000
"""From so many matches on it pays to tell the first of them without ranking all."""
_SCREENFUL = 100


@dataclass(frozen=True, eq=False)
class Matches(Sequence[User]):
    """Those who match as typed, the best first, then those who match but for a small mistake.

    `rows` are the rows of the former and `similar` those of the latter, both in the order of the lines.
    `ranks` says for each row where a chosen column puts it. It orders those who match equally well; with no
    word typed, everybody.
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
    def ranked(self) -> bool:
        """Tell whether words were typed, so that the best matches come first, whatever the column."""
        return bool(self._words)

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
        if len(self._words) != 1 or len(self.rows) < _MANY:
            return ()
        best = self._best_rows(self._words[0])
        # By a column, the first of the next group are known only once all of it is.
        if len(best) > _SCREENFUL or self.ranks is not None:
            return best
        return [*best, *islice(self._starting(self._words[0], set(best)), _SCREENFUL)]

    def _starting(self, word: str, besides: Set[int]) -> Iterator[int]:
        """Yield the rows in which some word starts so, but for some rows."""
        lines = self.people.lines
        return (row for row in self.rows if row not in besides and _tier_in(lines[row], word) == _WORD_START)

    @cached_property
    def _order(self) -> Sequence[int]:
        """All rows, in their order."""
        match self._words:
            case []:
                ranked = self._sorted(self.rows)
            case [word]:
                ranked = self._by_one_word(word)
            case _:
                ranked = self._by_all_words()
        return [*ranked, *self._sorted(self.similar)] if self.similar else ranked

    def _sorted(self, rows: Sequence[int]) -> Sequence[int]:
        """Return rows that match equally well, in the order of the chosen column, else of the lines."""
        return rows if self.ranks is None else sorted(rows, key=self.ranks.__getitem__)

    def _best_rows(self, word: str) -> list[int]:
        """Return the rows whose user name or e-mail is `word`, then those whose name starts with it."""
        best = self.people.best_rows(word, self.rows)
        if self.ranks is None:
            return best
        exact = [row for row in best if self.people.is_exact(row, word)]
        starting = best[len(exact) :]
        return [*self._sorted(exact), *self._sorted(starting)]

    def _by_one_word(self, word: str) -> Sequence[int]:
        best = self._best_rows(word)
        known, lines = set(best), self.people.lines
        tiers = _tiers()
        for row in self.rows:
            if row not in known:
                tiers[_tier_in(lines[row], word)].append(row)
        return [*best, *chain.from_iterable(map(self._sorted, tiers))]

    def _by_all_words(self) -> Sequence[int]:
        tiers, whole = _tiers(), " ".join(self._words)
        for row in self.rows:
            worst = max(self._tier(row, word) for word in self._words)
            begins = self.people.lines[row].startswith(whole, 1)
            tiers[min(worst, _NAME_START) if begins else worst].append(row)
        return list(chain.from_iterable(map(self._sorted, tiers)))

    def _tier(self, row: int, word: str) -> int:
        line = self.people.lines[row]
        tier = _tier_in(line, word)
        if tier == _WORD_START and self.people.is_exact(row, word):
            return _EXACT
        return _NAME_START if line.startswith(word, 1) else tier


def _tiers() -> list[list[int]]:
    return [[] for _ in range(_IN_ROLE + 1)]


def _tier_in(line: str, word: str) -> int:
    """Tell whether a word of the line starts so, has it inside, or whether only the role has it."""
    place, role = line.find(word), line.rfind(SEPARATOR, 0, -1)
    if place > role:
        return _IN_ROLE
    while 0 < place < role:
        if not line[place - 1].isalnum():
            return _WORD_START
        place = line.find(word, place + 1)
    return _INSIDE
