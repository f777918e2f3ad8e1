"""The user list while the app is loading: the remembered list, if there is one."""

import asyncio
from collections.abc import Callable
from functools import partial

from textual.worker import Worker

from dazos_tui.crm.models import User
from dazos_tui.directory.remembered_users import RememberedList
from dazos_tui.history.times import utc_now
from dazos_tui.tui.early_list import EarlyList
from dazos_tui.tui.formatting import format_time
from dazos_tui.tui.widgets.user_list import UserList
from dazos_tui.tui.widgets.users_pane import UsersPane

_FIRST_ROWS = 300
"""How many people are indexed for the first frame: more than a screen shows."""
_REST_SECONDS = 0.25
"""How long after the first frame the whole list is indexed, and a long one is read."""


class StartPane(UsersPane):
    """Shows a remembered list before the config is loaded. Nobody can be opened from it yet."""

    def __init__(
        self,
        typed: str,
        early: EarlyList | None,
        on_shown: Callable[[], object],
        *,
        id: str,  # noqa: A002 - Textual's
    ) -> None:
        """Build the pane with `typed` in its filter, and the list that `early` reads, if any.

        `on_shown` is called when the list is shown.
        """
        super().__init__(typed, lambda _: "", id=id)
        self._early = early
        self._on_shown = on_shown
        self.remembered: RememberedList | None = None
        """The list that is shown, if there is one."""

    def on_mount(self) -> None:
        """Show the list in the first frame if it has been read, else as soon as it has."""
        if self._early is None:
            return
        if (found := self._early.found) is not None:
            self._show(found)
        # Not at once: the thread would slow down the first frames.
        self.set_timer(_REST_SECONDS, partial(self._read_on, self._early))

    def _read_on(self, early: EarlyList) -> None:
        _: Worker[None] = self.run_worker(partial(self._show_later, early))

    async def _show_later(self, early: EarlyList) -> None:
        found = await asyncio.to_thread(early.wait)
        # Textual removes the parts of a pane before it cancels its jobs.
        if found is not None and self.app.is_running and self.screen in self.app.screen_stack:
            self._show(found)

    def _show(self, found: RememberedList) -> None:
        self.remembered = found
        self._show_count(as_of=self.as_of, reading=True)
        self._refresh()
        self._on_shown()

    def _refresh(self) -> None:
        if self.remembered is not None:
            self.directory = self.remembered.directory_for(self.typed, _FIRST_ROWS)
        super()._refresh()
        if self.remembered is not None and not self.remembered.is_indexed:
            self._show_count(is_truncated=len(self.directory) >= _FIRST_ROWS)

    @property
    def as_of(self) -> str:
        """Return when the list was read, in words; empty if none is shown."""
        return "" if self.remembered is None else format_time(self.remembered.read_at, utc_now())

    def _request_search(self) -> None:
        """Search nowhere else: nobody is signed in."""

    def _empty_message(self, query: str) -> str:
        return f"Nobody in the list as of {self.as_of} matches." if self.as_of and query else ""

    @property
    def chosen(self) -> User | None:
        """Return the person that the user moved the cursor to, if any."""
        return self.current if self.query_one(UserList).touched else None
