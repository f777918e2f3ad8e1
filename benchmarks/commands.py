"""How long commands take that do not open the app: help, the first line of a long history, a completion.

All are compared with a bare start of the interpreter in the same run.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.harness import Figure, options, report
from benchmarks.history_search import fill_sqlite_with_team
from benchmarks.people import people
from dazos_tui.directory.remembered import ListSource, RememberedPeople, RememberedPerson, remember_people

MOST_OF_BARE = 4.0
PEOPLE = 5_000
COMMAND = (sys.executable, "-m", "dazos_tui")
CONFIG = '[instances.acme]\nurl = "https://crm.example.com/"\nusername = "admin"\nenvironment = "sandbox"\n'

BARE, CLICK = "bare", "importing click"
TABLE, SEARCH = "history, the first line", "history with a search, the first line"
ONLY_FIRST_LINE = (TABLE, SEARCH)
"""All others are measured to their end."""
COMPLETIONS = {
    "completing a command": "dazos-tui us",
    "completing an instance": "dazos-tui send -i a",
    f"completing one of {PEOPLE:,} people": "dazos-tui send -i acme a",
}


def main() -> int:
    """Measure and print; return the exit code."""
    parser = options(__doc__, rounds=21)
    parser.add_argument("--rows", type=int, default=100_000, metavar="N", help="default 100,000")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dazos-tui-bench-") as folder:
        environment = _prepare(Path(folder), chosen.rows)
        times = _measure(_programs(), environment, chosen.rounds)
    title = f"commands: {chosen.rounds} rounds, {chosen.rows:,} rows"
    return report(title, _figures(times), strict=chosen.strict)


def _prepare(folder: Path, rows: int) -> dict[str, str]:
    """Make a config, a long history and a list of people; return the environment for them."""
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    fill_sqlite_with_team(folder / "history.db", rows)
    known = [
        RememberedPerson(user.id, user.user_name, user.name, user.email, user.role or "", "active")
        for user in people(PEOPLE)
    ]
    source = ListSource("acme", "crm.example.com/", "admin")
    remember_people(folder, RememberedPeople.from_people(source, datetime.now(UTC), 24, known))
    # Compiled modules are kept, as they are where a program is installed.
    left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "DAZOS_TUI_CONFIG": str(folder / "config.toml"), "DAZOS_TUI_STATE": str(folder)}


def _programs() -> dict[str, tuple[Sequence[str], Mapping[str, str]]]:
    """Return what is measured, each with the variables that it needs beside the others."""
    completing = {"_DAZOS_TUI_COMPLETE": "bash"}
    return {
        BARE: ((sys.executable, "-c", "print()"), {}),
        CLICK: ((sys.executable, "-c", "import click; print()"), {}),
        "--help": ((*COMMAND, "--help"), {}),
        "users --help": ((*COMMAND, "users", "--help"), {}),
        TABLE: ((*COMMAND, "history"), {}),
        SEARCH: ((*COMMAND, "history", "outcome:sent"), {}),
        **{
            what: ((*COMMAND, line, line.rpartition(" ")[2]), completing)
            for what, line in COMPLETIONS.items()
        },
    }


def _measure(
    programs: Mapping[str, tuple[Sequence[str], Mapping[str, str]]],
    environment: Mapping[str, str],
    rounds: int,
) -> dict[str, float]:
    """Return the median of the milliseconds that each program takes, all measured in turn."""
    times: dict[str, list[float]] = {what: [] for what in programs}
    # The first start is not counted: there are no compiled modules and no warm file cache yet.
    for number in range(rounds + 1):
        for what, (command, extra) in programs.items():
            taken = _taken(command, {**environment, **extra}, to_its_end=what not in ONLY_FIRST_LINE)
            times[what] += [taken] if number else []
    return {what: median(taken) for what, taken in times.items()}


def _taken(command: Sequence[str], environment: Mapping[str, str], *, to_its_end: bool) -> float:
    start = perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError(f"{' '.join(command)} wrote nothing.")
        if to_its_end:
            process.communicate()
        taken = (perf_counter() - start) * 1000
        process.kill()
    return taken


def _figures(times: Mapping[str, float]) -> list[Figure]:
    bare = times[BARE]
    return [
        Figure(what, "ms", taken, bare, most_ratio=None if what == CLICK else MOST_OF_BARE)
        for what, taken in times.items()
        if what != BARE
    ]


if __name__ == "__main__":
    sys.exit(main())
