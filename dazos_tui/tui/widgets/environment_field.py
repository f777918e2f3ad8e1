"""The field for the environment of an instance."""

import re
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from dazos_tui.config.models import Environment
from dazos_tui.tui.layout import MEDIUM
from dazos_tui.tui.widgets.reflowed_rows import QUIET

_WORDS: Mapping[str, Environment] = {
    "sandbox": Environment.SANDBOX,
    "dev": Environment.SANDBOX,
    "staging": Environment.STAGING,
    "stage": Environment.STAGING,
    "test": Environment.STAGING,
}
_CHOICES = tuple(Environment)
_GAP = 2
_FROM_ADDRESS = "by its address"
_ASKED = "What is it for? ← → choose"


def guess_environment(address: str) -> Environment | None:
    """Return the environment suggested by a word in the address, such as ``test``, or None.

    It is never production: the user must say so. The top-level domain does not count: ``.dev`` and ``.test``
    are domains.
    """
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        host = parts.hostname or ""
    except ValueError:
        return None
    words = re.findall(r"[a-z]+", f"{host.rpartition('.')[0]} {parts.path}".casefold())
    return next((_WORDS[word] for word in words if word in _WORDS), None)


class EnvironmentField(Widget, can_focus=True):
    """Shows the environments with a mark at the chosen one, in one line if there is room."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,down", "choose(1)", "Next", show=False),
        Binding("left,up", "choose(-1)", "Previous", show=False),
    ]

    value: reactive[Environment | None] = reactive(None, layout=True)
    is_guess: reactive[bool] = reactive(default=False, layout=True)
    """Whether the value was guessed from the address."""

    class Changed(Message):
        """The value changed."""

    def __init__(self, value: Environment | None) -> None:
        super().__init__(id="environment", classes="prompt")
        self.set_reactive(EnvironmentField.value, value)
        self._by_hand = value is not None

    def suggest(self, value: Environment | None) -> None:
        """Set a value guessed from the address, unless the user has chosen one."""
        if not self._by_hand:
            self.value, self.is_guess = value, value is not None

    def action_choose(self, by: int) -> None:
        """Choose the next or the previous environment."""
        at = _CHOICES.index(self.value) + by if self.value is not None else 0
        self._choose(_CHOICES[max(0, min(at, len(_CHOICES) - 1))])

    def _choose(self, value: Environment) -> None:
        self._by_hand, self.is_guess = True, False
        self.value = value

    def watch_value(self) -> None:
        """Post that the value changed."""
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """Choose the environment that was clicked."""
        column = 0
        for row, one in enumerate(_CHOICES):
            width = len(f"( ) {one}")
            hit = column <= event.x < column + width if self._is_one_line(self.size.width) else row == event.y
            if hit:
                self._choose(one)
            column += width + _GAP

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines it takes; all sizes are in cells."""
        return len(self._content(width).plain.split("\n"))

    def render(self) -> RenderResult:
        """Draw the choices."""
        return self._content(self.size.width)

    def _is_one_line(self, width: int) -> bool:
        needed = sum(len(f"( ) {one}") + _GAP for one in _CHOICES) - _GAP
        return width >= needed and self.app.size.width >= MEDIUM

    def _content(self, width: int) -> Content:
        choices = [self._choice(one) for one in _CHOICES]
        why = _FROM_ADDRESS if self.is_guess else _ASKED if self.value is None else ""
        if not self._is_one_line(width):
            return Content("\n").join([*choices, *([Content.styled(why, QUIET)] if why else [])])
        line = Content(" " * _GAP).join(choices)
        gap = "\n" if line.cell_length + len(why) + _GAP > width else " " * _GAP
        return Content.assemble(line, (f"{gap}{why}" if why else "", QUIET))

    def _choice(self, one: Environment) -> Content:
        chosen = one is self.value
        return Content.styled(f"({'•' if chosen else ' '}) {one}", "bold" if chosen else "")
