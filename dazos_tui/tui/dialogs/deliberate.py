"""A box whose yes has the CRM do something: it takes a deliberate one."""

from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Button, Static

from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.widgets.inputs import TicketInput

Answer = TypeVar("Answer")

READING_SECONDS = 0.3
"""For so long after the target is shown no key does anything: one typed ahead cannot be meant for it."""

REGRET_SECONDS = 0.3
"""For so long after the yes another letter takes it back: then it was the first one of a name."""


class DeliberateDialog(Dialog[Answer | None], Generic[Answer]):
    """Starts on Cancel: only ``y`` or the yes button acts, and only after the target could be read.

    Any other letter cancels: whoever types a name here believes to be in the filter.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes"),
        Binding("n,escape,q", "cancel", "Cancel"),
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]
    AUTO_FOCUS = "#cancel"

    yes_label = ""
    """What the yes button says, such as ``Send (y)``; and what it says once it was pressed."""
    busy_label = ""
    untouched = ""
    """What is said to whoever pressed another key than y."""

    _armed = False
    _yes: Timer | None = None

    def yes(self) -> Answer | None:
        """Return the answer that a yes gives."""
        raise NotImplementedError

    def arm(self) -> None:
        """Take a yes from a moment on, in which the target can be read."""
        self.set_timer(READING_SECONDS, self._arm)

    def _arm(self) -> None:
        self._armed = True
        button = self.query_one("#yes", Button)
        button.label, button.disabled = self.yes_label, False

    @property
    def is_leaving(self) -> bool:
        """Tell whether a yes was given, which another letter still takes back."""
        return self._yes is not None

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "yes":
            self.action_yes()
        elif event.button.id == "cancel":
            self.action_cancel()

    def take_stray(self, key: events.Key) -> bool:
        """Cancel at a letter that means nothing here, also just after the yes."""
        if key.is_printable:
            self.notify(self.untouched, severity="warning", markup=False)
            self.action_cancel()
        return key.is_printable

    def action_yes(self) -> None:
        """Give the answer in a moment, once the target could be read."""
        if self._armed and self._yes is None:
            self.query_one("#yes", Button).label = self.busy_label
            self._yes = self.set_timer(REGRET_SECONDS, self._leave_with_yes)

    def _leave_with_yes(self) -> None:
        if self.app.screen is self:
            self.leave(self.yes())
            return
        # Another box has come over it: what is not seen is not done.
        self._yes = None
        self.query_one("#yes", Button).label = self.yes_label

    def action_cancel(self) -> None:
        """Do nothing."""
        self._armed = False
        if self._yes is not None:
            self._yes.stop()
        self.leave()


class TicketedDialog(DeliberateDialog[Answer]):
    """A deliberate box with a line for the ticket, to which ``t`` goes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("t", "ticket", "Ticket")]

    def __init__(self, *, classes: str, ticket: str, last_ticket: str) -> None:
        """Take what the ticket's line starts with, and what the Up key puts there."""
        super().__init__(classes=classes)
        self._tickets = ticket, last_ticket

    def ticket_line(self) -> ComposeResult:
        """Lay out the line."""
        with Horizontal(id="ticket-line"):
            yield Static("Ticket (t) ", markup=False)
            yield TicketInput(*self._tickets)

    @property
    def ticket(self) -> str:
        """Return the ticket; empty for none."""
        return self.query_one(TicketInput).value.strip()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take t for a letter like any other where there is no ticket, or just after the yes."""
        return action != "ticket" or (self.query_one("#ticket-line").display and not self.is_leaving)

    def action_ticket(self) -> None:
        """Go to the ticket."""
        self.set_focus(self.query_one(TicketInput))

    def action_leave_ticket(self) -> None:
        """Go back to the buttons, on Cancel: Enter in the ticket does nothing else."""
        self.set_focus(self.query_one("#cancel"))
