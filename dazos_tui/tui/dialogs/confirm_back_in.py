"""The dialog that records that a person said they are back in."""

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import format_local_time
from dazos_tui.tui.dialogs.yes_no import YesNoDialog
from dazos_tui.tui.widgets.titled_box import TitledBox

_QUESTION = "Has this person said that they are back in?"
_WORDS = (
    "The app then no longer looks for a sign-in, and the history records that the person said so. "
    "This cannot be undone."
)


class ConfirmBackInDialog(YesNoDialog[HistoryEntry]):
    """Asks whether a person said that they are back in; returns the history entry, or None."""

    confirm_label, busy_label = "They said so (y)", "Noting …"
    nothing_done = "Nothing was noted"

    def __init__(self, entry: HistoryEntry) -> None:
        super().__init__(classes="tone-plain")
        self._entry = entry

    def compose(self) -> ComposeResult:
        """Lay out the question and the buttons."""
        request = self._entry.request
        who = f"{request.name} ({request.user_name})\n{request.email} · {request.instance}"
        when = f"Link requested {format_local_time(self._entry.requested_at)}"
        with TitledBox("Back in?"):
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(f"{_QUESTION}\n\n{who}\n{when}\n\n{_WORDS}", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel (Esc)", id="cancel")
                yield Button("They said …", id="yes", disabled=True)

    def confirmed_result(self) -> HistoryEntry:
        """Return the history entry."""
        return self._entry
