"""The list of people: read page by page, shown as it comes, and continued where it stopped."""

from functools import partial

from dazos_tui.crm.errors import CrmError, PermissionDeniedError
from dazos_tui.crm.reader import UserBatch, UserListReader
from dazos_tui.secrets import SecretError
from dazos_tui.tui.flows.failures import is_signed_out_by, tell_reading_failed
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.job_errors import Trouble
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.session_status import SessionState

_ADMINS_ONLY = "The CRM shows the list to administrators alone."


class LoadListFlow:
    """Reads everybody into the list; beside that, asks the CRM's own search for whom it lacks so far."""

    def __init__(self, view: FlowView, panes: Panes) -> None:
        self._view, self._panes = view, panes
        self._reader: UserListReader | None = None
        self._notes_shown: set[str] = set()

    def start(self) -> None:
        """Read the list, or what the last reading left, signing in first if need be."""
        self._reader = self._reader or self._view.jobs.reading()
        self._panes.users.begin_reading()
        self._show_whether_whole()
        self._view.run("users", partial(self._read, self._reader))

    async def _read(self, reader: UserListReader) -> None:
        try:
            await self._view.jobs.read_people(reader, self._take)
        except (CrmError, SecretError) as trouble:
            self._tell_failed(trouble)
        else:
            self._tell_read(reader)

    def _take(self, arrival: UserBatch) -> None:
        self._view.status.set(SessionState.IN)
        self._panes.users.add_batch(arrival)

    def _tell_read(self, reader: UserListReader) -> None:
        view = self._view
        self._panes.users.end_reading(reader.ids, complete=reader.is_complete)
        self._show_whether_whole()
        if reader.is_complete:
            reader.clear()
            self._reader = None
        for note in set(reader.notes) - self._notes_shown:
            self._notes_shown.add(note)
            view.presenter.notify_when_visible(note, title="Reading took longer", severity="warning")
        if reader.gaps:
            reads = f"{view.sure_way('reload')} reads what is missing."
            advice = f"{reads} Until then somebody you look for may not be in the list."
            view.presenter.show_message("The list is not complete", "\n".join(reader.gaps), advice)

    def _tell_failed(self, trouble: Trouble) -> None:
        denied = isinstance(trouble, PermissionDeniedError)
        again = f"{self._view.sure_way('reload')} tries again."
        out = is_signed_out_by(trouble, self._view.status)
        cut_short = f"The list could not be read to its end: {again}"
        words = _ADMINS_ONLY if denied else f"Nobody is signed in: {again}" if out else cut_short
        self._panes.users.stop_reading(words, searchable=not (denied or out), signed_out=out)
        self._show_whether_whole()
        tell_reading_failed(self._view, "The list could not be read", trouble, again)

    def stop(self) -> None:
        """Stop reading; `start` goes on from there."""
        self._view.stop("users")
        self._panes.users.stop_reading(f"Reading was stopped: {self._view.sure_way('reload')} goes on.")
        self._show_whether_whole()

    def search(self, text: str) -> None:
        """Have the CRM's own search look for whom the list lacks so far."""
        self._view.run("search", partial(self._search, text))

    async def _search(self, text: str) -> None:
        found = await self._view.jobs.find_people(text)
        if not self._panes.users.is_whole:
            self._panes.users.add_found(text, found)

    def _show_whether_whole(self) -> None:
        """Say in the top line whether the list lacks somebody."""
        users = self._panes.users
        lacking = not (users.is_whole or users.is_reading)
        self._panes.bar.incomplete = f"INCOMPLETE · {self._view.sure_way('reload')}" if lacking else ""
