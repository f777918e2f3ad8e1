"""All keys, and the steps of a reset."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from dazos_tui.tui.commands import MOVEMENTS, Command
from dazos_tui.tui.dialogs.dialog import Dialog

_STEPS = """\
1  Look at the top line: is it the right instance?
2  Type a part of the name, user name or e-mail.
3  Enter opens the profile: is it the right person, is the account active?
4  s, then y, sends the link. The CRM's own answer appears top right.
5  n (or F4) is the note for the ticket: look in spam and junk too, use only the newest mail.
6  l (or F7) shows who is not back in yet. Still out? w walks through what may be wrong.

No answer seen? Look at the history first (h): it says what is known.
An inactive account gets no link: it must be restored in the browser first."""


class HelpDialog(Dialog[None]):
    """Closes with Escape, q or ?."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,f1,enter", "leave", "Close")]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = commands

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        with Vertical(classes="box"):
            yield Static("Help", classes="title", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                yield Static(_STEPS, markup=False)
                yield Static(_key_table(self._commands))
                yield Static(_FILTER, markup=False)
            yield Static("Esc closes", classes="hint", markup=False)


_FILTER = """
What can be typed into the filter
Words must all be found, in any field, whatever the case and the accents: nguyen, obrien.
A small mistake in a name is forgiven; such people come last, marked ≈.
role:billing  status:inactive  admin:yes  email:@example.com  user:  name:  look in one field.
A word with a minus before it leaves people out: -billing."""


def _key_table(commands: Sequence[Command]) -> Content:
    rows = [(command.shown_keys, command.help) for command in commands]
    width = max(len(keys) for keys, _ in (*rows, *MOVEMENTS)) + 2
    lines = [Content.assemble((f"{keys:<{width}}", "bold"), words) for keys, words in (*rows, *MOVEMENTS)]
    return Content("\n").join([Content(""), Content("Keys (letters act wherever no text is typed)"), *lines])
