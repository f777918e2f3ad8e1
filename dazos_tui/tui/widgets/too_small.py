"""The card that covers a screen while the terminal is too small."""

from typing import Any

from textual.app import RenderResult
from textual.screen import Screen
from textual.widget import Widget

from dazos_tui.tui.layout import LEAST_HEIGHT, LEAST_WIDTH, is_too_small

_COVERED = "-too-small"


class TooSmallCard(Widget):
    """Says how large the terminal is, and how large it must be."""

    def render(self) -> RenderResult:
        """Draw the text."""
        width, height = self.app.size
        needed = f"{LEAST_WIDTH}x{LEAST_HEIGHT}"
        return f"Too small: {width}x{height}\nNeeded: {needed}\n\nNothing is lost. F10 quits."


def cover_while_too_small(screen: Screen[Any]) -> None:
    """Cover a screen with the card whenever the terminal is too small.

    Call it once, when the screen is mounted. A hidden screen follows when it is shown again.
    """
    # Not at once: what the card covers must be mounted first.
    screen.call_later(_put_up_or_away, screen)
    # This signal also fires for a screen that returns at another size.
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
