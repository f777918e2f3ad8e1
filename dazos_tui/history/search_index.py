"""An index of the history beside it: which rows have which three letters in a row (trigrams), and numbers.

It is a cache in a file of its own, `history.db-search`: the history neither waits for it nor depends on it.
Whatever it names is looked at in the history itself, so it can make a search faster, but never wrong: rows
that it does not know yet are named as well. It may be deleted at any time. It has neither names nor addresses
nor tickets of people, but their record ids and which three letters are somewhere in a row. So it is deleted
when people are erased.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import TypeVar

from dazos_tui.history import fact_blocks
from dazos_tui.history.backend import Row, Values
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.link_counts import LinkCounts
from dazos_tui.history.query import HistoryQuery
from dazos_tui.history.search import TRIGRAM, HistorySearch, TextCandidates
from dazos_tui.history.search_files import delete_search_index, search_index_path
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore
from dazos_tui.system.files import UnsafeFileError, create_private_file

SLICE_ROWS = 5_000
"""The rows that are indexed at once: about 80 ms."""

MOST_BEHIND = 2_000
"""With more rows than this not indexed yet, the index is not used."""

T = TypeVar("T")

_MOST_TRIGRAMS = 40
_BUSY_SECONDS = 0.2
_BLOCKS_AT_ONCE = 4
_VERSION = 2

# Only which rows have a trigram is kept: not where, and not the texts.
_SCHEMA = (
    "CREATE VIRTUAL TABLE trigrams USING fts5("
    "folded, content='', tokenize='trigram', detail=none, columnsize=0)",
    # Rows whose texts may still change, as they have no outcome yet. They are indexed once they have one.
    "CREATE TABLE unfinished (id INTEGER PRIMARY KEY)",
    "CREATE TABLE progress (newest INTEGER NOT NULL, requested_at TEXT NOT NULL, source TEXT NOT NULL)",
    *fact_blocks.SCHEMA,
)


class SearchIndex:
    """The index of one history. It is thread-safe, and never raises: where it cannot be used, it is not."""

    def __init__(self, history: HistoryStore, history_path: Path) -> None:
        """Build the index of the history at a path; nothing is read or created yet."""
        self._history = history
        self._history_path = history_path
        self.path = search_index_path(history_path)
        self._connection: sqlite3.Connection | None = None
        self._is_unusable = False
        self._lock = RLock()

    def candidates(self, texts: Sequence[str], limit: int) -> Sequence[int] | None:
        """Return the ids of rows that may have all texts; None if more than `limit`, or if unknown."""
        trigrams = list(dict.fromkeys(part for text in texts for part in _trigrams(text)))[:_MOST_TRIGRAMS]
        # While rows are being indexed, nobody waits for that.
        if not trigrams or not self._lock.acquire(blocking=False):
            return None
        try:
            return self._unless_unusable(lambda: self._candidates(trigrams, limit))
        finally:
            self._lock.release()

    def catch_up(self, rows: int = SLICE_ROWS) -> bool:
        """Index up to `rows` further rows; return whether more are left. Call it again until they are not.

        It waits for nobody: if another process is at it, nothing is done.
        """
        with self._lock:
            return bool(self._unless_unusable(lambda: self._index_slice(rows)))

    def link_counts(self, query: HistoryQuery, most_people: int | None) -> LinkCounts | None:
        """Return the counts of the links that a query finds; None if it cannot tell, or not quickly."""
        with self._lock:
            return self._unless_unusable(lambda: self._link_counts(query, most_people))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None

    def delete(self) -> None:
        """Delete the file; it is built again when it is needed. Raises OSError."""
        with self._lock:
            self.close()
            delete_search_index(self._history_path)

    def _candidates(self, trigrams: Sequence[str], limit: int) -> Sequence[int] | None:
        if (database := self._open(create=False)) is None:
            return None
        [newest, *_] = _progress(database)
        later = "SELECT id FROM resets WHERE id > :newest LIMIT :rows"
        ids = {int(row[0] or 0) for row in self._read(later, {"newest": newest, "rows": MOST_BEHIND + 1})}
        if len(ids) > MOST_BEHIND:
            return None
        wanted = " AND ".join('"' + part.replace('"', '""') + '"' for part in trigrams)
        # Newest first: FTS5 reads in this order without sorting, and stops at the limit.
        found = "SELECT rowid FROM trigrams(?) ORDER BY rowid DESC LIMIT ?"
        indexed = {row[0] for row in database.execute(found, (wanted, limit + 1))}
        indexed.update(row[0] for row in database.execute("SELECT id FROM unfinished LIMIT ?", (limit + 1,)))
        return list(ids | indexed) if len(indexed) <= limit else None

    def _index_slice(self, rows: int) -> bool:
        if (database := self._open(create=True)) is None:
            return False
        with _immediate(database):
            newest, *_ = _progress(database)
            self._index_finished(database)
            added = self._read(
                "SELECT id, folded, finished_at, requested_at FROM resets WHERE id > :newest "
                "ORDER BY id LIMIT :rows",
                {"newest": newest, "rows": rows},
            )
            if added:
                self._add(database, added)
            if len(added) < rows:
                return fact_blocks.refresh(database, self._read, _BLOCKS_AT_ONCE)
        return True

    def _link_counts(self, query: HistoryQuery, most_people: int | None) -> LinkCounts | None:
        if (database := self._open(create=False)) is None:
            return None
        with _immediate(database):
            is_behind = fact_blocks.refresh(database, self._read, _BLOCKS_AT_ONCE)
        return None if is_behind else fact_blocks.count_in_blocks(database, query, most_people)

    def _add(self, database: sqlite3.Connection, rows: Sequence[Row]) -> None:
        insert = "INSERT INTO trigrams (rowid, folded) VALUES (?, ?)"
        database.executemany(insert, [row[:2] for row in rows if row[2]])
        database.executemany("INSERT INTO unfinished VALUES (?)", [row[:1] for row in rows if not row[2]])
        database.execute("UPDATE progress SET newest = ?, requested_at = ?", (rows[-1][0], rows[-1][3]))

    def _index_finished(self, database: sqlite3.Connection) -> None:
        ids = [row[0] for row in database.execute("SELECT id FROM unfinished LIMIT 1000")]
        among = f"id IN ({', '.join(map(str, ids))})"
        rows = self._read(f"SELECT id, folded FROM resets WHERE {among} AND finished_at IS NOT NULL", {})  # noqa: S608
        database.executemany("INSERT INTO trigrams (rowid, folded) VALUES (?, ?)", rows)
        database.executemany("DELETE FROM unfinished WHERE id = ?", [row[:1] for row in rows])

    def _open(self, *, create: bool) -> sqlite3.Connection | None:
        if self._connection is None:
            if self._is_unusable or not (create or self.path.exists()) or not self._history_path.exists():
                return None
            create_private_file(
                self.path, expected_prefixes=("history", self._history_path.name, "demo", "exports", "people")
            )
            self._connection = _connect(self.path)
        _create_tables(self._connection)
        if not self._is_of_this_history(self._connection):
            self.delete()
            return self._open(create=True) if create else None
        return self._connection

    def _is_of_this_history(self, database: sqlite3.Connection) -> bool:
        """Return whether the indexed rows are still the history's: not after a copy was put in its place."""
        state = self._history_path.stat()
        source = f"{state.st_dev} {state.st_ino}"
        newest, requested_at, indexed_source = _progress(database)
        if not newest:
            with _immediate(database):
                database.execute("UPDATE progress SET source = ?", (source,))
            return True
        rows = self._read("SELECT requested_at FROM resets WHERE id = :newest", {"newest": newest})
        return indexed_source == source and bool(rows) and rows[0][0] == requested_at

    def _read(self, sql: str, values: Values) -> list[Row]:
        return self._history.backend.read(sql, values)

    def _unless_unusable(self, work: Callable[[], T]) -> T | None:
        """Return what `work` returns; on an error None. It gives the index up, and deletes a damaged one."""
        try:
            return work()
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
        return None

    def _give_up(self, error: Exception) -> None:
        # Imported late: it takes as long to import as the history to open, and is hardly ever needed.
        from dazos_tui.system.event_log import log_error

        log_error("search index not used", error)
        self._is_unusable = True
        self.close()


def indexed_search(history: HistoryStore) -> HistorySearch:
    """Return a search of this history with the index that fits its database. Close it after use."""
    if isinstance(history.backend, SqliteBackend):
        return HistorySearch(history, SearchIndex(history, history.backend.path))
    return HistorySearch(history, TextCandidates(history))


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        # A lost commit only means to index again.
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def _create_tables(database: sqlite3.Connection) -> None:
    if _version(database) == _VERSION:
        return
    with _immediate(database):
        if _version(database) == _VERSION:
            return
        if _version(database):
            raise sqlite3.DatabaseError("another version of the search index")
        for statement in _SCHEMA:
            database.execute(statement)
        database.execute("INSERT INTO progress VALUES (0, '', '')")
        database.execute(f"PRAGMA user_version = {_VERSION}")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _progress(database: sqlite3.Connection) -> tuple[int, str, str]:
    newest, requested_at, source = database.execute(
        "SELECT newest, requested_at, source FROM progress"
    ).fetchone()
    return newest, requested_at, source


@contextmanager
def _immediate(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


def _trigrams(text: str) -> list[str]:
    return [text[start : start + TRIGRAM] for start in range(len(text) - TRIGRAM + 1)]
