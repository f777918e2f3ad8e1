"""Applies, previews and saves the app's theme."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import ModalScreen
from textual.theme import Theme
from textual.timer import Timer

from dazos_tui.tui.terminal.driver import DiffingDriver
from dazos_tui.tui.theming.themes import (
    DEFAULT_THEME,
    ENVIRONMENT_COLOURS,
    MONOCHROME,
    Palette,
    ThemeError,
    Themes,
    load_shipped,
    load_themes,
    user_theme_folder,
)

if TYPE_CHECKING:
    from dazos_tui.tui.startup import AppContext

_REPORT_SECONDS = 1.0
"""How often to check whether a notice can be shown: not while a dialog is open, which would close it."""

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
"""The theme for a terminal without colours: only light and dark count."""


class ThemeController:
    """Applies themes to an app, or the monochrome one where the terminal has no colours.

    `config_path` returns the file in which to save the choice, or None.
    """

    def __init__(self, app: App[None], config_path: Callable[[], Path | None]) -> None:
        self._app, self._config_path = app, config_path
        driver = app.driver_class
        self.shows_colours = not issubclass(driver, DiffingDriver) or driver.colours
        self._themes = Themes({})
        self._configured = DEFAULT_THEME
        self._unreported: list[ThemeError] = []
        self._report_timer: Timer | None = None
        first = textual_theme(load_shipped()) if self.shows_colours else _WITHOUT_COLOURS
        app.register_theme(first)
        app.theme = first.name

    def use(self, themes: Themes, name: str) -> None:
        """Apply the theme of this name, and report themes that cannot be used."""
        self._themes = themes
        chosen, self._unreported = themes.resolve(name)
        self._configured = chosen.name
        for palette in themes.known.values():
            self._app.register_theme(textual_theme(palette))
        if self.shows_colours:
            self._app.theme = chosen.name
        if self._unreported:
            self._report_timer = self._app.set_interval(_REPORT_SECONDS, self._report_errors)

    def _report_errors(self) -> None:
        """Show the errors when no dialog is open, since opening a dialog closes all notices."""
        if isinstance(self._app.screen, ModalScreen) or self._report_timer is None:
            return
        self._report_timer.stop()
        for error in self._unreported:
            self._app.notify(
                f"{error} {error.advice}",
                title="Could not use a theme",
                severity="warning",
                timeout=_NOTICE_SECONDS,
                markup=False,
            )

    def choose(self) -> None:
        """Open the theme picker."""
        from dazos_tui.tui.dialogs.theme_picker import ThemePicker

        picker = ThemePicker(self._themes, self._configured, preview=self.shows_colours)
        self._app.push_screen(picker, self._save_choice)

    def _save_choice(self, name: str | None) -> None:
        if name is None or name == self._configured:
            return
        self._configured = name
        path = self._config_path()
        if path is None:
            words = "This lasts until you quit: there is no config file to save it in."
            self._app.notify(words, markup=False)
        else:
            self._app.run_worker(self._write(path, name))

    async def _write(self, path: Path, name: str) -> None:
        from dazos_tui.config.edit import set_key
        from dazos_tui.config.errors import ConfigError
        from dazos_tui.tui.dialogs.message import MessageDialog

        try:
            # In a thread: the disk may be slow.
            await asyncio.to_thread(set_key, path, "theme", name)
        except ConfigError as error:
            self._app.push_screen(MessageDialog("Could not save the theme", str(error), error.advice))


def themes_for(context: "AppContext") -> Themes:
    """Load all themes: those of the app, and those beside the config file. Raises ThemeError."""
    return load_themes(user_theme_folder(context.config_path) if context.config_path is not None else None)


def textual_theme(palette: Palette) -> Theme:
    """Return a palette as a Textual theme."""
    colours: dict[str, Any] = {**palette.colours}
    return Theme(name=palette.name, dark=palette.dark, variables={**palette.variables}, **colours)
