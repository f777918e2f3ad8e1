"""What is shown over everything while the terminal is too small to work in."""

from textual import events
from textual.app import RenderResult
from textual.widget import Widget

from dazos_tui.tui.screens.layout import LEAST_HEIGHT, LEAST_WIDTH, is_too_small


class SmallCard(Widget):
    """Says how large the terminal is, and how large it has to be."""

    def render(self) -> RenderResult:
        """Draw the words."""
        width, height = self.app.size
        return f"Too small: {width}x{height}\nNeeded: {LEAST_WIDTH}x{LEAST_HEIGHT}\n\nAll is kept. F10 quits."


class Coverable(Widget):
    """To be a base of screens, the last one: while the terminal is too small, the card lies over them."""

    def on_mount(self) -> None:
        """Put the card up, but not before what lies under it."""
        self.call_later(self._mind_size)

    def on_resize(self, event: events.Resize) -> None:
        """Put the card up, or take it away."""
        self._mind_size()

    def on_screen_resume(self) -> None:
        """Put it up also where the screen comes while the terminal is small."""
        self._mind_size()

    def _mind_size(self) -> None:
        if not self.is_mounted:
            return
        small, cards = is_too_small(*self.app.size), self.query(SmallCard)
        self.set_class(small, "-too-small")
        if not small:
            cards.remove()
        elif not cards:
            self.mount(SmallCard())
