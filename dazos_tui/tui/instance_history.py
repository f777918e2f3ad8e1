"""The history entries of one instance."""

from asyncio import to_thread
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import TypeVar

from dazos_tui.crm.models import User
from dazos_tui.history.errors import HistoryError, HistoryUnreachableError
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, HistoryEntry, Outcome, ServerAwayNotice
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.resets.accounts import account_of
from dazos_tui.tui.history_reads import HistoryReads, ReadView
from dazos_tui.tui.jobs import InstanceJobs
from dazos_tui.tui.presenter import Presenter
from dazos_tui.verification.next_step import LOOKBACK

NEWEST_ROWS = 200
"""How many resets the history pane holds."""

_SLOW = "The history's server has not answered yet."
_LATE = "The history's server has answered. Ask again: its answer came late."

T = TypeVar("T")
Failed = Callable[[HistoryError], object]


@dataclass(frozen=True, slots=True)
class RecentEntries:
    """What was read at one time: the newest entries, and each person's newest reset by record id.

    `waiting` are the links of the last days whose person is not back in, `today` those since midnight.
    """

    rows: Sequence[HistoryEntry]
    by_user: Mapping[str, HistoryEntry]
    waiting: Sequence[HistoryEntry]
    today: Sequence[HistoryEntry]


class InstanceHistory:
    """Reads and marks the history entries of one instance.

    What is read of a file is shown at once. A server is read in a thread; meanwhile what was read before is
    what is known.
    """

    def __init__(self, store: HistoryStore, jobs: InstanceJobs, presenter: Presenter, view: ReadView) -> None:
        self._store, self._jobs, self._presenter = store, jobs, presenter
        self._reads = HistoryReads(view, store)
        self._noticed: ServerAwayNotice | None = None
        self.on_unreachable: Callable[[], object] = _do_nothing
        """Called when a person's entries could not be read, as the server does not answer."""
        self._recent: RecentEntries | None = None
        # The person whose entries were read last, by record id.
        self._of_user: tuple[str, Sequence[HistoryEntry]] = ("", ())

    @property
    def is_local(self) -> bool:
        """Return whether it is a file of this machine, which is read at once."""
        return self._reads.is_local

    @property
    def _name(self) -> str:
        return self._jobs.instance.name

    # -- what the panes show --------------------------------------------------------------------------

    def refresh(
        self, show: Callable[[RecentEntries], object], failed: Failed, slow: Callable[[], object]
    ) -> None:
        """Read the newest entries and what belongs to them; say it if the history's server is away."""

        def shown(found: tuple[RecentEntries, ServerAwayNotice | None]) -> None:
            self._recent, notice = found
            self._mention(notice)
            show(self._recent)

        self._reads.start("newest", self._read_recent, shown, failed, slow)

    def _read_recent(self) -> tuple[RecentEntries, ServerAwayNotice | None]:
        here = self._jobs.instance
        rows = self._store.search(instance=here.name, limit=NEWEST_ROWS)
        by_user = self._store.newest_reset_by_user(here.name, here.host, here.server)
        # A file is asked for these when they are shown.
        waiting, today = ([], []) if self.is_local else self._read_waiting_and_today()
        return RecentEntries(rows, by_user, waiting, today), self._store.notice

    def _mention(self, notice: ServerAwayNotice | None) -> None:
        before, self._noticed = self._noticed, notice
        if notice is not None and notice.is_news_after(before):
            self._presenter.notify(notice.text, title="Waiting for the history's server", severity="warning")

    def waiting_and_today(self) -> tuple[Sequence[HistoryEntry], Sequence[HistoryEntry]] | None:
        """Return who is not back in, and the links since midnight; None if that is not known (yet)."""
        if not self.is_local:
            return None if self._recent is None else (self._recent.waiting, self._recent.today)
        try:
            return self._read_waiting_and_today()
        except HistoryError:
            # The history pane shows the error.
            return [], []

    def _read_waiting_and_today(self) -> tuple[list[HistoryEntry], list[HistoryEntry]]:
        midnight = utc_now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        return self._read_waiting(LOOKBACK), self._read_links_since(midnight)

    def _read_links_since(self, moment: datetime) -> list[HistoryEntry]:
        rows = self._store.search(instance=self._name, since=moment)
        return [entry for entry in rows if entry.action is CrmAction.RESET_LINK]

    # -- who is not back in ---------------------------------------------------------------------------

    def awaiting_sign_in(
        self,
        show: Callable[[list[HistoryEntry]], object],
        failed: Failed,
        *,
        window: timedelta = LOOKBACK,
        is_asked: bool = True,
    ) -> None:
        """Read the links of the last days whose person is not back in yet.

        If the user did not ask for it, nothing is said about a server that takes its time.
        """
        read = partial(self._read_waiting, window)
        if is_asked:
            self._ask("waiting", read, show, failed)
        else:
            self._reads.start("waiting in the background", read, show, failed)

    def nobody_waits(self) -> bool:
        """Return whether nobody is known to wait; False if that is not known."""
        if not self.is_local:
            return self._recent is not None and not self._recent.waiting
        try:
            return not self._read_waiting(LOOKBACK)
        except HistoryError:
            # The command itself shows the error.
            return False

    def _read_waiting(self, window: timedelta) -> list[HistoryEntry]:
        return self._store.resets_awaiting_sign_in(utc_now() - window, instance=self._name)

    # -- changes --------------------------------------------------------------------------------------

    def mark_interrupted(self, show: Callable[[list[HistoryEntry]], object], failed: Failed) -> None:
        """Mark the links that were interrupted when the app or the machine stopped; each comes only once."""
        self._reads.start_change(lambda: self._store.mark_interrupted(self._name), show, failed)

    def record_back_in(
        self, entry: HistoryEntry, show: Callable[[HistoryEntry], object], failed: Failed
    ) -> None:
        """Record that a person said they are back in, and show the updated entry."""
        proof = BackIn(utc_now(), BackInProof.PERSON)
        self._reads.start_change(lambda: self._store.record_back_in(entry.id, proof), show, failed)

    async def record_noted(self, entry: HistoryEntry) -> HistoryEntry:
        """Record that a note about an entry was taken for the ticket; return the updated entry."""
        return await to_thread(self._store.record_noted, entry.id)

    # -- one person -----------------------------------------------------------------------------------

    def resets_of(
        self, user: User, show: Callable[[Sequence[HistoryEntry] | None], object]
    ) -> Sequence[HistoryEntry] | None:
        """Return a person's entries, newest first, as far as they are known at once, else None.

        What is read later is shown then: None if the history cannot be read, which a warning says.
        """
        now: list[Sequence[HistoryEntry]] = []

        def shown(entries: Sequence[HistoryEntry]) -> None:
            self._of_user = user.id, entries
            (now.append if self.is_local else show)(entries)

        def failed(error: HistoryError) -> None:
            if self.is_local:
                self._warn_unreadable(error)
                now.append([])
            else:
                show(None)
                if isinstance(error, HistoryUnreachableError):
                    # The pane says why, and when it can be read again.
                    self.on_unreachable()

        account = account_of(self._jobs.instance, user)
        self._reads.start("person", lambda: self._store.entries_of_account(account), shown, failed)
        known_id, known = self._of_user
        return now[0] if now else known if known_id == user.id else None

    def known_last_reset(self, user: User) -> HistoryEntry | None:
        """Return the newest reset of the person shown, as far as it is known at once."""
        if not self.is_local:
            known_id, known = self._of_user
            return next(filter(_went_out, known), None) if known_id == user.id else None
        try:
            return self._store.last_reset(account_of(self._jobs.instance, user))
        except HistoryError as error:
            self._warn_unreadable(error)
            return None

    def last_reset(self, user: User, show: Callable[[HistoryEntry | None], object]) -> None:
        """Read a person's newest reset; if the history cannot be read, show a warning, and None."""

        def failed(error: HistoryError) -> None:
            self._warn_unreadable(error)
            show(None)

        account = account_of(self._jobs.instance, user)
        self._ask("last reset", lambda: self._store.last_reset(account), show, failed)

    def _ask(self, name: str, read: Callable[[], T], show: Callable[[T], object], failed: Failed) -> None:
        """Read what the user waits for, to show it in a dialog.

        An answer that comes late is not shown: a dialog would open while the user is at something else.
        """
        is_late = Event()

        def say_slow() -> None:
            is_late.set()
            self._presenter.notify(_SLOW, severity="warning")

        def shown(answer: T) -> None:
            if is_late.is_set():
                self._presenter.notify(_LATE)
            else:
                show(answer)

        self._reads.start(name, read, shown, failed, say_slow)

    def _warn_unreadable(self, error: HistoryError) -> None:
        self._presenter.notify(str(error), title="The history cannot be read", severity="warning")


def _do_nothing() -> None:
    pass


def _went_out(entry: HistoryEntry) -> bool:
    return entry.action is CrmAction.RESET_LINK and entry.outcome in {Outcome.SENT, Outcome.UNKNOWN}
