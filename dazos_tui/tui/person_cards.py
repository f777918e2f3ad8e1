"""The card beside or below the list: the selected person, from data that is already loaded."""

from collections.abc import Callable, Sequence
from typing import Protocol

from textual.timer import Timer

from dazos_tui.config.keymap import CommandName
from dazos_tui.crm.models import Profile, User
from dazos_tui.history.models import HistoryEntry
from dazos_tui.tui.instance_history import InstanceHistory
from dazos_tui.tui.layout import Pane
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.ticket_memory import TicketMemory
from dazos_tui.tui.widgets.now_card import NowCard
from dazos_tui.tui.widgets.person_card import Resets, UnreadResets

REST_SECONDS = 0.2
"""How long the cursor must rest before the card follows it, so that moving through the list stays fast."""

_READING = UnreadResets("Reading the history …")
_UNREAD = UnreadResets("The history cannot be read now.")


class CardView(Protocol):
    """The part of the work screen that the cards use."""

    def set_timer(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` after `delay` seconds."""

    def key_while_typing(self, name: CommandName) -> str:
        """Return a command's key that works wherever the focus is, for use in a sentence."""

    def key_here(self, name: CommandName) -> str:
        """Return a command's key that works where the focus is; empty if it has none."""


class PersonCards:
    """Shows the selected person. Only opening a person sends a request to the CRM."""

    def __init__(self, view: CardView, panes: Panes, history: InstanceHistory, tickets: TicketMemory) -> None:
        self._view, self._panes, self._history, self._tickets = view, panes, history, tickets
        self._rest_timer: Timer | None = None

    def follow_cursor(self) -> None:
        """Show the card after the cursor has rested."""
        self._cancel_rest_timer()
        self._rest_timer = self._view.set_timer(REST_SECONDS, self._on_rest)

    def _cancel_rest_timer(self) -> bool:
        """Cancel the pending card; return whether there was one."""
        pending, self._rest_timer = self._rest_timer, None
        if pending is not None:
            pending.stop()
        return pending is not None

    def _on_rest(self) -> None:
        self._rest_timer = None
        if self._panes.in_focus is Pane.USERS:
            self._show()

    def follow_focus(self, before: Pane) -> None:
        """Show the right person before a key can act on the card; in the list, follow the cursor.

        `before` is the pane that had the focus.
        """
        if self._panes.in_focus is Pane.USERS:
            self.follow_cursor()
        elif self._cancel_rest_timer() and before is Pane.USERS:
            self._show()

    def _show(self) -> None:
        users, panel = self._panes.users, self._panes.profile
        user = users.current if users.has_started else None
        shown = panel.user
        if user is None:
            self._show_now()
        elif shown is None or shown.id != user.id or (panel.profile is None and shown != user):
            if not (panel.is_reading and shown is not None and shown.id == user.id):
                panel.show_card(user, self._resets_of(user), users.notes_on(user))
            self._set_title("Person", self._view.key_here("open"))

    def _show_now(self) -> None:
        """Show the state of this instance in place of a person."""
        waiting, today = self._history.waiting_and_today() or (None, ())
        hint = f"Type a name, press {self._view.key_while_typing('open')}: it opens here."
        card = NowCard(waiting, today, self._tickets.last, self._view.key_while_typing("waiting"), hint)
        self._panes.profile.show_now(card)
        self._set_title("Now", "")

    def show_reading(self, user: User, waits: str = "") -> None:
        """Show that this person's profile is being read, or a sentence about what that waits for."""
        self._cancel_rest_timer()
        self._panes.profile.show_reading(user, self._resets_of(user), waits)
        self._set_title("Person", self._view.key_here("open"))

    def show_profile(self, profile: Profile) -> None:
        """Show a profile just read, unless another person is on the card."""
        user, shown = profile.user, self._panes.profile.user
        if shown is None or shown.id == user.id:
            self._panes.profile.show_profile(profile, self._resets_of(user))
            self._set_title("Person", self._view.key_here("open"))

    def show_resets(self) -> None:
        """Refresh the card from the history."""
        user = self._panes.profile.user
        if user is not None:
            self._panes.profile.show_resets(self._resets_of(user))
        elif self._panes.in_focus is Pane.USERS:
            self._show()

    def _resets_of(self, user: User) -> Resets:
        """Return what is known of a person's entries at once; the rest is shown when it is read."""

        def show(entries: Sequence[HistoryEntry] | None) -> None:
            shown = self._panes.profile.user
            if shown is not None and shown.id == user.id:
                self._panes.profile.show_resets(_UNREAD if entries is None else entries)

        known = self._history.resets_of(user, show)
        return _READING if known is None else known

    def _set_title(self, title: str, key: str) -> None:
        self._panes.frames[Pane.PROFILE].set_title(title, key)
