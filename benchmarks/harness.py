"""Shared code of the benchmarks: figures, the table that is printed, and options."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

_HEAD = ("what", "ours", "alternative", "ratio", "target", "")


@dataclass(frozen=True)
class Figure:
    """One line of a table: our value in `unit`, and that of the alternative in the same run.

    The target is either the largest ratio of ours to the alternative, or the largest value of ours, in
    `unit`. A line without either is for information. Without an alternative, a ratio is not checked.
    """

    what: str
    unit: str
    ours: float
    alternative: float | None = None
    most_ratio: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float | None:
        """Return ours divided by the alternative, or None if there is no such ratio."""
        return self.ours / self.alternative if self.alternative else None

    @property
    def missed(self) -> bool:
        """Return whether a target was missed."""
        if self.most_ratio is not None and self.ratio is not None and self.ratio > self.most_ratio:
            return True
        return self.most is not None and self.ours > self.most

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the line."""
        other = "" if self.alternative is None else self._amount(self.alternative)
        # A target that is missed by a hair is seen to be missed.
        digits = 3 if self.ratio and self.most_ratio and abs(self.ratio - self.most_ratio) < 0.01 else 2
        ratio = "" if self.ratio is None else f"{self.ratio:.{digits}f}"
        verdict = "missed" if self.missed else "ok" if self._target else ""
        return self.what, self._amount(self.ours), other, ratio, self._target, verdict

    def _amount(self, value: float) -> str:
        shown = f"{value:,.2f}" if abs(value) < 100 and value != int(value) else f"{value:,.0f}"
        return f"{shown} {self.unit}"

    @property
    def _target(self) -> str:
        if self.most_ratio is not None and self.ratio is not None:
            return f"≤ {self.most_ratio:g} ×"
        return "" if self.most is None else f"≤ {self.most:g} {self.unit}"


def options(words: str | None, *, people: int = 0, rounds: int = 0) -> argparse.ArgumentParser:
    """Return a parser for the options of a benchmark. An option whose default is 0 is left out."""
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a target is missed")
    if people:
        parser.add_argument("--people", type=int, default=people, metavar="N", help=f"default {people:,}")
    if rounds:
        parser.add_argument("--rounds", type=int, default=rounds, metavar="N", help=f"default {rounds}")
    return parser


def say(words: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def report(title: str, figures: Iterable[Figure], *, strict: bool) -> int:
    """Print a benchmark's table; return the exit code: 1 if `strict` and a target was missed, else 0."""
    figures = tuple(figures)
    say(title)
    for line in _lined_up([_HEAD, *(figure.cells() for figure in figures)]):
        say(f"  {line}")
    say()
    return 1 if strict and any(figure.missed for figure in figures) else 0


def _lined_up(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if 0 < index < 4 else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def milliseconds(work: Callable[[], object]) -> float:
    """Return the milliseconds that one call takes."""
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


def middle_and_worst(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the largest of these values."""
    return median(values), max(values)
