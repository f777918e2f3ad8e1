"""The dialog that asks with which ticket to begin."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.widgets.inputs import SafeInput
from dazos_tui.tui.widgets.titled_box import TitledBox


class TicketDialog(Dialog[str | None]):
    """Asks for a ticket; returns it, or None if the user cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]
    AUTO_FOCUS = "#from-ticket"

    def __init__(self, *, reads: bool) -> None:
        """Build the dialog. `reads`: whether a command reads the ticket."""
        super().__init__()
        self._reads = reads

    def compose(self) -> ComposeResult:
        """Lay out the dialog."""
        with TitledBox("Begin with a ticket"):
            yield SafeInput(placeholder="such as T-1042", max_length=200, id="from-ticket")
            what = "The people in it are offered." if self._reads else "It is filled in for the next link."
            yield Static(what, classes="note", markup=False)
            yield Static("Enter goes on · Esc cancels", classes="hint", markup=False)

    def on_input_submitted(self) -> None:
        """Return the ticket, if there is one."""
        if ticket := self.query_one(Input).value.strip():
            self.leave(ticket)

    def action_cancel(self) -> None:
        """Close without a ticket."""
        self.leave(None)
