"""The text inputs."""

from collections.abc import Callable
from typing import ClassVar

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input

from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.text.sanitize import printable_text
from dazos_tui.tui.first_frame import PLACEHOLDER
from dazos_tui.tui.terminal.cursor_place import PlacesCursor


class SafeInput(Input):
    """An input for printable text. Its cursor does not blink: each blink would be sent over the line."""

    cursor_blink = Reactive(default=False, init=False)

    def displayed(self, text: str) -> str:
        """Return the part of a text that can be drawn as it is."""
        return printable_text(text)

    def validate_value(self, value: str) -> str:
        """Drop what cannot be drawn, wherever it came from."""
        return self.displayed(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace a part of the value with the drawable part of `text`."""
        start, end = sorted((max(0, start), min(len(self.value), end)))
        head, tail = self.value[:start], self.value[end:]
        added = self.displayed(head + text)[len(head) :]
        rest = self.displayed(head + added + tail)[len(head + added) :]
        if rest == tail:
            super().replace(added, start, end)
        else:
            super().replace(added + rest, start, len(self.value))
            self.cursor_position = start + len(added)

    def paste(self, text: str) -> None:
        """Replace the selection with the first line of what was pasted."""
        self.replace(next(iter(text.splitlines()), ""), *self.selection)

    def action_cut(self) -> None:
        """Cut the selection; without one do nothing: Textual would empty the user's clipboard."""
        if not self.selection.is_empty:
            super().action_cut()


class PasswordInput(SafeInput):
    """An input whose text is kept nowhere else: not in the clipboard, not in a cache of text widths."""

    def displayed(self, text: str) -> str:
        """Return the password without control characters: dots are drawn in its place."""
        return "".join(filter(str.isprintable, text))

    def _position_to_cell(self, position: int) -> int:
        # Each character is drawn as a dot, one cell wide.
        return position

    def action_copy(self) -> None:
        """Copy nothing, and leave the key to the dialog."""
        raise SkipAction

    def action_cut(self) -> None:
        """Delete the selection without copying it."""
        self.delete_selection()


class FilterInput(SafeInput):
    """The filter of the list. Its arrow keys move in the list below, so that the focus can stay here."""

    # Otherwise every letter would trigger a new layout of the screen.
    virtual_size = Reactive(Size(0, 0))

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move_in_list('move', -1)", "Up", show=False),
        Binding("down", "screen.move_in_list('move', 1)", "Down", show=False),
        Binding("pageup", "screen.move_in_list('page', -1)", "Page up", show=False),
        Binding("pagedown", "screen.move_in_list('page', 1)", "Page down", show=False),
    ]

    def passes_on(self, key: str) -> bool:
        """Return whether a key is left to its command instead of typed.

        That is ``?`` in an empty filter, since no name begins with it, and in the filter of the list a space
        that separates no words: nothing is before it, or another space. All of a selected text counts as
        nothing, since typing would replace it.
        """
        if key == "question_mark":
            return not self.value
        return key == "space" and self._picks and self._space_is_idle

    @property
    def _space_is_idle(self) -> bool:
        start, end = sorted(self.selection)
        head = self.value[:start]
        return end == len(self.value) and (not head or head[-1] == " ")

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Leave these keys to their command, so that Textual counts its binding as active."""
        return not self.passes_on(key) and super().check_consume_key(key, character)

    class AddressPasted(Message):
        """An e-mail address was extracted from a paste."""

        def __init__(self, address: str) -> None:
            self.address = address
            super().__init__()

    _picks = False
    """Whether a space that means nothing here picks the person under the cursor."""

    _followed: PlacesCursor | None = None
    """The list below, from when a key here moved in it until something is typed."""

    def follow(self, moved: PlacesCursor) -> None:
        """Be where the cursor of this list is, if a key here moved it."""
        if self.has_focus:
            self._followed = moved

    def watch_selection(self) -> None:
        """Be where the text is changed, no longer where the list's cursor is."""
        self._followed = None

    def cursor_place(self) -> Offset | None:
        """Return the place of the list's cursor on the screen, if a key here moved that last."""
        return self._followed.cursor_place() if self._followed is not None else None

    is_known: Callable[[str], bool] | None = None
    """Returns whether a listed person has this address. The first such one of a paste is used."""

    @classmethod
    def for_user_list(cls, typed: str = "") -> "FilterInput":
        """Return the filter of the user list."""
        # The code that focuses it also selects: on the focus event, that would come after the first letter.
        field = cls(typed, placeholder=PLACEHOLDER, id="filter", select_on_focus=False)
        field._picks = True
        return field

    def paste(self, text: str) -> None:
        """Use the e-mail address in a paste, whatever surrounds it; without one, paste as usual."""
        address = query_from_pasted(text, self.is_known)
        if address == text:
            super().paste(text)
            return
        self.value = address
        self.cursor_position = len(address)
        self.post_message(self.AddressPasted(address))


class TicketInput(SafeInput):
    """The ticket of a link; the Up key inserts the ticket of the last link."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "take_last", "The last one", show=False),
        # Not Input's submit, which takes effect later: the next key would still be typed here.
        Binding("enter", "screen.leave_ticket", "Done", show=False),
    ]

    def __init__(self, ticket: str, last: str) -> None:
        hint = f"none; ↑ takes {last}" if last else "none"
        super().__init__(ticket, placeholder=hint, max_length=200, id="ticket", select_on_focus=False)
        self._last = last

    def action_take_last(self) -> None:
        """Insert the ticket of the last link."""
        if self._last:
            self.value = self._last
            self.cursor_position = len(self._last)


def insert_text(field: Input, text: str) -> None:
    """Replace the selection of a field with typed or pasted text."""
    start, _ = sorted(field.selection)
    head = field.value[:start]
    # A plain Textual input accepts anything.
    added = text if isinstance(field, SafeInput) else printable_text(head + text)[len(head) :]
    field.replace(added, *field.selection)
