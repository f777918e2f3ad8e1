"""A list of one-line rows that draws only the rows that can be seen, and of these only those that changed."""

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any, ClassVar, Generic, TypeVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

Row = TypeVar("Row")

Cell = tuple[str, int, str]
"""A piece of a row: its text, its width in terminal cells, and the style's name (see COMPONENT_CLASSES)."""

_WHEEL = 3
"""Rows that one click of the mouse wheel moves the list by."""


class VirtualList(Widget, Generic[Row], can_focus=True):
    """A list with a cursor. Subclasses say what a row's cells are and what identifies it.

    It keeps its own place in the rows: Textual's scrolling would lay out the whole screen again whenever the
    number of rows changes, and paint every row.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "list--row", "list--dim", "list--good", "list--bad", "list--warn", "list--match", "list--cursor",
    }  # fmt: skip

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(-1)", "First", show=False),
        Binding("end,G", "edge(1)", "Last", show=False),
    ]

    class Chosen(Message):
        """A row was chosen with two clicks."""

    class Moved(Message):
        """Another row is under the cursor, or there are more or fewer rows."""

        def __init__(self, sender: "VirtualList[Any]") -> None:
            self.list = sender
            super().__init__()

        @property
        def control(self) -> "VirtualList[Any]":
            """Return the list, by which handlers choose."""
            return self.list

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._told: object = None
        self._rows: Sequence[Row] = ()
        self._empty = ""
        self._top = 0
        self._painted: dict[int, Strip] = {}
        self._fresh: dict[int, Strip] = {}
        self._looks: dict[tuple[str, bool], Style] = {}
        self.cursor = 0
        """The index of the row the cursor is on."""
        self.touched = False
        """Whether a person put the cursor where it is."""
        self._looking_away = False

    def identity(self, row: Row) -> object:
        """Return what tells this row from all others."""
        raise NotImplementedError

    def cells(self, row: Row, index: int, width: int) -> Iterable[Cell]:
        """Return the cells of a row for a list that is `width` cells wide."""
        raise NotImplementedError

    def index_of(self, row: Row, rows: Sequence[Row]) -> int | None:
        """Return where a row is now, or None if it is gone."""
        wanted = self.identity(row)
        return next((index for index, other in enumerate(rows) if self.identity(other) == wanted), None)

    @property
    def current(self) -> Row | None:
        """Return the row under the cursor."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    @property
    def position_words(self) -> str:
        """Return which row of how many is under the cursor; empty if there is none."""
        return f"{self.cursor + 1:,} of {len(self._rows):,}" if self.current is not None else ""

    def _notify_moved(self) -> None:
        current = self.current
        now = self.cursor, len(self._rows), self.identity(current) if current is not None else None
        if now != self._told:
            self._told = now
            # Else it would be from whoever showed the rows, and go no further than there.
            self.post_message(self.Moved(self).set_sender(self))

    def show_rows(self, rows: Sequence[Row], *, empty: str = "") -> None:
        """Show these rows. A cursor that a person put on a row stays on it; any other is on the first.

        `empty` is the sentence shown in place of no rows.
        """
        before = self.current if self.touched else None
        place = self.index_of(before, rows) if before is not None else None
        self._rows, self._empty = rows, empty
        self.touched = place is not None
        if self._looking_away:
            self.cursor = place or 0
            self._scroll_by(0)
        else:
            self._move_cursor_to(place or 0)

    def _move_cursor_to(self, index: int) -> None:
        """Move the cursor, and the list as far as it takes to see it."""
        self._looking_away = False
        self.cursor = max(0, min(index, len(self._rows) - 1))
        height = max(1, self.content_size.height)
        lowest = min(self.cursor, max(0, len(self._rows) - height))
        self._top = max(self.cursor - height + 1, min(self._top, lowest))
        self.repaint()

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self.touched = True
        self._move_cursor_to(self.cursor + by)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self.action_move(direction * max(1, self.content_size.height - 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or last row."""
        self.action_move(direction * len(self._rows))

    def on_resize(self, _: events.Resize) -> None:
        """Keep the cursor in sight."""
        self._painted.clear()
        self._move_cursor_to(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the click was; a second click chooses."""
        place = event.get_content_offset(self)
        if place is None or self._top + place.y >= len(self._rows):
            return
        self.touched = True
        self._move_cursor_to(self._top + place.y)
        if event.chain == 2:
            self.post_message(self.Chosen())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Look further down."""
        event.stop()
        self._scroll_by(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Look further up."""
        event.stop()
        self._scroll_by(-_WHEEL)

    def scroll_to_cursor(self) -> None:
        """Bring the cursor into sight the next time the list is shown, wherever the wheel has led."""
        self._looking_away = False

    def _scroll_by(self, by: int) -> None:
        """Move the list and not the cursor."""
        self._looking_away = True
        last = max(0, len(self._rows) - self.content_size.height)
        self._top = max(0, min(self._top + by, last))
        self.repaint()

    def watch_has_focus(self, has_focus: bool) -> None:  # noqa: FBT001 - Textual's signature
        """Repaint the cursor's row: it looks different without focus."""
        super().watch_has_focus(has_focus)
        self._looks.clear()
        self._refresh_line(self.cursor - self._top)

    def repaint(self) -> None:
        """Paint the rows that look different from what is on the screen."""
        self._notify_moved()
        self._fresh.clear()
        for y in range(self.content_size.height):
            strip = self._strip(y)
            if strip != self._painted.get(y):
                self._fresh[y] = strip
                self._refresh_line(y)

    def _refresh_line(self, y: int) -> None:
        self.refresh(Region(0, y, self.content_size.width, 1))

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self._fresh.clear()
        self._looks.clear()

    def render_line(self, y: int) -> Strip:
        """Draw the row that is `y` lines below the top of what can be seen."""
        strip = self._fresh.pop(y, None) or self._strip(y)
        self._painted[y] = strip
        return strip

    def _strip(self, y: int) -> Strip:
        width = self.content_size.width
        index = self._top + y
        if index < len(self._rows):
            cells = [*self.cells(self._rows[index], index, width - 1), (self._scrollbar_cell(y), 1, "dim")]
        else:
            lines = wrap(self._empty, max(1, width - 2)) if not self._rows else []
            words = lines[y] if y < len(lines) else ""
            cells = [(f" {words}", width, "dim" if words else "row")]
        return self._drawn(cells, width, is_cursor=index == self.cursor and bool(self._rows))

    def _drawn(self, cells: Iterable[Cell], width: int, *, is_cursor: bool) -> Strip:
        pieces: list[tuple[str, str]] = []
        drawn = 0
        for text, cell_width, style in cells:
            sized = set_cell_size(text, cell_width)
            drawn += cell_width
            # Each change of style costs bytes on the line.
            if pieces and pieces[-1][1] == style:
                pieces[-1] = (pieces[-1][0] + sized, style)
            else:
                pieces.append((sized, style))
        segments = [Segment(text, self._style_of(style, is_cursor=is_cursor)) for text, style in pieces]
        return Strip(segments, drawn).adjust_cell_length(width, self._style_of("row", is_cursor=is_cursor))

    def _style_of(self, name: str, *, is_cursor: bool) -> Style:
        """Return a style, worked out once: Textual would go through the whole stylesheet each time."""
        known = self._looks.get((name, is_cursor))
        if known is None:
            # The cursor's row is of one colour, whatever is in it: reversed, several would be a patchwork.
            known = self.get_component_rich_style("list--row" if is_cursor else f"list--{name}")
            if is_cursor:
                known += self.get_component_rich_style("list--cursor", partial=True)
                known += Style(underline=name == "match")
            self._looks[name, is_cursor] = known
        return known

    def _scrollbar_cell(self, y: int) -> str:
        """Return what stands at the right of line `y`: where in the whole the rows shown are."""
        height, total = self.content_size.height, len(self._rows)
        if total <= height:
            return " "
        size = max(1, height * height // total)
        start = (height - size) * self._top // (total - height)
        return "▐" if start <= y < start + size else " "
