"""The lock screen, shown after a time without input."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle
from textual.screen import Screen
from textual.widgets import Static

from dazos_tui.tui.widgets.too_small import cover_while_too_small


class LockScreen(Screen[None]):
    """Shows no data. The screens behind it are gone, and unlocking signs in again, as at the start.

    So it asks for a password only if the sign-in does.
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
        """Lay out the card in the middle."""
        with Middle(), Center():
            yield Static(
                f"Signed out\n\nNo input for {self._minutes} min.\n\nEnter signs in again\nF10 quits",
                id="lock-card",
                markup=False,
            )

    def on_mount(self) -> None:
        """Cover the screen while the terminal is too small."""
        cover_while_too_small(self)

    def action_hint(self) -> None:
        """Show how to quit, after Ctrl+C."""
        self.notify("F10 quits.", markup=False)
