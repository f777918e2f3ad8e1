"""How wide help is."""

import os
import sys

NARROWEST, WIDEST = 50, 98
"""Help is never narrower, nor wider, in columns."""


def help_width() -> int:
    """Return the width of help: that of the terminal, less two columns, within the limits above.

    click would find it, too, but imports three compression libraries for that (in `shutil`).
    """
    return max(NARROWEST, min(_columns() - 2, WIDEST))


def _columns() -> int:
    """Return COLUMNS, else the columns of the terminal that stdout is, else 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80 if sys.__stdout__ else 80
    except (OSError, ValueError):
        return 80
