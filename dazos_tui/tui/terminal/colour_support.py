"""Tells whether the terminal is to be shown colours."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

FEW_COLOURS = 16
"""A terminal with no more colours than these draws each as it likes: no theme could be read for sure."""

_COLORTERM_VALUES = re.compile(r"(\d{1,9})color")
"""How many colours the name of a terminal says it has, such as ``xterm-256color``."""


def wants_colours(environment: Mapping[str, str]) -> bool:
    """Tell whether colours are welcome, and the terminal has enough of them for a theme.

    NO_COLOR, if it is set and not empty, wins over everything (no-color.org). Else COLORTERM, which only
    terminals of 24 bits set, or the name in TERM, or what the system knows of that name (terminfo, `colors`)
    decides. A name that the system does not know is that of a new terminal, and those have colours.
    """
    if environment.get("NO_COLOR"):
        return False
    name = environment.get("TERM", "")
    if environment.get("COLORTERM") or "direct" in name:
        return True
    said = _COLORTERM_VALUES.search(name)
    count = int(said[1]) if said else _terminfo_colours(name)
    return count is None or count > FEW_COLOURS


def prepare_colours(environment: "os._Environ[str]") -> bool:
    """Settle how Textual, which is not imported yet, writes colours; return whether there shall be any."""
    if environment.get("NO_COLOR") == "":
        # Textual takes this for a wish as well.
        del environment["NO_COLOR"]
    colours = wants_colours(environment)
    if not colours:
        # Told in full, they can be told apart when they are taken out.
        environment["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    elif not environment.get("COLORTERM") and "256color" not in environment.get("TERM", ""):
        # By itself it would take a terminal that it does not know by name for one of 16 colours.
        environment.setdefault("TEXTUAL_COLOR_SYSTEM", "256")
    return colours


def _terminfo_colours(terminal: str) -> int | None:
    """Return how many colours the system's description of a terminal names; None if it has none."""
    with suppress(ImportError):
        import curses

        # Only the first terminal that a process asks about is looked up, which is enough here.
        with suppress(curses.error), Path(os.devnull).open("wb") as nowhere:
            curses.setupterm(terminal, nowhere.fileno())
            return curses.tigetnum("colors")
    return None
