"""The card beside or below the list: of the person under the cursor, from what is known already."""

from textual import on
from textual.timer import Timer

from dazos_tui.crm.models import User
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import Action, Entry
from dazos_tui.history.store import utc_now
from dazos_tui.resets.accounts import account_of
from dazos_tui.resets.waiting import LOOKED_BACK
from dazos_tui.tui.screens.base import InstanceScreen
from dazos_tui.tui.screens.layout import Pane
from dazos_tui.tui.widgets.line_list import LineList
from dazos_tui.tui.widgets.now_card import NowCard

REST_SECONDS = 0.2
"""How long the cursor rests before the card follows it: whoever runs through the list is not slowed."""


class CardScreen(InstanceScreen):
    """Shows the card. It never asks the CRM for it: that is done for a person who is opened."""

    _rest: Timer | None = None

    @on(LineList.Moved, "#users")
    def _let_rest(self) -> None:
        """Draw the card once the cursor has rested, and not before."""
        self._end_rest()
        self._rest = self.set_timer(REST_SECONDS, self._rested)

    def _end_rest(self) -> bool:
        """Wait no longer; tell whether a card was to come."""
        pending, self._rest = self._rest, None
        if pending is not None:
            pending.stop()
        return pending is not None

    def _rested(self) -> None:
        self._rest = None
        if self.pane is Pane.USERS:
            self._show_card()

    def watch_pane(self, pane: Pane) -> None:
        """Show who is meant before a key can act on the card, or follow the list again."""
        super().watch_pane(pane)
        if pane is Pane.USERS:
            self._let_rest()
        elif self._end_rest():
            self._show_card()

    def _show_card(self) -> None:
        user = self._users.current if self._users.is_begun else None
        shown = self._profile.user
        if user is None:
            self._show_now()
        elif shown is None or shown.id != user.id or (self._profile.profile is None and shown != user):
            if not (self._profile.is_reading and shown is not None and shown.id == user.id):
                self._profile.show_card(user, self._resets_of(user))
            self._profile_frame.call("Person", self._key_here("open"))

    def _show_now(self) -> None:
        """Show how things are, in place of a person."""
        now = utc_now()
        midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        name = self.session.instance.name
        try:
            waiting = self._store.waiting(now - LOOKED_BACK, instance=name)
            today = self._store.search(instance=name, since=midnight)
        except HistoryError:
            # The history pane says so.
            waiting, today = [], []
        links = [entry for entry in today if entry.action is Action.RESET_LINK]
        hint = f"Type a name, press {self._sure_way('open')}: it opens here."
        self._profile.show_now(NowCard(waiting, links, self._tickets.last, self._sure_way("waiting"), hint))
        self._profile_frame.call("Now", "")

    def _resets_of(self, user: User) -> list[Entry]:
        """Return what was asked for of a person, newest first; if the history cannot be read, say so."""
        try:
            return self._store.resets_of(account_of(self.session.instance, user))
        except HistoryError as error:
            self.notify(str(error), title="The history cannot be read", severity="warning", markup=False)
            return []

    def _show_resets(self) -> None:
        """Show the card anew, with what the history holds by now."""
        if self._profile.user is not None:
            self._profile.show_resets(self._resets_of(self._profile.user))
        elif self.pane is Pane.USERS:
            self._show_card()
