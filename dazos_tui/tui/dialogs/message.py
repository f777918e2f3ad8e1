"""A box that says what happened, what it means and what to do next."""

from textual.app import ComposeResult
from textual.widgets import Static

from dazos_tui import __version__
from dazos_tui.tui.dialogs.copyable_text import CopyableDialog


class MessageDialog(CopyableDialog):
    """Title, reason, next step. Enter and Escape close it, Ctrl+Y copies it all, as for a report.

    It opens by itself: letters go to the field behind, and q and y act only once somebody went to a button.
    """

    AUTO_FOCUS = "#leave"

    def __init__(
        self, title: str, reason: str, advice: str = "", *, tone: str = "error", instance: str = ""
    ) -> None:
        """Take what to say, and the name of the instance it is about, if it is about one."""
        super().__init__(title, tone=tone, opens_by_itself=True)
        self._reason, self._advice, self._instance = reason, advice, instance

    def words(self) -> ComposeResult:
        """Lay out the reason, and the advice if there is any."""
        yield Static(self._reason, markup=False, id="reason")
        if self._advice:
            yield Static(self._advice, markup=False, id="advice", classes="advice")

    @property
    def text(self) -> str:
        """Return all that is said, and what a report needs besides."""
        where = f" · {self._instance}" if self._instance else ""
        parts = (self._title, self._reason, self._advice, f"dazos-tui {__version__}{where}")
        return "\n\n".join(filter(None, parts))
