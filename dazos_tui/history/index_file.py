"""A cache of the history in an SQLite file of its own, which may be deleted at any time."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import TypeVar

from dazos_tui.history.errors import HistoryError
from dazos_tui.history.search_files import delete_index
from dazos_tui.system.files import STATE_PREFIXES, UnsafeFileError, create_private_file

BUSY_SECONDS = 0.2

T = TypeVar("T")


class OutdatedIndexError(Exception):
    """What is in the cache is not of the history as it is now: it has to be made again."""


class IndexFile:
    """The file of a cache. It is thread-safe, and never raises: where it cannot be used, it is not."""

    def __init__(self, path: Path, schema: Sequence[str], version: int) -> None:
        """Build it; nothing is read or created yet. A file of another `version` is replaced."""
        self.path = path
        self._schema, self._version = schema, version
        self._connection: sqlite3.Connection | None = None
        self._is_unusable = False
        self._lock = RLock()

    def use(
        self, work: Callable[[sqlite3.Connection], T], *, creating: bool = False, is_patient: bool = True
    ) -> T | None:
        """Return what `work` returns with the open file; None if that fails, or if there is no file.

        With `creating`, a missing file is created. Without `is_patient`, nobody waits for another thread.
        An OutdatedIndexError of `work` deletes the file, as damage does.
        """
        if not self._lock.acquire(blocking=is_patient):
            return None
        try:
            return self._use(work, creating=creating)
        except sqlite3.OperationalError as error:
            # Another process is writing; anything else, such as a full disk or an SQLite without FTS5, stays.
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                self._give_up(error)
        except sqlite3.DatabaseError as error:
            self._give_up(error)
            with suppress(OSError):
                self.delete()
        except (OSError, UnsafeFileError) as error:
            self._give_up(error)
        except (HistoryError, ValueError, OverflowError):
            # A search gets the same error from the history itself.
            pass
        finally:
            self._lock.release()
        return None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None

    def delete(self) -> None:
        """Delete the file; it is made again when it is needed. Raises OSError."""
        with self._lock:
            self.close()
            delete_index(self.path)

    def _use(self, work: Callable[[sqlite3.Connection], T], *, creating: bool) -> T | None:
        try:
            database = self._open(creating=creating)
            return None if database is None else work(database)
        except OutdatedIndexError:
            self.delete()
        if not creating:
            return None
        # A new file cannot be outdated, unless the history changes all the time.
        database = self._open(creating=True)
        with suppress(OutdatedIndexError):
            return None if database is None else work(database)
        return None

    def _open(self, *, creating: bool) -> sqlite3.Connection | None:
        if self._connection is None:
            if self._is_unusable or not (creating or self.path.exists()):
                return None
            of_whom = self.path.name.removesuffix("-search")
            create_private_file(self.path, expected_prefixes=(*STATE_PREFIXES, of_whom))
            self._connection = _connect(self.path)
        self._create_tables(self._connection)
        return self._connection

    def _create_tables(self, database: sqlite3.Connection) -> None:
        if _version_of(database) == self._version:
            return
        with immediate(database):
            found = _version_of(database)
            if found == self._version:
                return
            if found:
                raise OutdatedIndexError
            for statement in self._schema:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {self._version}")

    def _give_up(self, error: Exception) -> None:
        # Imported late: it takes as long to import as the history to open, and is hardly ever needed.
        from dazos_tui.system.event_log import log_error

        log_error("search index not used", error)
        self._is_unusable = True
        self.close()


@contextmanager
def immediate(database: sqlite3.Connection) -> Iterator[None]:
    """Begin a transaction that writes; commit it at its end, or nothing of it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        # A lost commit only means to index again.
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def _version_of(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
