"""Hints about the keys of a dialog."""

from collections.abc import Iterator

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

GAP = " · "


class KeyHints(Widget):
    """As many hints per line as fit; a hint is never broken. `text` has `GAP` between any two."""

    text: reactive[str] = reactive("", layout=True)

    def __init__(self, text: str = "", *, id: str | None = None, classes: str = "hint") -> None:  # noqa: A002
        """Build the widget; `text` has the hints."""
        super().__init__(id=id, classes=classes)
        self.set_reactive(KeyHints.text, text)

    def render(self) -> RenderResult:
        """Draw the hints."""
        return self._content(self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines the hints take; all sizes are in cells."""
        # In a very narrow terminal the width may be 0.
        return len(self._content(width).wrap(max(1, width)))

    def _content(self, width: int) -> Content:
        return Content("\n".join(pack_hints(self.text, width)))


def pack_hints(text: str, width: int) -> Iterator[str]:
    """Yield lines of at most `width` cells, or of one hint that is longer; lines of `text` stay apart."""
    for row in text.split("\n"):
        line, *others = row.split(GAP)
        for hint in others:
            if cell_len(f"{line}{GAP}{hint}") > width:
                yield line
                line = hint
            else:
                line = f"{line}{GAP}{hint}"
        yield line
