"""Rows of text that reflow to the width."""

from collections.abc import Callable, Iterable, Iterator
from textwrap import wrap

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

QUIET = "$foreground 67%"
"""The style of secondary text. Textual's own is white where text is styled piece by piece."""

Rows = list[Content]
"""Rows to draw, none wider than the widget."""

Draw = Callable[[int], Rows]
"""Returns the rows for a width, in cells."""


class ReflowedRows(Widget):
    """As many rows as the content needs. The layout is refreshed only if their number changes."""

    _draw: Draw = staticmethod(lambda _: [])
    _rows: Rows = []  # noqa: RUF012 - never changed in place

    def set_content(self, draw: Draw) -> None:
        """Replace the content; redraw only if it looks different."""
        self._draw = draw
        rows = draw(self.size.width or 80)
        if rows != self._rows:
            self.refresh(layout=len(rows) != len(self._rows))
        self._rows = rows

    def render(self) -> RenderResult:
        """Draw the rows."""
        return Content("\n").join(self._draw(self.size.width))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many rows there are; all sizes are in cells."""
        return len(self._draw(width))


def wrap_text(text: str, width: int, *, first: int = 0, hanging: int = 0) -> Iterator[str]:
    """Yield a text in lines of `width` cells: the first is shorter by `first`, the others by `hanging`.

    A word is broken only if it fits no line: an address must stay whole to be read out or copied.
    """
    line, room = "", width - first
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= room:
            line = joined
            continue
        if line:
            yield line
            room = width - hanging
        pieces = wrap(word, max(1, room)) if cell_len(word) > room else [word]
        yield from pieces[:-1]
        line, room = pieces[-1], width - hanging
    yield line


def as_rows(lines: Iterable[str], style: str = "") -> Iterator[Content]:
    """Yield lines as rows of one style."""
    for line in lines:
        yield Content.styled(line, style) if style else Content(line)
