"""A list of one-line rows that draws only the rows that can be seen."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

Row = TypeVar("Row")

Cell = tuple[str, int, str]
"""A piece of a row: its text, its width in terminal cells, and the style's name (see COMPONENT_CLASSES)."""


class LineList(ScrollView, Generic[Row], can_focus=True):
    """A list with a cursor. Subclasses say what a row's cells are and what identifies it.

    The cursor stays on the same row while rows come and go around it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "list--row", "list--dim", "list--good", "list--bad", "list--warn", "list--cursor",
    }  # fmt: skip

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(-1)", "First", show=False),
        Binding("end,G", "edge(1)", "Last", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)

    class Chosen(Message):
        """A row was chosen with two clicks."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._empty = ""
        self.touched = False
        """Whether a person moved the cursor since the list was last shown from its start."""

    def identity(self, row: Row) -> object:
        """Return what tells this row from all others."""
        raise NotImplementedError

    def cells(self, row: Row, width: int) -> Sequence[Cell]:
        """Return the cells of a row for a list that is `width` cells wide."""
        raise NotImplementedError

    @property
    def current(self) -> Row | None:
        """Return the row under the cursor."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    def show(self, rows: Sequence[Row], *, empty: str = "", keep: bool = True) -> None:
        """Show these rows; the cursor stays on its row if `keep`, else it goes to the first.

        `empty` is the sentence shown in place of no rows.
        """
        before = self.current
        self.touched = self.touched and keep
        self._rows, self._empty = rows, empty
        self.virtual_size = Size(self.size.width, len(rows))
        self.set_reactive(LineList.cursor, self._index_of(before) if keep and before is not None else 0)
        self._bring_cursor_into_view()
        self.refresh()

    def _index_of(self, row: Row) -> int:
        wanted = self.identity(row)
        return next((index for index, row in enumerate(self._rows) if self.identity(row) == wanted), 0)

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, len(self._rows) - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Repaint the two rows concerned."""
        self.refresh_line(before)
        self.refresh_line(now)
        self._bring_cursor_into_view()

    def _bring_cursor_into_view(self) -> None:
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif height and self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self._put_cursor(self.cursor + by)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self._put_cursor(self.cursor + direction * max(1, self.scrollable_content_region.height - 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or last row."""
        self._put_cursor(0 if direction < 0 else len(self._rows) - 1)

    def _put_cursor(self, index: int) -> None:
        self.touched = True
        self.cursor = index

    def on_resize(self, event: events.Resize) -> None:
        """Fit the rows to the new width and keep the cursor in sight."""
        self.virtual_size = Size(event.size.width, len(self._rows))
        self._bring_cursor_into_view()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the click was; a second click chooses."""
        index = self.scroll_offset.y + event.y
        if index >= len(self._rows):
            return
        self._put_cursor(index)
        if event.chain == 2:
            self.post_message(self.Chosen())

    def watch_has_focus(self, has_focus: bool) -> None:  # noqa: FBT001 - Textual's signature
        """Repaint the cursor's row: it looks different without focus."""
        super().watch_has_focus(has_focus)
        self.refresh_line(self.cursor)

    def render_line(self, y: int) -> Strip:
        """Draw the row that is `y` lines below the top of what can be seen."""
        width = self.scrollable_content_region.width
        index = self.scroll_offset.y + y
        base = self.get_component_rich_style("list--row")
        if index >= len(self._rows):
            words = self._empty if y == 0 and not self._rows else ""
            dim = self.get_component_rich_style("list--dim")
            return Strip([Segment(set_cell_size(f" {words}", width), dim if words else base)], width)
        over = (
            self.get_component_rich_style("list--cursor", partial=True)
            if index == self.cursor
            else Style.null()
        )
        segments = [
            Segment(set_cell_size(text, cell_width), self.get_component_rich_style(f"list--{style}") + over)
            for text, cell_width, style in self.cells(self._rows[index], width)
        ]
        return Strip(segments).adjust_cell_length(width, base + over)
