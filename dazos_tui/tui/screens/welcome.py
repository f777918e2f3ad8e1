"""What is seen where nothing is configured yet: two ways to begin."""

from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from dazos_tui.tui.dialogs.choice import ChoiceDialog
from dazos_tui.tui.phrases import short_path


class Way(StrEnum):
    """How to begin."""

    DEMO = "demo"
    ADD = "add"
    QUIT = "quit"


_WAYS = {
    Way.DEMO: ("d", "Try the demo", "a CRM of its own on this machine: no account, no network"),
    Way.ADD: ("a", "Add your CRM instance", "its address, your user name; all is checked, nothing is sent"),
    Way.QUIT: ("q", "Quit", ""),
}


class WelcomeDialog(ChoiceDialog[Way]):
    """Gives back the way that was chosen; None leaves. `path` is where an instance would be written."""

    # While a word is being typed they do nothing: the app keeps its letters from a box that opens by itself.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"go('{way}')", title, show=False) for way, (key, title, _) in _WAYS.items()
    ]
    unasked = True
    hint = "Enter, or the letter, chooses · Esc leaves"

    def __init__(self, path: Path | None) -> None:
        choices = [(way, _words(*words)) for way, words in _WAYS.items()]
        last = f"Yours would be written to\n{short_path(path)}" if path else ""
        super().__init__("Welcome to dazos-tui", choices, last=last)

    def action_go(self, way: str) -> None:
        """Give back the way of a letter."""
        self.leave(Way(way))


def _words(key: str, title: str, meaning: str) -> Content:
    return Content.assemble(
        (key, "$accent bold"), "  ", (title, "bold"), (f"\n   {meaning}" if meaning else "", "dim")
    )
