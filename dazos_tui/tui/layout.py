"""Which panes are visible at which terminal size."""

from enum import StrEnum

WIDE, MEDIUM = 100, 70
"""Minimum widths, in columns, for panes side by side, and for a card of five rows below the list."""
SHORT_ROWS = 18
"""With fewer lines than this, only a small card fits below the list, unless the terminal is wide."""

HORIZONTAL = [(0, "-narrow"), (MEDIUM, "-medium"), (WIDE, "-wide")]
VERTICAL = [(0, "-short"), (SHORT_ROWS, "-tall")]
"""CSS classes of a screen by its columns and its lines."""

CARD_ROWS, SMALL_CARD_ROWS = 6, 4
"""Rows of the card below the list, with its title; the second in a compact layout."""

LEAST_WIDTH, LEAST_HEIGHT = 40, 15
"""Minimum size of the app, in columns and lines."""


class Pane(StrEnum):
    """The panes of the work screen: three beside one another, and the whole history in their place."""

    USERS = "users"
    PROFILE = "profile"
    HISTORY = "history"
    FULL_HISTORY = "whole-history"

    @property
    def where(self) -> str:
        """Return the help's title for the keys in this pane."""
        return _PLACES[self]

    @property
    def covers_others(self) -> bool:
        """Return whether the pane takes the place of all others."""
        return self is Pane.FULL_HISTORY


_PLACES = {
    Pane.USERS: "In the list",
    Pane.PROFILE: "In the profile",
    Pane.HISTORY: "In the history",
    Pane.FULL_HISTORY: "In the whole history",
}

SIDE_BY_SIDE = (Pane.USERS, Pane.PROFILE, Pane.HISTORY)
"""The panes that share the screen."""


def is_too_small(width: int, height: int) -> bool:
    """Return whether a terminal is too small for the app, by its columns and lines."""
    return width < LEAST_WIDTH or height < LEAST_HEIGHT


def is_compact(width: int, height: int) -> bool:
    """Return whether only the list with a small card, or one other pane, fits."""
    return width < MEDIUM or (width < WIDE and height < SHORT_ROWS)


def visible_panes(width: int, height: int, chosen: Pane, *, zoomed: bool = False) -> frozenset[Pane]:
    """Return the panes to show when `chosen` has the focus. Below the list is the card of a person.

    `width` and `height` are the terminal's, in columns and lines. `zoomed` shows only the pane in focus.
    """
    if zoomed or chosen.covers_others:
        return frozenset({chosen})
    if width >= WIDE:
        return frozenset(SIDE_BY_SIDE)
    if chosen is Pane.USERS:
        return frozenset({Pane.USERS, Pane.PROFILE})
    return frozenset({chosen}) if is_compact(width, height) else frozenset({Pane.USERS, chosen})


def heights(width: int, height: int, chosen: Pane) -> tuple[str, str]:
    """Return the CSS heights of the list, and of the panes beside or below it."""
    if width >= WIDE:
        return "1fr", "1fr"
    if chosen is not Pane.USERS:
        return "2fr", "3fr"
    return "1fr", str(SMALL_CARD_ROWS if is_compact(width, height) else CARD_ROWS)
