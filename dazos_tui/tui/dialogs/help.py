"""The help dialog: all keys, and the steps of a reset."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content

from dazos_tui.config.keymap import display_key
from dazos_tui.tui.commands import MOVEMENTS, Command
from dazos_tui.tui.dialogs.guarded_layout import wrap_rows
from dazos_tui.tui.dialogs.palette import matching_commands
from dazos_tui.tui.dialogs.search_box import SearchBox, section
from dazos_tui.tui.layout import Pane

_STEPS = (
    ("1", "Look at the top line: is it the right instance?"),
    ("2", "Type a part of the name, user name or e-mail."),
    ("3", "{open} opens the profile: is it the right person, is the account active?"),
    ("4", "{send}, then y, sends the link. The CRM's own answer appears top right."),
    ("5", "{note} is the note for the ticket: look in spam and junk too, use only the newest mail."),
    ("6", "{waiting} shows who is not back in yet. Still out? {trouble} walks through what may be wrong."),
    ("·", "No answer seen? Look at the history first ({history}): it says what is known."),
    ("·", "An inactive account gets no link: it must be restored in the browser first."),
)
_FILTER = (
    ("·", "All words must match, in any field; case and accents do not matter: nguyen, obrien."),
    ("·", "Names with a small typo match too; those people come last, marked ≈."),
    ("·", "role:billing  status:inactive  admin:yes  email:@example.com  user:  name:  search one field."),
    ("·", "A word with a minus before it leaves people out: -billing."),
)
_HISTORY_SEARCH = (
    ("·", "All words must match, in any text of a row: names, e-mails, tickets, answers."),
    ("·", "person:garcia  ticket:1042  by:kim  instance:acme  outcome:sent,unknown search one field."),
    ("·", "since:7d  until:2026-11-03  on:yesterday  since:month say when; times are local."),
    ("·", "waiting:yes  back:no find who is not back in; a minus leaves rows out: -by:kim."),
)
_KEY_COLUMN = 16
"""Widest column of keys, in cells."""

_Row = tuple[str, str]
"""Keys, and what they do."""


class HelpDialog(SearchBox[None]):
    """Shows the keys of a pane, then all others. Typing searches them; Escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority over the input, which would handle some of them.
        Binding("escape,f1,enter,ctrl+c", "leave", "Close", priority=True)
    ]
    placeholder = "Type to find a key"
    empty = "No key or command matches"
    has_cursor = False

    @property
    def max_rows(self) -> int:
        """Return the maximum height of the dialog, in rows."""
        return 20

    def __init__(self, commands: Sequence[Command], pane: Pane) -> None:
        super().__init__()
        self._commands, self._pane = commands, pane
        self.heading = f"Help · {pane.replace('-', ' ').capitalize()}"
        self._sections: list[tuple[str, list[_Row]]] = []
        self._lines: list[Content] = []

    def search(self, typed: str) -> None:
        """Search the keys; if none matches, the commands of the palette."""
        words = typed.casefold().split()
        self._sections = list(self._matching(typed, words) if words else self._everything())

    def count(self, width: int) -> int:
        """Return how many lines the content takes."""
        self._lines = [line for title, rows in self._sections for line in _section_lines(title, rows, width)]
        return len(self._lines)

    def row(self, index: int, width: int, *, at_cursor: bool) -> Content:
        """Return one line of the content."""
        return self._lines[index]

    def footer(self, width: int) -> str:
        """Return the keys of the dialog."""
        return "↑↓ scroll   Esc close"

    def _matching(self, typed: str, words: Sequence[str]) -> Iterator[tuple[str, list[_Row]]]:
        rows = [
            _help_row(command)
            for command in self._commands
            if command.keys
            and _is_match(words, command.shown_keys, command.label, command.help, command.detail)
        ]
        rows += [row for row in MOVEMENTS if _is_match(words, *row)]
        if rows:
            yield "", rows
        elif hits := matching_commands(self._commands, typed):
            yield "In the palette", [(command.label, command.help) for command in hits]

    def _everything(self) -> Iterator[tuple[str, list[_Row]]]:
        here = [command for command in self._commands if self._pane in command.panes]
        ways: dict[str, str] = {one.name: one.key_in_pane for one in self._commands}
        yield self._pane.where, list(map(_help_row, here))
        yield "The steps of a reset", [(number, words.format_map(ways)) for number, words in _STEPS]
        others = [_help_row(command) for command in self._commands if command not in here]
        yield "Everywhere (letters act where no text is typed)", [*others, *MOVEMENTS]
        is_history = self._pane is Pane.FULL_HISTORY
        yield "What can be typed into the filter", list(_HISTORY_SEARCH if is_history else _FILTER)


def _help_row(command: Command) -> _Row:
    return ", ".join(map(display_key, command.keys)) or "palette", command.help


def _is_match(words: Sequence[str], *texts: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in words)


def _section_lines(title: str, rows: Sequence[_Row], width: int) -> Iterator[Content]:
    """Yield the lines of a section. Text that does not fit continues below its own column."""
    if title:
        yield section(title, width)
    column = min(_KEY_COLUMN, max(cell_len(keys) for keys, _ in rows))
    for keys, words in rows:
        left = wrap_rows(keys, column)
        right = wrap_rows(words, width - column - 2)
        for number in range(max(len(left), len(right))):
            key = left[number] if number < len(left) else ""
            rest = right[number] if number < len(right) else ""
            yield Content.assemble((key, "bold"), " " * (column - cell_len(key) + 2), rest)
