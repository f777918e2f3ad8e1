"""What is seen where nothing is configured yet: two ways to begin."""

from enum import StrEnum
from pathlib import Path

from textual.content import Content

from dazos_tui.text import safe_text
from dazos_tui.tui.dialogs.choice import ChoiceDialog


class Way(StrEnum):
    """How to begin."""

    DEMO = "demo"
    ADD = "add"
    QUIT = "quit"


_WAYS = {
    Way.DEMO: ("Try the demo", "a CRM of its own on this machine: no account, no network"),
    Way.ADD: ("Add your CRM instance", "its address, your user name; all is checked, nothing is sent"),
    Way.QUIT: ("Quit", ""),
}


class WelcomeDialog(ChoiceDialog[Way]):
    """Gives back the way that was chosen; None leaves. `path` is where an instance would be written."""

    unasked = True

    def __init__(self, path: Path | None) -> None:
        choices = [(way, _words(*words)) for way, words in _WAYS.items()]
        note = f"One that you add is written to:\n{safe_text(str(path))}" if path else ""
        super().__init__("Welcome to dazos-tui", choices, note=note)


def _words(title: str, meaning: str) -> Content:
    return Content.assemble((title, "bold"), (f"\n  {meaning}" if meaning else "", "dim"))
