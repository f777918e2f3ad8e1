"""Single keys from the terminal while a command works, and the terminal back for whatever asks on it."""

import asyncio
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from dazos_tui.cli._support.output import is_terminal

OnKeys = Callable[[str], object]
"""Is called in the event loop with the keys that were pressed."""

_READER: ContextVar["_KeyReader | None"] = ContextVar("_READER", default=None)
"""The reader of this task and of those that it starts."""


@contextmanager
def keys_read(on_keys: OnKeys) -> Iterator[None]:
    """Read keys without Enter, if the terminal is ours. Within it, `keys_suspended` has the terminal back."""
    reader = _KeyReader(on_keys)
    token = _READER.set(reader)
    reader.take()
    try:
        yield
    finally:
        reader.release()
        _READER.reset(token)


@contextmanager
def keys_suspended() -> Iterator[None]:
    """Read no keys meanwhile: a prompt needs the terminal's line editing, and so does another program.

    A program in the foreground is another reason: what is typed for it would stop us in the background.
    Within itself it changes nothing.
    """
    reader = _READER.get()
    if reader is None:
        yield
        return
    token = _READER.set(None)
    reader.release()
    try:
        yield
    finally:
        reader.take()
        _READER.reset(token)


class _KeyReader:
    """Reads keys from stdin between `take` and `release`; without a usable terminal it reads none."""

    def __init__(self, on_keys: OnKeys) -> None:
        self._on_keys = on_keys
        self._modes: list[Any] | None = None

    def take(self) -> None:
        """Begin to read keys. What was typed before is discarded."""
        if not _can_read_keys():
            return
        handle = sys.stdin.fileno()
        # A terminal that cannot be set is not worth a batch: it goes on without keys.
        with suppress(termios.error):
            modes = termios.tcgetattr(handle)
            tty.setcbreak(handle)
            self._modes = modes
            asyncio.get_running_loop().add_reader(handle, self._read_keys)

    def release(self) -> None:
        """Read no keys any longer, and set the terminal as it was."""
        if self._modes is None:
            return
        handle = sys.stdin.fileno()
        asyncio.get_running_loop().remove_reader(handle)
        with suppress(termios.error):
            termios.tcsetattr(handle, termios.TCSADRAIN, self._modes)
        self._modes = None

    def _read_keys(self) -> None:
        handle = sys.stdin.fileno()
        try:
            keys = os.read(handle, 64).decode("ascii", "ignore")
        except OSError:
            keys = ""
        if keys:
            self._on_keys(keys)
        else:
            # The terminal is gone.
            asyncio.get_running_loop().remove_reader(handle)


def _can_read_keys() -> bool:
    """Return whether the terminal belongs to this process: in the background it would be stopped."""
    if not is_terminal("stdin") or not is_terminal("stderr"):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        # It is not the terminal that controls this process.
        return True
