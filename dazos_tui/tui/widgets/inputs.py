"""Where one types."""

from collections.abc import Callable
from typing import ClassVar

from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widgets import Input

from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.text.sanitize import printable_text


class SafeInput(Input):
    """An input whose cursor does not blink: each blink would be sent over the line, all day long."""

    cursor_blink = Reactive(default=False, init=False)

    def displayed(self, text: str) -> str:
        """Return what is kept of a text: what can be drawn as it is."""
        return printable_text(text)

    def validate_value(self, value: str) -> str:
        """Keep nothing that cannot be drawn, wherever it came from."""
        return self.displayed(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put text in the place of a part of what is there, as far as it can be drawn there."""
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
        """Put what was pasted in the place of what is selected: its first line, since there is one line."""
        self.replace(next(iter(text.splitlines()), ""), *self.selection)


class PasswordInput(SafeInput):
    """An input whose text stays nowhere: neither in the clipboard, nor where widths of texts are kept."""

    def displayed(self, text: str) -> str:
        """Return a password as it is: dots are drawn in its place."""
        return "".join(filter(str.isprintable, text))

    def _position_to_cell(self, position: int) -> int:
        # What shows is a dot for each character, one cell wide.
        return position

    def action_copy(self) -> None:
        """Copy nothing, and leave the key to the box around it."""
        raise SkipAction

    def action_cut(self) -> None:
        """Take out what is selected, without keeping it."""
        self.delete_selection()


class FilterInput(SafeInput):
    """An input whose arrow keys move in the list below, so that the hands need not leave it."""

    # Else every letter would lay out the whole screen anew.
    virtual_size = Reactive(Size(0, 0))

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move_in_list('move', -1)", "Up", show=False),
        Binding("down", "screen.move_in_list('move', 1)", "Down", show=False),
        Binding("pageup", "screen.move_in_list('page', -1)", "Page up", show=False),
        Binding("pagedown", "screen.move_in_list('page', 1)", "Page down", show=False),
    ]

    def passes_on(self, key: str) -> bool:
        """Tell whether a character is not typed but left to its command: no name begins with ``?``."""
        return key == "question_mark" and not self.value

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Leave to its command what is not typed, so that Textual counts its binding as active."""
        return not self.passes_on(key) and super().check_consume_key(key, character)

    class AddressPasted(Message):
        """An address was picked out of what was pasted."""

        def __init__(self, address: str) -> None:
            self.address = address
            super().__init__()

    is_known: Callable[[str], bool] | None = None
    """Whether somebody here has this address: of several that are pasted at once, the first such counts."""

    @classmethod
    def without_addresses(cls, typed: str = "") -> "FilterInput":
        """Return the filter of the list of people."""
        # Whoever goes there selects: at the focus event it would come after the first letter.
        return cls(typed, placeholder="Type a name or an e-mail", id="filter", select_on_focus=False)

    def paste(self, text: str) -> None:
        """Look for the address in what was pasted, whatever stands around it; without one, as any input."""
        address = query_from_pasted(text, self.is_known)
        if address == text:
            super().paste(text)
            return
        self.value = address
        self.cursor_position = len(address)
        self.post_message(self.AddressPasted(address))


class TicketInput(SafeInput):
    """Takes the ticket that a link is for; the Up key takes the one of the last link."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "take_last", "The last one", show=False),
        # Not Input's own submit, which takes effect only later: the next key would still be typed here.
        Binding("enter", "screen.leave_ticket", "Done", show=False),
    ]

    def __init__(self, ticket: str, last: str) -> None:
        hint = f"none; ↑ takes {last}" if last else "none"
        super().__init__(ticket, placeholder=hint, max_length=200, id="ticket", select_on_focus=False)
        self._last = last

    def action_take_last(self) -> None:
        """Put the last link's ticket in."""
        if self._last:
            self.value = self._last
            self.cursor_position = len(self._last)


def insert_text(field: Input, text: str) -> None:
    """Put typed or pasted text into a field, in the place of what is selected there."""
    start, _ = sorted(field.selection)
    head = field.value[:start]
    # Textual's own fields, such as that of the palette, take anything.
    added = text if isinstance(field, SafeInput) else printable_text(head + text)[len(head) :]
    field.replace(added, *field.selection)
