"""Keeping the screens up with a history that others write to, and the history within its time."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from threading import Event, Thread
from typing import TYPE_CHECKING

from dazos_tui.history.errors import HistoryError
from dazos_tui.system.event_log import log_error

if TYPE_CHECKING:
    from dazos_tui.config.history_table import HistoryTable
    from dazos_tui.history.store import HistoryStore

_JOIN_SECONDS = 3.0


class HistoryWatch:
    """Waits in a thread for changes of the history by others, and reports them in the app's loop."""

    def __init__(self, on_change: Callable[[], object]) -> None:
        self._on_change = on_change
        self._stop = Event()
        self._thread: Thread | None = None
        self._is_reported = False

    def begin(self, store: "HistoryStore", table: "HistoryTable") -> None:
        """Watch this history from now on, instead of another one; must be called in the app's loop."""
        self._stop.set()
        self._stop = Event()
        work = (store.reopen(), table, self._stop, asyncio.get_running_loop())
        self._thread = Thread(target=self._run, args=work, name="history watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop watching; wait a moment until the connection is closed."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    def _run(
        self, store: "HistoryStore", table: "HistoryTable", stop: Event, loop: asyncio.AbstractEventLoop
    ) -> None:
        with store:
            # On a server, only the owner of the tables may erase: “dazos-tui db erase --expired”.
            if table.keep_days and table.url is None:
                _erase_expired(store, table.keep_days)
            _drop_outdated_cache(store)
            for _ in store.watch(stop):
                if not stop.is_set() and not self._is_reported:
                    self._is_reported = True
                    loop.call_soon_threadsafe(self._report)

    def _report(self) -> None:
        # Before the change is read: what comes after that is another one.
        self._is_reported = False
        if not self._stop.is_set():
            self._on_change()


def _drop_outdated_cache(store: "HistoryStore") -> None:
    """Delete the local cache of a server's history if people in it were erased since, on any machine."""
    from dazos_tui.history.search_index import indexed_search

    # A connection of its own, which is closed again.
    with store.reopen() as apart, closing(indexed_search(apart)) as search:
        search.drop_outdated()


def _erase_expired(store: "HistoryStore", keep_days: int) -> None:
    from dazos_tui.history.erasure import erase_expired

    try:
        if not store.is_missing():
            erase_expired(store.backend, keep_days, store.now())
    except HistoryError as error:
        # The next start tries again, and a send says itself what is wrong.
        log_error("not erased", error)
