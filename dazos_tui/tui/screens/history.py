"""The screen of the whole history: opening and leaving it, and the commands that differ there."""

from dazos_tui.history.models import HistoryEntry
from dazos_tui.tui.commands import CommandRun, CommandTable
from dazos_tui.tui.dialogs.history_entry import EntryAction
from dazos_tui.tui.dialogs.sort_order import SortOrderDialog
from dazos_tui.tui.layout import Pane
from dazos_tui.tui.screens.instance_flows import WorkFlows, WorkView
from dazos_tui.tui.widgets.history_table import BY_TIME, TITLES
from dazos_tui.tui.widgets.history_view import SEARCH_ID, HistoryView
from dazos_tui.verification.next_step import is_waiting


class HistoryCommands:
    """Runs the commands of the whole history, which takes the place of the panes."""

    def __init__(self, view: WorkView, flows: WorkFlows) -> None:
        self._view, self._panes, self._flows = view, view.panes, flows
        self._came_from = "filter"

    def table(self) -> CommandTable:
        """Return the commands that only the history has."""
        return {
            "full_history": CommandRun(self._toggle),
            "person": CommandRun(self._go_to_person, self._person_disabled_reason),
            "scope": CommandRun(self._change_scope, self._elsewhere_reason),
            "statistics": CommandRun(self._toggle_statistics, self._elsewhere_reason),
            "export": CommandRun(self._flows.take_out.choose_format, self._export_disabled_reason),
        }

    @property
    def is_open(self) -> bool:
        """Return whether the whole history is shown."""
        return self._panes.in_focus is Pane.FULL_HISTORY

    @property
    def _widget(self) -> HistoryView:
        """Return the view. Raises RuntimeError before it was opened."""
        if (view := self._panes.full_history) is None:
            raise RuntimeError("The whole history was never opened.")
        return view

    @property
    def entry(self) -> HistoryEntry | None:
        """Return the selected entry, if the whole history is open."""
        return self._panes.entry_in_focus if self.is_open else None

    @property
    def no_row(self) -> str:
        """Return the reason why a command for a row does nothing."""
        if self.is_open and self._widget.has_charts:
            return f"Go to the rows first: {self._view.key_in_pane('statistics')}."
        return "No row selected: search for less, or for something else."

    # -- opening and leaving --------------------------------------------------------------------------

    async def open(self) -> None:
        """Show the whole history, with the search and the row of the last time."""
        self._came_from = self._panes.focused_id
        await self._view.prepare_full_history()
        self._view.go_to(self._widget.body_id)
        self._flows.browse.refresh()

    async def _toggle(self) -> None:
        if self.is_open:
            self.leave()
        else:
            await self.open()

    def leave(self) -> None:
        """Go back to where the whole history was opened."""
        self._view.go_to(self._came_from)

    def go_back(self) -> None:
        """Clear the search if it has the focus or finds nothing; else leave."""
        widget = self._widget
        if widget.query_text and (self._panes.is_in_filter or not widget.table.rows):
            widget.search_line.value = ""
            self._view.go_to(SEARCH_ID)
        else:
            self.leave()

    # -- a row ----------------------------------------------------------------------------------------

    def open_disabled_reason(self) -> str:
        """Return why no row can be opened; empty if one can, or if the search is still running."""
        waits = self._flows.browse.is_pending and not self._widget.has_charts
        return self.no_row if self.entry is None and not waits else ""

    def open_row(self) -> None:
        """Show all of the selected row."""
        self._flows.browse.open_when_found(self._flows.rows.show)

    def check_disabled_reason(self) -> str:
        """Return why the sign-ins of the selected row cannot be checked."""
        if self.entry is None:
            return self.no_row
        return "" if is_waiting(self.entry) else "This row is not a link whose sign-in is awaited."

    def check_sign_ins(self) -> None:
        """Check whether the person of the selected row is back in."""
        if self.entry is not None:
            self._flows.rows.do(self.entry, EntryAction.CHECK)

    def _person_disabled_reason(self) -> str:
        in_history = self._panes.in_focus in {Pane.HISTORY, Pane.FULL_HISTORY}
        if not in_history:
            return f"Go to a history first: {self._view.key_in_pane('full_history')}."
        return self.no_row if self._panes.entry_in_focus is None else ""

    def _go_to_person(self) -> None:
        if (entry := self._panes.entry_in_focus) is not None:
            self._flows.rows.do(entry, EntryAction.PERSON)

    # -- all rows -------------------------------------------------------------------------------------

    def _elsewhere_reason(self) -> str:
        return "" if self.is_open else f"Open the history first: {self._view.key_in_pane('full_history')}."

    def _change_scope(self) -> None:
        self._widget.everywhere = not self._widget.everywhere
        self._flows.browse.go_on()

    def _toggle_statistics(self) -> None:
        self._widget.has_charts = not self._widget.has_charts
        self._view.go_to(self._widget.body_id)

    def _export_disabled_reason(self) -> str:
        if reason := self._elsewhere_reason():
            return reason
        return "" if self._widget.table.rows else "There is no row to export."

    def choose_copy(self) -> None:
        """Choose what to copy of the rows found."""
        if (entry := self.entry) is not None:
            self._flows.take_out.choose_text(entry)

    def ask_order(self) -> None:
        """Ask by which column to sort."""
        titles = {**TITLES, BY_TIME.column: f"{TITLES[BY_TIME.column]}, by day"}
        self._view.presenter.show(SortOrderDialog("history", titles, self._widget.order), self._sort_by)

    def _sort_by(self, column: str | None) -> None:
        if column is not None:
            self._widget.sort_by(column)
