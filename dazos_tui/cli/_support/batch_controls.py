"""Stopping and pausing a batch from the terminal: signals, and the key p."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dazos_tui.cli._support.output import echo_interrupted
from dazos_tui.cli._support.terminal_keys import keys_read
from dazos_tui.resets.batch import BatchRun
from dazos_tui.resets.batch_report import BatchReport

_PAUSE_KEYS = frozenset({"p", "P", " "})
_STOPPING = "Stopping after the one under way. Ctrl+C again stops at once; that one may then be unknown."


async def run_controlled(run: BatchRun, on_change: Callable[[BatchRun], object]) -> BatchReport:
    """Carry a batch out, controlled by Ctrl+C, a closed terminal, SIGTERM and the key p; return its report.

    The first Ctrl+C stops after the one under way, a second one at once. `on_change` is called after each
    change.
    """

    def pause_or_resume(keys: str) -> None:
        if not _PAUSE_KEYS.isdisjoint(keys):
            (run.resume if run.is_paused else run.pause)()
            on_change(run)

    def stop_at_once() -> None:
        task.cancel()

    # Nothing is sent before it can be stopped.
    with keys_read(pause_or_resume), _signals(run, stop_at_once):
        task = asyncio.create_task(run.run(on_change))
        try:
            return await task
        except asyncio.CancelledError:
            return await run.interrupted()


@contextmanager
def _signals(run: BatchRun, stop_at_once: Callable[[], object]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    earlier = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def interrupt() -> None:
        if run.is_stopping:
            stop_at_once()
        else:
            run.cancel()
            echo_interrupted(_STOPPING)

    handled = [number for number, handler in earlier.items() if handler is not signal.SIG_IGN]
    for number in handled:
        loop.add_signal_handler(number, interrupt if number is signal.SIGINT else run.cancel)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
            signal.signal(number, earlier[number])
