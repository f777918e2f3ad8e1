"""The command palette: every command by name, one row each."""

import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content

from dazos_tui.config.keymap import CommandName, display_key, is_character_key
from dazos_tui.tui.commands import Command
from dazos_tui.tui.dialogs.search_box import SearchBox, join_columns
from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.widgets.reflowed_rows import QUIET

_BEGINS, _WORD_BEGINS, _ELSE = range(3)


def matching_commands(commands: Sequence[Command], typed: str) -> list[Command]:
    """Return the commands that match what was typed, best matches first, else in the given order.

    First come names that begin with it, then names with a word that does, then the rest: each typed word is
    in the name, or begins a word of the explanation.
    """
    ranked = [(rank, command) for command in commands if (rank := _rank(command, typed)) is not None]
    return [command for _, command in sorted(ranked, key=lambda one: one[0])]


def _rank(command: Command, typed: str) -> int | None:
    wanted, name = typed.casefold().strip(), command.label.casefold()
    if name.startswith(wanted):
        return _BEGINS
    if any(word.startswith(wanted) for word in name.split()):
        return _WORD_BEGINS
    text = re.findall(r"\w+", f"{command.help} {command.detail}".casefold())
    return _ELSE if all(_starts_word(word, name, text) for word in wanted.split()) else None


def _starts_word(word: str, name: str, explanation: Sequence[str]) -> bool:
    """Return whether a word is in the name, or begins a word of the explanation."""
    return word in name or any(other.startswith(word) for other in explanation)


class PaletteDialog(SearchBox[CommandName | None]):
    """Lists the commands; returns the name of the chosen one.

    `disabled_reason` returns why a command cannot run now, or an empty string. The reason replaces the
    explanation of the command. `used` are names of commands, the most recent first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Run", show=False, priority=True),
    ]
    heading = "Commands"
    placeholder = "Search for commands"
    usual_width = 72
    empty = "No command matches"

    def __init__(
        self,
        commands: Sequence[Command],
        disabled_reason: Callable[[CommandName], str],
        used: Sequence[CommandName] = (),
    ) -> None:
        super().__init__()
        offered = [command for command in commands if command.name != "command_palette"]
        order = {name: place for place, name in enumerate(used)}
        self._commands = sorted(offered, key=lambda one: order.get(one.name, len(order)))
        self._reasons = {command.name: disabled_reason(command.name) for command in offered}
        self._name_width = max(cell_len(command.label) for command in offered)
        self._keys_width = max(cell_len(_keys(command)) for command in offered)
        self._found: list[Command] = []

    def search(self, typed: str) -> None:
        """Look for commands; those that cannot be run now come last."""
        hits = matching_commands(self._commands, typed)
        self._found = sorted(hits, key=lambda one: bool(self._reasons[one.name]))

    def count(self, width: int) -> int:
        """Return how many were found."""
        return len(self._found)

    def row(self, index: int, width: int, *, at_cursor: bool) -> Content:
        """Return name, explanation and keys of a command; where narrow, without the explanation."""
        command = self._found[index]
        quiet = "" if at_cursor else QUIET
        style = quiet if self._reasons[command.name] else ""
        keys = _keys(command).rjust(self._keys_width), self._keys_width, quiet
        rest = width - self._keys_width - 2
        if not self.is_roomy:
            return join_columns([(command.label, rest, style), keys])
        name = command.label, self._name_width, style
        return join_columns([name, (self._description(command), rest - self._name_width - 2, quiet), keys])

    def _description(self, command: Command) -> str:
        reason = self._reasons[command.name]
        return f"Not now: {reason}" if reason else command.help

    def footer(self, width: int) -> str:
        """Return the keys; where narrow, the explanation of the command under the cursor."""
        if self.is_roomy or not self._found:
            return "Enter run   Esc close"
        return fit_width(self._description(self._found[self.at]), width)

    def action_choose(self) -> None:
        """Return the command under the cursor, before the next key is handled."""
        self.apply_typed()
        if self._found:
            self.leave(self._found[self.at].name)


def _keys(command: Command) -> str:
    """Return the first letter, and the key that also works while typing; not every key."""
    letters = [key for key in command.keys if is_character_key(key)][:1]
    typing = [command.typing_key] if command.typing_key else []
    return "  ".join(map(display_key, letters + typing))
