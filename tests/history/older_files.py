"""Histories as earlier versions wrote them."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from dazos_tui.history import sqlite_file
from dazos_tui.history.times import format_time
from tests.history.test_store import NOW
from tests.reset_requests import request

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
