"""Dialogs that show a text and copy it to the clipboard."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Button, Static

from dazos_tui.tui.copying import copy_to_clipboard
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.widgets.titled_box import TitledBox

_MAX_TYPED_WIDTH = 30


class CopyableDialog(Dialog[None]):
    """Shows a text; ``y`` copies `text`, and the result is shown below it.

    While letters go to the field behind, Ctrl+Y copies. Once the user moves to another button, letters act.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        Binding("y,ctrl+y", "copy", "Copy"),
        Binding("escape", "leave", "Close"),
        Binding("q", "leave_by_letter", "Close", show=False),
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]
    AUTO_FOCUS = "#copy"

    def __init__(self, title: str, *, tone: str = "plain", opens_by_itself: bool = False) -> None:
        """Build the dialog. Tone ``error`` colours the title. If it `opens_by_itself`, letters pass it."""
        super().__init__(classes=f"tone-{tone}")
        self._title = title
        self.opens_by_itself = self.yields_to_typing = opens_by_itself

    def compose(self) -> ComposeResult:
        """Lay out the dialog."""
        with TitledBox(self._title):
            with VerticalScroll(classes="body", can_focus=False):
                yield from self.words()
            yield Static("", id="status", classes="advice", markup=False)
            with Horizontal(classes="buttons"):
                yield from self.buttons()

    def words(self) -> ComposeResult:
        """Lay out the body: by default the text."""
        yield Static(self.text, markup=False, id="text")

    def buttons(self) -> ComposeResult:
        """Lay out the buttons. The id of each is the name of its action."""
        yield Button("", id="copy")
        yield Button("Close (Esc)", id="leave")

    @property
    def text(self) -> str:
        """Return the text to copy."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Hide the status line until something was copied."""
        self.show_status("")
        self.label_buttons()

    def label_buttons(self) -> None:
        """Label the buttons with the keys that act now."""
        self.query_one("#copy", Button).label = "Copy (^y)" if self.yields_to_typing else "Copy (y)"

    def set_focus(
        self,
        widget: Widget | None,
        scroll_visible: bool = True,  # noqa: FBT001, FBT002 - Textual's own form
        from_app_focus: bool = False,  # noqa: FBT001, FBT002 - Textual's own form
    ) -> None:
        """Handle letters here once the user moves to another button of this dialog.

        Not in the focus event, which comes too late: the next key must already be handled here.
        """
        super().set_focus(widget, scroll_visible, from_app_focus)
        if widget is not None and f"#{widget.id}" != self.AUTO_FOCUS:
            self._keep_focus()

    def _keep_focus(self) -> None:
        if self.yields_to_typing:
            self.yields_to_typing = False
            self.label_buttons()

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Run the button's action, and handle letters here from now on."""
        self._keep_focus()
        await self.run_action(str(event.button.id))

    def action_leave_by_letter(self) -> None:
        """Close the dialog."""
        self.leave()

    def action_copy(self) -> None:
        """Copy the text."""
        self.run_job(self._copy, group="copy")

    async def _copy(self) -> None:
        result = await copy_to_clipboard(self.app, self.text)
        if result.is_sent:
            self.on_copied()
        self.show_status(result.message)

    def on_copied(self) -> None:
        """Do what follows once the text was copied: by default nothing."""

    def typed_behind(self, text: str) -> None:
        """Say where the letters went, as the dialog may cover the field. The dialog stays open."""
        self.show_status(f"Typed behind this dialog: {fit_width(text, _MAX_TYPED_WIDTH)}")

    def show_status(self, words: str) -> None:
        """Show the result below the text; empty hides the line."""
        status = self.query_one("#status", Static)
        status.update(words)
        status.display = bool(words)


class CopyableTextDialog(CopyableDialog):
    """Shows one text and copies exactly that."""

    def __init__(self, title: str, text: str, *, copied: bool = False, opens_by_itself: bool = False) -> None:
        """Build the dialog. With `copied`, the text is copied at once."""
        super().__init__(title, opens_by_itself=opens_by_itself)
        self._text, self._copied = text, copied

    @property
    def text(self) -> str:
        """Return the text that is shown and copied."""
        return self._text

    def on_mount(self) -> None:
        """Copy the text at once if requested."""
        if self._copied:
            self.action_copy()
