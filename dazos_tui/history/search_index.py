"""An index of the history beside it: which rows have which three letters in a row (trigrams), and numbers.

It is a cache in a file of its own, `history.db-search`: the history neither waits for it nor depends on it.
Whatever it names is looked at in the history itself, so it can make a search faster, but never wrong: rows
that it does not know yet are named as well. It may be deleted at any time. It has neither names nor addresses
nor tickets of people, but their record ids and which three letters are somewhere in a row. So it is deleted
when people are erased.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from dazos_tui.history import fact_blocks
from dazos_tui.history.backend import Row, Values
from dazos_tui.history.index_file import IndexFile, OutdatedIndexError, immediate
from dazos_tui.history.link_counts import LinkCounts
from dazos_tui.history.query import HistoryQuery
from dazos_tui.history.search import TRIGRAM, HistorySearch
from dazos_tui.history.search_files import search_index_path
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore
from dazos_tui.system.paths import path_exists

SLICE_ROWS = 5_000
"""The rows that are indexed at once: about 80 ms."""

MOST_BEHIND = 2_000
"""With more rows than this not indexed yet, the index is not used."""

T = TypeVar("T")

_MOST_TRIGRAMS = 40
_VERSION = 3

# Only which rows have a trigram is kept: not where, and not the texts.
_SCHEMA = (
    "CREATE VIRTUAL TABLE trigrams USING fts5("
    "folded, content='', tokenize='trigram', detail=none, columnsize=0)",
    # Rows whose texts may still change, as they have no outcome yet. They are indexed once they have one.
    "CREATE TABLE unfinished (id INTEGER PRIMARY KEY)",
    "CREATE TABLE progress (newest INTEGER NOT NULL, requested_at TEXT NOT NULL, source TEXT NOT NULL)",
    "INSERT INTO progress VALUES (0, '', '')",
    *fact_blocks.SCHEMA,
)


class SearchIndex:
    """The index of one history. It is thread-safe, and never raises: where it cannot be used, it is not."""

    def __init__(self, history: HistoryStore, history_path: Path) -> None:
        """Build the index of the history at a path; nothing is read or created yet."""
        self._history = history
        self._history_path = history_path
        self._file = IndexFile(search_index_path(history_path), _SCHEMA, _VERSION)

    @property
    def path(self) -> Path:
        """Return the path of its file."""
        return self._file.path

    def candidates(self, texts: Sequence[str], limit: int) -> Sequence[int] | None:
        """Return the ids of rows that may have all texts; None if more than `limit`, or if unknown."""
        trigrams = list(dict.fromkeys(part for text in texts for part in _trigrams(text)))[:_MOST_TRIGRAMS]
        if not trigrams:
            return None
        # While rows are being indexed, nobody waits for that.
        return self._use(lambda database: self._candidates(database, trigrams, limit), is_patient=False)

    def catch_up(self, rows: int = SLICE_ROWS) -> bool:
        """Index up to `rows` further rows; return whether more are left. Call it again until they are not.

        It waits for nobody: if another process is at it, nothing is done.
        """
        return bool(self._use(lambda database: self._index_slice(database, rows), creating=True))

    def link_counts(self, query: HistoryQuery, most_people: int | None) -> LinkCounts | None:
        """Return the counts of the links that a query finds; None if it cannot tell, or not quickly."""
        return self._use(
            lambda database: fact_blocks.current_counts(database, self._read, query, most_people)
        )

    def drop_outdated(self) -> None:
        """Delete an index that has people who were erased since, or that is of another history."""
        self._use(lambda database: fact_blocks.require_current(database, self._read))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def delete(self) -> None:
        """Delete the file; it is built again when it is needed. Raises OSError."""
        self._file.delete()

    def _use(
        self, work: Callable[[sqlite3.Connection], T], *, creating: bool = False, is_patient: bool = True
    ) -> T | None:
        def checked(database: sqlite3.Connection) -> T:
            self._require_this_history(database)
            return work(database)

        # Where the history cannot be looked at, reading it says so.
        if not path_exists(self._history_path):
            return None
        return self._file.use(checked, creating=creating, is_patient=is_patient)

    def _candidates(
        self, database: sqlite3.Connection, trigrams: Sequence[str], limit: int
    ) -> Sequence[int] | None:
        [newest, *_] = _progress(database)
        later = "SELECT id FROM resets WHERE id > :newest LIMIT :rows"
        ids = {int(row[0]) for row in self._read(later, {"newest": newest, "rows": MOST_BEHIND + 1})}
        if len(ids) > MOST_BEHIND:
            return None
        wanted = " AND ".join('"' + part.replace('"', '""') + '"' for part in trigrams)
        # Newest first: FTS5 reads in this order without sorting, and stops at the limit.
        found = "SELECT rowid FROM trigrams(?) ORDER BY rowid DESC LIMIT ?"
        indexed = {row[0] for row in database.execute(found, (wanted, limit + 1))}
        indexed.update(row[0] for row in database.execute("SELECT id FROM unfinished LIMIT ?", (limit + 1,)))
        return list(ids | indexed) if len(indexed) <= limit else None

    def _index_slice(self, database: sqlite3.Connection, rows: int) -> bool:
        with immediate(database):
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
                return fact_blocks.refresh(database, self._read)
        return True

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

    def _require_this_history(self, database: sqlite3.Connection) -> None:
        """Raise OutdatedIndexError if the indexed rows are not the history's: a copy was put in its place."""
        state = self._history_path.stat()
        source = f"{state.st_dev} {state.st_ino}"
        newest, requested_at, indexed_source = _progress(database)
        if not newest:
            with immediate(database):
                database.execute("UPDATE progress SET source = ?", (source,))
            return
        rows = self._read("SELECT requested_at FROM resets WHERE id = :newest", {"newest": newest})
        if indexed_source != source or not rows or rows[0][0] != requested_at:
            raise OutdatedIndexError

    def _read(self, sql: str, values: Values) -> list[Row]:
        return self._history.backend.read(sql, values)


def indexed_search(history: HistoryStore) -> HistorySearch:
    """Return a search of this history with the index that fits its database. Close it after use."""
    if isinstance(history.backend, SqliteBackend):
        return HistorySearch(history, SearchIndex(history, history.backend.path))
    # Imported here: a history on this machine needs none of it.
    from dazos_tui.history.server_index import ServerIndex

    return HistorySearch(history, ServerIndex(history))


def _progress(database: sqlite3.Connection) -> tuple[int, str, str]:
    newest, requested_at, source = database.execute(
        "SELECT newest, requested_at, source FROM progress"
    ).fetchone()
    return newest, requested_at, source


def _trigrams(text: str) -> list[str]:
    return [text[start : start + TRIGRAM] for start in range(len(text) - TRIGRAM + 1)]
