"""After the click: the note for the ticket, and who is back in. It only looks, and changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.history.store import utc_now
from dazos_tui.notes.note import render_note
from dazos_tui.tui.dialogs.confirm_back_in import ConfirmBackInDialog
from dazos_tui.tui.dialogs.history_entry import EntryAction, HistoryEntryDialog
from dazos_tui.tui.dialogs.note import NoteDialog
from dazos_tui.tui.dialogs.pending import PendingAnswer, PendingDialog
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.formatting import format_back_in, format_count
from dazos_tui.tui.instance_history import InstanceHistory
from dazos_tui.tui.job_errors import TROUBLES
from dazos_tui.tui.session_status import SessionState
from dazos_tui.verification.next_step import is_waiting
from dazos_tui.verification.service import Verdict, Verification

WATCHED = timedelta(hours=12)
"""How old a link may be for its person's sign-in to be looked for unasked."""

_NOBODY_WAITS = "Nobody is waited for: each link of the last days was followed by a sign-in, or was not sent."


class FollowUpFlow:
    """What follows a link that was sent, at once and later."""

    def __init__(self, view: FlowView, history: InstanceHistory) -> None:
        self._view, self._history = view, history
        self._glancing = False

    # -- the note -------------------------------------------------------------------------------------

    def show_note(self, entry: HistoryEntry, *, unasked: bool = False) -> None:
        """Show the note for the ticket about a link; `unasked` in its turn, making way for typing."""
        config = self._view.config
        title = f"Note for {entry.request.ticket or 'the ticket'}"
        box = NoteDialog(
            title, partial(_note, entry, config.note_template), entry, config, opens_by_itself=unasked
        )
        show = self._view.presenter.show_by_itself if unasked else self._view.presenter.show
        show(box)

    def after(self, entry: HistoryEntry) -> None:
        """Begin to follow up a link that was sent just now."""
        if entry.outcome is not Outcome.SENT or not is_waiting(entry):
            return
        if self._view.config.sign_in_check_seconds:
            self._view.run("baseline", partial(self._view.jobs.note_baseline, entry))
        if entry.request.ticket:
            self.show_note(entry, unasked=True)

    # -- who is back in -------------------------------------------------------------------------------

    def disabled_reason(self) -> str:
        """Return why nobody can be looked for; empty if somebody can."""
        try:
            return "" if self._history.waiting() else _NOBODY_WAITS
        except HistoryError:
            # The command itself says so.
            return ""

    def waiting(self) -> list[HistoryEntry]:
        """Return the links whose person is not back in yet; if the history cannot be read, say so."""
        try:
            return self._history.waiting()
        except HistoryError as error:
            self._view.presenter.show_message("The history cannot be read", str(error), error.advice)
            return []

    def check_sign_ins(self, entries: Sequence[HistoryEntry]) -> None:
        """See in the CRM's login history who of these is back in."""
        if not entries:
            self._view.presenter.notify(_NOBODY_WAITS)
            return
        people = format_count(len(entries), "person", "people")
        self._view.presenter.notify(f"Looking for sign-ins of {people} …")
        self._view.run("sign-ins", partial(self._check, entries))

    async def _check(self, entries: Sequence[HistoryEntry]) -> None:
        try:
            seen = await self._view.jobs.check_sign_ins(entries)
        except TROUBLES as trouble:
            advice = f"{trouble.advice}\n{self._by_hand}".strip()
            self._view.presenter.show_message("The login history cannot be read", str(trouble), advice)
            return
        self._tell_who_is_back(seen)
        if open_still := [one for one in seen if one.verdict is not Verdict.BACK_IN]:
            self._view.presenter.clear_notices()
            lines = [*_lines_of_back(seen), *map(_line, open_still)]
            reason = "\n".join(lines)
            self._view.presenter.show_message("Not everybody is back in", reason, self._by_hand, tone="plain")

    def _tell_who_is_back(self, seen: Sequence[Verification]) -> None:
        self._view.show_history()
        if lines := _lines_of_back(seen):
            self._view.presenter.notify_when_visible("\n".join(lines), title="Back in")

    def glance(self) -> None:
        """Look at the newest sign-ins, unasked, while somebody is waited for and nothing is under way."""
        status = self._view.status
        if self._glancing or status.pending or status.state is not SessionState.IN:
            return
        try:
            waiting = self._history.waiting(WATCHED)
        except HistoryError:
            return
        if waiting:
            self._view.run("glance", partial(self._glance, waiting))

    async def _glance(self, waiting: Sequence[HistoryEntry]) -> None:
        self._glancing = True
        try:
            seen = await self._view.jobs.glance_at_sign_ins(waiting)
        finally:
            self._glancing = False
        if seen:
            self._tell_who_is_back(seen)

    @property
    def _by_hand(self) -> str:
        there = f"{self._view.way('history')} goes there, {self._view.way('open')} opens it"
        return f"c on a row of the history notes that the person is back in: {there}."

    def ask_whether_back_in(self, entry: HistoryEntry) -> None:
        """Ask whether the person of this row said that they are back in, and note it then."""
        self._view.presenter.show(ConfirmBackInDialog(entry), self._note_back_in)

    def _note_back_in(self, entry: HistoryEntry | None) -> None:
        if entry is None:
            return
        try:
            noted = self._history.note_back_in(entry)
        except HistoryError as error:
            self._view.presenter.show_message("Not noted", str(error), error.advice)
            return
        self._view.show_history()
        request = noted.request
        words = f"{request.name or request.user_name} is back in: the person said so."
        self._view.presenter.notify(words, title="Noted")


class RowFlow:
    """Shows one row of the history, or those not back in yet; `verbs` do something about a row."""

    def __init__(self, view: FlowView, verbs: Mapping[EntryAction, Callable[[HistoryEntry], None]]) -> None:
        self._view, self._verbs = view, verbs

    def show(self, entry: HistoryEntry) -> None:
        """Show a row, and do what is chosen about it."""

        def do(verb: EntryAction | None) -> None:
            if verb is not None:
                self.do(entry, verb)

        self._view.presenter.show(HistoryEntryDialog(entry), do)

    def show_waiting(self, waiting: Sequence[HistoryEntry]) -> None:
        """Show who is not back in yet, and do what is chosen about one of them."""
        self._view.presenter.show(PendingDialog(waiting, utc_now()), self._chosen)

    def _chosen(self, chosen: PendingAnswer | None) -> None:
        match chosen:
            case (entry, None):
                self.show(entry)
            case (entry, verb):
                self.do(entry, verb)

    def do(self, entry: HistoryEntry, verb: EntryAction) -> None:
        """Do something about a row of the history, unless the instance has another server now."""
        if verb in {EntryAction.NOTE, EntryAction.CONFIRM} or self._is_of_this_host(entry):
            self._verbs[verb](entry)

    def _is_of_this_host(self, entry: HistoryEntry) -> bool:
        """Return whether a row is of this server; if not, say that its record ids are other people's."""
        here, there = self._view.jobs.instance.host, entry.request.host
        if here != there:
            words = f"This row is about {there}, and {entry.request.instance} is {here} by now."
            advice = f"Look for the person by name: {self._view.way('filter')} and type."
            self._view.presenter.show_message("Another server", words, advice)
        return here == there


def _note(entry: HistoryEntry, template: str, masked: bool) -> str:  # noqa: FBT001 - given by place
    return render_note(entry, template=template, mask_address=masked)


def _lines_of_back(seen: Sequence[Verification]) -> list[str]:
    return [_line(one) for one in seen if one.verdict is Verdict.BACK_IN]


def _line(one: Verification) -> str:
    request = one.entry.request
    state = format_back_in(one.entry) or ("unclear" if one.verdict is Verdict.UNCLEAR else "not back in yet")
    words = f" {one.explanation}" if one.explanation else ""
    return f"{request.name} ({request.user_name}): {state}.{words}"
