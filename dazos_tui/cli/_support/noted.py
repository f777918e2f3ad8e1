"""Recording that a note for the ticket was made."""

from dazos_tui.cli._support.exit_codes import echo_problem
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.store import HistoryStore


def record_noted(store: HistoryStore, entry: HistoryEntry) -> None:
    """Record that a note was made, if that is new. An error of the history is only said: the note is made."""
    if entry.noted_at is not None:
        return
    try:
        store.record_noted(entry.id)
    except HistoryError as error:
        echo_problem(f"The history could not record that the note was made. {error}", advice=error.advice)
