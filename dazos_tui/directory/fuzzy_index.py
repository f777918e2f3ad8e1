"""An index of the words in people's names, to find a person although the name was typed with a mistake."""

from array import array
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

MIN_FUZZY_LENGTH = 4
"""Shorter words are one mistake away from far too many others."""

_MAX_LETTERS = 48
"""How many different letters are tried in place of a wrong one: enough for an alphabet or two."""


class FuzzyIndex:
    """The words of many names, each with the rows that contain it."""

    def __init__(self) -> None:
        self._rows: dict[str, array[int]] = {}
        self._words: list[str] = []
        self._longest = 0
        self._counts = Counter[str]()
        self._letters: Sequence[str] = ()

    def add(self, first: int, names: Iterable[str]) -> None:
        """Add the folded names of the rows from `first` on. Must be called in the order of the rows."""
        for row, name in enumerate(names, first):
            for word in name.split():
                if word not in self._rows:
                    self._rows[word] = array("I")
                    insort(self._words, word)
                    self._counts.update(word)
                self._rows[word].append(row)

    def complete(self) -> None:
        """Finish the index: all names were added."""
        self._longest = max(map(len, self._words), default=0)
        self._letters = [letter for letter, _ in self._counts.most_common(_MAX_LETTERS)]

    def similar_rows(self, word: str) -> set[int]:
        """Return the rows with a word that is `word`, or starts with it, except for one mistake.

        A mistake is a letter missing, added or wrong, or two letters swapped. The first letter can only be
        swapped, since people hardly ever get it wrong. A mistake in the last typed letter counts only if the
        result is a whole word: otherwise any continuation would match.
        """
        if not MIN_FUZZY_LENGTH <= len(word) <= self._longest + 1:
            return set()
        within = {
            start for head, tail in _splits(word) if len(tail) > 1 for start in self._corrections(head, tail)
        }
        at_end = {
            whole for head, tail in _splits(word) if len(tail) < 2 for whole in self._corrections(head, tail)
        }
        found = {name for start in within for name in self._words_with_prefix(start)} | (
            at_end & self._rows.keys()
        )
        return {row for name in found if not name.startswith(word) for row in self._rows[name]}

    def _corrections(self, head: str, tail: str) -> Iterator[str]:
        """Yield the possible intended words if the mistake is where `tail` begins.

        The method is Peter Norvig's, “How to Write a Spelling Corrector” (norvig.com/spell-correct.html).
        """
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        if not head:
            return
        yield head + tail[1:]
        for letter in self._letters:
            yield head + letter + tail
            yield head + letter + tail[1:]

    def _words_with_prefix(self, start: str) -> Iterator[str]:
        at = bisect_left(self._words, start)
        while at < len(self._words) and self._words[at].startswith(start):
            yield self._words[at]
            at += 1


def _splits(word: str) -> Iterator[tuple[str, str]]:
    for place in range(len(word) + 1):
        yield word[:place], word[place:]
