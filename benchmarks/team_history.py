"""A history on PostgreSQL: what a record costs over a line, many who send at once, and searching a long one.

It runs a PostgreSQL of its own, without waiting for the disk. The send goes over a line with a round trip of
50 ms, to the demo CRM and to the database. Then 4 processes begin sends to the same --people, and again while
the server is killed and started --kills times. At last a history of --rows rows is searched, on both
databases, letter by letter.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import sleep

from benchmarks.harness import Figure, milliseconds, options, report, say
from benchmarks.history import LINE_SECONDS, fill_sqlite, timed_sends
from benchmarks.line import slow_line
from benchmarks.server import INSTANCE, Server, demo_server
from dazos_tui.config.history_url import PostgresAddress
from dazos_tui.history.audit import check_chain
from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.postgres import PostgresBackend, PostgresServer
from dazos_tui.history.store import HistoryStore
from tests.history.writers import Writers
from tests.postgres_cluster import MISSING, Cluster, running_cluster

MOST_ROUND_TRIPS, MOST_SEARCH_MS = 2.2, 50.0
PROCESSES = 4
ROWS_SHOWN = 50
TYPED = ("garcia", "1234", "person.99", "not there", "sent")

_COPY = """
INSERT INTO resets
    (uid, sort_key, instance, environment, host, operator, user_id, user_name, name, email, ticket, server,
     requested_at, finished_at, outcome, message, folded, action)
SELECT md5(i::text), sort_key + i, instance, environment, host, operator, i::text, user_name || i,
       name, email, ticket, server, requested_at, finished_at, outcome, message, folded || i, action
FROM resets, generate_series(1, %s) AS i WHERE id = 1
"""


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
    done = 0
    while done < kills:
        # A run that is over before the last kill says less; the number of kills is printed.
        sleep(0.3)
        if not writers.are_running:
            break
        cluster.kill()
        cluster.start()
        done += 1
    told = Counter(writers.sent())
    with HistoryStore(PostgresBackend(server)) as store:
        rows = store.search()
        problem = check_chain(store.backend).problem
    kept = Counter(int(row.request.user_id) for row in rows if row.outcome is Outcome.SENT)
    lost = sum(1 for number in range(people) if not kept[number] or not told[number])
    doubled = sum(1 for number in range(people) if kept[number] > 1 or told[number] > 1)
    when = f"with {done} kills of the server" if kills else "at once"
    return [
        Figure(f"sends lost {when}", "", lost, most=0),
        Figure(f"sends doubled {when}", "", doubled, most=0),
        Figure(f"rows that the chain misses {when}", "", int(bool(problem)), most=0),
    ]


def _searches(cluster: Cluster, rows: int) -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory(prefix="dazos-tui-bench-") as folder:
        path = Path(folder, "history.db")
        fill_sqlite(path, rows)
        database = cluster.server(cluster.new_database())
        _fill_postgres(database, rows)
        for name, place in (("SQLite", path), ("PostgreSQL", PostgresBackend(database))):
            what = f"a letter of a search, {name} · 95 %"
            with HistoryStore(place) as store:
                took = [milliseconds(partial(store.search, words, limit=ROWS_SHOWN)) for words in _typed()]
            figures.append(Figure(what, "ms", quantiles(took, n=20)[18], most=MOST_SEARCH_MS))
    return figures


def _typed() -> Iterator[str]:
    """Yield what is in the search after each letter."""
    for words in TYPED:
        for end in range(1, len(words) + 1):
            yield words[:end]


def _fill_postgres(server: PostgresServer, rows: int) -> None:
    with HistoryStore(PostgresBackend(server)) as store:
        request = ResetRequest(
            INSTANCE, "sandbox", "crm.example.com", "op", "0", "person.", "A Person", "person@example.com", ""
        )
        store.record_outcome(store.record_request(request).id, Outcome.SENT, "Sent.")
    with closing(server.connect()) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute(_COPY, [rows - 1])
        connection.execute("ANALYZE")


if __name__ == "__main__":
    sys.exit(main())
