"""The whole history: a search line, rows by day or charts, totals, and the course of one send."""

from collections.abc import Callable
from datetime import datetime

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from dazos_tui.directory.order import SortOrder
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.statistics import HistoryStatistics
from dazos_tui.history.times import utc_now
from dazos_tui.tui.layout import WIDE
from dazos_tui.tui.widgets.history_charts import ChartPanel
from dazos_tui.tui.widgets.history_detail import HistoryDetail
from dazos_tui.tui.widgets.history_rows import HistoryRows
from dazos_tui.tui.widgets.history_table import BY_TIME, FullHistoryTable, HistoryTitles, TableForm
from dazos_tui.tui.widgets.history_totals import TotalsLine
from dazos_tui.tui.widgets.inputs import FilterInput
from dazos_tui.tui.widgets.reflowed_rows import ReflowedRows, Rows
from dazos_tui.tui.widgets.titled_pane import PaneEdge

VIEW_ID, SEARCH_ID, TABLE_ID, CHARTS_ID = "full-history", "history-search", "history-table", "history-charts"
PART_IDS = (SEARCH_ID, TABLE_ID, CHARTS_ID)
"""The parts that can have the focus."""

REST_SECONDS = 0.2
"""How long the cursor must rest before the detail follows it."""


class FoundCount(Widget):
    """How many rows were found, of how many; on the right of the search line."""

    words: reactive[str] = reactive("")

    def render(self) -> RenderResult:
        """Draw the number."""
        return Content(self.words if cell_len(self.words) <= self.content_size.width else "")


class HistoryView(Vertical):
    """Shows what a search of the history found. It reads nothing itself."""

    class SearchChanged(Message):
        """Something else is to be searched for, or sorted."""

    class MoreWanted(Message):
        """Rows are visible that are not loaded, or the end of those found so far."""

    class CursorRested(Message):
        """The cursor rests on an entry."""

        def __init__(self, entry: HistoryEntry) -> None:
            self.entry = entry
            super().__init__()

    class RowOpened(Message):
        """A row was double-clicked."""

    everywhere: reactive[bool] = reactive(default=True)
    """Whether the rows are of all instances."""
    has_charts: reactive[bool] = reactive(default=False)
    """Whether charts are shown in place of the rows."""

    def __init__(self, keys: Callable[[], str], *, clock: Callable[[], datetime] = utc_now) -> None:
        """Build the view; `keys` returns the keys that its title names."""
        super().__init__(id=VIEW_ID)
        self._keys, self._clock = keys, clock
        self.order = BY_TIME
        self._query = ""
        self._rest_timer: Timer | None = None
        self._detail: HistoryDetail | None = None

    def compose(self) -> ComposeResult:
        """Lay out the parts, from the top."""
        yield PaneEdge("──", "History", id="history-title")
        with Horizontal(id="history-search-row"):
            yield FilterInput(
                placeholder="Type a name, a ticket, since:7d, outcome:unknown …",
                id=SEARCH_ID,
                select_on_focus=False,
            )
            yield FoundCount(id="history-count")
        yield HistoryTitles(id="history-titles")
        yield FullHistoryTable(id=TABLE_ID, clock=self._clock)
        yield ChartPanel(id=CHARTS_ID, clock=self._clock)
        yield TotalsLine(id="history-totals")
        yield PaneEdge("──", id="history-detail-title")
        yield ReflowedRows(id="history-detail")

    def on_mount(self) -> None:
        """Follow the search line synchronously: with a message, a later key could act on older rows."""
        self.watch(self.search_line, "value", self._query_changed, init=False)
        self._show_title()

    # -- its parts ------------------------------------------------------------------------------------

    @property
    def search_line(self) -> FilterInput:
        """Return the field for the search."""
        return self.query_one(f"#{SEARCH_ID}", FilterInput)

    @property
    def table(self) -> FullHistoryTable:
        """Return the table with the rows."""
        return self.query_one(FullHistoryTable)

    @property
    def _edges(self) -> tuple[PaneEdge, PaneEdge]:
        return self.query_one("#history-title", PaneEdge), self.query_one("#history-detail-title", PaneEdge)

    @property
    def query_text(self) -> str:
        """Return what is searched for."""
        return self.search_line.value

    @property
    def entry(self) -> HistoryEntry | None:
        """Return the entry under the cursor; None while charts hide the rows."""
        return None if self.has_charts else self.table.entry

    @property
    def tab_order(self) -> tuple[str, ...]:
        """Return the ids of the visible parts that can have the focus, in Tab order."""
        return SEARCH_ID, self.body_id

    @property
    def body_id(self) -> str:
        """Return the id of the rows or the charts, whichever is shown."""
        return CHARTS_ID if self.has_charts else TABLE_ID

    # -- what it shows --------------------------------------------------------------------------------

    def show_focus(self) -> None:
        """Show that the focus is here, and the keys in the title."""
        self._edges[0].filled = True
        self._show_title()

    def _show_title(self) -> None:
        top, _ = self._edges
        name = "Statistics" if self.has_charts else "History"
        top.title = f"{name} · {'all instances' if self.everywhere else 'this instance'}"
        top.note = self._keys() if self.app.size.width >= WIDE else ""

    def watch_everywhere(self) -> None:
        """Name the scope in the title."""
        if self.is_mounted:
            self._show_title()

    def watch_has_charts(self) -> None:
        """Show charts, or rows with the course of the selected send."""
        self.set_class(self.has_charts, "-charts")
        if self.is_mounted:
            self._show_title()

    def show_found(self, rows: HistoryRows, count: str, *, empty: str, is_new: bool) -> None:
        """Show what was found; `count` is the number of rows, of how many. `empty` replaces no rows.

        If the search `is_new`, the first rows become visible.
        """
        table = self.table
        form = TableForm(by_day=self.order == BY_TIME, everywhere=self.everywhere)
        self.query_one(HistoryTitles).form = table.form = form
        self.query_one(HistoryTitles).order = self.order
        self.query_one(FoundCount).words = count
        self.query_one(TotalsLine).problem = ""
        if is_new:
            table.scroll_to_cursor()
        table.show_rows(rows, empty=empty)
        if not is_new and self._detail is not None:
            # What came after the send may have changed, too.
            self.post_message(self.CursorRested(self._detail.entry))
        self._follow_cursor()

    def show_statistics(self, found: HistoryStatistics, empty: str) -> None:
        """Show what the rows found add up to: below them, beside their days, and as charts.

        `empty` is the sentence shown if there is nothing to count.
        """
        self.query_one(TotalsLine).totals = found
        self.query_one(ChartPanel).show_statistics(found, empty)
        self.table.days = {day.day: day.counts for day in found.days}
        self.table.repaint()

    def show_problem(self, words: str) -> None:
        """Show why the search cannot be run; the rows stay."""
        self.query_one(TotalsLine).problem = words

    def show_more(self, rows: HistoryRows, count: str) -> None:
        """Show the same rows, with further ones at their end."""
        self.table.show_rows(rows)
        self.query_one(FoundCount).words = count

    def show_course(self, detail: HistoryDetail) -> None:
        """Show the course of a send, unless the cursor is on another one."""
        entry = self.table.entry
        if entry is not None and entry.id == detail.entry.id:
            self._detail = detail
            self._draw_detail()

    def refresh_ages(self) -> None:
        """Update what depends on the time."""
        self.table.repaint()
        self._draw_detail()

    def on_resize(self) -> None:
        """Redraw for the new size."""
        self._show_title()
        self._draw_detail()

    # -- the cursor -----------------------------------------------------------------------------------

    def _query_changed(self) -> None:
        if self.query_text != self._query:
            self._query = self.query_text
            self.post_message(self.SearchChanged())

    def sort_by(self, column: str) -> None:
        """Sort by a column; reverse the order if it already is."""
        if column == BY_TIME.column:
            is_reversed = self.order == BY_TIME
            self.order = SortOrder(column) if is_reversed else BY_TIME
        else:
            again = column == self.order.column and not self.order.descending
            self.order = SortOrder(column, descending=again)
        self.post_message(self.SearchChanged())

    def move(self, how: str, by: int) -> None:
        """Move the cursor by rows, or (`how` is ``page``) by pages."""
        if self.has_charts:
            self.query_one(ChartPanel).scroll_relative(y=by * (10 if how == "page" else 1), animate=False)
            return
        if how == "page":
            self.table.action_page(by)
        else:
            self.table.action_move(by)
        self.search_line.follow(self.table)

    @on(FullHistoryTable.RowsMissing)
    def _rows_wanted(self, event: Message) -> None:
        event.stop()
        self.post_message(self.MoreWanted())

    @on(HistoryTitles.HistoryTitleClicked)
    def _title_clicked(self, event: HistoryTitles.HistoryTitleClicked) -> None:
        event.stop()
        self.sort_by(event.column)

    @on(FullHistoryTable.Moved)
    def _moved(self, event: FullHistoryTable.Moved) -> None:
        event.stop()
        self._follow_cursor()

    @on(FullHistoryTable.Chosen)
    def _row_chosen(self, event: Message) -> None:
        event.stop()
        self.post_message(self.RowOpened())

    def _follow_cursor(self) -> None:
        """Show the course of the send under the cursor, once it rests."""
        if self._rest_timer is not None:
            self._rest_timer.stop()
        if self._detail is None or self.table.entry is None:
            self._rested()
        else:
            self._rest_timer = self.set_timer(REST_SECONDS, self._rested)

    def _rested(self) -> None:
        self._rest_timer, entry = None, self.table.entry
        if entry is None:
            self._detail = None
        elif self._detail is None or self._detail.entry != entry:
            self._detail = HistoryDetail(entry)
            self.post_message(self.CursorRested(entry))
        self._draw_detail()

    def _draw_detail(self) -> None:
        if not self.is_mounted:
            return
        detail, (_, edge) = self._detail, self._edges
        position = self.table.position_words if self.app.size.width >= WIDE else ""
        edge.title = detail.title(position) if detail is not None else ""
        edge.note = self._detail_note
        self.query_one("#history-detail", ReflowedRows).set_content(self._detail_rows)

    @property
    def _detail_note(self) -> str:
        if self._detail is None:
            return ""
        entry = self._detail.entry
        return f"no. {entry.id}" if self.app.size.width >= WIDE else entry.request.ticket or f"no. {entry.id}"

    def _detail_rows(self, width: int) -> Rows:
        height = self.query_one("#history-detail").size.height
        return self._detail.rows(width, height, self._clock()) if self._detail is not None else []
