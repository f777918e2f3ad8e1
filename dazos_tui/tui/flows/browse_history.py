"""Searching the whole history in a thread, which a newer key press supersedes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from time import monotonic

from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.query import HistoryQuery
from dazos_tui.history.search import FoundRows
from dazos_tui.history.statistics import PersonKey
from dazos_tui.history.times import utc_now
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.formatting import format_count
from dazos_tui.tui.history_reader import HistoryAnswer, HistoryQuestion, HistoryReader
from dazos_tui.tui.widgets.history_detail import HistoryDetail
from dazos_tui.tui.widgets.history_rows import HistoryRows
from dazos_tui.tui.widgets.history_table import BY_TIME
from dazos_tui.tui.widgets.history_view import HistoryView

STEP_ROWS = 40_000
"""Rows that are examined before a newer search is looked for."""

_MANY_ROWS = 20_000
"""Rows from which on an index makes a search noticeably faster, and counting takes noticeably long."""
_REST_SECONDS, _MANY_REST_SECONDS = 0.15, 0.8
"""Seconds without a key after which what was found is counted; the latter with many rows."""
_INDEX_PAUSE = 0.1
"""Seconds between two parts of the work on the index."""

_TOO_MANY_TO_SORT = "Too many rows to sort: search for fewer first."
_SEE_ALSO = "“dazos-tui history” on the command line says more."


class BrowseHistoryFlow:
    """Keeps the view of the whole history up to date. One thread works at a time, the newest wish first."""

    def __init__(self, view: FlowView, widget: Callable[[], HistoryView | None], instance: str) -> None:
        """Build the flow. `widget` returns the view once it exists; `instance` is the open instance."""
        self._view, self._widget, self._instance = view, widget, instance
        self._question: HistoryQuestion | None = None
        self._unusable: HistoryQuestion | None = None
        """What was searched for last and cannot be understood: the rows before stay."""
        self._found: FoundRows | None = None
        self._total: int | None = None
        self._to_count: tuple[HistoryQuestion, HistoryQuery, str] | None = None
        self._is_counting = self._is_indexing = self._is_large = False
        self._typed_at = 0.0
        self._woken = asyncio.Event()
        self._course_of: HistoryEntry | None = None
        self._open_row: Callable[[HistoryEntry], None] | None = None
        self._is_stale = self._is_busy = False

    @property
    def _reader(self) -> HistoryReader:
        return self._view.jobs.history_reader

    @property
    def is_pending(self) -> bool:
        """Return whether the rows shown are not yet those that are searched for."""
        return self._is_stale or self._wanted_question() not in {self._question, self._unusable}

    @property
    def _shown_widget(self) -> HistoryView:
        """Return the view, which exists while there is work for it."""
        widget = self._widget()
        if widget is None:
            raise RuntimeError("The whole history was never opened.")
        return widget

    @property
    def is_working(self) -> bool:
        """Return whether there is something to read for what is shown."""
        return self._is_busy or self._is_counting or self.is_pending

    @property
    def shown_question(self) -> HistoryQuestion:
        """Return the question whose answer is shown."""
        return self._question or self._wanted_question()

    @property
    def count_label(self) -> str:
        """Return how many rows are shown, such as ``31`` or ``10,000+``."""
        rows = self._shown_widget.table.rows
        return rows.label if isinstance(rows, HistoryRows) else "0"

    def _wanted_question(self) -> HistoryQuestion:
        widget = self._shown_widget
        instance = None if widget.everywhere else self._instance
        return HistoryQuestion(widget.query_text, instance, widget.order)

    # -- what starts it -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Search again: the history, the query or the order has changed."""
        self._is_stale, self._total = self._question is not None, None
        self.go_on()

    def go_on(self) -> None:
        """Do what is to be done next, unless that is already running."""
        self._woken.set()
        if not self._is_busy and self._widget() is not None:
            self._is_busy = True
            self._view.run("whole history", self._work, exclusive=False)

    def follow(self, entry: HistoryEntry) -> None:
        """Show the whole course of this send."""
        self._course_of = entry
        self.go_on()

    def open_when_found(self, open_row: Callable[[HistoryEntry], None]) -> None:
        """Open the row under the cursor; if the search is still running, once it has ended."""
        widget = self._widget()
        if self.is_pending:
            self._open_row = open_row
        elif widget is not None and widget.entry is not None:
            open_row(widget.entry)

    # -- the work -------------------------------------------------------------------------------------

    async def _work(self) -> None:
        try:
            while (step := self._next_step()) is not None:
                await step()
        except HistoryError as error:
            self._show_unreadable(error)
        finally:
            self._is_busy = False

    def _next_step(self) -> Callable[[], Awaitable[None]] | None:
        widget = self._widget()
        if widget is None or not widget.display:
            return None
        if self.is_pending:
            return self._search
        if self._unusable is not None and self._wanted_question() == self._question:
            # The search is again what it was before the term that could not be understood.
            self._unusable = None
            widget.show_problem("")
        return self._next_reading(widget) if self._found is not None else None

    def _next_reading(self, widget: HistoryView) -> Callable[[], Awaitable[None]] | None:
        rows = widget.table.rows
        if isinstance(rows, HistoryRows) and rows.wanted is not None:
            return self._load_window
        if self._course_of is not None:
            return self._load_course
        if self._found is not None and not self._found.is_complete:
            return self._extend
        return None

    async def _search(self) -> None:
        """Search for what is wanted now, unless it cannot be understood."""
        widget, question = self._shown_widget, self._wanted_question()
        query = question.query(utc_now())
        self._is_stale, self._typed_at = False, monotonic()
        if query.problems:
            self._unusable, self._open_row = question, None
            widget.show_problem(" ".join(query.problems))
            return
        shown = widget.entry.id if widget.entry is not None else 0
        is_same_scope = self._question is not None and self._question.instance == question.instance
        total = self._total if is_same_scope else None
        answer = await asyncio.to_thread(self._reader.find, question, query, shown, total)
        if self._wanted_question() == question:
            self._show(answer, question, query)

    def _show(self, answer: HistoryAnswer, question: HistoryQuestion, query: HistoryQuery) -> None:
        widget = self._shown_widget
        if not answer.is_sorted:
            widget.order = BY_TIME
            question = replace(question, order=BY_TIME)
        is_new = self._question != question
        empty = self._no_rows_words(is_search=bool(question.text.strip()))
        self._question, self._found = question, answer.found
        self._to_count = question, query, empty
        self._unusable = None
        self._total = answer.total
        self._is_large = answer.total >= _MANY_ROWS
        widget.show_found(answer.rows, self._count_words(answer.rows), empty=empty, is_new=is_new)
        if problems := [*query.hints, *([] if answer.is_sorted else [_TOO_MANY_TO_SORT])]:
            widget.show_problem(" ".join(problems))
        self._start_background_work()
        open_row, self._open_row = self._open_row, None
        if open_row is not None and widget.entry is not None:
            open_row(widget.entry)

    def _no_rows_words(self, *, is_search: bool) -> str:
        if is_search:
            return f"Nothing matches. {self._view.key_while_typing('back')} clears the search."
        return f"No link requested yet: {self._view.key_in_pane('send')} on a person sends one."

    def _start_background_work(self) -> None:
        """Count, and index, in jobs of their own: the next search does not wait for them."""
        if not self._is_counting:
            self._is_counting = True
            self._view.run("history statistics", self._count, exclusive=False)
        if self._is_large and not self._is_indexing:
            self._is_indexing = True
            self._view.run("history index", self._index, exclusive=False)

    def _count_words(self, rows: HistoryRows) -> str:
        is_all = self._question is None or not self._question.text.strip()
        return format_count(len(rows), "row") if is_all else f"{rows.label} of {self._total or 0:,}"

    async def _load_window(self) -> None:
        widget, found = self._shown_widget, self._found
        rows = widget.table.rows
        if found is None or not isinstance(rows, HistoryRows) or (number := rows.wanted) is None:
            return
        rows.fill(number, await asyncio.to_thread(self._reader.window, found, number))
        widget.table.repaint()

    async def _load_course(self) -> None:
        entry, self._course_of = self._course_of, None
        if entry is not None:
            later = await asyncio.to_thread(self._reader.later_entries, entry)
            self._shown_widget.show_course(HistoryDetail(entry, later))

    async def _extend(self) -> None:
        """Find more rows while nothing is typed; show them once all are found."""
        found, widget = self._found, self._shown_widget
        if found is None or not await self._rests():
            return
        await asyncio.to_thread(found.extend, effort=STEP_ROWS)
        rows = widget.table.rows
        if found is self._found and found.is_complete and isinstance(rows, HistoryRows):
            more = rows.extended(len(found))
            widget.show_more(more, self._count_words(more))

    @property
    def _seconds_to_rest(self) -> float:
        """Return how long nothing more may be typed until work may begin that a search would wait for."""
        rest = _MANY_REST_SECONDS if self._is_large else _REST_SECONDS
        return max(0.0, self._typed_at + rest - monotonic())

    async def _rests(self) -> bool:
        """Wait until nothing was typed for a moment; return whether nothing else is to be done before."""
        self._woken.clear()
        try:
            await asyncio.wait_for(self._woken.wait(), self._seconds_to_rest)
        except TimeoutError:
            return True
        return False

    async def _count(self) -> None:
        """Show the statistics of what was found last. Only one thread counts at a time."""
        while (wanted := self._to_count) is not None:
            if (seconds := self._seconds_to_rest) > 0:
                await asyncio.sleep(seconds)
            else:
                self._to_count = None
                await self._count_now(*wanted)
        self._is_counting = False

    async def _count_now(self, question: HistoryQuestion, query: HistoryQuery, empty: str) -> None:
        server = self._view.jobs.instance.server
        roles = {PersonKey(server, user.id): user.role for user in self._view.loaded_users() if user.role}
        try:
            found = await asyncio.to_thread(self._reader.statistics, query, roles)
        except HistoryError as error:
            self._shown_widget.show_problem(str(error))
        else:
            if self._question == question:
                self._shown_widget.show_statistics(found, empty)

    async def _index(self) -> None:
        """Index the rows that are not indexed yet, a part at a time, while nobody waits for anything."""
        more = True
        while more:
            await asyncio.sleep(_INDEX_PAUSE)
            if not (self.is_working or self._seconds_to_rest):
                more = await asyncio.to_thread(self._reader.index_more)
        self._is_indexing = False

    def _show_unreadable(self, error: HistoryError) -> None:
        """Show why the history cannot be read, and what to try."""
        self._question, self._found, self._open_row = self._wanted_question(), None, None
        words = " ".join(filter(None, (str(error), error.advice, _SEE_ALSO)))
        self._shown_widget.show_found(HistoryRows(0), "", empty=words, is_new=True)
