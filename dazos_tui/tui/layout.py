"""Which panes can be seen at once, by the size of the terminal."""

from enum import StrEnum

WIDE, MEDIUM = 100, 70
"""Least widths, in columns, for panes beside each other, and for a card of five rows below the list."""
SHORT_ROWS = 18
"""Below this many lines there is room for little beside the list, unless the terminal is wide."""

HORIZONTAL = [(0, "-narrow"), (MEDIUM, "-medium"), (WIDE, "-wide")]
VERTICAL = [(0, "-short"), (SHORT_ROWS, "-tall")]
"""The classes that a screen has by its columns and lines, for the stylesheet."""

CARD_ROWS, SMALL_CARD_ROWS = 6, 4
"""Rows of the card below the list, with its title; the second where there is little room."""

LEAST_WIDTH, LEAST_HEIGHT = 40, 15
"""Columns and lines below which nothing can be worked with."""


class Pane(StrEnum):
    """The three panes of the work screen."""

    USERS = "users"
    PROFILE = "profile"
    HISTORY = "history"

    @property
    def where(self) -> str:
        """Return the words for being in it, as a title."""
        return {"users": "In the list", "profile": "In the profile", "history": "In the history"}[self.value]


def is_too_small(width: int, height: int) -> bool:
    """Tell whether a terminal of so many columns and lines is too small to work in."""
    return width < LEAST_WIDTH or height < LEAST_HEIGHT


def is_compact(width: int, height: int) -> bool:
    """Tell whether only the list with a small card, or another pane alone, fits."""
    return width < MEDIUM or (width < WIDE and height < SHORT_ROWS)


def visible_panes(width: int, height: int, chosen: Pane, *, zoomed: bool = False) -> frozenset[Pane]:
    """Return the panes to show: `chosen` has the focus. Below the list stands the card of a person.

    `width` and `height` are the terminal's, in columns and lines. `zoomed` shows the pane in focus alone.
    """
    if zoomed:
        return frozenset({chosen})
    if width >= WIDE:
        return frozenset(Pane)
    if chosen is Pane.USERS:
        return frozenset({Pane.USERS, Pane.PROFILE})
    return frozenset({chosen}) if is_compact(width, height) else frozenset({Pane.USERS, chosen})


def heights(width: int, height: int, chosen: Pane) -> tuple[str, str]:
    """Return the heights of the list and of what is beside or below it, as in a stylesheet."""
    if width >= WIDE:
        return "1fr", "1fr"
    if chosen is not Pane.USERS:
        return "2fr", "3fr"
    return "1fr", str(SMALL_CARD_ROWS if is_compact(width, height) else CARD_ROWS)
