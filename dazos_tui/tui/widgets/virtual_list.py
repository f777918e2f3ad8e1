"""A list of one-line rows that draws only the visible rows that changed."""

from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap
from typing import Any, ClassVar, Generic, TypeVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

Row = TypeVar("Row")

Cell = tuple[str, int, str]
"""A piece of a row: text, width in terminal cells, and the name of a style (see COMPONENT_CLASSES)."""

_MAX_KNOWN_STRIPS = 200
_WHEEL_ROWS = 3
"""Rows per step of the mouse wheel."""


class VirtualList(Widget, Generic[Row], can_focus=True):
    """A list with a cursor. Subclasses return the cells and the identity of a row.

    It keeps its own scroll position: Textual's scrolling would lay out the whole screen again and paint every
    row whenever the number of rows changes.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "list--row", "list--dim", "list--good", "list--bad", "list--warn", "list--match", "list--cursor",
        "list--picked", "list--stop",
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
        """A row was double-clicked."""

    class Moved(Message):
        """The row under the cursor or the number of rows changed."""

        def __init__(self, sender: "VirtualList[Any]") -> None:
            self.list = sender
            super().__init__()

        @property
        def control(self) -> "VirtualList[Any]":
            """Return the list, for the selectors of handlers."""
            return self.list

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._last_notified: object = None
        self.when_moved: Callable[[], object] | None = None
        """Called at once, before the message: what it changes is drawn in the same frame."""
        self.rows: Sequence[Row] = ()
        """All rows, in the order shown."""
        self._empty = ""
        self.top = 0
        """The index of the first visible row."""
        self._inner_size = Size(0, 0)
        """The size of the content when it was last drawn."""
        self._painted_strips: dict[int, Strip] = {}
        self._fresh_strips: dict[int, Strip] = {}
        self._styles_by_name: dict[tuple[str, bool], Style] = {}
        self._known_strips: dict[tuple[tuple[Cell, ...], int, bool], Strip] = {}
        self.cursor = 0
        """The index of the row the cursor is on."""
        self.touched = False
        """Whether the user put the cursor where it is."""
        self._is_scrolled_away = False

    def identity(self, row: Row) -> object:
        """Return the identity of a row among all rows."""
        raise NotImplementedError

    def cells(self, row: Row, index: int, width: int) -> Iterable[Cell]:
        """Return the cells of a row for a list of `width` cells."""
        raise NotImplementedError

    # -- where rows are on the screen; a list with further lines between them overrides these --------------

    def row_at(self, y: int) -> int | None:
        """Return the index of the row in line `y` of the visible part; None for a line without one."""
        return self.top + y if self.top + y < len(self.rows) else None

    def line_of(self, index: int) -> int:
        """Return the line of a row, counted from the first visible line."""
        return index - self.top

    def first_top(self, index: int, height: int) -> int:
        """Return the smallest `top` with which a row is visible in `height` lines."""
        return max(0, index - height + 1)

    def index_of(self, row: Row, rows: Sequence[Row]) -> int | None:
        """Return the index of a row, or None if it is gone."""
        wanted = self.identity(row)
        return next((index for index, other in enumerate(rows) if self.identity(other) == wanted), None)

    @property
    def current(self) -> Row | None:
        """Return the row under the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    @property
    def position_words(self) -> str:
        """Return the number of the cursor row and the total; empty without rows."""
        return f"{self.cursor + 1:,} of {len(self.rows):,}" if self.current is not None else ""

    def _notify_moved(self) -> None:
        current = self.current
        # The row itself, not its identity: what is shown of it elsewhere may have changed.
        now = self.cursor, len(self.rows), current
        if now != self._last_notified:
            self._last_notified = now
            if self.when_moved is not None:
                self.when_moved()
            # Otherwise the sender would be the caller, and the message would bubble no further than it.
            self.post_message(self.Moved(self).set_sender(self))

    def show_rows(self, rows: Sequence[Row], *, empty: str = "", stays: bool = False) -> None:
        """Show these rows. A cursor that the user moved stays on its row; any other goes to the first.

        `empty` is the sentence shown if there are no rows. If the cursor `stays`, it also stays where it is
        if its row is gone, and on the row that is there from now on.
        """
        before = self.current if self.touched else None
        place = self.index_of(before, rows) if before is not None else None
        if place is None and stays and rows:
            # A subclass may follow a row only where the user would look for it.
            known = VirtualList.index_of(self, before, rows) if before is not None else None
            place = known if known is not None else min(self.cursor, len(rows) - 1)
        self.rows, self._empty = rows, empty
        self.touched = place is not None
        if self._is_scrolled_away:
            self.cursor = place or 0
            self._scroll_by(0)
        else:
            self._move_cursor_to(place or 0)

    def point_at(self, row: Row) -> None:
        """Put the cursor on a row as if the user had, if it is there."""
        if (place := self.index_of(row, self.rows)) is not None:
            self.touched = True
            self._move_cursor_to(place)

    def _move_cursor_to(self, index: int) -> None:
        """Move the cursor, and scroll as far as needed to show it."""
        self._is_scrolled_away = False
        self.cursor = max(0, min(index, len(self.rows) - 1))
        height = max(1, self.content_size.height)
        lowest = min(self.cursor, self.first_top(len(self.rows) - 1, height))
        self.top = max(self.first_top(self.cursor, height), min(self.top, lowest))
        self.repaint()

    def cursor_place(self) -> Offset | None:
        """Return the place of the cursor row on the screen, None without rows."""
        if self.current is None:
            return None
        return self.content_region.offset + Offset(0, max(0, self.line_of(self.cursor)))

    def action_move(self, by: int) -> None:
        """Move the cursor by this many rows."""
        self.touched = True
        self._move_cursor_to(self.cursor + by)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.action_move(direction * max(1, self.content_size.height - 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or last row."""
        self.action_move(direction * len(self.rows))

    def on_resize(self, _: events.Resize) -> None:
        """Keep the cursor visible."""
        self._painted_strips.clear()
        self._move_cursor_to(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked row; a double click chooses it."""
        place = event.get_content_offset(self)
        index = self.row_at(place.y) if place is not None else None
        if index is None:
            return
        self.touched = True
        self._move_cursor_to(index)
        if event.chain == 2:
            self.post_message(self.Chosen())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down."""
        event.stop()
        self._scroll_by(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up."""
        event.stop()
        self._scroll_by(-_WHEEL_ROWS)

    def scroll_to_cursor(self) -> None:
        """Show the cursor at the next `show_rows`, even after scrolling with the wheel."""
        self._is_scrolled_away = False

    def _scroll_by(self, by: int) -> None:
        """Scroll without moving the cursor."""
        self._is_scrolled_away = True
        last = self.first_top(len(self.rows) - 1, self.content_size.height)
        self.top = max(0, min(self.top + by, last))
        self.repaint()

    def watch_has_focus(self, has_focus: bool) -> None:  # noqa: FBT001 - Textual's signature
        """Repaint the cursor row: it looks different without focus."""
        super().watch_has_focus(has_focus)
        self._styles_by_name.clear()
        self._known_strips.clear()
        self._refresh_line(self.line_of(self.cursor))

    def repaint(self) -> None:
        """Repaint the rows that differ from the screen."""
        self._notify_moved()
        self._fresh_strips.clear()
        self._inner_size = width, height = self.content_size
        for y in range(height):
            strip = self._strip(y)
            if strip != self._painted_strips.get(y):
                self._fresh_strips[y] = strip
        if self._fresh_strips:
            self.refresh(*(Region(0, y, width, 1) for y in self._fresh_strips))

    def _refresh_line(self, y: int) -> None:
        self.refresh(Region(0, y, self.content_size.width, 1))

    def notify_style_update(self) -> None:
        """Discard what was drawn with the old styles."""
        super().notify_style_update()
        self._fresh_strips.clear()
        self._styles_by_name.clear()
        self._known_strips.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return these lines as they are: Textual would compose each with borders, which a list lacks."""
        self._inner_size = self.content_size
        if self._inner_size != self.size:
            return super().render_lines(crop)
        cache, lines = self._styles_cache, crop.line_range
        for y in lines:
            if cache.is_dirty(y) or y not in cache._cache:
                cache._cache[y] = self.render_line(y)
        cache._dirty_lines.difference_update(lines)
        _, background = self.background_colors
        strips = [cache._cache[y].crop(crop.x, crop.right) for y in lines]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """Draw the row in line `y` of the visible part."""
        strip = self._fresh_strips.pop(y, None) or self._strip(y)
        self._painted_strips[y] = strip
        return strip

    def _strip(self, y: int) -> Strip:
        width = self._inner_size.width
        index = self.row_at(y)
        if index is not None:
            cells = [*self.cells(self.rows[index], index, width - 1), (self._scrollbar_cell(y), 1, "dim")]
        else:
            lines = wrap(self._empty, max(1, width - 2)) if not self.rows else []
            words = lines[y] if y < len(lines) else ""
            cells = [(f" {words}", width, "dim" if words else "row")]
        return self._drawn(cells, width, is_cursor=index == self.cursor and bool(self.rows))

    def _drawn(self, cells: Iterable[Cell], width: int, *, is_cursor: bool) -> Strip:
        """Return the strip of these cells. It is made once: many rows are blank, or as they were."""
        key = (*cells,), width, is_cursor
        strip = self._known_strips.get(key)
        if strip is None:
            if len(self._known_strips) >= _MAX_KNOWN_STRIPS:
                self._known_strips.clear()
            strip = self._known_strips[key] = self._new_strip(*key)
        return strip

    def _new_strip(self, cells: Iterable[Cell], width: int, is_cursor: bool) -> Strip:  # noqa: FBT001 - see above
        pieces: list[tuple[str, str]] = []
        drawn = 0
        for text, cell_width, style in cells:
            sized = set_cell_size(text, cell_width)
            drawn += cell_width
            # Each change of style costs bytes on a slow connection.
            if pieces and pieces[-1][1] == style:
                pieces[-1] = (pieces[-1][0] + sized, style)
            else:
                pieces.append((sized, style))
        segments = [Segment(text, self._style_of(style, is_cursor=is_cursor)) for text, style in pieces]
        return Strip(segments, drawn).adjust_cell_length(width, self._style_of("row", is_cursor=is_cursor))

    def _style_of(self, name: str, *, is_cursor: bool) -> Style:
        """Return a cached style: Textual would search the whole stylesheet each time."""
        known = self._styles_by_name.get((name, is_cursor))
        if known is None:
            # The cursor row has one colour: several, reversed, would be a patchwork.
            known = self.get_component_rich_style("list--row" if is_cursor else f"list--{name}")
            if is_cursor:
                known += self.get_component_rich_style("list--cursor", partial=True)
                known += Style(underline=name == "match")
            self._styles_by_name[name, is_cursor] = known
        return known

    def _scrollbar_cell(self, y: int) -> str:
        """Return the scrollbar cell of line `y`."""
        height, total = self._inner_size.height, len(self.rows)
        if total <= height:
            return " "
        size = max(1, height * height // total)
        start = (height - size) * self.top // (total - height)
        return "▐" if start <= y < start + size else " "
