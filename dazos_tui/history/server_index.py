"""What makes a server's history faster here: the server's own index of texts, and numbers in a local cache.

The numbers are those that statistics count (`dazos_tui.history.fact_blocks`). They are brought here once, a
part at a time, and then as far as the chain of the history says that something changed. What is in the cache
says which history it is of: one of another server, or one from before a backup was put back, is deleted. One
that has people who were erased since is deleted, too.
"""

import sqlite3
from collections.abc import Sequence

from dazos_tui.history import fact_blocks
from dazos_tui.history.backend import HistoryBackend, Row, Values
from dazos_tui.history.index_file import IndexFile, immediate
from dazos_tui.history.link_counts import LinkCounts
from dazos_tui.history.offline_queue import QueueingBackend
from dazos_tui.history.query import HistoryQuery
from dazos_tui.history.search import TextCandidates
from dazos_tui.history.search_files import server_index_path
from dazos_tui.history.store import HistoryStore

_VERSION = 1


class ServerIndex:
    """The index of a history on a server. It is thread-safe; without its cache, the server counts."""

    def __init__(self, history: HistoryStore) -> None:
        """Build it; nothing is read or created yet. Without a `cache_folder`, there is no cache."""
        self._texts = TextCandidates(history)
        self._backend = _server_of(history.backend)
        folder = history.cache_folder
        self._file = (
            IndexFile(server_index_path(folder, self._backend.place), fact_blocks.SCHEMA, _VERSION)
            if folder is not None
            else None
        )

    def candidates(self, texts: Sequence[str], limit: int) -> Sequence[int] | None:
        """Return the ids of the rows that have all texts; None if there are more than `limit`."""
        return self._texts.candidates(texts, limit)

    def link_counts(self, query: HistoryQuery, most_people: int | None) -> LinkCounts | None:
        """Return the counts of the links that a query finds; None if the cache does not have them."""
        if self._file is None:
            return None
        return self._file.use(
            lambda database: fact_blocks.current_counts(database, self._read, query, most_people)
        )

    def catch_up(self) -> bool:
        """Bring a part of what is missing into the cache; return whether there is more."""
        if self._file is None:
            return False

        def refresh(database: sqlite3.Connection) -> bool:
            with immediate(database):
                return fact_blocks.refresh(database, self._read)

        return bool(self._file.use(refresh, creating=True))

    def drop_outdated(self) -> None:
        """Delete a cache that has people who were erased, or that is of another history."""
        if self._file is not None:
            self._file.use(lambda database: fact_blocks.require_current(database, self._read))

    def close(self) -> None:
        """Close the cache; the history is the caller's."""
        if self._file is not None:
            self._file.close()

    def _read(self, sql: str, values: Values) -> list[Row]:
        return self._backend.read(sql, values)


def _server_of(backend: HistoryBackend) -> HistoryBackend:
    """Return the server's own back end: rows that wait for it are not to be taken for its rows."""
    return backend.server if isinstance(backend, QueueingBackend) else backend
