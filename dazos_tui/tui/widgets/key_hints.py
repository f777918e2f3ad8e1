"""What the keys of a box do, in a few words each."""

from collections.abc import Iterator

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

GAP = " · "


class KeyHints(Widget):
    """As many hints on a line as fit: no key is torn from what it does. `text` has a gap between any two."""

    text: reactive[str] = reactive("", layout=True)

    def __init__(self, text: str = "", *, id: str | None = None, classes: str = "hint") -> None:  # noqa: A002
        """Take the hints."""
        super().__init__(id=id, classes=classes)
        self.set_reactive(KeyHints.text, text)

    def render(self) -> RenderResult:
        """Draw them."""
        return self._content(self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines they take; all sizes are in cells."""
        # In a terminal of a few columns nothing is left of the width.
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
