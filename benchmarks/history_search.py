"""A long history of a team: reading the first rows, searching letter by letter, statistics, an export.

Used by the benchmarks of the history on SQLite (`history`) and on PostgreSQL (`team_history`).
"""

import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

from benchmarks.harness import Figure, milliseconds
from dazos_tui.history.backup import TABLES
from dazos_tui.history.models import CrmAction, Outcome, ResetRequest
from dazos_tui.history.query import parse_history_query
from dazos_tui.history.search import HistorySearch
from dazos_tui.history.search_index import indexed_search
from dazos_tui.history.search_text import search_text
from dazos_tui.history.statistics import collect_statistics
from dazos_tui.history.store import HistoryStore
from dazos_tui.history.times import format_time, sort_key_of

MOST_TO_OPEN_MS, MOST_SEARCH_MS, MOST_STATISTICS_MS, MOST_EXPORT_MB = 100.0, 50.0, 300.0, 60.0
ROWS_SHOWN = 100
END, YEARS = datetime(2026, 11, 29, tzinfo=UTC), 3
TYPED = (
    "garcia",
    "T-104233",
    "ferconling44@example.com",
    "nobody",
    "person:hamper",
    "since:7d bea",
    "by:op1 outcome:unknown",
    "ticket:t-5000",
    "waiting:yes",
    "on:2025-05-06",
    "-example.com net",
    "since:1y tim",
)

COLUMNS = TABLES["resets"][: TABLES["resets"].index("proof") + 1]
"""The columns of `team_rows`: all but those about erasing, the keyboard, batches and notes."""

_FIRST = (
    "An Be Cor Dan El Fa Gus Ha Iv Jo Ka Lu Mi No Ol Pa Qui Ro Sa Te",
    "na ben dy lia mir nor ric sa tor via",
)
_LAST = (
    "Gar Ham Tim Bea Cop Net Lan Sto Wil Fer Mar Qua",
    "ci be per con tle ter ri lo",
    "a y son ez ling ford wood s",
)
# The kernel's own figure for a child would include what this process had when it was started.
_MEASURED = """
import sys
from dazos_tui.cli import main
try:
    main()
finally:
    with open("/proc/self/status") as status:
        sys.stderr.write(next(line for line in status if line.startswith("VmHWM")))
"""
_MESSAGES = {
    Outcome.SENT: "Reset Password Instruction has been sent successfully!",
    Outcome.REFUSED: "Permission denied",
    Outcome.NOT_SENT: "No connection to the CRM",
    Outcome.UNKNOWN: "No answer within 30 seconds: the link may have been sent",
}


def team_rows(count: int) -> Iterator[tuple[object, ...]]:
    """Yield rows of three years, with `COLUMNS`: 50,000 people, 12 instances, 30 operators, and tickets."""
    chance = random.Random(7)  # noqa: S311 - always the same rows
    people = [_person(chance, number) for number in range(50_000)]
    start, step = END - timedelta(days=365 * YEARS), timedelta(days=365 * YEARS) / count
    for number in range(count):
        at = start + number * step
        person = people[int(chance.expovariate(1 / 15_000)) % len(people)]
        place = min(int(chance.expovariate(1 / 3)), 11)
        host = f"crm{place // 3}.example.com"
        instance, environment = (
            f"crm{place // 3}-{place % 3}",
            ("production", "staging", "sandbox")[place % 3],
        )
        [outcome] = chance.choices(tuple(Outcome), (86, 8, 4, 2))
        ticket = f"T-{100_000 + number}" if chance.random() < 0.8 else ""
        operator = f"op{chance.randrange(30)}"
        request = ResetRequest(instance, environment, host, operator, *person, ticket, host)
        folded = search_text(request, outcome, _MESSAGES[outcome], CrmAction.RESET_LINK)
        is_back = outcome in {Outcome.SENT, Outcome.UNKNOWN} and chance.random() < 0.7
        back = format_time(at + timedelta(minutes=1 + chance.expovariate(1 / 160))) if is_back else None
        stamp = format_time(at)
        yield (
            number + 1,
            f"{number:032x}",
            sort_key_of(stamp),
            instance,
            environment,
            host,
            operator,
            *person,
            ticket,
            host,
            stamp,
            format_time(at + timedelta(seconds=2)),
            outcome.value,
            _MESSAGES[outcome],
            folded,
            "reset link",
            back,
            "sign-in" if is_back else None,
        )


def _person(chance: random.Random, number: int) -> tuple[str, str, str, str]:
    first, last = ("".join(chance.choice(part.split()) for part in parts) for parts in (_FIRST, _LAST))
    user_name = f"{first}.{last}{number % 97}".lower()
    host = "example.com" if number % 3 else "clinic.example.org"
    return str(1000 + number), user_name, f"{first} {last}", f"{user_name}@{host}"


def fill_sqlite_with_team(path: Path, rows: int) -> None:
    """Make a history of `team_rows` in a file, without its chain."""
    from dazos_tui.history.sqlite import SqliteBackend

    marks = ", ".join("?" * len(COLUMNS))
    with closing(SqliteBackend(path)) as backend:
        backend.require_writable()
        database, made = backend.connect(), team_rows(rows)
        while some := list(islice(made, 50_000)):
            database.execute("BEGIN")
            database.executemany(f"INSERT INTO resets ({', '.join(COLUMNS)}) VALUES ({marks})", some)  # noqa: S608
            database.execute("COMMIT")


def search_figures(store: HistoryStore, where: str) -> list[Figure]:
    """Return the figures of reading, searching and counting a history made of `team_rows`."""
    with closing(indexed_search(store)) as search:
        built = milliseconds(partial(_catch_up, search)) / 1000
        opened = [milliseconds(partial(_find, search, "")) for _ in range(10)]
        typed = [milliseconds(partial(_find, search, text)) for text in _each_letter(TYPED)]
        year = parse_history_query("since:1y", END)
        counted = [milliseconds(partial(collect_statistics, store, year, search=search)) for _ in range(5)]
    first, letter = f"first {ROWS_SHOWN} rows and the count", "a letter of a search"
    return [
        Figure(f"{where}: index built once, in slices", "s", built),
        Figure(f"{where}: {first} · worst", "ms", max(opened), most=MOST_TO_OPEN_MS),
        Figure(f"{where}: {letter} · 95 %", "ms", quantiles(typed, n=20)[18], most=MOST_SEARCH_MS),
        Figure(f"{where}: {letter} · worst", "ms", max(typed)),
        Figure(f"{where}: statistics of a year · median", "ms", median(counted), most=MOST_STATISTICS_MS),
    ]


def export_figure(state: Path) -> Figure:
    """Return how much more memory an export of all rows takes than one of a single row, in megabytes."""
    few, all_rows = (_peak_memory(state, *options) for options in (("--limit", "1"), ()))
    return Figure(
        "memory of an export of all rows, above one of a row", "MB", all_rows - few, most=MOST_EXPORT_MB
    )


def _catch_up(search: HistorySearch) -> None:
    while search.catch_up():
        pass


def _find(search: HistorySearch, text: str) -> None:
    found = search.find(parse_history_query(text, END), wanted=ROWS_SHOWN)
    found.window(0, ROWS_SHOWN, effort=0)
    found.exact_count()


def _each_letter(texts: Sequence[str]) -> Iterator[str]:
    """Yield what is in the search after each letter."""
    return (text[:end] for text in texts for end in range(1, len(text) + 1))


def _peak_memory(state: Path, *arguments: str) -> float:
    """Return the most memory that a command had, in megabytes."""
    command = [sys.executable, "-c", _MEASURED, "--config", str(state / "none.toml"), "--state", str(state)]
    done = subprocess.run(
        [*command, "history", "--csv", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    return int(done.stderr.split()[-2]) / 1024
