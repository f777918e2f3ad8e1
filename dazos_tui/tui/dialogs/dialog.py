"""What all boxes have in common."""

from typing import ClassVar, TypeVar

from rich.console import RenderableType
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen

from dazos_tui.tui.layout import VERTICAL
from dazos_tui.tui.widgets.notice import Notice
from dazos_tui.tui.widgets.too_small import cover_while_too_small

DialogResult = TypeVar("DialogResult")


SCROLL_BINDINGS: list[BindingType] = [
    Binding("up", "scroll_body(-1)", "Up", show=False),
    Binding("down", "scroll_body(1)", "Down", show=False),
    Binding("pageup", "scroll_body(-10)", "Page up", show=False),
    Binding("pagedown", "scroll_body(10)", "Page down", show=False),
]
"""The keys of a box whose body scrolls, so that title, warnings and buttons are in sight on any terminal."""

QUIET_SECONDS = 0.5
"""Without a key for this long, nobody is in the middle of a word."""


class Dialog(ModalScreen[DialogResult]):
    """A box over the screen, with a body that fits. It is left once, and only while it is on top."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-wide")]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = VERTICAL
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "leave", "Close", show=False),
        Binding("f10", "app.quit", "Quit", show=False),
        Binding("ctrl+l", "app.redraw", "Redraw", show=False),
    ]

    opens_by_itself = False
    """Whether it opens by itself, perhaps in the middle of a word that somebody types."""

    secret = False
    """Whether what is typed ahead may be what it asks for: then that is dropped, and shown nowhere."""

    yields_to_typing = False
    """Whether no letter acts here: each goes to the field behind, where somebody may be typing a name."""

    border_rows = 2
    """Lines that the border of the box takes, where it is no row of its own."""
    uses_full_height = False
    """Whether it needs all the room there is, also that of a success which is shown at the top."""

    _left = False

    def on_mount(self) -> None:
        """Take away the notices: they would lie over the box; and keep the box fitted to the terminal."""
        self.app.clear_notifications()
        self.screen_layout_refresh_signal.subscribe(self, self._fit, immediate=True)
        for screen in self._behind:
            # A success may come, grow or go while the box is open.
            screen.screen_layout_refresh_signal.subscribe(self, self._fit, immediate=True)
        self._keep_below(self.rows_above)
        cover_while_too_small(self)

    def _fit(self, _: Screen[object]) -> None:
        """Leave the body the lines that the rest of the box does not need."""
        above = self.rows_above
        for body in self.query(".body"):
            others = [sibling for sibling in body.siblings if sibling.display]
            taken = sum(other.outer_size.height + other.styles.margin.height for other in others)
            taken += self.border_rows
            # What can be answered is cut for nothing.
            above = min(above, max(0, self.size.height - taken - 1))
            body.styles.max_height = max(1, self.size.height - above - taken)
        self._keep_below(above)

    def _keep_below(self, rows: int) -> None:
        for box in self.query(".box, .frame"):
            box.styles.margin = (rows, 0, 0, 0)

    @property
    def rows_above(self) -> int:
        """Return how many rows at the top are those of the bar and of a success; 0 if none is shown."""
        shown = [notice for screen in self._behind for notice in screen.query(Notice) if notice.display]
        return max((0 if self.uses_full_height else notice.region.bottom for notice in shown), default=0)

    @property
    def _behind(self) -> list[Screen[object]]:
        stack = self.app.screen_stack
        return stack[: stack.index(self)] if self in stack else []

    def render(self) -> RenderableType:
        """Draw what is behind the box.

        Textual's own way knows that only within an update of the screen: asked for at any other time, such as
        when it is looked whether all is in sight, it would draw nothing, and keep that.
        """
        stack = self.app.screen_stack
        place = stack.index(self) if self in stack else 0
        return BackgroundScreen(stack[place - 1], self.styles.background) if place else super().render()

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Take a key that nothing is bound to; tell whether it was taken."""
        return False

    def typed_behind(self, text: str) -> None:
        """Take note that `text` stands in the field behind by now, since this box makes way for typing."""

    def leave(self, answer: DialogResult | None = None) -> None:
        """Close the box with this answer.

        Textual's own `dismiss` closes whatever is on top, also when it is called twice.
        """
        if not self._left and self.app.screen is self:
            self._left = True
            self.dismiss(answer)

    def action_leave(self) -> None:
        """Close the box without an answer."""
        self.leave()

    def action_scroll_body(self, by: int) -> None:
        """Scroll the body by so many lines."""
        for body in self.query(VerticalScroll):
            body.scroll_relative(y=by, animate=False)
