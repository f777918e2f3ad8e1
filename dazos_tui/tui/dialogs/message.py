"""A box that says what happened, what it means and what to do next."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from dazos_tui.tui.dialogs.dialog import Dialog


class MessageDialog(Dialog[None]):
    """Title, reason, next step. Any of Enter, Escape and q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Close")]
    AUTO_FOCUS = "#close"
    unasked = True

    def __init__(self, title: str, reason: str, advice: str = "", *, tone: str = "error") -> None:
        super().__init__(classes=f"tone-{tone}")
        self._title, self._reason, self._advice = title, reason, advice

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with Vertical(classes="box"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(self._reason, markup=False, id="reason")
                if self._advice:
                    yield Static(self._advice, markup=False, id="advice", classes="advice")
            with Horizontal(classes="buttons"):
                yield Button("Close (Esc)", id="close")

    def on_button_pressed(self) -> None:
        """Close."""
        self.leave()
