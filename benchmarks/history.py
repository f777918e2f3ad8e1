"""The cost of the history: a send with its record compared with one without, and opening a long history.

The send goes over a line with a round trip of 50 ms to a demo CRM in its own process. The send without the
record is only the client's request. A long history has --rows rows; one of a team is searched, counted and
exported.
"""

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit

from pydantic import SecretStr

from benchmarks.harness import Figure, milliseconds, options, report
from benchmarks.history_search import export_figure, fill_sqlite_with_team, search_figures
from benchmarks.line import slow_line
from benchmarks.server import INSTANCE, Server, demo_server
from dazos_tui.config.models import Environment, Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import MenuItemKind
from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.factory import create_client
from dazos_tui.resets.findings import RESEND_CODES
from dazos_tui.resets.service import ResetService

LINE_SECONDS = 0.05
MOST_OF_A_SEND, MOST_TO_OPEN_MS = 1.01, 50.0
ROWS_SHOWN, OPENINGS = 200, 10

# All columns are copied unchanged, except the keys and those by which rows are found.
_COPY = """
INSERT INTO resets
    (uid, sort_key, instance, environment, host, operator, user_id, user_name, name, email, ticket,
     requested_at, finished_at, outcome, message, folded)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
SELECT lower(hex(randomblob(16))), sort_key + i, instance, environment, host, operator, i, user_name || i,
       name, email, ticket, requested_at, finished_at, outcome, message, folded || i
FROM resets, n WHERE id = 1
"""


def main() -> int:
    """Measure and print; return the exit code."""
    parser = options(__doc__, rounds=100)
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="default 1,000,000")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dazos-tui-bench-") as folder:
        with demo_server(40, page_size=20) as server:
            recorded, unrecorded = asyncio.run(_sends(server, Path(folder, "sends"), chosen.rounds))
        opened = _openings(Path(folder, "long", "history.db"), chosen.rows)
        searched = _searches(Path(folder, "team", "history.db"), chosen.rows)
    figures = [
        Figure(
            "a send and its record · median",
            "ms",
            median(recorded),
            median(unrecorded),
            most_ratio=MOST_OF_A_SEND,
        ),
        Figure("open, settle, read the newest 200 · worst", "ms", max(opened), most=MOST_TO_OPEN_MS),
        *searched,
    ]
    title = f"history: {chosen.rounds} sends over a line of 50 ms; {chosen.rows:,} rows"
    return report(title, figures, strict=chosen.strict)


async def _sends(server: Server, state: Path, rounds: int) -> tuple[list[float], list[float]]:
    with HistoryStore(state / "history.db") as store:
        return await timed_sends(server, store, rounds)


async def timed_sends(server: Server, store: HistoryStore, rounds: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each send with its record, and of each without, taken in turn."""
    recorded, unrecorded = list[float](), list[float]()
    async with _signed_in(server) as (instance, client):
        service = ResetService(instance, client, store)
        [row] = await client.find_exact(instance.username)
        check = await service.prepare(row.user.id)
        item = check.profile.menu_item(MenuItemKind.SEND_RESET_LINK)
        if item is None:
            raise RuntimeError("The demo CRM's profile has no menu item that sends a link.")
        for _ in range(rounds):
            recorded.append(await _timed(service.send(check, allowed=RESEND_CODES)))
            unrecorded.append(await _timed(client.run_menu_item(item)))
    return recorded, unrecorded


@asynccontextmanager
async def _signed_in(server: Server) -> AsyncIterator[tuple[Instance, CrmClient]]:
    port = urlsplit(server.url).port or 80
    async with slow_line(port, there_and_back=LINE_SECONDS, from_here=True) as near:
        url = server.url.replace(f":{port}", f":{near}")
        sandbox = Environment.SANDBOX
        instance = Instance(name=INSTANCE, url=url, username=server.username, environment=sandbox)
        async with create_client(instance) as client:
            await client.sign_in(server.username, SecretStr(server.password))
            yield instance, client


async def _timed(work: Awaitable[object]) -> float:
    start = perf_counter()
    await work
    return (perf_counter() - start) * 1000


def fill_sqlite(path: Path, rows: int) -> None:
    """Make a history of `rows` rows in a file."""
    with HistoryStore(path) as store:
        request = ResetRequest(
            INSTANCE, "sandbox", "crm.example.com", "op", "0", "person.", "A Person", "person@example.com", ""
        )
        store.record_outcome(store.record_request(request).id, Outcome.SENT, "Sent.")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_COPY, (rows - 1,))


def _openings(path: Path, rows: int) -> list[float]:
    """Return the milliseconds of each opening of a history of `rows` rows, and reading the app's part."""
    fill_sqlite(path, rows)

    def open_and_read() -> None:
        with HistoryStore(path) as store:
            store.mark_interrupted(INSTANCE)
            if len(store.search(instance=INSTANCE, limit=ROWS_SHOWN)) != min(rows, ROWS_SHOWN):
                raise RuntimeError("The history does not have the rows that were written.")

    return [milliseconds(open_and_read) for _ in range(OPENINGS)]


def _searches(path: Path, rows: int) -> list[Figure]:
    """Return the figures of searching, counting and exporting a team's history."""
    fill_sqlite_with_team(path, rows)
    with HistoryStore(path) as store:
        figures = search_figures(store, "SQLite")
    return [*figures, export_figure(path.parent)]


if __name__ == "__main__":
    sys.exit(main())
