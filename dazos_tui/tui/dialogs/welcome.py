"""The welcome dialog, shown while nothing is configured."""

from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content

from dazos_tui.tui.dialogs.choice import ChoiceDialog
from dazos_tui.tui.dialogs.dialog import QUIET_SECONDS
from dazos_tui.tui.formatting import short_path


class WelcomeChoice(StrEnum):
    """What to do first."""

    DEMO = "demo"
    ADD = "add"
    QUIT = "quit"


_FIRST_STEPS = {
    WelcomeChoice.DEMO: ("d", "Try the demo", "a made-up CRM on this machine"),
    WelcomeChoice.ADD: ("a", "Add your CRM instance", "checked first; nothing is sent"),
    WelcomeChoice.QUIT: ("q", "Quit", ""),
}


class WelcomeDialog(ChoiceDialog[WelcomeChoice]):
    """Returns the chosen first step, None to leave. `path` is where an instance would be written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"go('{way}')", title, show=False) for way, (key, title, _) in _FIRST_STEPS.items()
    ]
    opens_by_itself = True
    hint = "Enter chooses · Esc leaves"

    def __init__(self, path: Path | None) -> None:
        choices = [(way, _option_text(*words)) for way, words in _FIRST_STEPS.items()]
        last = f"Your config would be written to\n{short_path(path)}" if path else ""
        super().__init__("Welcome to dazos-tui", choices, last=last)
        self._typed_at = float("-inf")

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Remember an unbound letter: it belongs to a word, and so do the letters that follow."""
        if key.is_printable:
            self._typed_at = monotonic()
        return False

    def action_go(self, way: str) -> None:
        """Return the first step of a letter, unless the letter is in the middle of a word."""
        if monotonic() - self._typed_at > QUIET_SECONDS:
            self.leave(WelcomeChoice(way))
        else:
            self._typed_at = monotonic()


def _option_text(key: str, title: str, meaning: str) -> Content:
    return Content.assemble((f"{key}  {title}", "bold"), (f"\n   {meaning}" if meaning else "", "dim"))
