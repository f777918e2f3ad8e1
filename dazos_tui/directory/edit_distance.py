"""One slip of the hand between two words: a letter missing, added or wrong, or two that are swapped."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile


class TypoKind(StrEnum):
    """What the hand did."""

    MISSING = "missing"
    ADDED = "added"
    WRONG = "wrong"
    SWAPPED = "swapped"


@dataclass(frozen=True, slots=True)
class Typo:
    """What the hand did, and the place in the word as meant, counted from 0, where it did it.

    Beside a letter that is doubled the place is that of the last of the two.
    """

    kind: TypoKind
    index: int


def find_typo(meant: str, typed: str) -> Typo | None:
    """Return the one slip that makes `typed` of `meant`; None if they are the same, or more than one apart.

    The distance is that of Damerau and Levenshtein (F. J. Damerau, “A technique for computer detection and
    correction of spelling errors”, 1964, found these four to be most of all misspellings).
    """
    if meant == typed or abs(len(meant) - len(typed)) > 1:
        return None
    at = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(meant, typed, strict=False)))
    ours, theirs = meant[at:], typed[at:]
    if ours[1:] == theirs:
        return Typo(TypoKind.MISSING, at)
    if ours == theirs[1:]:
        return Typo(TypoKind.ADDED, at)
    if ours[1:] == theirs[1:]:
        return Typo(TypoKind.WRONG, at)
    if ours[:2] == theirs[1::-1] and ours[2:] == theirs[2:]:
        return Typo(TypoKind.SWAPPED, at)
    return None
