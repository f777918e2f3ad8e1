"""What is shown in place of everything once nobody has pressed a key for a while."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle
from textual.screen import Screen
from textual.widgets import Static

from dazos_tui.tui.widgets.too_small import cover_while_too_small


class LockScreen(Screen[None]):
    """Names nobody and holds nothing: what was behind it is gone, and going on signs in as at the start.

    So it asks for the password only where that has to be typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "app.unlock", "Sign in"),
        Binding("f10,ctrl+q", "app.quit", "Quit"),
        Binding("ctrl+c", "hint", "How to quit", show=False),
    ]

    def __init__(self, minutes: int) -> None:
        super().__init__()
        self._minutes = minutes

    def compose(self) -> ComposeResult:
        """Lay out the card."""
        with Middle(), Center():
            yield Static(
                f"Signed out\n\nNo key for {self._minutes} min.\n\n"
                "Enter signs in, as at the start\nF10 quits",
                id="lock-card",
                markup=False,
            )

    def on_mount(self) -> None:
        """Have a terminal that is too small say so."""
        cover_while_too_small(self)

    def action_hint(self) -> None:
        """Say how to leave, to whoever presses Ctrl+C."""
        self.notify("F10 leaves.", markup=False)
