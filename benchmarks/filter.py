"""How long a search takes, compared with fzf and with a bare scan of all lines.

fzf does more (fuzzy matching and scores) with more (all processors, compiled code). With --exact it searches
for the same as we do. Our time includes what a key press needs: the matches, their number, the first
screenful.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from benchmarks import fzf
from benchmarks.harness import Figure, middle_and_worst, milliseconds, options, report, say
from benchmarks.people import line, people
from dazos_tui.crm.models import User
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.matches import Matches

FIRST_SCREEN = 40
TRIES = 5
"""Measurements of our search and of the bare scan in each round. fzf does as many as fit in its time."""
TYPED = ("maria garcia", "o'brien", "thomas.lee", "billing ann")
MOST_OF_FZF = 0.5
MOST_PER_KEY_MS = 16.0
MOST_PER_SLICE_MS = 4.0
"""The most milliseconds for a key, and for a slice of work between keys."""

_END = object()


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, people=100_000, rounds=3).parse_args()
    users = list(people(chosen.people))
    directory, made = _made(users)
    first = milliseconds(lambda: _first_screen(directory, "an"))
    slices = _slices(directory)
    race = Race(directory, [line(user) for user in users], fzf.find_fzf())
    if race.tool is None:
        say(fzf.MISSING)
    figures = [
        Figure("making the directory", "ms", made),
        Figure("a search before it is prepared", "ms", first),
        Figure("preparing searches", "ms", sum(slices)),
        Figure("preparing searches, a slice · worst", "ms", max(slices), most=MOST_PER_SLICE_MS),
        *(figure for query in _queries(users) for figure in race.figures(*query, chosen.rounds)),
        *_typing(directory, chosen.rounds),
    ]
    return report(f"filter: {chosen.people:,} people", figures, strict=chosen.strict)


def _made(users: list[User]) -> tuple[Directory, float]:
    made: list[Directory] = []
    took = milliseconds(lambda: made.append(Directory.from_users(users)))
    return made[0], took


def _slices(directory: Directory) -> list[float]:
    """Return the time of each step that prepares the searches."""
    steps, took, more = directory.prepare(), list[float](), True

    def step() -> None:
        nonlocal more
        more = next(steps, _END) is not _END

    while more:
        took.append(milliseconds(step))
    return took


def _queries(users: Sequence[User]) -> tuple[tuple[str, str], ...]:
    """Return the name and the text of each search."""
    somebody = users[len(users) // 2].email
    return (
        ("a letter: a", "a"),
        ("two letters: ma", "ma"),
        ("a surname: garcia", "garcia"),
        ("two words: maria garcia", "maria garcia"),
        ("an e-mail", somebody),
        ("nobody: zzqx", "zzqx"),
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
                ours.append(milliseconds(lambda: _first_screen(self.directory, query)))
                bare.append(milliseconds(lambda: _bare_scan(self.lines, query)))
            if self.tool:
                fuzzy.append(fzf.average(self.tool, query, self._bytes))
                exact.append(fzf.average(self.tool, query, self._bytes, exact=True))
        middle, worst = middle_and_worst(ours)
        beside_fzf = [
            Figure(f"{called} · fzf", "ms", middle, median(fuzzy), most_ratio=MOST_OF_FZF),
            Figure(f"{called} · fzf --exact", "ms", middle, median(exact)),
        ] if self.tool else []  # fmt: skip
        bare_scan = Figure(f"{called} · bare scan", "ms", middle, median(bare))
        return [*beside_fzf, bare_scan, Figure(f"{called} · worst", "ms", worst, max(bare))]


def _first_screen(directory: Directory, query: str) -> Matches:
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


def _typing(directory: Directory, rounds: int) -> list[Figure]:
    """Measure typing letter by letter, then deleting and typing again from the middle, and deleting all."""
    keys = [took for _ in range(rounds) for text in TYPED for took in _typed(directory, text)]
    middle, worst = middle_and_worst(keys)
    return [
        Figure("typed and edited, a key · median", "ms", middle, most=MOST_PER_KEY_MS),
        Figure("typed and edited, a key · worst", "ms", worst, most=MOST_PER_KEY_MS),
    ]


def _typed(directory: Directory, text: str) -> list[float]:
    middle = len(text) // 2
    growing = [text[:count] for count in range(1, len(text) + 1)]
    without = [text[: middle - count] + text[middle:] for count in range(1, middle + 1)]
    shown = [*growing, *without, *reversed(without), *reversed(growing)]
    return [milliseconds(partial(_first_screen, directory, query)) for query in shown]


if __name__ == "__main__":
    sys.exit(main())
