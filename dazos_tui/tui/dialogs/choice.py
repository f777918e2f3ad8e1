"""A dialog with a list to choose from."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.widgets.choice_list import ChoiceList
from dazos_tui.tui.widgets.key_hints import KeyHints
from dazos_tui.tui.widgets.titled_box import TitledBox

Value = TypeVar("Value")


class ChoiceDialog(Dialog[Value | None], Generic[Value]):
    """Shows the choices; returns the value of the chosen one, or None.

    `note` is shown below the list, `last` below the keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("enter", "choose", "Choose", show=False, priority=True),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]

    AUTO_FOCUS = "OptionList"
    hint = "Enter chooses · Esc goes back"

    def __init__(
        self,
        title: str,
        choices: Sequence[tuple[Value, Content]],
        *,
        start: int = 0,
        note: str = "",
        last: str = "",
    ) -> None:
        super().__init__()
        self._title, self._choices, self._start = title, choices, start
        self._note, self._last = note, last

    def compose(self) -> ComposeResult:
        """Lay out title, list and hint."""
        with TitledBox(self._title):
            yield ChoiceList(*(Option(words) for _, words in self._choices), classes="body")
            if self._note:
                yield KeyHints(self._note, classes="note")
            yield KeyHints(self.hint)
            if self._last:
                yield KeyHints(self._last, classes="hint last")

    def on_mount(self) -> None:
        """Put the cursor on the likeliest choice."""
        self.query_one(OptionList).highlighted = self._start if self._choices else None

    def action_choose(self) -> None:
        """Return the choice under the cursor, before the next key is handled."""
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self.leave(self._choices[index][0])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the chosen value."""
        self.leave(self._choices[event.option_index][0])

    def action_move(self, by: int) -> None:
        """Move the cursor with the vi keys."""
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.leave()
