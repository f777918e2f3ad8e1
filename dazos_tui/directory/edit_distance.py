"""One typo between two words: a letter missing, added or wrong, or two letters swapped."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile


class TypoKind(StrEnum):
    """The kind of typo."""

    MISSING = "missing"
    ADDED = "added"
    WRONG = "wrong"
    SWAPPED = "swapped"


@dataclass(frozen=True, slots=True)
class Typo:
    """A typo: its kind, and its index in the intended word.

    Beside a doubled letter the index is that of the second one.
    """

    kind: TypoKind
    index: int


def find_typo(meant: str, typed: str) -> Typo | None:
    """Return the typo that turns `meant` into `typed`; None if they are equal or more than one typo apart.

    The distance is that of Damerau and Levenshtein (F. J. Damerau, “A technique for computer detection and
    correction of spelling errors”, 1964, found that these four make up most misspellings).
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
