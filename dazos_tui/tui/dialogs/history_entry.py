"""The dialog for one history entry, and what can be done about it."""

from enum import StrEnum
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from dazos_tui.history.models import BackInProof, CrmAction, HistoryEntry
from dazos_tui.history.times import format_local_time
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.formatting import format_outcome
from dazos_tui.tui.widgets.key_hints import GAP, KeyHints
from dazos_tui.tui.widgets.titled_box import TitledBox
from dazos_tui.verification.next_step import is_waiting
from dazos_tui.verification.service import describe_back_in_delay


class EntryAction(StrEnum):
    """What can be done about a history entry."""

    NOTE = "note"
    TROUBLE = "trouble"
    CHECK = "check"
    CONFIRM = "confirm"
    SEND = "send"
    BROWSE = "browse"
    PERSON = "person"


ENTRY_BINDINGS: list[BindingType] = [
    Binding("n", f"do('{EntryAction.NOTE}')", "Ticket note"),
    Binding("w", f"do('{EntryAction.TROUBLE}')", "Still can't get in"),
    Binding("v", f"do('{EntryAction.CHECK}')", "Check sign-ins"),
    Binding("c", f"do('{EntryAction.CONFIRM}')", "Confirmed by the person"),
    Binding("s", f"do('{EntryAction.SEND}')", "Send again"),
    Binding("o", f"do('{EntryAction.BROWSE}')", "Open in the browser"),
    Binding("p", f"do('{EntryAction.PERSON}')", "Go to the person"),
]
"""The keys for these actions, in every dialog that shows history entries."""


class HistoryEntryDialog(Dialog[EntryAction | None]):
    """Shows all of a history entry; returns the chosen action, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        *ENTRY_BINDINGS,
        Binding("escape,q", "leave", "Close"),
    ]
    AUTO_FOCUS = "#close"

    def __init__(self, entry: HistoryEntry) -> None:
        super().__init__(classes="tone-plain")
        self._entry = entry

    def compose(self) -> ComposeResult:
        """Lay out the entry, and the keys below it."""
        entry = self._entry
        what = "Reset" if entry.action is CrmAction.RESET_LINK else "Login enabled"
        with TitledBox(f"{what} · {format_outcome(entry)}"):
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(_entry_rows(entry))
            keys = ["n ticket note", "w still can't get in", "s send again", "p person"]
            if is_waiting(entry):
                keys += ["v check sign-ins", "c confirmed by the person"]
            yield KeyHints(GAP.join(keys))
            with Horizontal(classes="buttons"):
                yield Button("Close (Esc)", id="close")

    def on_button_pressed(self) -> None:
        """Close the dialog."""
        self.leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable checking and confirming only while a sign-in is still awaited."""
        verb = parameters[0] if action == "do" else None
        return verb not in {EntryAction.CHECK, EntryAction.CONFIRM} or is_waiting(self._entry)

    def action_do(self, verb: str) -> None:
        """Return the chosen action."""
        self.leave(EntryAction(verb))


def _entry_rows(entry: HistoryEntry) -> Table:
    """Return all of a history entry, as aligned lines."""
    request = entry.request
    lines = {
        "Asked for": format_local_time(entry.requested_at),
        "Outcome": f"{format_outcome(entry)}{'' if entry.finished_at else ' (no answer was recorded)'}",
        "Answer": entry.message or "—",
        "Back in": _back_in_text(entry),
        "Person": f"{request.name or '—'} ({request.user_name})",
        "E-mail": request.email or "—",
        "Instance": f"{request.instance} · {request.environment.upper()} · {request.host}",
        "Asked by": request.asked_by,
        "Ticket": request.ticket or "—",
        "Note": format_local_time(entry.noted_at) if entry.noted_at is not None else "",
        "Batch": request.batch,
        "History no.": str(entry.id),
    }
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(ratio=1, overflow="fold")
    for label, value in lines.items():
        if value:
            table.add_row(Text(label, "dim"), Text(value))
    return table


def _back_in_text(entry: HistoryEntry) -> str:
    if entry.back_in is None:
        return "not seen yet" if is_waiting(entry) else ""
    how = "the CRM's login history" if entry.back_in.proof is BackInProof.SIGN_IN else "the person said so"
    return f"{format_local_time(entry.back_in.at)}, {describe_back_in_delay(entry)} ({how})"
