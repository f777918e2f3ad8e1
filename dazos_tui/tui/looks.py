"""What of the app is about its looks: the themes, which of them is on, and how another is chosen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import App
from textual.driver import Driver
from textual.screen import ModalScreen
from textual.theme import Theme
from textual.timer import Timer

from dazos_tui.lending import can_be_continued
from dazos_tui.tui.driver import ThriftyDriver
from dazos_tui.tui.themes import (
    DEFAULT_THEME,
    ENVIRONMENT_COLOURS,
    MONOCHROME,
    Palette,
    ThemeError,
    Themes,
    folder_beside,
    load_shipped,
    load_themes,
)

if TYPE_CHECKING:
    from dazos_tui.tui.start import Start

_TELL_SECONDS = 1.0
"""How often it is looked whether something can be told without a box taking it away at once."""

_LENT = """dazos-tui: {} has this terminal now.
Type what it asks for; dazos-tui comes back by itself. Ctrl+C ends the command."""
"""Told to the person at a terminal that was lent to a program: what that is goes into the braces."""

_NOTICE_SECONDS = 15.0


_WITHOUT_COLOURS = Theme(
    name=MONOCHROME,
    primary="#ffffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    variables={
        **{name: "#000000" if name.endswith("-text") else "#ffffff" for name in ENVIRONMENT_COLOURS},
        **dict.fromkeys(("success-muted", "warning-muted", "error-muted"), "#000000"),
        **dict.fromkeys(("text-success", "text-warning", "text-error", "text-accent"), "#ffffff"),
        "scrollbar": "#ffffff",
        "scrollbar-background": "#000000",
    },
)
"""What is drawn where the terminal shall have no colours: only what is light and what is dark counts then."""


class ThemedApp(App[None]):
    """An app with themes, or without any colour where the terminal shall have none."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self.colours = not issubclass(self.driver_class, ThriftyDriver) or self.driver_class.colours
        """Whether the terminal is told any colour."""
        self._lending = asyncio.Lock()
        self._lent_to: asyncio.Task[Any] | None = None
        self._themes = Themes({})
        self._configured = DEFAULT_THEME
        self._untold: list[ThemeError] = []
        self._telling: Timer | None = None
        first = theme_of(load_shipped()) if self.colours else _WITHOUT_COLOURS
        self.register_theme(first)
        self.theme = first.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give every theme the colours of the environments, as the stylesheet needs them."""
        return ENVIRONMENT_COLOURS

    def _use_themes(self, themes: Themes, name: str) -> None:
        """Put on the theme of this name, and tell what is wrong with it or with any other."""
        self._themes = themes
        chosen, self._untold = themes.chosen(name)
        self._configured = chosen.name
        for palette in themes.known.values():
            self.register_theme(theme_of(palette))
        if self.colours:
            self.theme = chosen.name
        if self._untold:
            self._telling = self.set_interval(_TELL_SECONDS, self._tell_of_themes)

    def _tell_of_themes(self) -> None:
        """Tell it where it stays to be read: a box that opens takes all notices away."""
        if isinstance(self.screen, ModalScreen) or self._telling is None:
            return
        self._telling.stop()
        for error in self._untold:
            self.notify(
                f"{error} {error.advice}",
                title="A theme cannot be used",
                severity="warning",
                timeout=_NOTICE_SECONDS,
                markup=False,
            )

    def action_redraw(self) -> None:
        """Draw the whole screen anew, as after another program wrote over it."""
        self._draw_all_anew()
        self.refresh(layout=True)

    @asynccontextmanager
    async def lend(self, program: str) -> AsyncIterator[int | None]:
        """Leave screen and keyboard to a program that may ask; give the terminal, or None. It is a `Lend`."""
        if not isinstance(self._driver, ThriftyDriver):
            yield None
            return
        async with self._lending:
            self._lent_to = asyncio.current_task()
            with self._driver.lent(_LENT.format(program)) as terminal:
                yield terminal
            self.refresh(layout=True)

    def action_suspend_process(self) -> None:
        """Stop until the shell has us go on, if one can."""
        if can_be_continued():
            super().action_suspend_process()
        else:
            self.notify("Ctrl+Z stops only what a shell with job control can bring back: fg.", markup=False)

    @on(Driver.SignalResume)
    def _continued(self) -> None:
        self.action_redraw()

    def _leave_for(self, number: int) -> None:
        """Leave because of a signal; whatever has our terminal ends first, and gives it back."""
        leave = partial(self.exit, return_code=128 + number)
        if self._lending.locked() and self._lent_to is not None:
            self._lent_to.add_done_callback(lambda _: leave())
            self._lent_to.cancel()
        else:
            leave()

    def _draw_all_anew(self) -> None:
        """Take it that nothing of the terminal shows what was drawn there."""
        if isinstance(self._driver, ThriftyDriver):
            self._driver.forget()

    def action_theme(self) -> None:
        """Ask how the screen shall look."""
        from dazos_tui.tui.dialogs.theme import ThemePicker

        picker = ThemePicker(self._themes, self._configured, preview=self.colours)
        self.push_screen(picker, self._theme_chosen)

    def _theme_chosen(self, name: str | None) -> None:
        if name is None or name == self._configured:
            return
        self._configured = name
        path = self._config_path
        if path is None:
            self.notify("There is no config to keep it in: it is for this time only.", markup=False)
        else:
            self.run_worker(self._write_theme(path, name))

    @property
    def _config_path(self) -> Path | None:
        """Return the file that remembers what is chosen, None if there is none."""
        raise NotImplementedError

    async def _write_theme(self, path: Path, name: str) -> None:
        from dazos_tui.config import ConfigError
        from dazos_tui.config_edit import set_key
        from dazos_tui.tui.dialogs.message import MessageDialog

        try:
            # In a thread: the disk may be slow.
            await asyncio.to_thread(set_key, path, "theme", name)
        except ConfigError as error:
            self.push_screen(MessageDialog("Not remembered", str(error), error.advice))


def themes_for(start: "Start") -> Themes:
    """Read all themes there are for this start. Raises ThemeError."""
    return load_themes(folder_beside(start.config_path) if start.config_path is not None else None)


def theme_of(palette: Palette) -> Theme:
    """Return a theme as Textual takes it."""
    colours: dict[str, Any] = {**palette.colours}
    return Theme(name=palette.name, dark=palette.dark, variables={**palette.variables}, **colours)
