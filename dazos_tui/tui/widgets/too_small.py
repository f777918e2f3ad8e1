"""What is shown over everything while the terminal is too small to work in."""

from typing import Any

from textual.app import RenderResult
from textual.screen import Screen
from textual.widget import Widget

from dazos_tui.tui.layout import LEAST_HEIGHT, LEAST_WIDTH, is_too_small

_COVERED = "-too-small"


class TooSmallCard(Widget):
    """Says how large the terminal is, and how large it has to be."""

    def render(self) -> RenderResult:
        """Draw the words."""
        width, height = self.app.size
        return f"Too small: {width}x{height}\nNeeded: {LEAST_WIDTH}x{LEAST_HEIGHT}\n\nNothing is lost. F10 quits."


def cover_while_too_small(screen: Screen[Any]) -> None:
    """Have the card lie over a screen whenever the terminal is too small.

    To be called when the screen is mounted, once. A screen that is not shown follows when it is shown again.
    """
    # Not at once: what lies under the card has to be mounted first.
    screen.call_later(_put_up_or_away, screen)
    # Also told of a screen that comes back to another size than it had when it went.
    screen.screen_layout_refresh_signal.subscribe(screen, _put_up_or_away)


def _put_up_or_away(screen: Screen[Any]) -> None:
    small = is_too_small(*screen.app.size)
    if small == screen.has_class(_COVERED):
        return
    screen.set_class(small, _COVERED)
    if small:
        screen.mount(TooSmallCard())
    else:
        screen.query(TooSmallCard).remove()
