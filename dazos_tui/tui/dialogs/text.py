"""Boxes with a text to take elsewhere: shown, and copied with a key."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from dazos_tui.tui.copying import copy_to_clipboard
from dazos_tui.tui.dialogs.dialog import Dialog


class CopyDialog(Dialog[None]):
    """Shows words; ``y`` copies `text`. What became of that stands below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy"),
        Binding("escape", "leave", "Close"),
        Binding("q", "leave_by_letter", "Close", show=False),
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]

    def __init__(self, title: str, *, tone: str = "plain") -> None:
        """Take the title, and the tone: that of an error has its colour."""
        super().__init__(classes=f"tone-{tone}")
        self._title = title

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with Vertical(classes="box"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield from self.words()
            yield Static("", id="status", classes="advice", markup=False)
            with Horizontal(classes="buttons"):
                yield from self.buttons()

    def words(self) -> ComposeResult:
        """Lay out what is shown."""
        raise NotImplementedError

    def buttons(self) -> ComposeResult:
        """Lay out the buttons; each one's id is that of its action."""
        yield Button("Copy (y)", id="copy")
        yield Button("Close (Esc)", id="leave")

    @property
    def text(self) -> str:
        """Return what is copied."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Take no room for what became of a text that was not copied yet."""
        self.say("")

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        await self.run_action(str(event.button.id))

    def action_leave_by_letter(self) -> None:
        """Close."""
        self.leave()

    def action_copy(self) -> None:
        """Copy the text."""
        self.run_worker(self._copy(), group="copy", exclusive=True)

    async def _copy(self) -> None:
        self.say(await copy_to_clipboard(self.app, self.text))

    def say(self, words: str) -> None:
        """Say below the text what became of it."""
        status = self.query_one("#status", Static)
        status.update(words)
        status.display = bool(words)


class TextDialog(CopyDialog):
    """Shows one text, the very one that is copied."""

    AUTO_FOCUS = "#copy"

    def __init__(self, title: str, text: str, *, copied: bool = False) -> None:
        """Take the text, and whether to copy it at once."""
        super().__init__(title)
        self._text, self._copied = text, copied

    def words(self) -> ComposeResult:
        """Lay out the text."""
        yield Static(self.text, markup=False, id="text")

    @property
    def text(self) -> str:
        """Return the text as it is shown, and copied."""
        return self._text

    def on_mount(self) -> None:
        """Copy it if that was asked for."""
        if self._copied:
            self.action_copy()
