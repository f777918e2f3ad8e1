"""Boxes with a text to take elsewhere: shown, and copied with a key."""

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
    """Shows words; ``y`` copies `text`. What became of that stands below.

    While it makes way for typing, Ctrl+Y copies; once somebody went to another of its buttons, letters act.
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
        """Build the box. An error's `tone` has its colour; `opens_by_itself` if it opens by itself, and makes way."""
        super().__init__(classes=f"tone-{tone}")
        self._title = title
        self.opens_by_itself = self.yields_to_typing = opens_by_itself

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with TitledBox(self._title):
            with VerticalScroll(classes="body", can_focus=False):
                yield from self.words()
            yield Static("", id="status", classes="advice", markup=False)
            with Horizontal(classes="buttons"):
                yield from self.buttons()

    def words(self) -> ComposeResult:
        """Lay out what is shown: the text, unless that is more."""
        yield Static(self.text, markup=False, id="text")

    def buttons(self) -> ComposeResult:
        """Lay out the buttons; each one's id is that of its action."""
        yield Button("", id="copy")
        yield Button("Close (Esc)", id="leave")

    @property
    def text(self) -> str:
        """Return what is copied."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Take no room for what became of a text that was not copied yet."""
        self.show_status("")
        self.label_buttons()

    def label_buttons(self) -> None:
        """Name the keys of the buttons that act now."""
        self.query_one("#copy", Button).label = "Copy (^y)" if self.yields_to_typing else "Copy (y)"

    def set_focus(
        self,
        widget: Widget | None,
        scroll_visible: bool = True,  # noqa: FBT001, FBT002 - Textual's own form
        from_app_focus: bool = False,  # noqa: FBT001, FBT002 - Textual's own form
    ) -> None:
        """Take letters for this box's own from when somebody goes to another of its buttons.

        Not at the event that tells of it: the next key must already be this box's.
        """
        super().set_focus(widget, scroll_visible, from_app_focus)
        if widget is not None and f"#{widget.id}" != self.AUTO_FOCUS:
            self._keep_focus()

    def _keep_focus(self) -> None:
        if self.yields_to_typing:
            self.yields_to_typing = False
            self.label_buttons()

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says: it is this box that is meant."""
        self._keep_focus()
        await self.run_action(str(event.button.id))

    def action_leave_by_letter(self) -> None:
        """Close."""
        self.leave()

    def action_copy(self) -> None:
        """Copy the text."""
        self.run_worker(self._copy(), group="copy", exclusive=True)

    async def _copy(self) -> None:
        self.show_status(await copy_to_clipboard(self.app, self.text))

    def typed_behind(self, text: str) -> None:
        """Say where the letters went, as the field may lie behind this box. What it says still matters."""
        self.show_status(f"Typed behind this box: {fit_width(text, _MAX_TYPED_WIDTH)}")

    def show_status(self, words: str) -> None:
        """Say below the text what became of it."""
        status = self.query_one("#status", Static)
        status.update(words)
        status.display = bool(words)


class CopyableTextDialog(CopyableDialog):
    """Shows one text, the very one that is copied."""

    def __init__(self, title: str, text: str, *, copied: bool = False, opens_by_itself: bool = False) -> None:
        """Take the text, whether to copy it at once, and whether the box opens by itself."""
        super().__init__(title, opens_by_itself=opens_by_itself)
        self._text, self._copied = text, copied

    @property
    def text(self) -> str:
        """Return the text as it is shown, and copied."""
        return self._text

    def on_mount(self) -> None:
        """Copy it if that was asked for."""
        if self._copied:
            self.action_copy()
