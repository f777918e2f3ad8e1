"""What is shown in place of everything once nobody has pressed a key for a while."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle
from textual.screen import Screen
from textual.widgets import Static


class LockScreen(Screen[None]):
    """Names nobody and holds nothing: what was behind it is gone, and unlocking signs in again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "app.unlock", "Unlock"),
        Binding("f10,ctrl+q", "app.quit", "Quit"),
    ]

    def __init__(self, minutes: int) -> None:
        super().__init__()
        self._minutes = minutes

    def compose(self) -> ComposeResult:
        """Lay out the card."""
        with Middle(), Center():
            yield Static(
                f"Locked\n\nNo key for {self._minutes} min: you are signed out.\n\n"
                "Enter signs in again · F10 quits",
                id="lock-card",
                markup=False,
            )
