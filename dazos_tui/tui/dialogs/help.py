"""All keys, and the steps of a reset."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from dazos_tui.tui.commands import MOVEMENTS, Command
from dazos_tui.tui.dialogs.dialog import Dialog
from dazos_tui.tui.screens.layout import Pane
from dazos_tui.tui.widgets.inputs import SteadyInput

_STEPS = """\
1  Look at the top line: is it the right instance?
2  Type a part of the name, user name or e-mail.
3  {open} opens the profile: is it the right person, is the account active?
4  {send}, then y, sends the link. The CRM's own answer appears top right.
5  {note} is the note for the ticket: look in spam and junk too, use only the newest mail.
6  {waiting} shows who is not back in yet. Still out? {trouble} walks through what may be wrong.

No answer seen? Look at the history first ({history}): it says what is known.
An inactive account gets no link: it must be restored in the browser first."""


class HelpDialog(Dialog[None]):
    """Shows the keys of a pane, and then all; typing looks for some of them. Escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the line one types in, which would take some of them.
        Binding("escape,f1,enter,ctrl+c", "leave", "Close", priority=True)
    ]

    def __init__(self, commands: Sequence[Command], pane: Pane) -> None:
        super().__init__()
        self._commands = commands
        self._pane = pane

    def compose(self) -> ComposeResult:
        """Lay out the line to look with, and the text."""
        with Vertical(classes="box"):
            yield Static("Help", classes="title", markup=False)
            yield SteadyInput(placeholder="Type to find a key", id="find")
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(self._everything(), id="found")
            yield Static("↑ ↓ scroll · Esc closes", classes="hint", markup=False)

    @on(Input.Changed)
    def _look(self, event: Input.Changed) -> None:
        words = event.value.casefold().split()
        self.query_one("#found", Static).update(self._matching(words) if words else self._everything())

    def _matching(self, words: Sequence[str]) -> Content:
        rows = [
            (command.shown_keys, command.help)
            for command in self._commands
            if _holds(words, command.shown_keys, command.label, command.help, command.detail)
        ]
        rows += [row for row in MOVEMENTS if _holds(words, *row)]
        return _table(rows) if rows else Content("No key does that. Is it in the palette?")

    def _everything(self) -> Content:
        here = [command for command in self._commands if self._pane in command.panes]
        others = [command for command in self._commands if command not in here]
        return Content("\n").join([
            Content.styled(self._pane.where, "bold"),
            _table([(command.shown_keys, command.help) for command in here]),
            Content(f"\n{_steps(self._commands)}\n"),
            Content.styled("All other keys (letters act wherever no text is typed)", "bold"),
            _table([*((command.shown_keys, command.help) for command in others), *MOVEMENTS]),
            Content(_FILTER),
        ])  # fmt: skip


def _steps(commands: Sequence[Command]) -> str:
    return _STEPS.format_map({one.name: one.way for one in commands})


def _holds(words: Sequence[str], *texts: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in words)


def _table(rows: Sequence[tuple[str, str]]) -> Content:
    width = max(len(keys) for keys, _ in rows) + 2
    return Content("\n").join(Content.assemble((f"{keys:<{width}}", "bold"), words) for keys, words in rows)


_FILTER = """
What can be typed into the filter
Words must all be found, in any field, whatever the case and the accents: nguyen, obrien.
A small mistake in a name is forgiven; such people come last, marked ≈.
role:billing  status:inactive  admin:yes  email:@example.com  user:  name:  look in one field.
A word with a minus before it leaves people out: -billing."""
