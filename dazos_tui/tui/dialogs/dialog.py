"""The base class of all dialogs."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, TypeVar

from rich.console import RenderableType
from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen
from textual.worker import Worker

from dazos_tui.tui.job_end import Job, run_until_end
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
"""The keys that scroll the body, so that title, warnings and buttons stay visible on any terminal."""

QUIET_SECONDS = 0.5
"""After this long without a key, the user is not in the middle of a word."""


class Dialog(ModalScreen[DialogResult]):
    """A modal dialog whose body is fitted to the terminal. It closes once, and only while it is on top."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-wide")]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = VERTICAL
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "leave", "Close", show=False),
        Binding("f10", "app.quit", "Quit", show=False),
        Binding("ctrl+l", "app.redraw", "Redraw", show=False),
    ]

    opens_by_itself = False
    """Whether it can open without a key press, perhaps while the user is typing a word."""

    secret = False
    """Whether text typed ahead may be a secret: it is then dropped, and shown nowhere."""

    yields_to_typing = False
    """Whether letters go to the field behind, where the user may be typing a name, and none acts here."""

    border_rows = 2
    """Lines of the border that are not rows of the layout."""
    uses_full_height = False
    """Whether it may cover the success notice at the top of the screen."""

    _left = False
    _followed: Sequence[Screen[object]] = ()

    def on_mount(self) -> None:
        """Remove toasts, which would cover the dialog, and keep the dialog fitted to the terminal."""
        self.app.clear_notifications()
        self.screen_layout_refresh_signal.subscribe(self, self._fit, immediate=True)
        self._followed = self._behind
        for screen in self._followed:
            # A success notice may appear, grow or disappear while the dialog is open.
            screen.screen_layout_refresh_signal.subscribe(self, self._fit, immediate=True)
        self._keep_below(self.rows_above)
        cover_while_too_small(self)

    @on(events.Unmount)
    def _unfollow(self) -> None:
        """Stop following the screens behind: a subscription keeps a closed dialog, with all its widgets."""
        for screen in self._followed:
            screen.screen_layout_refresh_signal.unsubscribe(self)

    def _fit(self, _: Screen[object]) -> None:
        """Give the body the lines that the rest of the dialog does not need."""
        above = self.rows_above
        for body in self.query(".body"):
            others = [sibling for sibling in body.siblings if sibling.display]
            taken = sum(other.outer_size.height + other.styles.margin.height for other in others)
            taken += self.border_rows
            # The notice may be covered, but never the buttons.
            above = min(above, max(0, self.size.height - taken - 1))
            body.styles.max_height = max(1, self.size.height - above - taken)
        self._keep_below(above)

    def _keep_below(self, rows: int) -> None:
        for box in self.query(".box, .frame"):
            box.styles.margin = (rows, 0, 0, 0)

    @property
    def rows_above(self) -> int:
        """Return how many rows at the top belong to the bar and a success notice; 0 without a notice."""
        shown = [notice for screen in self._behind for notice in screen.query(Notice) if notice.display]
        return max((0 if self.uses_full_height else notice.region.bottom for notice in shown), default=0)

    @property
    def _behind(self) -> list[Screen[object]]:
        stack = self.app.screen_stack
        return stack[: stack.index(self)] if self in stack else []

    def render(self) -> RenderableType:
        """Draw what is behind the dialog.

        Textual finds the screen behind only during a screen update. At any other time, such as when the guard
        checks what is visible, it would draw nothing and cache that.
        """
        stack = self.app.screen_stack
        place = stack.index(self) if self in stack else 0
        return BackgroundScreen(stack[place - 1], self.styles.background) if place else super().render()

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Handle a key without a binding; return whether it was handled."""
        return False

    def receive_paste(self, text: str) -> bool:
        """Handle pasted text, whatever has the focus; return whether it was handled."""
        return False

    def typed_behind(self, text: str) -> None:
        """React to letters that went to the field behind, which now contains `text`."""

    def leave(self, answer: DialogResult | None = None) -> None:
        """Close the dialog with this answer.

        Textual's `dismiss` closes whatever screen is on top, also when it is called twice.
        """
        if not self._left and self.app.screen is self:
            self._left = True
            self.dismiss(answer)

    def run_job(self, job: Job, *, group: str = "default") -> Worker[None]:
        """Run a job that ends with the dialog; it cancels the jobs of its group."""
        return self.run_worker(partial(run_until_end, self, job), group=group, exclusive=True)

    def action_leave(self) -> None:
        """Close the dialog without an answer."""
        self.leave()

    def action_scroll_body(self, by: int) -> None:
        """Scroll the body by so many lines."""
        for body in self.query(VerticalScroll):
            body.scroll_relative(y=by, animate=False)
