"""The lock screen, shown after a time without input."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Middle
from textual.screen import Screen
from textual.widgets import Static

from dazos_tui.tui.widgets.too_small import cover_while_too_small

if TYPE_CHECKING:
    from dazos_tui.tui.batch_progress import BatchProgress

_BATCH_SECONDS = 1.0
"""How often to show how far a batch has come."""


class LockScreen(Screen[None]):
    """Shows no data. The screens behind it are gone, and unlocking signs in again, as at the start.

    So it asks for a password only if the sign-in does. A batch under way goes on: the screen says how far it
    has come, without a name, and can stop it. Until it has ended, nobody can unlock.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "app.unlock", "Sign in"),
        Binding("escape", "stop_batch", "Stop sending", show=False),
        Binding("f10,ctrl+q", "app.quit", "Quit"),
        Binding("ctrl+c", "hint", "How to quit", show=False),
    ]

    def __init__(self, minutes: int, batch: "BatchProgress | None" = None) -> None:
        super().__init__()
        self._minutes, self._batch = minutes, batch

    def compose(self) -> ComposeResult:
        """Lay out the card in the middle."""
        with Middle(), Center():
            yield Static(self._words, id="lock-card", markup=False)

    def on_mount(self) -> None:
        """Cover the screen while the terminal is too small, and follow a batch."""
        cover_while_too_small(self)
        if self._batch is not None:
            self.set_interval(_BATCH_SECONDS, self._show_batch)

    @property
    def _words(self) -> str:
        batch = self._batch
        since = f"No input for {self._minutes} min."
        if batch is None or batch.has_ended:
            sent = f"\n\nSending has ended: {batch.words}\n{batch.query} in the history" if batch else ""
            return f"Signed out\n\n{since}{sent}\n\nEnter signs in again\nF10 quits"
        return f"Locked\n\n{since}\n\nSending goes on: {batch.words}\n\nEsc stops after this one"

    def _show_batch(self) -> None:
        card, words = self.query_one("#lock-card", Static), self._words
        if str(card.content) != words:
            card.update(words)

    def action_stop_batch(self) -> None:
        """Stop the batch after the link under way."""
        if self._batch is not None:
            self._batch.stop()

    def action_hint(self) -> None:
        """Show how to quit, after Ctrl+C."""
        self.notify("F10 quits.", markup=False)
