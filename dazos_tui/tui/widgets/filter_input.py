"""Where one types to find somebody."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class FilterInput(Input):
    """An input whose arrow keys move in the list below, so that the hands need not leave it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move_in_list('move', -1)", "Up", show=False),
        Binding("down", "screen.move_in_list('move', 1)", "Down", show=False),
        Binding("pageup", "screen.move_in_list('page', -1)", "Page up", show=False),
        Binding("pagedown", "screen.move_in_list('page', 1)", "Page down", show=False),
    ]
