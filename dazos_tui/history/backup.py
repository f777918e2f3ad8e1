"""Backups of a history: SQLite files with the same tables, made while it is in use."""

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from dazos_tui.history.backend import HistoryBackend, Row
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.sqlite_file import translate_sqlite_errors
from dazos_tui.system.paths import path_exists
from dazos_tui.text.sanitize import safe_text

TABLES = {
    "resets": (
        "id", "uid", "sort_key", "instance", "environment", "host", "operator", "user_id", "user_name",
        "name", "email", "ticket", "server", "requested_at", "finished_at", "outcome", "message", "folded",
        "action", "back_in_at", "proof", "salt", "erased_at", "os_user", "os_host", "sudo_user", "batch",
        "noted_at",
    ),
    "events": ("seq", "reset_id", "kind", "at", "personal", "previous"),
    "chain_head": ("id", "length", "hash"),
}  # fmt: skip
"""The tables of a history, and their columns."""

_SQLITE_START = b"SQLite format 3\0"


def back_up(backend: HistoryBackend, path: Path) -> int:
    """Write a copy of a whole history to a new file that only you can read; return the number of rows.

    It is the state of one moment, with the chain, however many are writing. Raises HistoryError, also if
    there is such a file already; what was begun is removed then.
    """
    if backend.is_missing():
        raise HistoryError(f"There is no history in {backend.place} yet.", advice="Nothing was written.")
    with (
        _file_for_database(path),
        translate_sqlite_errors(path),
        # Absolute: to SQLite, “:memory:” is no file at all.
        closing(sqlite3.connect(path.absolute())) as target,
    ):
        if isinstance(backend, SqliteBackend):
            backend.copy_to(target)
        else:
            # In a folder of our own: a history is only made where nobody else can write.
            with (
                tempfile.TemporaryDirectory(prefix="dazos-tui-") as folder,
                closing(SqliteBackend(Path(folder, "history.db"))) as made,
            ):
                _fill(made.connect(), backend.iter_tables(TABLES))
                made.copy_to(target)
        return int(target.execute("SELECT count(*) FROM resets").fetchone()[0])


@contextmanager
def opened_copy(path: Path) -> Iterator[HistoryBackend]:
    """Yield a private copy of a backup, as the backup itself must not change. Raises HistoryError."""
    with tempfile.TemporaryDirectory(prefix="dazos-tui-") as folder, ExitStack() as stack:
        copy = Path(folder, "history.db")
        with _named_instead(copy, path), translate_sqlite_errors(path):
            # A write-ahead log beside the file counts, too. Without one, SQLite must not make one.
            has_log = path_exists(Path(f"{path}-wal"))
            uri = f"{path.absolute().as_uri()}?{'mode=ro' if has_log else 'immutable=1'}"
            with (
                closing(sqlite3.connect(uri, uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            backend = stack.enter_context(closing(SqliteBackend(copy)))
            backend.connect()
        yield backend


def is_sqlite_file(path: Path) -> bool:
    """Return whether a file is an SQLite database. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE_START)) == _SQLITE_START


def _fill(target: sqlite3.Connection, tables: Iterable[tuple[str, list[Row]]]) -> None:
    target.execute("BEGIN IMMEDIATE")
    target.execute("DELETE FROM chain_head")
    for table, rows in tables:
        columns = TABLES[table]
        marks = ", ".join("?" * len(columns))
        names = ", ".join(columns)
        target.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - our own
    target.execute("COMMIT")


@contextmanager
def _file_for_database(path: Path) -> Iterator[None]:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise HistoryError(
            f"Could not write {safe_text(str(path))}: {reason}.",
            advice="Name a file that does not exist yet.",
        ) from None
    try:
        yield
    except BaseException:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                Path(f"{path}{suffix}").unlink()
        raise


@contextmanager
def _named_instead(copy: Path, path: Path) -> Iterator[None]:
    """Name the file itself in the errors about its copy."""
    try:
        yield
    except HistoryError as error:
        said = str(error).replace(str(copy), safe_text(str(path)))
        raise HistoryError(said, advice="Nothing was brought in.") from None
