"""Histories as earlier versions wrote them."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from dazos_tui.history import sqlite_file
from dazos_tui.history.times import format_time
from tests.history.clock import NOW
from tests.reset_requests import request

# As released: a history created by version 1 of the schema must always open.
VERSION_1 = """
PRAGMA application_id = 1148867701;
PRAGMA user_version = 1;
CREATE TABLE resets (
    id INTEGER PRIMARY KEY, instance TEXT NOT NULL, environment TEXT NOT NULL, host TEXT NOT NULL,
    operator TEXT NOT NULL, user_id TEXT NOT NULL, user_name TEXT NOT NULL, name TEXT NOT NULL,
    email TEXT NOT NULL, ticket TEXT NOT NULL, requested_at TEXT NOT NULL, finished_at TEXT,
    outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'not sent', 'unknown')),
    message TEXT NOT NULL, folded TEXT NOT NULL
) STRICT;
CREATE INDEX resets_by_person ON resets (instance, user_id);
INSERT INTO resets VALUES (7, 'acme', 'production', 'crm.acme.example', 'admin', '42', 'ann.lee', 'Ann Lee',
    'ann@acme.example', 'HD-7', '2026-11-23T13:37:00.123Z', NULL, 'unknown', '', 'ann lee');
"""

_HERE = Path(__file__).parent
_COLUMNS = (
    "id", "instance", "environment", "host", "operator", "user_id", "user_name", "name", "email", "ticket",
    "requested_at", "finished_at", "outcome", "message", "folded",
)  # fmt: skip


def version_4(path: Path, rows: int) -> None:
    """Make a file of version 4, from before the hash chain, with so many rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    marks = ", ".join("?" * len(_COLUMNS))
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("BEGIN")
        for migration in sqlite_file.MIGRATIONS[:4]:
            for step in migration:
                assert isinstance(step, str)
                raw.execute(step)
        raw.executemany(
            f"INSERT INTO resets ({', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608
            (_row(number) for number in range(1, rows + 1)),
        )
        raw.execute(f"PRAGMA application_id = {sqlite_file.APPLICATION_ID}")
        raw.execute("PRAGMA user_version = 4")
        raw.execute("COMMIT")


def _row(number: int) -> tuple[object, ...]:
    one, at = request(user_id=str(number)), NOW + timedelta(seconds=number)
    texts = [getattr(one, column) for column in _COLUMNS[1:10]]
    folded = "ann lee\nann.lee\nann@acme.example\n\nhd-7\nacme\nadmin\nsent\nyes"
    return (number, *texts, format_time(at), format_time(at + timedelta(seconds=1)), "sent", "yes", folded)


def content(path: Path) -> tuple[int, list[tuple[object, ...]]]:
    """Return the version of a file, and its rows."""
    with closing(sqlite3.connect(path)) as raw:
        [(version,)] = raw.execute("PRAGMA user_version").fetchall()
        return version, raw.execute("SELECT * FROM resets ORDER BY id").fetchall()


def older_file(path):
    """Make a file of version 5 at `path`; return its tables, each with its rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript((_HERE / "sqlite_version_5.sql").read_text())
        tables = {}
        for table in ("resets", "events"):
            cursor = raw.execute(f"SELECT * FROM {table}")  # noqa: S608
            tables[table] = [column[0] for column in cursor.description], cursor.fetchall()
        [head] = raw.execute("SELECT length, hash FROM chain_head").fetchall()
    return tables, head


def older_database(cluster, tmp_path):
    """Make a team's history of version 1 with the same rows; return its name."""
    database = cluster.new_database()
    script = (_HERE / "postgres_version_1.sql").read_text().replace("version1", database)
    tables, head = older_file(tmp_path / "older" / "history.db")
    with closing(cluster.admin(database)) as admin:
        admin.execute(script)
        for role in ("owner", "sender", "reader"):
            admin.execute(f"CREATE ROLE {database}_{role}_person LOGIN IN ROLE {database}_{role}")
        for table, (columns, rows) in tables.items():
            marks = ", ".join(["%s"] * len(columns))
            names = ", ".join(columns)
            for row in rows:
                admin.execute(f"INSERT INTO dazos_tui.{table} ({names}) VALUES ({marks})", row)  # noqa: S608
        admin.execute("UPDATE dazos_tui.chain_head SET length = %s, hash = %s", head)
        admin.execute("ALTER TABLE dazos_tui.resets ALTER id RESTART WITH 5")
    return database
