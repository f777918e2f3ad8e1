"""The dialog that says what happened, what it means and what to do next."""

from textual.app import ComposeResult
from textual.widgets import Static

from dazos_tui import __version__
from dazos_tui.tui.dialogs.copyable_text import CopyableDialog


class MessageDialog(CopyableDialog):
    """Title, reason, next step. Enter and Escape close it; Ctrl+Y copies all of it for a report.

    It opens by itself: letters go to the field behind; q and y act only after the user moved to a button.
    """

    AUTO_FOCUS = "#leave"

    def __init__(
        self, title: str, reason: str, advice: str = "", *, tone: str = "error", instance: str = ""
    ) -> None:
        """Build the message; `instance` is the name of the instance it is about, if any."""
        super().__init__(title, tone=tone, opens_by_itself=True)
        self._reason, self._advice, self._instance = reason, advice, instance

    def words(self) -> ComposeResult:
        """Lay out the reason, and the advice if there is any."""
        yield Static(self._reason, markup=False, id="reason")
        if self._advice:
            yield Static(self._advice, markup=False, id="advice", classes="advice")

    @property
    def text(self) -> str:
        """Return the message, with the version and the instance for a report."""
        where = f" · {self._instance}" if self._instance else ""
        parts = (self._title, self._reason, self._advice, f"dazos-tui {__version__}{where}")
        return "\n\n".join(filter(None, parts))
