"""Terminal functions beyond drawing: lending it to programs, title, mouse and redraw."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from textual.app import App

from dazos_tui.text.sanitize import safe_text
from dazos_tui.tui.terminal.driver import DiffingDriver

_LENT_MESSAGE = """dazos-tui: {} has this terminal now.
Type what it asks for; dazos-tui comes back by itself. Ctrl+C ends the command."""
"""Shown while the terminal is lent to a program, whose name replaces the braces."""


class TerminalControl:
    """Lends the terminal to other programs, sets its title, and redraws it."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._lending = asyncio.Lock()
        self._lent_to: asyncio.Task[Any] | None = None

    @property
    def _driver(self) -> DiffingDriver | None:
        driver = self._app._driver
        return driver if isinstance(driver, DiffingDriver) else None

    def forget_screen(self) -> None:
        """Assume the terminal's content is unknown: the next draw repaints everything."""
        if self._driver is not None:
            self._driver.invalidate()

    def redraw(self) -> None:
        """Redraw the whole screen, for example after another program wrote over it."""
        self.forget_screen()
        self._app.refresh(layout=True)

    def ignore_mouse(self) -> None:
        """Stop using the mouse, so that the terminal can."""
        if self._driver is not None:
            self._driver.disable_mouse()

    def set_title(self, title: str) -> None:
        """Set the terminal's title."""
        if self._driver is not None:
            self._driver.set_title(safe_text(title))

    @asynccontextmanager
    async def lend(self, program: str) -> AsyncIterator[int | None]:
        """Lend the terminal to a program; yield its file descriptor, or None. This is a `LendTerminal`."""
        driver = self._driver
        if driver is None:
            yield None
            return
        async with self._lending:
            self._lent_to = asyncio.current_task()
            try:
                with driver.lend_terminal(_LENT_MESSAGE.format(program)) as terminal:
                    yield terminal
            finally:
                self._app.refresh(layout=True)

    def leave_for(self, number: int) -> None:
        """Quit because of a signal, after the program that has the terminal has ended and returned it."""
        leave = partial(self._app.exit, return_code=128 + number)
        if self._lending.locked() and self._lent_to is not None:
            self._lent_to.add_done_callback(lambda _: leave())
            self._lent_to.cancel()
        else:
            leave()
