"""Loading the user list: page by page, shown as it arrives, and resumable."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from dazos_tui.crm.errors import CrmError, PermissionDeniedError
from dazos_tui.crm.models import User
from dazos_tui.crm.reader import UserBatch, UserListReader
from dazos_tui.directory.directory import Directory
from dazos_tui.history.times import utc_now
from dazos_tui.secrets import SecretError
from dazos_tui.tui.flows.failures import is_signed_out_by, show_read_failure
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.formatting import format_time
from dazos_tui.tui.job_errors import JobError
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.session_status import SessionState

_MAX_GONE = 3
"""The most people that a notice names."""

_ADMINS_ONLY = "The CRM shows the list only to administrators."


class LoadListFlow:
    """Loads all users into the list; until then, searches for people by the CRM's own search.

    `keep` gets a complete list, and when its reading began.
    """

    def __init__(self, view: FlowView, panes: Panes, keep: Callable[[Directory, datetime], object]) -> None:
        self._view, self._panes, self._keep = view, panes, keep
        self._reader: UserListReader | None = None
        self._begun_at = utc_now()
        self._notes_shown: set[str] = set()
        self._vanished = ""

    def start(self) -> None:
        """Load the list, or the part that is missing; signs in first if needed."""
        if self._reader is None:
            self._reader, self._begun_at = self._view.jobs.list_reader(), utc_now()
            self._vanished = ""
        self._panes.users.begin_reading(searchable=self._view.jobs.client.has_server_search)
        self.show_completeness()
        self._view.run("users", partial(self._read, self._reader))

    async def _read(self, reader: UserListReader) -> None:
        try:
            await self._view.jobs.read_users(reader, self._add_batch)
        except (CrmError, SecretError) as error:
            self._show_failure(error)
        else:
            self._show_result(reader)

    def _add_batch(self, batch: UserBatch) -> None:
        self._view.status.set(SessionState.IN)
        self._panes.users.add_batch(batch)

    def _show_result(self, reader: UserListReader) -> None:
        view = self._view
        self._panes.users.end_reading(reader.ids, complete=reader.is_complete)
        self.show_completeness()
        if reader.is_complete:
            reader.clear()
            self._reader = None
            self._keep(self._panes.users.directory, self._begun_at)
            self._say_who_is_gone()
        for note in set(reader.notes) - self._notes_shown:
            self._notes_shown.add(note)
            view.presenter.notify_when_visible(note, title="Reading took longer", severity="warning")
        if reader.gaps:
            reads = f"{view.key_while_typing('reload')} reads the missing part."
            advice = f"{reads} Until then, the person you look for may be missing from the list."
            view.presenter.show_message("The list is not complete", "\n".join(reader.gaps), advice)

    def say_who_vanished(self, user: User) -> None:
        """Name the person under the cursor who is not in the list any longer: the next row is there now."""
        self._vanished = user.id
        words = f"{user.name or user.user_name} is no longer in the list."
        title = "Another person is selected"
        self._view.presenter.notify_when_visible(words, title=title, severity="warning")

    def _say_who_is_gone(self) -> None:
        """Name the people who were shown, or searched for, and are not in the new list."""
        users, shown = self._panes.users, self._panes.profile.user
        changes = users.changes
        if changes is None or not changes.gone:
            return
        meant = [user for user in changes.gone if shown is not None and user.id == shown.id]
        if not meant and users.typed.strip():
            found = Directory.from_users(changes.gone).search(users.typed)
            meant = found[: found.exact_count]
        # One who was just named is not named twice.
        meant = [user for user in meant if user.id != self._vanished]
        if meant:
            names = ", ".join(user.name or user.user_name for user in meant[:_MAX_GONE])
            more = f" and {len(meant) - _MAX_GONE:,} more" if len(meant) > _MAX_GONE else ""
            words = f"In the list as of {format_time(changes.since, utc_now())}: {names}{more}."
            self._view.presenter.notify_when_visible(
                words, title="No longer in the CRM’s list", severity="warning"
            )

    def _show_failure(self, error: JobError) -> None:
        denied = isinstance(error, PermissionDeniedError)
        again = f"{self._view.key_while_typing('reload')} tries again."
        out = is_signed_out_by(error, self._view.status)
        cut_short = f"Could not read the whole list: {again}"
        words = _ADMINS_ONLY if denied else f"Not signed in: {again}" if out else cut_short
        searchable = self._view.jobs.client.has_server_search and not (denied or out)
        self._panes.users.stop_reading(words, searchable=searchable, signed_out=out)
        self.show_completeness()
        show_read_failure(self._view, "Could not read the list", error, again)

    def stop(self) -> None:
        """Stop loading; `start` continues from there."""
        self._view.stop("users")
        self._panes.users.stop_reading(
            f"Reading was stopped: {self._view.key_while_typing('reload')} continues.",
            searchable=self._view.jobs.client.has_server_search,
        )
        self.show_completeness()

    def search(self, text: str) -> None:
        """Search with the CRM's own search for people that are not loaded yet."""
        self._view.run("search", partial(self._search, text))

    async def _search(self, text: str) -> None:
        found = await self._view.jobs.find_users(text)
        if not self._panes.users.is_whole:
            self._panes.users.add_found(text, found)

    def show_completeness(self) -> None:
        """Show in the top bar whether the list is incomplete."""
        users = self._panes.users
        lacking = not (users.is_whole or users.is_reading)
        what = f"AS OF {users.as_of.upper()}" if users.as_of else "INCOMPLETE"
        self._panes.bar.incomplete = f"{what} · {self._view.key_while_typing('reload')}" if lacking else ""
