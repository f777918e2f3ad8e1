"""The last row of a dialog: its keys, which never scroll and are never cut."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from dazos_tui.tui.dialogs.guarded_layout import KeyHint
from dazos_tui.tui.dialogs.search_box import FRAME_STYLE

_ENDS = 6
"""Columns of the frame to the left and right of the keys."""


class KeyLine(Static):
    """Shows the keys in the last line of the frame; where they don't fit, the first ones above it.

    A click on a key runs its screen action.
    """

    hints: reactive[tuple[KeyHint, ...]] = reactive((), layout=True)

    def __init__(self) -> None:
        super().__init__(markup=False, classes="key-line")
        self._places: list[tuple[int, range, str]] = []

    def on_resize(self) -> None:
        """Lay the keys out for the new width."""
        self._draw()

    def watch_hints(self) -> None:
        """Lay the new keys out."""
        self._draw()

    def _draw(self) -> None:
        width = self.size.width
        if not width:
            return
        self._places = []
        rows = packed(self.hints, width - _ENDS)
        lines = [self._row(at, row, width, last=at == len(rows) - 1) for at, row in enumerate(rows)]
        self.update(Content("\n").join(lines))

    def _row(self, at: int, row: "Row", width: int, *, last: bool) -> Content:
        pieces: list[Content] = []
        column = 3
        for hint, text in row.texts:
            if pieces:
                pieces.append(Content(" " * row.gap))
                column += row.gap
            end = column + cell_len(text)
            self._places.append((at, range(column, end), hint.action))
            pieces.append(Content.assemble((hint.key, "$accent bold"), text[len(hint.key) :]))
            column = end
        words = Content.assemble(*pieces)
        rest = max(0, width - _ENDS - words.cell_length)
        ends = (
            (("╰─ ", FRAME_STYLE), (f" {'─' * rest}─╯", FRAME_STYLE))
            if last
            else (("│  ", FRAME_STYLE), " " * (rest + 2))
        )
        return Content.assemble(ends[0], words, ends[1], *([] if last else [("│", FRAME_STYLE)]))

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the key that was clicked."""
        for row, columns, action in self._places:
            if event.y == row and event.x in columns and action:
                await self.screen.run_action(action)


class Row:
    """Keys with their words in one row, and the gap between any two."""

    def __init__(self, hints: Sequence[KeyHint], gap: int, *, short: bool) -> None:
        self.gap = gap
        self.texts = [(hint, hint.text(short=short)) for hint in hints]

    @property
    def width(self) -> int:
        """Return how many cells it takes."""
        return sum(cell_len(text) for _, text in self.texts) + self.gap * (len(self.texts) - 1)


def packed(hints: Sequence[KeyHint], width: int) -> list[Row]:
    """Return the keys in one row of at most `width` cells, in fewer words if need be; else in several."""
    ways = (Row(hints, gap, short=short) for gap, short in ((3, False), (2, False), (3, True), (2, True)))
    one = next((row for row in ways if row.width <= width), None)
    return [one] if one is not None else list(_rows(hints, width))


def _rows(hints: Sequence[KeyHint], width: int) -> Iterator[Row]:
    row: list[KeyHint] = []
    for hint in hints:
        if row and Row([*row, hint], 3, short=True).width > width:
            yield Row(row, 3, short=True)
            row = []
        row.append(hint)
    yield Row(row, 3, short=True)
