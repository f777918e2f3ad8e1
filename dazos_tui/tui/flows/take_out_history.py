"""Taking rows out of the whole history: into a file, or onto the clipboard."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from textual.content import Content

from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import utc_now
from dazos_tui.system.files import UnsafeFileError
from dazos_tui.tui.copying import text_of_row
from dazos_tui.tui.dialogs.choice import ChoiceDialog
from dazos_tui.tui.flows.browse_history import BrowseHistoryFlow
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.formatting import format_count, short_path
from dazos_tui.tui.history_files import ExportFormat, export_entries, ticket_table
from dazos_tui.tui.history_reader import HistoryQuestion

MOST_COPIED = 300
"""Most rows of a table on the clipboard: terminals do not accept much more."""

_ROW, _TABLE = "row", "table"
_FORMATS = {
    ExportFormat.CSV: "CSV, for a spreadsheet",
    ExportFormat.JSON_LINES: "JSON Lines, for other programs",
}


class TakeOutHistoryFlow:
    """Exports and copies what the search of the whole history finds."""

    def __init__(
        self,
        view: FlowView,
        browse: BrowseHistoryFlow,
        state_dir: Path | None,
        copy: Callable[[str], Awaitable[str]],
    ) -> None:
        """Build the flow. Files go to `state_dir`; `copy` copies a text and returns a sentence about it."""
        self._view, self._browse = view, browse
        self._state_dir, self._copy = state_dir, copy

    # -- a file ---------------------------------------------------------------------------------------

    def choose_format(self) -> None:
        """Ask for the format, then write the file."""
        choices = [(form, Content(words)) for form, words in _FORMATS.items()]
        label = self._browse.count_label
        rows = "The row goes" if label == "1" else f"All {label} rows go"
        note = f"{rows} to a new file in the state folder."
        self._view.presenter.show(ChoiceDialog("Export the rows found", choices, note=note), self._export)

    def _export(self, form: ExportFormat | None) -> None:
        if form is not None and self._state_dir is not None:
            question = self._browse.shown_question
            write = partial(self._write_now, form, question, self._state_dir)
            self._view.run("export", partial(self._write, self._state_dir, write))

    def choose_format_for(self, entries: Sequence[HistoryEntry]) -> None:
        """Ask for the format of a file of these entries, then write it."""
        choices = [(form, Content(words)) for form, words in _FORMATS.items()]
        rows = "The row goes" if len(entries) == 1 else f"All {len(entries):,} rows go"

        def export(form: ExportFormat | None) -> None:
            if form is not None and self._state_dir is not None:
                write = partial(export_entries, entries, self._state_dir, form, utc_now())
                self._view.run("export", partial(self._write, self._state_dir, write))

        note = f"{rows} to a new file in the state folder."
        self._view.presenter.show(ChoiceDialog("Export the rows", choices, note=note), export)

    async def _write(self, state_dir: Path, write: Callable[[], tuple[Path, int]]) -> None:
        presenter = self._view.presenter
        try:
            path, count = await asyncio.to_thread(write)
        except (HistoryError, UnsafeFileError) as error:
            presenter.show_message("Could not export the rows", str(error), error.advice)
        except OSError as error:
            words = f"{short_path(state_dir)}: {error.strerror or error}"
            presenter.show_message("Could not export the rows", words, "Nothing was left behind.")
        else:
            presenter.notify_when_visible(short_path(path), title=f"{format_count(count, 'row')} exported")

    def _write_now(self, form: ExportFormat, question: HistoryQuestion, state_dir: Path) -> tuple[Path, int]:
        now = utc_now()
        found = self._view.jobs.history_reader.find_apart(question, question.query(now))
        return export_entries(found.entries(), state_dir, form, now)

    # -- the clipboard --------------------------------------------------------------------------------

    def choose_text(self, entry: HistoryEntry) -> None:
        """Ask whether to copy the selected row, or all rows found as a table."""
        choices = [
            (_ROW, Content("This row, as one line")),
            (_TABLE, Content(f"{self._rows_to_copy}, as a table for the ticket")),
        ]

        def chosen(what: str | None) -> None:
            if what is not None:
                copy = partial(self._copy_row, entry) if what == _ROW else self._copy_table
                self._view.run("copy", copy)

        self._view.presenter.show(ChoiceDialog("Copy", choices), chosen)

    @property
    def _rows_to_copy(self) -> str:
        label = self._browse.count_label
        if label == "1":
            return "One row"
        is_all = label.isdigit() and int(label) <= MOST_COPIED
        return f"All {label} rows" if is_all else f"The first {MOST_COPIED} of {label} rows"

    async def _copy_row(self, entry: HistoryEntry) -> None:
        text = text_of_row(entry)
        self._view.presenter.notify(await self._copy(text), title=text)

    async def _copy_table(self) -> None:
        title = f"{self._rows_to_copy}, as a table"
        try:
            text = await asyncio.to_thread(self._table)
        except HistoryError as error:
            self._view.presenter.show_message("Could not copy the rows", str(error), error.advice)
        else:
            self._view.presenter.notify(await self._copy(text), title=title)

    def _table(self) -> str:
        question = self._browse.shown_question
        found = self._view.jobs.history_reader.find_apart(question, question.query(utc_now()))
        entries = list(found.entries(MOST_COPIED))
        found.extend()
        return ticket_table(entries, len(found))
