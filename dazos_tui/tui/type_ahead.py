"""Typing while a dialog opens by itself: the keys go to the field behind it."""

from time import monotonic
from typing import Any

from textual import events
from textual.app import App
from textual.widgets import Input

from dazos_tui.tui.dialogs.dialog import QUIET_SECONDS, Dialog
from dazos_tui.tui.widgets.inputs import FilterInput

BACKSPACE = "\b"


class TypeAhead:
    """Recognizes keys that continue a word begun before a dialog opened, and types them behind the dialog."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._last_typed_at = float("-inf")

    @property
    def is_quiet(self) -> bool:
        """Return whether the user has stopped typing for a moment."""
        return monotonic() - self._last_typed_at > QUIET_SECONDS

    def intercept(self, event: events.Key | events.Paste) -> bool:
        """Return whether a key continues the word that the user was typing when a box opened by itself.

        Its character goes to the field behind, unless it may be part of a password.
        """
        text = first_line(event.text) if isinstance(event, events.Paste) else event.character or ""
        if not text or not (text.isprintable() or text == "\r"):
            return False
        box = self._app.screen
        if not isinstance(box, Dialog) or not box.opens_by_itself:
            typing = text != "\r" and isinstance(self._app.focused, Input) and not isinstance(box, Dialog)
            self._last_typed_at = monotonic() if typing else self._last_typed_at
            return False
        if self.is_quiet:
            return False
        self._last_typed_at = monotonic()
        if not box.secret and text.isprintable():
            self.type_behind(box, text)
        return True

    def type_behind(self, box: Dialog[Any], text: str) -> None:
        """Type text, or a backspace, into the text field behind a dialog, if there is one."""
        stack = self._app.screen_stack
        below = stack[stack.index(box) - 1]
        # It gets its focus only shortly after it is shown.
        field = below.focused or next(iter(below.query(FilterInput)), None)
        if not isinstance(field, Input) or (isinstance(below, Dialog) and below.secret):
            return
        if text == BACKSPACE:
            field.action_delete_left()
        else:
            field.replace(text, *field.selection)
        if box.yields_to_typing:
            self._last_typed_at = monotonic()
            box.typed_behind(field.value)


def first_line(text: str) -> str:
    """Return the first line of a text; empty if it has none."""
    return next(iter(text.splitlines()), "")
