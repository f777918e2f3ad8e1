"""Which panes can be seen at once, by the size of the terminal."""

from enum import StrEnum

WIDE, MEDIUM = 110, 70
"""Least widths, in columns, for all three panes, and for two."""
SHORT = 18
"""Below this many lines only one pane is shown, unless the terminal is wide."""

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


def visible_panes(
    width: int, height: int, chosen: Pane, side: Pane, *, zoomed: bool = False
) -> frozenset[Pane]:
    """Return the panes to show: `chosen` has the focus, `side` is what stood beside the list last.

    `width` and `height` are the terminal's, in columns and lines. `zoomed` shows the pane in focus alone.
    """
    if zoomed:
        return frozenset({chosen})
    if width >= WIDE:
        return frozenset(Pane)
    if width < MEDIUM or height < SHORT:
        return frozenset({chosen})
    return frozenset({Pane.USERS, side})
