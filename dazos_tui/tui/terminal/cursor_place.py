"""Where the terminal's own cursor is: at what has the focus.

Braille displays and screen readers follow that cursor, also while it is hidden (Textualize/textual#2348,
prompt-toolkit/python-prompt-toolkit#1848). It stays hidden: a second cursor would blink beside the drawn one.
"""

from typing import Any, Protocol, runtime_checkable

from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input


@runtime_checkable
class PlacesCursor(Protocol):
    """A screen or a widget that knows better than its region where the user is."""

    def cursor_place(self) -> Offset | None:
        """Return a place on the screen, as column and line; None to leave it to the focused widget."""


def cursor_place(screen: Screen[Any]) -> Offset:
    """Return the place on the screen, as column and line, of what the user is at."""
    focused = screen.focused
    parts: tuple[object, ...] = (screen, focused)
    for part in parts:
        if isinstance(part, PlacesCursor) and (place := part.cursor_place()) is not None:
            return place
    return _widget_place(focused) if focused is not None else Offset(0, 0)


def text_cursor_place(field: Input) -> Offset:
    """Return the place of the text cursor of an input.

    Textual's `cursor_screen_offset` is one cell further where the cursor is at the end of the text.
    """
    column = field._position_to_cell(field.cursor_position) - field.scroll_offset.x
    return field.content_region.offset + Offset(column, 0)


def _widget_place(focused: Widget) -> Offset:
    return text_cursor_place(focused) if isinstance(focused, Input) else focused.content_region.offset
