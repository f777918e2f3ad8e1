"""A dialog with two buttons for an irreversible action."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Button

from dazos_tui.tui.dialogs.confirm_guard import CONFIRM_BINDINGS, ConfirmGuard
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.terminal.screen_diff import PlacedText

Answer = TypeVar("Answer")


class YesNoDialog(Dialog[Answer | None], Generic[Answer]):
    """Starts on the button `cancel`. Only ``y`` or the button `yes`, which is disabled at first, confirms.

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
    """The label of the button, such as ``Remove (y)``; below, its label once it was pressed."""
    busy_label = ""
    nothing_done = ""
    """Begins the message after any other key, such as ``Nothing was removed``."""

    def __init__(self, *, classes: str) -> None:
        super().__init__(classes=classes)
        self.guard: ConfirmGuard[Answer] = ConfirmGuard(self, self.nothing_done)

    def on_mount(self) -> None:
        """Accept a confirmation once the question can have been read."""
        self.guard.arm()

    def on_resize(self, _: events.Resize) -> None:
        """Require that the dialog is seen again: it may be in another place."""
        self.guard.arm()

    def confirmed_result(self) -> Answer | None:
        """Return the result of a confirmation."""
        raise NotImplementedError

    def rows_to_verify(self) -> Sequence[PlacedText] | None:
        """Require only that the dialog is on top, however much of it fits the screen, and sent."""
        if self.app.screen is not self:
            return None
        box = self.query_one(".box").region.intersection(self.region)
        strips = self._compositor.render_strips(self.app.size)[box.y : box.bottom]
        return [(box.y + row, box.x, strip.crop(box.x, box.right).text) for row, strip in enumerate(strips)]

    def show_readiness(self) -> None:
        """Label and enable the button as soon as a confirmation counts."""
        if self.guard.is_armed:
            button = self.query_one("#yes", Button)
            button.label = self.busy_label if self.guard.is_confirmed else self.confirm_label
            button.disabled = False

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Cancel at a letter without a meaning here."""
        return self.guard.handle_unbound_key(key)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Run the action of the button."""
        if event.button.id == "yes":
            self.action_yes()
        elif event.button.id == "cancel":
            self.action_cancel()

    def action_yes(self) -> None:
        """Confirm, if the key press counts."""
        if self.guard.accepts_key("y"):
            self.confirm()

    def confirm(self) -> None:
        """Close with the result after a moment."""
        self.guard.confirm()

    def action_cancel(self) -> None:
        """Cancel."""
        self.guard.cancel()
