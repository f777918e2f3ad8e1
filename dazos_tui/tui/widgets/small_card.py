"""What is shown over everything while the terminal is too small to work in."""

from functools import partial

from textual.app import App, RenderResult
from textual.screen import Screen
from textual.widget import Widget

from dazos_tui.tui.screens.layout import LEAST_HEIGHT, LEAST_WIDTH, is_too_small


class SmallCard(Widget):
    """Says how large the terminal is, and how large it has to be."""

    def render(self) -> RenderResult:
        """Draw the words."""
        width, height = self.app.size
        return f"Too small: {width}x{height}\nNeeded: {LEAST_WIDTH}x{LEAST_HEIGHT}\n\nAll is kept. F10 quits."


class SizeGuard:
    """Has the card lie over every screen of an app while the terminal is too small."""

    def __init__(self, app: App[None]) -> None:
        self._app = app

    def begin(self) -> None:
        """Look at each screen from now on as it comes to the front."""
        self._app.screen_change_signal.subscribe(self._app, self._look_at, immediate=True)

    def look(self) -> None:
        """Look at all screens, as the terminal has another size."""
        for screen in self._app.screen_stack:
            self._look_at(screen)

    def _look_at(self, screen: Screen[object]) -> None:
        # Not before what lies under the card is there.
        screen.call_later(partial(self._cover, screen))

    def _cover(self, screen: Screen[object]) -> None:
        """Put the card up, or take it away."""
        if not screen.is_mounted:
            return
        small, cards = is_too_small(*self._app.size), screen.query(SmallCard)
        screen.set_class(small, "-too-small")
        if not small:
            cards.remove()
        elif not cards:
            screen.mount(SmallCard())
