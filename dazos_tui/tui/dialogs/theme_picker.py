"""The theme picker."""

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import OptionList

from dazos_tui.tui.dialogs.choice import ChoiceDialog
from dazos_tui.tui.theming.themes import SHIPPED, Palette, Themes

_NO_COLOURS = (
    "This terminal shows no colours (see NO_COLOR and TERM). Your choice applies in other terminals."
)


class ThemePicker(ChoiceDialog[str]):
    """Lists the themes; returns the name of one. With `preview`, the one under the cursor is applied."""

    def __init__(self, themes: Themes, current: str, *, preview: bool) -> None:
        self._names = list(themes.known)
        self._current, self._preview, self._kept = current, preview, False
        width = max(cell_len(name) for name in self._names)
        choices = [(theme.name, _option_text(theme, width, current)) for theme in themes.known.values()]
        note = "" if preview else _NO_COLOURS
        super().__init__("How should the screen look?", choices, start=self._names.index(current), note=note)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Apply the theme under the cursor, unless the dialog has closed."""
        if self._preview and not self._left:
            self.app.theme = self._names[event.option_index]

    def leave(self, answer: str | None = None) -> None:
        """Close, and keep the theme that is returned."""
        self._kept = answer is not None
        if self._preview and answer is not None:
            self.app.theme = answer
        super().leave(answer)

    def on_unmount(self) -> None:
        """Restore the theme after a preview, however the dialog was closed."""
        if self._preview and not self._kept:
            self.app.theme = self._current


def _option_text(theme: Palette, width: int, current: str) -> Content:
    kind = "dark" if theme.dark else "light"
    whose = "" if theme.name in SHIPPED else " · yours"
    mark = "▸" if theme.name == current else " "
    return Content.assemble(f"{mark} {theme.name:<{width}}  ", (kind + whose, "dim"))
