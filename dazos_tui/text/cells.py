"""Widths of texts in the cells of a terminal."""

import unicodedata


def cell_width(text: str) -> int:
    """Return the width of a text in terminal cells."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def truncate_cells(text: str, cells: int) -> str:
    """Return a text cut to a number of terminal cells; a cut text ends with an ellipsis."""
    if cell_width(text) <= cells:
        return text
    kept, room = "", cells - 1
    for char in text:
        room -= _char_width(char)
        if room < 0:
            break
        kept += char
    return f"{kept.rstrip()}…"


def pad_cells(text: str, cells: int) -> str:
    """Return a text with spaces after it, up to a number of terminal cells."""
    return text + " " * (cells - cell_width(text))


def _char_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
