"""The terminal, as far as more is asked of it than to be drawn on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from textual.app import App

from dazos_tui.text.sanitize import safe_text
from dazos_tui.tui.terminal.driver import DiffingDriver

_LENT = """dazos-tui: {} has this terminal now.
Type what it asks for; dazos-tui comes back by itself. Ctrl+C ends the command."""
"""Told to the person at a terminal that was lent to a program: what that is goes into the braces."""


class TerminalControl:
    """Lends the terminal to other programs, names its window, and has it redrawn."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._lending = asyncio.Lock()
        self._lent_to: asyncio.Task[Any] | None = None

    @property
    def _driver(self) -> DiffingDriver | None:
        driver = self._app._driver
        return driver if isinstance(driver, DiffingDriver) else None

    def forget_screen(self) -> None:
        """Assume the terminal's content is unknown: whatever is drawn next is drawn whole."""
        if self._driver is not None:
            self._driver.invalidate()

    def redraw(self) -> None:
        """Draw the whole screen, as after another program wrote over it."""
        self.forget_screen()
        self._app.refresh(layout=True)

    def ignore_mouse(self) -> None:
        """Leave the mouse to the terminal."""
        if self._driver is not None:
            self._driver.disable_mouse()

    def set_title(self, title: str) -> None:
        """Have the terminal's title say this."""
        if self._driver is not None:
            self._driver.set_title(safe_text(title))

    @asynccontextmanager
    async def lend(self, program: str) -> AsyncIterator[int | None]:
        """Leave screen and keyboard to a program; give the terminal, or None. It is a `LendTerminal`."""
        driver = self._driver
        if driver is None:
            yield None
            return
        async with self._lending:
            self._lent_to = asyncio.current_task()
            with driver.lend_terminal(_LENT.format(program)) as terminal:
                yield terminal
            self._app.refresh(layout=True)

    def leave_for(self, number: int) -> None:
        """Leave because of a signal; whatever has our terminal ends first, and gives it back."""
        leave = partial(self._app.exit, return_code=128 + number)
        if self._lending.locked() and self._lent_to is not None:
            self._lent_to.add_done_callback(lambda _: leave())
            self._lent_to.cancel()
        else:
            leave()
