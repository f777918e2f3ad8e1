"""How long a search takes, compared with fzf and with a bare scan of all lines.

fzf does more (fuzzy matching and scores) with more (all processors, compiled code). With --exact it searches
for the same as we do. Our time includes what a key press needs: the matches, their number, the first
screenful.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from statistics import median
from time import thread_time

from benchmarks import fzf
from benchmarks.harness import Figure, middle_and_worst, milliseconds, options, report, say
from benchmarks.people import line, people
from dazos_tui.crm.models import User
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.matches import Matches

FIRST_SCREEN = 40
TRIES = 5
"""Measurements of our search and of the bare scan in each round. fzf does as many as fit in its time."""
NOBODY = "nobody: zzqx"
TYPED = ("maria garcia", "o'brien", "thomas.lee", "billing ann")
MOST_OF_FZF = 0.5
MOST_OF_FZF_FOR_NOBODY = 1.0
MOST_PER_KEY_MS = 16.0
MOST_PER_SLICE_MS = 4.0
"""The most milliseconds for a key, and for a slice of work between keys."""

STEPS_PER_KEY = 20
"""Steps of the preparation between two keys."""

_END = object()


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, people=100_000, rounds=3).parse_args()
    users = list(people(chosen.people))
    directory, made = _made(users)
    first = median(milliseconds(lambda: first_screen(directory, "an")) for _ in range(TRIES))
    slices = Slices(directory)
    race = Race(directory, [line(user) for user in users], fzf.find_fzf())
    if race.tool is None:
        say(fzf.MISSING)
    figures = [
        Figure("making the directory", "ms", made),
        Figure("the first search of a complete list", "ms", first, most=MOST_PER_KEY_MS),
        *slices.figures(),
        *(figure for query in _queries(users) for figure in race.figures(*query, chosen.rounds)),
        *typing(directory, chosen.rounds, most_worst=MOST_PER_KEY_MS),
    ]
    return report(f"filter: {chosen.people:,} people", figures, strict=chosen.strict)


def _made(users: list[User]) -> tuple[Directory, float]:
    made: list[Directory] = []
    took = milliseconds(lambda: made.append(Directory.from_users(users)))
    return made[0], took


class Slices:
    """The steps that prepare the searches of a directory, and keys between them: the screen waits for both.

    A step is measured in processor time: how long it takes on a busy machine says nothing about its length.
    """

    def __init__(self, directory: Directory) -> None:
        self.steps, self.keys = list[float](), list[float]()
        typed = cycle(text[:count] for text in TYPED for count in range(1, len(text) + 1))
        prepare, began = directory.prepare(), thread_time()
        while next(prepare, _END) is not _END:
            self.steps.append((thread_time() - began) * 1000)
            if len(self.steps) % STEPS_PER_KEY == 0:
                self.keys.append(milliseconds(partial(first_screen, directory, next(typed))))
            began = thread_time()

    def figures(self) -> list[Figure]:
        """Return how long it takes altogether, and the worst."""
        worst = max(self.keys, default=0.0)
        return [
            Figure("preparing searches", "ms", sum(self.steps)),
            Figure("preparing searches, a slice · worst", "ms", max(self.steps), most=MOST_PER_SLICE_MS),
            Figure("preparing searches, a key meanwhile · worst", "ms", worst, most=MOST_PER_KEY_MS),
        ]


def _queries(users: Sequence[User]) -> tuple[tuple[str, str], ...]:
    """Return the name and the text of each search."""
    somebody = users[len(users) // 2].email
    return (
        ("a letter: a", "a"),
        ("two letters: ma", "ma"),
        ("a surname: garcia", "garcia"),
        ("two words: maria garcia", "maria garcia"),
        ("an e-mail", somebody),
        (NOBODY, "zzqx"),
    )


@dataclass(frozen=True)
class Race:
    """The compared searches, on the same people: our directory, a scan of folded lines, fzf if installed."""

    directory: Directory
    lines: list[str]
    tool: str | None
    _bytes: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bytes", "\n".join(self.lines).encode())

    def figures(self, called: str, query: str, rounds: int) -> list[Figure]:
        """Measure one search with each of them, in turn."""
        ours, bare, fuzzy, exact = list[float](), list[float](), list[float](), list[float]()
        for _ in range(rounds):
            for _ in range(TRIES):
                ours.append(milliseconds(lambda: first_screen(self.directory, query)))
                bare.append(milliseconds(lambda: _bare_scan(self.lines, query)))
            if self.tool:
                fuzzy.append(fzf.average(self.tool, query, self._bytes))
                exact.append(fzf.average(self.tool, query, self._bytes, exact=True))
        middle, worst = middle_and_worst(ours)
        most = MOST_OF_FZF_FOR_NOBODY if called == NOBODY else MOST_OF_FZF
        beside_fzf = [
            Figure(f"{called} · fzf", "ms", middle, median(fuzzy), most_ratio=most),
            Figure(f"{called} · fzf --exact", "ms", middle, median(exact)),
        ] if self.tool else []  # fmt: skip
        bare_scan = Figure(f"{called} · bare scan", "ms", middle, median(bare))
        return [*beside_fzf, bare_scan, Figure(f"{called} · worst", "ms", worst, max(bare))]


def first_screen(directory: Directory, query: str) -> Matches:
    """Search, and read the part of the result that the screen shows."""
    found = directory.search(query, at_once=True)
    len(found)
    list(found[:FIRST_SCREEN])
    return found


def _bare_scan(lines: list[str], text: str) -> list[str]:
    """Return the lines that contain all words, unsorted: the least that a search can do."""
    found = lines
    for word in text.split():
        found = [line for line in found if word in line]
    return found


def typing(directory: Directory, rounds: int, *, most_worst: float) -> list[Figure]:
    """Measure typing letter by letter, then deleting and typing again from the middle, and deleting all."""
    keys = [took for _ in range(rounds) for text in TYPED for took in _typed(directory, text)]
    middle, worst = middle_and_worst(keys)
    return [
        Figure("typed and edited, a key · median", "ms", middle, most=MOST_PER_KEY_MS),
        Figure("typed and edited, a key · worst", "ms", worst, most=most_worst),
    ]


def _typed(directory: Directory, text: str) -> list[float]:
    middle = len(text) // 2
    growing = [text[:count] for count in range(1, len(text) + 1)]
    without = [text[: middle - count] + text[middle:] for count in range(1, middle + 1)]
    shown = [*growing, *without, *reversed(without), *reversed(growing)]
    return [milliseconds(partial(first_screen, directory, query)) for query in shown]


if __name__ == "__main__":
    sys.exit(main())
