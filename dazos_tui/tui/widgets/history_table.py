"""The table of the whole history: rows by day with a heading, in columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from dazos_tui.directory.order import SortOrder
from dazos_tui.history.models import CrmAction, HistoryEntry, Outcome
from dazos_tui.history.times import utc_now
from dazos_tui.tui.formatting import fit_width, format_day, short_state_of, state_of
from dazos_tui.tui.widgets.column_titles import sort_arrow
from dazos_tui.tui.widgets.history_list import MARKS, STYLES
from dazos_tui.tui.widgets.history_rows import HistoryRows
from dazos_tui.tui.widgets.virtual_list import Cell, VirtualList
from dazos_tui.verification.next_step import is_waiting

BY_TIME = SortOrder("time", descending=True)
"""Newest first, in the order recorded."""

TITLES = {
    "time": "Time", "outcome": "Outcome", "person": "Person", "email": "E-mail", "instance": "Instance",
    "operator": "Operator", "ticket": "Ticket", "back": "Back in",
}  # fmt: skip
"""The title of each column, in their order."""

_CLOCK, _DATE, _DATE_AND_CLOCK = 7, 12, 18
_MARK, _OUTCOME, _TICKET, _OPERATOR, _INSTANCE = 2, 12, 10, 12, 15
_STATE, _LONG_STATE = 14, 18
"""Cells of the columns, with the gap after each."""
_WITH_WORDS, _WITH_EMAIL, _WITH_INSTANCE = 68, 98, 112
"""Width of the table from which on outcomes have words, and from which on a column is shown."""
_GROUPED_ROWS = 4
"""Height from which on the heading of the topmost day stays visible."""


@dataclass(frozen=True, slots=True)
class TableForm:
    """Which columns the table has. `by_day`: the time of day is enough; `everywhere`: of all instances."""

    by_day: bool
    everywhere: bool

    def columns(self, width: int) -> list[tuple[str, int]]:
        """Return the columns that fit a table of `width` cells, with the cells of each and its gap.

        The e-mail is left out first, then operator and ticket.
        """
        has_words, has_email = width >= _WITH_WORDS, width >= _WITH_EMAIL
        clock = _CLOCK if self.by_day else _DATE_AND_CLOCK if has_words else _DATE
        columns = [("time", clock), ("outcome", _OUTCOME if has_words else _MARK), ("person", 0)]
        columns += [("email", 0)] if has_email else []
        columns += [("instance", _INSTANCE)] if self.everywhere and width >= _WITH_INSTANCE else []
        columns += [("operator", _OPERATOR)] if has_email else []
        columns += [("ticket", _TICKET)] if has_words else []
        columns += [("back", _LONG_STATE if has_words else _STATE)]
        room = max(0, width - 1 - sum(cells for _, cells in columns))
        person = room * 3 // 8 if has_email else room
        flexible = {"person": person, "email": room - person}
        return [(name, cells or flexible[name]) for name, cells in columns]


class FullHistoryTable(VirtualList[HistoryEntry | None]):
    """Rows of the history. Sorted by time, the rows of each local day are below a heading.

    A heading is no row: the cursor passes it. That of the topmost row stays in the first line.
    """

    class RowsMissing(Message):
        """Rows that are not loaded are visible, or the end of what was found so far."""

    def __init__(self, *, id: str, clock: Callable[[], datetime] = utc_now) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock
        self.form = TableForm(by_day=True, everywhere=True)
        self.days: Mapping[date, Mapping[Outcome, int]] = {}
        """How many rows of a day have each outcome, for the headings; days may be missing."""
        self._lines: list[int | date] = []

    @property
    def entry(self) -> HistoryEntry | None:
        """Return the entry under the cursor, or None, also if it is not loaded yet."""
        return self.current

    def identity(self, row: HistoryEntry | None) -> int:
        """Return the id of the entry; 0 for one that is not loaded."""
        return row.id if row is not None else 0

    def index_of(self, row: HistoryEntry | None, rows: Sequence[HistoryEntry | None]) -> int | None:
        """Return the index of an entry among the loaded rows."""
        return rows.index_of(row.id) if row is not None and isinstance(rows, HistoryRows) else None

    @property
    def position_words(self) -> str:
        """Return the number of the row under the cursor and how many were found; empty without rows."""
        rows = self.rows
        return f"{self.cursor + 1:,} of {rows.label}" if rows and isinstance(rows, HistoryRows) else ""

    def repaint(self) -> None:
        """Repaint the rows that differ, and ask for those that are not loaded."""
        self._lines = self._visible_lines()
        super().repaint()
        rows = self.rows
        at_end = self.top + 2 * self.content_size.height >= len(rows)
        if isinstance(rows, HistoryRows) and (rows.wanted is not None or (at_end and not rows.is_complete)):
            self.post_message(self.RowsMissing())

    # -- days -----------------------------------------------------------------------------------------

    @property
    def _has_headings(self) -> bool:
        return self.form.by_day and self.content_size.height >= _GROUPED_ROWS

    def _day_of(self, index: int) -> date | None:
        row = self.rows[index]
        return row.requested_at.astimezone().date() if row is not None else None

    def _visible_lines(self) -> list[int | date]:
        """Return for each visible line the index of its row, or the day of which it is the heading."""
        height, count = self.content_size.height, len(self.rows)
        if not self._has_headings:
            return list(range(self.top, min(count, self.top + height)))
        lines: list[int | date] = []
        shown = None
        for index in range(self.top, count):
            day = self._day_of(index)
            if day is not None and day != shown:
                lines.append(day)
                shown = day
            lines.append(index)
            if len(lines) >= height:
                break
        return lines[:height]

    def row_at(self, y: int) -> int | None:
        """Return the index of the row in a line; None for a heading."""
        line = self._lines[y] if y < len(self._lines) else None
        return line if isinstance(line, int) else None

    def line_of(self, index: int) -> int:
        """Return the line of a row; -1 if it is not visible."""
        return self._lines.index(index) if index in self._lines else -1

    def first_top(self, index: int, height: int) -> int:
        """Return the smallest `top` with which a row and the headings above it fit into `height` lines."""
        if not self._has_headings or not self.rows:
            return super().first_top(index, height)
        # The row itself, and the heading in the first line.
        top, used = index, 2
        while top > 0:
            used += 2 if self._day_of(top - 1) != self._day_of(top) else 1
            if used > height:
                break
            top -= 1
        return top

    def action_page(self, direction: int) -> None:
        """Move the cursor by as many rows as are visible."""
        visible = sum(isinstance(line, int) for line in self._lines)
        self.action_move(direction * max(1, visible - 1))

    def _strip(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else None
        if not isinstance(line, date):
            return super()._strip(y)
        width = self.content_size.width
        cells: list[Cell] = [(self._heading(line, width - 1), width - 1, "dim")]
        return self._drawn([*cells, (self._scrollbar_cell(y), 1, "dim")], width, is_cursor=False)

    def _heading(self, day: date, width: int) -> str:
        outcomes = self.days.get(day, {})
        in_words = width >= _WITH_WORDS
        counts = [
            f"{outcomes[outcome]:,} {outcome if in_words else MARKS[outcome]}"
            for outcome in Outcome
            if outcomes.get(outcome)
        ]
        name = f"── {format_day(day, self._clock())} ──"
        return fit_width(f"{name} {' · '.join(counts)} ──" if counts else name, width)

    # -- rows -----------------------------------------------------------------------------------------

    def cells(self, row: HistoryEntry | None, index: int, width: int) -> Iterable[Cell]:
        """Return the columns that fit; a row that is not loaded has only a mark."""
        if row is None:
            yield " …", width, "dim"
            return
        now = self._clock()
        yield " ", 1, "row"
        for column, cells in self.form.columns(width):
            text, style = self._cell(row, column, cells, now)
            yield fit_width(text, max(1, cells - 1)), cells, style

    def _cell(self, row: HistoryEntry, column: str, width: int, now: datetime) -> tuple[str, str]:
        request = row.request
        match column:
            case "time":
                return _time_text(row, width), "dim"
            case "outcome":
                mark = MARKS[row.outcome]
                return (mark if width <= _MARK else f"{mark} {row.outcome_label}"), STYLES[row.outcome]
            case "person":
                return request.name or request.user_name, "row"
            case "back":
                return _back_in_text(row, now, width), _back_in_style(row)
        return getattr(request, column) or "–", "dim"


def _time_text(row: HistoryEntry, width: int) -> str:
    local = row.requested_at.astimezone()
    if width <= _CLOCK:
        return f"{local:%H:%M}"
    return f"{local:%Y-%m-%d %H:%M}" if width > _DATE else f"{local:%Y-%m-%d}"


def _back_in_text(row: HistoryEntry, now: datetime, width: int) -> str:
    """Return whether the person is back in, without repeating the outcome."""
    if row.back_in is None and not is_waiting(row):
        return "–"
    long, short = state_of(row, now), short_state_of(row, now)
    # Where narrow, all who are back in are called the same.
    is_short = cell_len(long) >= width or (row.back_in is not None and width < _LONG_STATE)
    return short if is_short else long


def _back_in_style(row: HistoryEntry) -> str:
    if row.back_in is not None:
        return "good"
    waits_unsure = row.outcome is Outcome.UNKNOWN and row.action is CrmAction.RESET_LINK
    return "warn" if waits_unsure else "dim"


class HistoryTitles(Widget):
    """Titles above the columns of the table, the sorted one with an arrow. A click on one sorts by it."""

    order: reactive[SortOrder] = reactive(BY_TIME)
    form: reactive[TableForm] = reactive(TableForm(by_day=True, everywhere=True))

    class HistoryTitleClicked(Message):
        """A title was clicked."""

        def __init__(self, column: str) -> None:
            self.column = column
            super().__init__()

    def _places(self) -> Iterator[tuple[str, int, int]]:
        """Yield each column with its width and where it starts."""
        start = 1
        # The table has its scroll mark in the last cell.
        for column, width in self.form.columns(self.content_size.width - 1):
            yield column, width, start
            start += width

    def render(self) -> RenderResult:
        """Draw the titles."""
        line = " "
        for column, width, start in self._places():
            is_sorted = column == self.order.column and not self.form.by_day
            arrow = f" {sort_arrow(self.order)}" if is_sorted else ""
            title = fit_width(f"{TITLES[column]}{arrow}", max(1, width - 1)) if width > _MARK else ""
            line = line.ljust(start) + title
        return Content(line)

    def on_click(self, event: Click) -> None:
        """Sort by the column that was clicked."""
        for column, width, start in self._places():
            if start <= event.x < start + width:
                self.post_message(self.HistoryTitleClicked(column))
