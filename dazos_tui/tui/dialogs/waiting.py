"""The dialog with the people who are not back in since their link was sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList

from dazos_tui.history.models import HistoryEntry
from dazos_tui.tui.dialogs.choice import ChoiceDialog
from dazos_tui.tui.dialogs.history_entry import ENTRY_BINDINGS, EntryAction
from dazos_tui.tui.formatting import format_age
from dazos_tui.verification.next_step import next_step

WaitingAnswer = tuple[HistoryEntry, EntryAction | None]
"""A history entry and what to do about it; None shows the entry."""


class WaitingDialog(ChoiceDialog[WaitingAnswer]):
    """Lists them, oldest first, each with its next step; returns the chosen entry and what to do."""

    BINDINGS: ClassVar[list[BindingType]] = [*ENTRY_BINDINGS, Binding("q", "cancel", "Close", show=False)]

    def __init__(self, entries: Sequence[HistoryEntry], now: datetime) -> None:
        self._entries = entries
        choices: list[tuple[WaitingAnswer, Content]] = [
            ((entry, None), _row_text(entry, now)) for entry in entries
        ]
        keys = "n ticket note · w can't get in · v check sign-ins · c confirmed by the person · s send again"
        super().__init__(f"Waiting · {len(entries)} not back in yet", choices, note=keys)

    def action_do(self, verb: str) -> None:
        """Return the entry under the cursor and what to do about it."""
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self.leave((self._entries[index], EntryAction(verb)))


def _row_text(entry: HistoryEntry, now: datetime) -> Content:
    request = entry.request
    ticket = f" · {request.ticket}" if request.ticket else ""
    return Content.assemble(
        (f"{format_age(entry.requested_at, now)}  ", "dim"),
        (f"{request.name or request.user_name}", "bold"),
        f" <{request.email}>{ticket}\n",
        ("  → " + next_step(entry, now), "dim"),
    )
