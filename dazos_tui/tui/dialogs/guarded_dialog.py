"""A dialog that asks before the CRM does something; its frame always shows the whole target."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Offset
from textual.widgets import Static

from dazos_tui.tui.dialogs.confirm_guard import CONFIRM_BINDINGS, ConfirmGuard
from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.dialogs.guarded_layout import (
    TOO_SMALL,
    GuardedContent,
    GuardedLayout,
    GuardedView,
    KeyHint,
    edge_style,
    layout_rows,
)
from dazos_tui.tui.layout import is_too_small
from dazos_tui.tui.terminal.screen_diff import PlacedText
from dazos_tui.tui.widgets.inputs import TicketInput
from dazos_tui.tui.widgets.reflowed_rows import QUIET

GuardedResult = TypeVar("GuardedResult")

_TITLE_COLUMN = 3
"""Where the title begins in the frame's first row."""

_TICKET_LABEL = "Ticket (t)  "


class FrameKeyLine(Static, can_focus=True):
    """The last rows of the frame. A click on a key there runs its action."""

    places: Sequence[tuple[range, str]] = ()
    """Columns of the last row, and the screen action that a click there runs."""

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the key that was clicked."""
        if event.y == self.size.height - 1:
            for columns, action in self.places:
                if event.x in columns and action:
                    await self.screen.run_action(action)


class GuardedDialog(Dialog[GuardedResult | None], Generic[GuardedResult]):
    """Shows the target, and the stops one by one. If there are stops, only ``A`` confirms, ``y`` does not.

    ``t`` goes to the line for the ticket.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        *CONFIRM_BINDINGS,
        Binding("t", "ticket", "Ticket"),
        Binding("A,shift+a", "override", "Anyway"),
        Binding("enter", "cancel", "Cancel", show=False),
    ]
    AUTO_FOCUS = "#foot"

    uses_full_height = True

    confirm_label = ""
    """What ``y`` does, such as ``send``; below, what is shown once it was pressed."""
    busy_label = ""
    override_label = ""
    """What ``A`` does, such as ``send anyway``."""
    nothing_done = ""
    """Begins the message after any other key, such as ``Nothing was sent``."""

    def __init__(self, content: GuardedContent, *, ticket: str, last_ticket: str) -> None:
        """Build the dialog. The ticket line starts with `ticket`; its Up key inserts `last_ticket`."""
        super().__init__(classes=f"env-{content.environment}")
        self.guard: ConfirmGuard[GuardedResult] = ConfirmGuard(self, self.nothing_done)
        self._guarded_content = content
        self._tickets = ticket, last_ticket
        self._view = GuardedView()
        self._layout: GuardedLayout | None = None
        self._seen: object = None

    def compose(self) -> ComposeResult:
        """Lay out the frame: the part above the ticket line, the line, and the part below."""
        edge = edge_style(self._guarded_content.environment)
        with Vertical(classes="frame"):
            yield Static(id="head", markup=False)
            with Horizontal(id="ticket-line"):
                yield Static(Content.assemble(("│ ", edge), (_TICKET_LABEL, QUIET)), id="ticket-label")
                yield TicketInput(*self._tickets)
                yield Static(Content.styled(" │", edge), id="ticket-edge")
            yield FrameKeyLine(id="foot", markup=False)

    def cursor_place(self) -> Offset | None:
        """Return the start of the title, unless the ticket is being typed: the box is read from its top."""
        if isinstance(self.focused, TicketInput):
            return None
        return self.query_one("#head").region.offset + Offset(_TITLE_COLUMN, 0)

    def on_mount(self) -> None:
        """Draw the initial content."""
        self.draw()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size: all of it must be seen again."""
        self._seen = None
        self.draw()

    def on_screen_resume(self) -> None:
        """Require that the dialog is seen again after another one covered it."""
        self.guard.arm()

    def show_content(self, content: GuardedContent) -> None:
        """Replace the content."""
        self._guarded_content, self._view = content, GuardedView(in_ticket=self._view.in_ticket)
        self.draw()

    def draw(self) -> None:
        """Draw the dialog. If it looks different, it must be seen again before a confirmation counts."""
        # Also before the first layout: else the dialog would appear in a wrong place first. Below the minimum
        # size a card covers it, and no key is accepted.
        if not self.query(FrameKeyLine) or is_too_small(*self.app.size):
            return
        content = replace(self._guarded_content, ticket=self.ticket)
        self._layout = layout = layout_rows(content, self.app.size, self._view)
        self._view = layout.view
        if not layout.has_ticket_row and isinstance(self.focused, TicketInput):
            self.set_focus(self.query_one(FrameKeyLine))
        self.query_one(".frame").styles.width = layout.width
        self.query_one("#head", Static).update(Content("\n").join(layout.head))
        line = self.query_one("#ticket-line")
        line.display, line.styles.width = layout.has_ticket_row, layout.width
        self.show_readiness()
        # The ticket does not count as a change: the user types it, and it moves nothing else.
        plain = layout_rows(self._guarded_content, self.app.size, replace(self._view, in_ticket=False))
        seen = [row.plain for row in (*plain.head, *plain.foot)], self._hints(plain)
        if self._seen != seen:
            self._seen = seen
            self.guard.arm()

    def show_readiness(self) -> None:
        """Draw the last rows, whose keys show whether a confirmation counts."""
        if (layout := self._layout) is None:
            return
        foot = self.query_one(FrameKeyLine)
        hints = (KeyHint("", self.busy_label),) if self.guard.is_confirmed else self._hints(layout)
        row, foot.places = layout.keys(hints, ready=self.guard.is_armed)
        foot.update(Content("\n").join([*layout.foot, row]))

    def confirmed_result(self) -> GuardedResult | None:
        """Return the result of a confirmation."""
        raise NotImplementedError

    def rows_to_verify(self) -> Sequence[PlacedText] | None:
        """Return all rows except the ticket's, if each is in its place on the screen and not covered."""
        if (layout := self._layout) is None or self.app.screen is not self:
            return None
        strips = self._compositor.render_strips(self.app.size)
        x, y, width, height = self.query_one(".frame").region
        rows = [row.plain for row in layout.head] + [""] * layout.has_ticket_row
        foot = self.query_one(FrameKeyLine).content
        rows += str(foot).split("\n")
        if height != len(rows) or width != layout.width or not 0 <= y <= len(strips) - height:
            return None
        pieces = [(y + number, x, row) for number, row in enumerate(rows) if row]
        shown = all(strips[line].crop(x, x + width).text == row for line, _, row in pieces)
        return pieces if shown else None

    @property
    def confirm_key(self) -> str:
        """Return the key that confirms, or goes to the next stop, now; empty for none."""
        layout = self._layout
        if layout is None or not layout.fits or not self._guarded_content.asks:
            return ""
        return "A" if self._guarded_content.stops and layout.following is None else "y"

    def _hints(self, layout: GuardedLayout) -> tuple[KeyHint, ...]:
        """Return the keys that act in this layout."""
        cancel = KeyHint("Esc", "cancel" if self._guarded_content.has_ticket else "close", action="cancel")
        if not layout.fits:
            return TOO_SMALL if self._guarded_content.asks else (cancel,)
        if layout.view.in_ticket:
            return KeyHint("Enter", "done", action="leave_ticket"), cancel
        ticket = KeyHint("t", "ticket", action="ticket")
        has_ticket = self._guarded_content.has_ticket and not self._guarded_content.stops
        return (
            *self._confirm_hints(layout),
            *self.alternative_hints(),
            *([ticket] if has_ticket else []),
            cancel,
        )

    def _confirm_hints(self, layout: GuardedLayout) -> Iterator[KeyHint]:
        if self.confirm_key == "A":
            # No click: it would be the same gesture as for a send without stops.
            yield KeyHint("A", self.override_label, self.confirm_label)
        elif layout.following is not None and self._guarded_content.asks:
            is_next = layout.following.stop > layout.view.stop
            yield KeyHint("y", "next warning" if is_next else "read on", "next", "yes")
        elif self.confirm_key:
            yield KeyHint("y", self.confirm_label, action="yes")

    def alternative_hints(self) -> Sequence[KeyHint]:
        """Return the keys for anything other than confirm and cancel."""
        return ()

    def action_yes(self) -> None:
        """Go to the next stop, or confirm after the last one; just after an ``A``, undo that."""
        if self.guard.is_confirmed and self._guarded_content.stops:
            self.guard.cancel_by_key()
        elif self.guard.accepts_key("y"):
            self._go_on()

    def _go_on(self) -> None:
        following = self._layout.following if self._layout is not None else None
        if self._guarded_content.stops and following is not None:
            self._view = following
            self.draw()
        elif self.confirm_key == "y":
            self.guard.confirm()

    def action_override(self) -> None:
        """Confirm despite the stops that were read."""
        if self.guard.accepts_key("A"):
            self.guard.confirm()

    def action_cancel(self) -> None:
        """Cancel."""
        self.guard.cancel()

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Cancel at a letter without a meaning here, also just after a confirmation."""
        return self.guard.handle_unbound_key(key)

    def action_scroll_body(self, by: int) -> None:
        """Scroll the warnings. Above the first row of one comes the previous one."""
        view = self._view
        if view.row + by < 0 and view.row == 0 and view.stop > 0:
            self._view = GuardedView(view.stop - 1)
        else:
            self._view = replace(view, row=max(0, view.row + by))
        self.draw()

    @property
    def ticket(self) -> str:
        """Return the ticket; empty for none."""
        return self.query_one(TicketInput).value.strip()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable t and A where they do nothing, t also just after a confirmation: they then cancel."""
        match action:
            case "ticket":
                return self._guarded_content.has_ticket and not self.guard.is_confirmed and self.fits
            case "override":
                return self.confirm_key == "A"
        return super().check_action(action, parameters)

    @property
    def fits(self) -> bool:
        """Return whether everything that must be visible fits."""
        return self._layout is not None and self._layout.fits

    def action_ticket(self) -> None:
        """Move the focus to the ticket."""
        self._scroll_to_ticket(at=True)
        self.set_focus(self.query_one(TicketInput))

    def action_leave_ticket(self) -> None:
        """Move the focus back to the keys: Enter in the ticket does nothing else."""
        self.set_focus(self.query_one(FrameKeyLine))
        self._scroll_to_ticket(at=False)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Follow the focus, whether a key or the mouse moved it."""
        self._scroll_to_ticket(at=isinstance(event.widget, TicketInput))

    def _scroll_to_ticket(self, *, at: bool) -> None:
        if at != self._view.in_ticket:
            self._view = replace(self._view, in_ticket=at)
            self.draw()
