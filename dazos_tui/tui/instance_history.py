"""The history entries of one instance."""

from asyncio import to_thread
from collections.abc import Mapping
from datetime import datetime, timedelta

from dazos_tui.crm.models import User
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, HistoryEntry
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.resets.accounts import account_of
from dazos_tui.tui.jobs import InstanceJobs
from dazos_tui.tui.presenter import Presenter
from dazos_tui.verification.next_step import LOOKBACK

NEWEST_ROWS = 200
"""How many resets the history pane holds."""


class InstanceHistory:
    """Reads and marks the history entries of one instance. Raises HistoryError unless stated otherwise."""

    def __init__(self, store: HistoryStore, jobs: InstanceJobs, presenter: Presenter) -> None:
        self._store, self._jobs, self._presenter = store, jobs, presenter
        self._has_noticed = False

    @property
    def _name(self) -> str:
        return self._jobs.instance.name

    def newest_entries(self) -> list[HistoryEntry]:
        """Return the newest entries, newest first; say it if rows wait for the history's server."""
        entries = self._store.search(instance=self._name, limit=NEWEST_ROWS)
        notice = self._store.notice
        if notice and not self._has_noticed:
            self._presenter.notify(notice, title="Waiting for the history's server", severity="warning")
        self._has_noticed = bool(notice)
        return entries

    def newest_by_user(self) -> Mapping[str, HistoryEntry]:
        """Return each person's newest reset, by record id."""
        here = self._jobs.instance
        return self._store.newest_reset_by_user(here.name, here.host, here.server)

    def links_since(self, moment: datetime) -> list[HistoryEntry]:
        """Return the reset links requested since `moment`."""
        rows = self._store.search(instance=self._name, since=moment)
        return [entry for entry in rows if entry.action is CrmAction.RESET_LINK]

    def awaiting_sign_in(self, window: timedelta = LOOKBACK) -> list[HistoryEntry]:
        """Return the links of the last days whose person is not back in yet."""
        return self._store.resets_awaiting_sign_in(utc_now() - window, instance=self._name)

    def mark_interrupted(self) -> list[HistoryEntry]:
        """Mark the links that were interrupted when the app or the machine stopped; return each only once."""
        return self._store.mark_interrupted(self._name)

    def record_back_in(self, entry: HistoryEntry) -> HistoryEntry:
        """Record that a person said they are back in; return the updated entry."""
        return self._store.record_back_in(entry.id, BackIn(utc_now(), BackInProof.PERSON))

    async def record_noted(self, entry: HistoryEntry) -> HistoryEntry:
        """Record that a note about an entry was taken for the ticket; return the updated entry."""
        return await to_thread(self._store.record_noted, entry.id)

    def resets_of(self, user: User) -> list[HistoryEntry]:
        """Return a person's entries, newest first; show a warning if the history cannot be read."""
        try:
            return self._store.entries_of_account(account_of(self._jobs.instance, user))
        except HistoryError as error:
            self._warn_unreadable(error)
            return []

    def last_reset(self, user: User) -> HistoryEntry | None:
        """Return a person's newest reset; if the history cannot be read, show a warning and return None."""
        try:
            return self._store.last_reset(account_of(self._jobs.instance, user))
        except HistoryError as error:
            self._warn_unreadable(error)
            return None

    def _warn_unreadable(self, error: HistoryError) -> None:
        self._presenter.notify(str(error), title="The history cannot be read", severity="warning")
