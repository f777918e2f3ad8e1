"""A history in one SQLite file, safe to share between processes."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Event, RLock
from typing import TYPE_CHECKING

from dazos_tui.history.backend import Row, Statement, Values
from dazos_tui.history.file_identity import KnownHistoryFile, OpenHistoryFiles
from dazos_tui.history.search_files import delete_search_index
from dazos_tui.history.sqlite_file import (
    checkpoint_wal,
    empty_wal,
    open_database,
    rewrite_version,
    translate_sqlite_errors,
)
from dazos_tui.history.times import format_time, utc_now
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

ROWS_AT_ONCE = 1000


@cache
def _checkpoints() -> "ThreadPoolExecutor":
    # Imported here: reading a history needs no threads.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1, thread_name_prefix="history")


class _SqliteTransaction:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def run(self, *statements: Statement) -> list[list[Row]]:
        """Run statements in order; return the rows of each."""
        return [self._database.execute(one.sql, one.values).fetchall() for one in statements]


class SqliteBackend:
    """The connection to one history's file, created on first use. It is thread-safe, with one lock."""

    def __init__(self, path: Path, known: KnownHistoryFile | None = None) -> None:
        """Build the back end; `known` is shared with this process's other connections to the same file."""
        self.path = path
        self._known_file = known or KnownHistoryFile()
        self._files = OpenHistoryFiles(path, self._known_file)
        self._connection: sqlite3.Connection | None = None
        self._checkpoint: Future[None] | None = None
        self._lock = RLock()

    @property
    def place(self) -> str:
        """Return the path of the file, for messages."""
        return safe_text(str(self.path))

    def is_missing(self) -> bool:
        """Return whether there is no file yet, so that a new one would be created."""
        # Only a file that does not exist is missing. If it cannot be read, opening it says why.
        try:
            self.path.stat()
        except FileNotFoundError:
            return True
        except (OSError, ValueError):
            return False
        return False

    def require_writable(self) -> None:
        """Make sure that a reset can be recorded: the file exists, is ours and is writable."""
        with self._begun() as database:
            # A transaction can begin on a read-only file or a full disk, so something is written.
            rewrite_version(database)

    def require_complete(self) -> None:
        """Do nothing: a file has every row."""

    def notice(self) -> None:
        """Return nothing: a file is there, or an error says so."""

    def now(self) -> datetime:
        """Return the time (UTC) of this machine."""
        return utc_now()

    def read(self, sql: str, values: Values) -> list[Row]:
        """Return the rows of a query. Neither the folder nor the file is created."""
        if self._known_file.identity is None and self.is_missing():
            return []
        with self._lock, translate_sqlite_errors(self.path):
            return self.connect().execute(sql, values).fetchall()

    def write(self, *statements: Statement, anywhere: bool = False) -> list[list[Row]]:
        """Run statements in one transaction; return the rows of each."""
        with self.transaction(anywhere=anywhere) as transaction:
            return transaction.run(*statements)

    @contextmanager
    def transaction(self, *, anywhere: bool = False) -> Iterator[_SqliteTransaction]:
        """Begin a transaction, in the file at the path unless `anywhere` is set."""
        with self._begun(anywhere=anywhere) as database:
            if not anywhere:
                self._require_all_rows(database)
            yield _SqliteTransaction(database)

    def note_rows(self, ids: Sequence[int]) -> None:
        """Remember the newest row that exists."""
        self._known_file.newest_id = max(self._known_file.newest_id, *ids, 0)

    def require_in_place(self) -> None:
        """Raise HistoryReplacedError if the open file is not the one at the path."""
        self._files.require_unchanged()

    def checkpoint(self) -> None:
        """Move SQLite's write-ahead log into the file soon, in a thread, so that a copy of it has every row.

        The rows are durable before: nobody has to wait for this.
        """
        waiting = self._checkpoint
        # One that has not begun will also see what was written just now.
        if waiting is None or waiting.running() or waiting.done():
            with suppress(RuntimeError):
                # Not while Python ends: closing does it then.
                self._checkpoint = _checkpoints().submit(self._checkpoint_now)

    def _checkpoint_now(self) -> None:
        with self._lock:
            if self._connection is not None:
                checkpoint_wal(self._connection)

    def compact(self) -> None:
        """Rewrite the file and empty its write-ahead log: bytes of what was erased are in neither.

        Raises HistoryError if another process keeps the log from being emptied.
        """
        with self._lock, translate_sqlite_errors(self.path):
            database = self.connect()
            database.execute("VACUUM")
            empty_wal(database, self.place)
        with suppress(OSError):
            # It has no texts, only which rows have which three letters: less than a name, more than nothing.
            delete_search_index(self.path)

    def iter_tables(self, tables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[Row]]]:
        """Yield the rows of tables with these columns, some at a time, as they were at one moment."""
        with self._lock, translate_sqlite_errors(self.path):
            database = self.connect()
            database.execute("BEGIN")
            try:
                for table, columns in tables.items():
                    cursor = database.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 - our own
                    while rows := cursor.fetchmany(ROWS_AT_ONCE):
                        yield table, rows
            finally:
                database.execute("ROLLBACK")

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy the whole file into another one, as it is at one moment."""
        with self._lock, translate_sqlite_errors(self.path):
            self.connect().backup(target)

    def watch(self, stop: Event) -> Iterator[None]:
        """Yield nothing: a local file tells nobody of its changes."""
        return iter(())

    def reopen(self) -> "SqliteBackend":
        """Return another connection to the same file: neither waits for the other."""
        return SqliteBackend(self.path, self._known_file)

    def close(self) -> None:
        """Close the file. It then has every row, even if other processes have it open."""
        with self._lock:
            if self._connection is not None:
                checkpoint_wal(self._connection, truncate=True)
                self._connection.close()
                self._connection = None

    def connect(self) -> sqlite3.Connection:
        """Return the open connection. Raises HistoryError, sqlite3.Error."""
        if self._connection is None:
            # Checked before as well: opening would create a missing file.
            self._files.require_known_file()
            database = open_database(self.path, lambda: format_time(utc_now()))
            try:
                self._files.record_opened()
                self._require_all_rows(database)
            except BaseException:
                database.close()
                raise
            self._connection = database
        return self._connection

    @contextmanager
    def _begun(self, *, anywhere: bool = False) -> Iterator[sqlite3.Connection]:
        with self._lock, translate_sqlite_errors(self.path):
            database = self.connect()
            if not anywhere:
                self._files.require_unchanged()
                # Cached pages would hide that a copy was written over the file.
                database.execute("PRAGMA shrink_memory")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            finally:
                if database.in_transaction:
                    database.execute("ROLLBACK")

    def _require_all_rows(self, database: sqlite3.Connection) -> None:
        # Read first, so that rows which another thread adds meanwhile do not count as missing.
        known = self._known_file.newest_id
        newest = database.execute("SELECT max(id) FROM resets").fetchone()[0] or 0
        if newest < known:
            raise self._files.replaced_error("lost rows: an older copy was put in its place")
        self.note_rows([newest])
