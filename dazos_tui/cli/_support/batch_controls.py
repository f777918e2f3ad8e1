"""Stopping and pausing a batch from the terminal: signals, and the key p."""

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from dazos_tui.cli._support.output import echo_interrupted, is_terminal
from dazos_tui.resets.batch import BatchRun
from dazos_tui.resets.batch_report import BatchReport

_PAUSE_KEYS = frozenset({"p", "P", " "})
_STOPPING = "Stopping after the one under way. Ctrl+C again stops at once; that one is then unknown."


@contextmanager
def controls(
    run: BatchRun, task: "asyncio.Task[BatchReport]", on_change: Callable[[BatchRun], object]
) -> Iterator[None]:
    """Let Ctrl+C, a closed terminal, SIGTERM and the key p control a batch whose `run` is `task`.

    The first Ctrl+C stops after the one under way, a second one at once. `on_change` is called after a key.
    """
    loop = asyncio.get_running_loop()
    earlier = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def interrupt() -> None:
        if run.is_stopping:
            task.cancel()
        else:
            run.cancel()
            echo_interrupted(_STOPPING)

    handled = [number for number, handler in earlier.items() if handler is not signal.SIG_IGN]
    for number in handled:
        loop.add_signal_handler(number, interrupt if number is signal.SIGINT else run.cancel)
    try:
        with _pause_key(run, on_change):
            yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
            signal.signal(number, earlier[number])


@contextmanager
def _pause_key(run: BatchRun, on_change: Callable[[BatchRun], object]) -> Iterator[None]:
    if not _can_read_keys():
        yield
        return
    loop, handle = asyncio.get_running_loop(), sys.stdin.fileno()

    def read_key() -> None:
        try:
            keys = os.read(handle, 64).decode("ascii", "ignore")
        except OSError:
            keys = ""
        if not keys:
            # The terminal is gone.
            loop.remove_reader(handle)
        elif not _PAUSE_KEYS.isdisjoint(keys):
            (run.resume if run.is_paused else run.pause)()
            on_change(run)

    modes = termios.tcgetattr(handle)
    tty.setcbreak(handle)
    loop.add_reader(handle, read_key)
    try:
        yield
    finally:
        loop.remove_reader(handle)
        with suppress(termios.error):
            termios.tcsetattr(handle, termios.TCSADRAIN, modes)


def _can_read_keys() -> bool:
    """Return whether the terminal belongs to this process: in the background it would be stopped."""
    if not is_terminal("stdin") or not is_terminal("stderr"):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        # It is not the terminal that controls this process.
        return True
