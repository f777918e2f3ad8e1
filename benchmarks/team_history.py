"""A history on PostgreSQL: what a record costs over a line, many who send at once, and searching a long one.

It runs a PostgreSQL of its own, without waiting for the disk. The send goes over a line with a round trip of
50 ms, to the demo CRM and to the database. Then 4 processes begin sends to the same --people, and again to
others, as often as needed, while the server is killed and started --kills times. At last a history of --rows
rows is searched and counted.
"""

import asyncio
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep

from benchmarks.harness import Figure, options, report, say
from benchmarks.history import LINE_SECONDS, timed_sends
from benchmarks.history_search import COLUMNS, search_figures, team_rows
from benchmarks.line import slow_line
from benchmarks.server import Server, demo_server
from dazos_tui.config.history_url import PostgresAddress
from dazos_tui.history.audit import check_chain
from dazos_tui.history.models import Outcome
from dazos_tui.history.postgres import PostgresBackend, PostgresServer
from dazos_tui.history.store import HistoryStore
from tests.history.writers import Writers
from tests.postgres_cluster import MISSING, Cluster, running_cluster

MOST_ROUND_TRIPS = 2.2
PROCESSES = 4


def main() -> int:
    """Measure and print; return the exit code."""
    parser = options(__doc__, people=500, rounds=100)
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="default 1,000,000")
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="default 20")
    chosen = parser.parse_args()
    if MISSING:
        say(f"team_history: left out, as {MISSING}")
        return 0
    with running_cluster() as cluster:
        with demo_server(40, page_size=20) as server:
            trips = asyncio.run(_round_trips(cluster, server, chosen.rounds))
        figures = [
            Figure("round trips of a record · median", "", trips, most=MOST_ROUND_TRIPS),
            *_collisions(cluster, chosen.people, 0),
            *_collisions(cluster, chosen.people, chosen.kills),
            *_searches(cluster, chosen.rows),
        ]
    title = (
        f"team_history: {chosen.rounds} sends over a line of 50 ms; {PROCESSES} processes × {chosen.people} "
        f"begins, {chosen.kills} kills; {chosen.rows:,} rows"
    )
    return report(title, figures, strict=chosen.strict)


async def _round_trips(cluster: Cluster, server: Server, rounds: int) -> float:
    """Return how many round trips more a send takes with its record than without."""
    database = cluster.new_database()
    with closing(cluster.admin(database)) as admin:
        admin.execute("ALTER ROLE administrator PASSWORD 'a-password'")
    async with slow_line(cluster.port, there_and_back=LINE_SECONDS) as near:
        address = PostgresAddress("127.0.0.1", near, database, "administrator")
        backend = PostgresBackend(PostgresServer(address, lambda: "a-password", sslmode="disable"))
        with HistoryStore(backend) as store:
            await asyncio.to_thread(store.require_writable)
            recorded, unrecorded = await timed_sends(server, store, rounds)
            await asyncio.to_thread(store.close)
    return (median(recorded) - median(unrecorded)) / (LINE_SECONDS * 1000)


def _collisions(cluster: Cluster, people: int, kills: int) -> list[Figure]:
    """Return how many sends were lost and doubled when several processes send to the same people."""
    server = cluster.server(cluster.new_database())
    writers = Writers.start(server, PROCESSES, people)
    told, begun, done, pause = Counter[int](), people, 0, 0.3
    while done < kills:
        sleep(pause)
        if writers.are_running:
            cluster.kill()
            cluster.start()
            done += 1
        else:
            told.update(writers.sent())
            writers = Writers.start(server, PROCESSES, people, first=begun)
            # Few people take less time than the pause.
            begun, pause = begun + people, pause / 2
    told.update(writers.sent())
    with HistoryStore(PostgresBackend(server)) as store:
        rows = store.search()
        problem = check_chain(store.backend).problem
    kept = Counter(int(row.request.user_id) for row in rows if row.outcome is Outcome.SENT)
    lost = sum(1 for number in range(begun) if not kept[number] or not told[number])
    doubled = sum(1 for number in range(begun) if kept[number] > 1 or told[number] > 1)
    when = f"with {kills} kills of the server" if kills else "at once"
    return [
        Figure(f"sends lost {when}", "", lost, most=0),
        Figure(f"sends doubled {when}", "", doubled, most=0),
        Figure(f"rows that the chain misses {when}", "", int(bool(problem)), most=0),
    ]


def _searches(cluster: Cluster, rows: int) -> list[Figure]:
    database = cluster.server(cluster.new_database())
    _fill(database, rows)
    with (
        TemporaryDirectory() as folder,
        HistoryStore(PostgresBackend(database), cache_folder=Path(folder)) as store,
    ):
        return search_figures(store, "PostgreSQL")


def _fill(server: PostgresServer, rows: int) -> None:
    with HistoryStore(PostgresBackend(server)) as store:
        store.require_writable()
    with closing(server.connect()) as connection:
        connection.execute("SET statement_timeout = 0")
        sql = f"COPY resets ({', '.join(COLUMNS)}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(sql) as copy:
            for row in team_rows(rows):
                copy.write_row(row)
        connection.execute("VACUUM ANALYZE resets")


if __name__ == "__main__":
    sys.exit(main())
