"""Reading the history without holding up keys: a file's at once, a server's in a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from dazos_tui.history.errors import HistoryError
from dazos_tui.history.store import HistoryStore
from dazos_tui.system.event_log import log_error

SLOW_SECONDS = 1.0
"""The time after which the screen says that the server has not answered yet."""

T = TypeVar("T")


def _ignore() -> None:
    pass


class ReadView(Protocol):
    """The part of a screen that reading uses."""

    def run(self, group: str, job: Callable[[], Awaitable[None]], *, exclusive: bool = True) -> None:
        """Run a job that ends with the screen; if `exclusive`, cancel the other jobs of its group."""

    def run_until_quit(self, job: Callable[[], Awaitable[None]]) -> None:
        """Run a job that only quitting the app cancels."""


class HistoryReads:
    """Reads one history for one screen. Answers that come after the screen has ended are dropped."""

    def __init__(self, view: ReadView, store: HistoryStore) -> None:
        self._view = view
        self.is_local = store.is_local
        # One thread: while a server does not answer, others are not used up.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="history")

    def start(
        self,
        name: str,
        read: Callable[[], T],
        show: Callable[[T], object],
        failed: Callable[[HistoryError], object],
        slow: Callable[[], object] = _ignore,
    ) -> None:
        """Read, then call `show` with the result, or `failed` with the error; `slow` if it takes a while.

        If another read of the same name begins before, this one's answer is dropped.
        """
        if self.is_local:
            _show(read, show, failed)
        else:
            self._view.run(f"history {name}", partial(self._read, read, show, failed, slow))

    def start_change(
        self, change: Callable[[], T], show: Callable[[T], object], failed: Callable[[HistoryError], object]
    ) -> None:
        """Do as `start` does with what changes the history: it is done also if the screen ends before."""
        if self.is_local:
            _show(change, show, failed)
        else:
            told: asyncio.Future[Callable[[], object]] = asyncio.get_running_loop().create_future()
            self._view.run_until_quit(partial(self._change, change, show, failed, told))
            self._view.run("history change", partial(_tell, told), exclusive=False)

    async def _change(
        self,
        change: Callable[[], T],
        show: Callable[[T], object],
        failed: Callable[[HistoryError], object],
        told: "asyncio.Future[Callable[[], object]]",
    ) -> None:
        try:
            value = await asyncio.get_running_loop().run_in_executor(self._pool, change)
        except HistoryError as error:
            # The screen that would say it may have ended.
            log_error("the history could not be changed", error)
            answer = partial(failed, error)
        else:
            answer = partial(show, value)
        if not told.done():
            told.set_result(answer)

    async def _read(
        self,
        read: Callable[[], T],
        show: Callable[[T], object],
        failed: Callable[[HistoryError], object],
        slow: Callable[[], object],
    ) -> None:
        reading = asyncio.get_running_loop().run_in_executor(self._pool, read)
        try:
            done, _ = await asyncio.wait({reading}, timeout=SLOW_SECONDS)
            if not done:
                slow()
            value = await reading
        except HistoryError as error:
            failed(error)
        else:
            show(value)
        finally:
            reading.cancel()


async def _tell(told: "asyncio.Future[Callable[[], object]]") -> None:
    answer = await told
    answer()


def _show(
    read: Callable[[], T], show: Callable[[T], object], failed: Callable[[HistoryError], object]
) -> None:
    try:
        value = read()
    except HistoryError as error:
        failed(error)
    else:
        show(value)
