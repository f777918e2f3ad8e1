"""Whether the terminal can show the colours of a theme, and whether the user wants them."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

FEW_COLOURS = 16
"""A terminal with at most this many colours maps them as it likes, so themes would be unreadable."""

_COLORTERM_VALUES = re.compile(r"(\d{1,9})color")
"""The number of colours in the name of a terminal, such as ``xterm-256color``."""

_ERASE_IN_COLOUR = re.compile(r"(?:alacritty|foot|kitty|konsole|putty|rxvt|st|vte|wezterm|xterm)(?![^+-])")
"""Names of terminals that leave the present background where they erase (`bce` in terminfo, with `ech`)."""


def erases_in_colour(environment: Mapping[str, str]) -> bool:
    """Return whether the terminal is known to leave the present background where it erases characters.

    GNU screen does not, whatever it calls itself, but it sets STY. tmux has no entry for it, but does since
    long before it began to name itself.
    """
    if environment.get("STY"):
        return False
    known = _ERASE_IN_COLOUR.match(environment.get("TERM", ""))
    return known is not None or environment.get("TERM_PROGRAM") == "tmux"


def wants_colours(environment: Mapping[str, str]) -> bool:
    """Return whether the user wants colours, and the terminal has enough of them for a theme.

    NO_COLOR, if set and not empty, wins over everything (no-color.org). Otherwise COLORTERM decides, which
    only 24-bit terminals set, or the name in TERM, or the system's description of that name (terminfo,
    `colors`). A name that the system does not know belongs to a new terminal, and those have colours.
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
    """Set how Textual, not imported yet, will write colours; return whether to show any."""
    if environment.get("NO_COLOR") == "":
        # Textual takes an empty value for a wish too.
        del environment["NO_COLOR"]
    colours = wants_colours(environment)
    if not colours:
        # Written as 24-bit values, colours are still distinct when they are removed.
        environment["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    elif not environment.get("COLORTERM") and "256color" not in environment.get("TERM", ""):
        # By default Textual assumes 16 colours for a terminal that it does not know by name.
        environment.setdefault("TEXTUAL_COLOR_SYSTEM", "256")
    return colours


def _terminfo_colours(terminal: str) -> int | None:
    """Return the number of colours in the terminfo entry of a terminal; None if there is no entry."""
    with suppress(ImportError):
        import curses

        # curses looks up only the first terminal in a process, which is enough here.
        with suppress(curses.error), Path(os.devnull).open("wb") as nowhere:
            curses.setupterm(terminal, nowhere.fileno())
            return curses.tigetnum("colors")
    return None
