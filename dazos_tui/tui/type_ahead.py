"""What is typed while a box opens by itself: it is for the field behind, where somebody was typing."""

from time import monotonic
from typing import Any

from textual import events
from textual.app import App
from textual.widgets import Input

from dazos_tui.tui.dialogs.dialog import QUIET_SECONDS, Dialog
from dazos_tui.tui.widgets.inputs import FilterInput

BACKSPACE = "\b"


class TypeAhead:
    """Tells which keys belong to a word begun before, and puts their letters where they were meant to go."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._typing_at = float("-inf")

    @property
    def is_quiet(self) -> bool:
        """Return whether nobody is in the middle of a word."""
        return monotonic() - self._typing_at > QUIET_SECONDS

    def takes(self, event: events.Key | events.Paste) -> bool:
        """Return whether a key belongs to the word that somebody was typing when a box opened by itself.

        Its letters go to the filter, where they were meant to go; but not if they may be a password.
        """
        text = first_line(event.text) if isinstance(event, events.Paste) else event.character or ""
        if not text or not (text.isprintable() or text == "\r"):
            return False
        box = self._app.screen
        if not isinstance(box, Dialog) or not box.opens_by_itself:
            typing = text != "\r" and isinstance(self._app.focused, Input) and not isinstance(box, Dialog)
            self._typing_at = monotonic() if typing else self._typing_at
            return False
        if self.is_quiet:
            return False
        self._typing_at = monotonic()
        if not box.secret and text.isprintable():
            self.type_behind(box, text)
        return True

    def type_behind(self, box: Dialog[Any], text: str) -> None:
        """Put letters, or a backspace, into the field behind a box, if there is one that is typed in."""
        stack = self._app.screen_stack
        below = stack[stack.index(box) - 1]
        # It has its focus only a moment after it is shown.
        field = below.focused or next(iter(below.query(FilterInput)), None)
        if not isinstance(field, Input) or (isinstance(below, Dialog) and below.secret):
            return
        if text == BACKSPACE:
            field.action_delete_left()
        else:
            field.replace(text, *field.selection)
        if box.yields_to_typing:
            self._typing_at = monotonic()
            box.typed_behind(field.value)


def first_line(text: str) -> str:
    """Return the first line of a text; empty if it has none."""
    return next(iter(text.splitlines()), "")
