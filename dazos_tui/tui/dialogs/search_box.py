"""The base of dialogs with a search line, the matching rows below it, and keys in the last row."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Offset
from textual.widgets import Input, Static

from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.dialogs.guarded_layout import ROOMY_COLUMNS
from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.widgets.inputs import SafeInput
from dazos_tui.tui.widgets.reflowed_rows import QUIET

SearchResult = TypeVar("SearchResult")

FRAME_STYLE = "$secondary"
"""The frame style of dialogs in which the CRM does nothing."""
CURSOR_STYLE = "$background on $foreground bold"

_SIDES = 4
"""Columns of the frame to the left and right of a row."""
_ENDS = 6
"""Columns of the frame around the text in its top and bottom rows."""
FIXED_ROWS = 4
"""The title, the search line, the rule below it, and the keys."""
MAX_ROWS = 18
_OUTSIDE_ROWS = 2
"""Rows of the screen that the dialog leaves free: the top line and the key bar."""


class SearchInput(SafeInput):
    """The search line. Keys that move do so in the rows below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move(-1)", "Up", show=False),
        Binding("down", "screen.move(1)", "Down", show=False),
        Binding("pageup", "screen.page(-1)", "Page up", show=False),
        Binding("pagedown", "screen.page(1)", "Page down", show=False),
        Binding("home", "screen.move(-9999)", "First", show=False),
        Binding("end", "screen.move(9999)", "Last", show=False),
    ]


class _Rows(Static):
    """The matching rows, and the keys below them."""

    async def on_click(self, event: events.Click) -> None:
        box = self.screen
        if isinstance(box, SearchBox):
            await box.clicked(event.y)

    def on_mouse_scroll_down(self) -> None:
        if isinstance(self.screen, SearchBox):
            self.screen.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        if isinstance(self.screen, SearchBox):
            self.screen.action_move(-1)


class SearchBox(Dialog[SearchResult]):
    """A search dialog; subclasses provide the rows.

    Its size stays the same while the user types: `usual_width` columns, or as wide as a narrow terminal, and
    at most `max_rows` rows.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close", show=False)]
    AUTO_FOCUS = "#search"

    heading = ""
    placeholder = "Type to search"
    usual_width = 64

    @property
    def max_rows(self) -> int:
        """Return the maximum height of the dialog, in rows."""
        return MAX_ROWS

    def __init__(self) -> None:
        super().__init__(classes="tone-plain")
        self.at = 0
        """The index of the cursor row among all matching rows."""
        self._top = 0
        self._searched = ""
        self._is_at_rows = False

    # -- what subclasses provide ---------------------------------------------------------------------------

    def search(self, typed: str) -> None:
        """Search for what was typed; `count` and `row` then describe the matches."""
        raise NotImplementedError

    def count(self, width: int) -> int:
        """Return how many rows there are, each of `width` cells."""
        raise NotImplementedError

    def row(self, index: int, width: int, *, at_cursor: bool) -> Content:
        """Return a row, of at most `width` cells."""
        raise NotImplementedError

    def footer(self, width: int) -> str:
        """Return the text of the last row, usually the keys, in at most `width` cells."""
        raise NotImplementedError

    empty = "Nothing matches"
    """Shown instead of rows if nothing matches."""
    has_cursor = True
    """Whether a row can be chosen; otherwise the rows are only for reading."""

    # -- how it looks ------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Lay out the title, the search line, and the rows."""
        with Vertical(classes="frame"):
            yield Static(id="head", markup=False)
            with Horizontal(id="search-line"):
                yield Static(Content.styled("│", FRAME_STYLE), markup=False)
                yield SearchInput(placeholder=self.placeholder, id="search", select_on_focus=False)
                yield Static(Content.styled("│", FRAME_STYLE), markup=False)
            yield _Rows(id="rows", markup=False)

    def on_mount(self) -> None:
        """Show everything, before anything is typed."""
        self.search("")
        self.draw()

    def on_resize(self, event: events.Resize) -> None:
        """Redraw for the new size."""
        self.draw()

    @on(Input.Changed, "#search")
    def apply_typed(self) -> None:
        """Search for what is typed, unless that is done already.

        To be called before a row is chosen: where keys arrive together, as over a slow line, an Enter is
        handled before the event about the letters.
        """
        if self.typed != self._searched:
            self._searched = self.typed
            self.at = self._top = 0
            self._is_at_rows = False
            self.search(self._searched)
            self.draw()

    @property
    def typed(self) -> str:
        """Return what is typed."""
        return self.query_one("#search", SearchInput).value

    @property
    def is_roomy(self) -> bool:
        """Return whether there is room on both sides of the dialog."""
        return self.app.size.width >= ROOMY_COLUMNS

    @property
    def _width(self) -> int:
        return min(self.usual_width, self.app.size.width) if self.is_roomy else self.app.size.width

    @property
    def inner_width(self) -> int:
        """Return the width of a row inside the frame, in cells."""
        return self._width - _SIDES

    @property
    def _visible_rows(self) -> int:
        """Return how many rows are visible."""
        outside = max(_OUTSIDE_ROWS, self.rows_above + 1)
        rows = min(self.max_rows, self.app.size.height - outside)
        return max(1, rows - FIXED_ROWS - len(self.notes()))

    def notes(self) -> Sequence[str]:
        """Return lines to show below the rows, at most as wide; their number must not change."""
        return ()

    def draw(self) -> None:
        """Draw the dialog."""
        if not self.query(_Rows):
            return
        width = self._width
        inner, room, count = self.inner_width, self._visible_rows, self.count(self.inner_width)
        self._scroll_to_cursor(count, room)
        self.query_one(".frame").styles.width = width
        self.query_one("#search-line").styles.width = width
        place = "" if self.is_roomy else self._position_words(count, room)
        self.query_one("#head", Static).update(end_row("╭╮", width, self.heading, right=place, bold=True))
        shown = range(self._top, min(count, self._top + room))
        rows = [self._framed(index, inner) for index in shown]
        if not count:
            rows = [_row(Content.styled(fit_width(self.empty, inner), QUIET), inner)]
        rows += [_row(Content(), inner)] * (room - len(rows))
        rows += [_row(Content.styled(note, QUIET), inner) for note in self.notes()]
        last = self._last_row(width, count, room)
        self.query_one(_Rows).update(Content("\n").join([end_row("├┤", width), *rows, last]))

    def _scroll_to_cursor(self, count: int, room: int) -> None:
        self.at = max(0, min(self.at, count - 1))
        if self.has_cursor:
            self._top = max(self.at - room + 1, min(self._top, self.at))
        self._top = max(0, min(self._top, count - room))

    def _framed(self, index: int, inner: int) -> Content:
        at_cursor = self.has_cursor and index == self.at
        row = self.row(index, inner, at_cursor=at_cursor)
        return _row(row, inner, CURSOR_STYLE if at_cursor else "")

    def _last_row(self, width: int, count: int, room: int) -> Content:
        place = self._position_words(count, room) if self.is_roomy else ""
        foot = fit_width(self.footer(width - _ENDS - cell_len(place)), width - _ENDS)
        return end_row("╰╯", width, foot, right=place)

    def _position_words(self, count: int, room: int) -> str:
        """Return the number of the cursor row, or of the last visible row, and the total."""
        if self.has_cursor:
            return f"{self.at + 1 if count else 0} of {count}"
        return f"{min(count, self._top + room)} of {count}" if count > room else ""

    def cursor_place(self) -> Offset | None:
        """Return the place of the cursor row on the screen, if a key moved the cursor since a letter."""
        if not self._is_at_rows:
            return None
        # Inside the frame, and below the rule.
        return self.query_one(_Rows).region.offset + Offset(_SIDES // 2, self.at - self._top + 1)

    # -- keys --------------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move the cursor by this many rows; without a cursor, scroll."""
        self.apply_typed()
        if self.has_cursor:
            self._is_at_rows = True
            self.at = max(0, min(self.at + by, self.count(self.inner_width) - 1))
        else:
            self._top += by
        self.draw()

    def action_page(self, by: int) -> None:
        """Move by this many pages."""
        self.action_move(by * self._visible_rows)

    async def clicked(self, line: int) -> None:
        """Choose the row that was clicked; `line` counts from the rule above the rows."""
        index = self._top + line - 1
        if self.has_cursor and 1 <= line <= self._visible_rows and index < self.count(self.inner_width):
            self.at = index
            self.draw()
            await self.run_action("choose")


def join_columns(parts: Sequence[tuple[str, int, str]]) -> Content:
    """Return a row of columns, each given as text, width and style, two cells apart."""
    return Content("  ").join(Content.styled(pad_to(text, width), style) for text, width, style in parts)


def pad_to(text: str, width: int) -> str:
    """Return `text` cut or padded to `width` cells."""
    text = fit_width(text, width)
    return text + " " * (width - cell_len(text))


def cut_middle(text: str, width: int) -> str:
    """Return `text` cut in the middle to `width` cells: both ends distinguish names."""
    if cell_len(text) <= width:
        return text
    half = max(0, width - 1) // 2
    letters = list(text)
    while letters and cell_len("".join(letters)) > half:
        letters.pop(0)
    end = "".join(letters)
    return fit_width(text, width - cell_len(end)) + end


def _row(content: Content, inner: int, ground: str = "") -> Content:
    words = content + Content(" " * max(0, inner - content.cell_length))
    # The cursor bar extends to the frame.
    words = Content(" ") + words + Content(" ")
    if ground:
        words = words.stylize_before(ground)
    return Content.assemble(("│", FRAME_STYLE), words, ("│", FRAME_STYLE))


def section(title: str, inner: int) -> Content:
    """Return a heading among the rows."""
    return Content.assemble(
        (f"─ {title} ", FRAME_STYLE), ("─" * max(0, inner - cell_len(title) - 3), FRAME_STYLE)
    )


def end_row(corners: str, width: int, words: str = "", *, right: str = "", bold: bool = False) -> Content:
    """Return the first or the last row of the frame, or a rule in it."""
    left = f"{corners[0]}─ " if words else corners[0]
    tail = f" {right} ─{corners[1]}" if right else corners[1]
    body = f"{words} " if words else ""
    fill = "─" * max(0, width - cell_len(left) - cell_len(body) - cell_len(tail))
    return Content.assemble(
        (left, FRAME_STYLE), (body, "bold" if bold else QUIET), (f"{fill}{tail}", FRAME_STYLE)
    )
