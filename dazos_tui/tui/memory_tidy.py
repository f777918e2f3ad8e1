"""Freeing memory while the user rests."""

import gc
from collections.abc import Callable

from textual.app import App

from dazos_tui.system.memory import return_free_memory

REST_SECONDS = 2.0
"""After this long without input, nobody notices a pause of two hundredths of a second."""
CHECK_SECONDS = 1.0
"""How often to check. Shorter than a rest: input between two rests is not missed."""


class MemoryTidy:
    """Frees what was closed, once in each rest.

    A closed dialog is garbage in cycles with thousands of objects. Of itself the collector looks at old
    objects only when a quarter as many new ones have come, so that dozens of dialogs would wait for that.
    """

    def __init__(self, app: App[None], idle_seconds: Callable[[], float]) -> None:
        """Build it. `idle_seconds` tells how long ago the last input was."""
        self._app, self._idle_seconds = app, idle_seconds
        self._is_done = False

    def begin(self) -> None:
        """Start checking whether the user rests."""
        self._app.set_interval(CHECK_SECONDS, self.check)

    def check(self) -> None:
        """Free memory if a rest has begun."""
        is_rest = self._idle_seconds() >= REST_SECONDS
        if is_rest and not self._is_done:
            gc.collect()
            return_free_memory()
        self._is_done = is_rest
