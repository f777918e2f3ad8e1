"""A box with two buttons, whose yes cannot be undone."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Button

from dazos_tui.tui.dialogs.confirm_guard import CONFIRM_BINDINGS, ConfirmGuard
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.terminal.driver import PlacedText

Answer = TypeVar("Answer")


class YesNoDialog(Dialog[Answer | None], Generic[Answer]):
    """Starts on its button `cancel`: only ``y`` or the button `yes` acts, which the box begins with disabled.

    Any other letter cancels.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        *CONFIRM_BINDINGS,
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]
    AUTO_FOCUS = "#cancel"

    confirm_key = "y"
    confirm_label = ""
    """What the yes button says, such as ``Remove (y)``; and what is said once it was pressed."""
    busy_label = ""
    nothing_done = ""
    """What is said after another key than the one for yes, such as ``Nothing was removed``."""

    def __init__(self, *, classes: str) -> None:
        super().__init__(classes=classes)
        self.guard: ConfirmGuard[Answer] = ConfirmGuard(self, self.nothing_done)

    def on_mount(self) -> None:
        """Take a yes once the question could be read."""
        self.guard.arm()

    def confirmed_result(self) -> Answer | None:
        """Return the answer that a yes gives."""
        raise NotImplementedError

    def rows_to_verify(self) -> Sequence[PlacedText] | None:
        """Return that the box must be on top for a yes to count, whatever of it fits the screen."""
        return () if self.app.screen is self else None

    def show_readiness(self) -> None:
        """Name the yes button, from when a yes counts for the first time."""
        if self.guard.is_armed:
            button = self.query_one("#yes", Button)
            button.label = self.busy_label if self.guard.is_confirmed else self.confirm_label
            button.disabled = False

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Cancel at a letter that means nothing here."""
        return self.guard.handle_unbound_key(key)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "yes":
            self.action_yes()
        elif event.button.id == "cancel":
            self.action_cancel()

    def action_yes(self) -> None:
        """Take the key for a yes, if it counts."""
        if self.guard.accepts_key("y"):
            self.confirm()

    def confirm(self) -> None:
        """Give the answer in a moment."""
        self.guard.confirm()

    def action_cancel(self) -> None:
        """Do nothing."""
        self.guard.cancel()
