"""After a send: the note for the ticket, and who is back in. Nothing here changes the CRM."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.history.times import utc_now
from dazos_tui.notes.note import render_note
from dazos_tui.tui.dialogs.confirm_back_in import ConfirmBackInDialog
from dazos_tui.tui.dialogs.find_user import FoundUser
from dazos_tui.tui.dialogs.history_entry import EntryAction, HistoryEntryDialog
from dazos_tui.tui.dialogs.note import NoteDialog
from dazos_tui.tui.dialogs.other_instance import OtherInstanceDialog
from dazos_tui.tui.dialogs.waiting import WaitingAnswer, WaitingDialog
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.formatting import format_back_in, format_count
from dazos_tui.tui.instance_history import InstanceHistory
from dazos_tui.tui.job_errors import JOB_ERRORS
from dazos_tui.tui.session_status import SessionState
from dazos_tui.verification.next_step import is_waiting
from dazos_tui.verification.service import Verdict, Verification

WATCH_WINDOW = timedelta(hours=12)
"""Maximum age of a link for which sign-ins are checked in the background."""

_NOBODY_WAITS = (
    "Nobody is waiting: everyone sent a link in the last seven days has signed in, or the link was not sent."
)


class FollowUpFlow:
    """Follows up a link that was sent, right away and later."""

    def __init__(self, view: FlowView, history: InstanceHistory) -> None:
        self._view, self._history = view, history
        self._polling = False

    # -- the note -------------------------------------------------------------------------------------

    def show_note(self, entry: HistoryEntry, *, opens_by_itself: bool = False) -> None:
        """Show the note about a link; if it `opens_by_itself`, once no other dialog is open."""
        config = self._view.config
        title = f"Note for {entry.request.ticket or 'the ticket'}"
        box = NoteDialog(
            title, partial(_note, entry, config.note_template), entry, config,
            on_taken=partial(self.note_taken, [entry]), opens_by_itself=opens_by_itself,
        )  # fmt: skip
        show = self._view.presenter.show_by_itself if opens_by_itself else self._view.presenter.show
        show(box)

    def note_taken(self, entries: Sequence[HistoryEntry]) -> None:
        """Record that the note about these links was copied, or handed over."""
        if new := [entry for entry in entries if entry.noted_at is None]:
            # Closing the dialog, or the screen, must not leave it out.
            self._view.run_until_quit(partial(self._record_noted, new))

    async def _record_noted(self, entries: Sequence[HistoryEntry]) -> None:
        try:
            for entry in entries:
                await self._history.record_noted(entry)
        except HistoryError as error:
            words = f"The note itself is fine; that it was taken could not be recorded. {error}"
            self._view.presenter.notify(words, title="Ticket note", severity="warning")
        else:
            # The lock may have removed the panes of the screen.
            self._view.in_turn(self._view.show_history)

    def after(self, entry: HistoryEntry) -> None:
        """Start to follow up a link that was just sent."""
        if entry.outcome is not Outcome.SENT or not is_waiting(entry):
            return
        if self._view.config.sign_in_check_seconds:
            # Not exclusive: a second link must not cancel what would prove the sign-in after the first.
            self._view.run("baseline", partial(self._view.jobs.record_baseline, entry), exclusive=False)
        if entry.request.ticket:
            self.show_note(entry, opens_by_itself=True)

    # -- who is back in -------------------------------------------------------------------------------

    def disabled_reason(self) -> str:
        """Return why there is nothing to check; empty if there is, or may be."""
        return _NOBODY_WAITS if self._history.nobody_waits() else ""

    def with_waiting(self, then: Callable[[Sequence[HistoryEntry]], object]) -> None:
        """Read the links whose person is not back in yet, and go on with them if there are any.

        If the history cannot be read, an error is shown.
        """

        def show(waiting: Sequence[HistoryEntry]) -> None:
            if waiting:
                then(waiting)

        self._history.awaiting_sign_in(show, self._show_unreadable)

    def _show_unreadable(self, error: HistoryError) -> None:
        self._view.presenter.show_message("The history cannot be read", str(error), error.advice)

    def check_sign_ins(self, entries: Sequence[HistoryEntry]) -> None:
        """Check in the CRM's login history which of these people are back in."""
        if not entries:
            self._view.presenter.notify(_NOBODY_WAITS)
            return
        people = format_count(len(entries), "person", "people")
        self._view.presenter.notify(f"Checking sign-ins of {people} …")
        self._view.run("sign-ins", partial(self._check, entries))

    async def _check(self, entries: Sequence[HistoryEntry]) -> None:
        try:
            seen = await self._view.jobs.check_sign_ins(entries)
        except JOB_ERRORS as error:
            advice = f"{error.advice}\n{self._manual_hint}".strip()
            self._view.presenter.show_message("The login history cannot be read", str(error), advice)
            return
        self._show_back_in(seen)
        if still_out := [one for one in seen if one.verdict is not Verdict.BACK_IN]:
            self._view.presenter.clear_notices()
            lines = [*_back_in_lines(seen), *map(_describe, still_out)]
            reason = "\n".join(lines)
            self._view.presenter.show_message(
                "Not everybody is back in", reason, self._manual_hint, tone="plain"
            )

    def _show_back_in(self, seen: Sequence[Verification]) -> None:
        self._view.show_history()
        if lines := _back_in_lines(seen):
            self._view.presenter.notify_when_visible("\n".join(lines), title="Back in")

    def poll(self) -> None:
        """Check the newest sign-ins in the background while links are waiting and nothing else is running."""
        status = self._view.status
        if self._polling or status.pending or status.state is not SessionState.IN:
            return
        self._history.awaiting_sign_in(
            self._poll_waiting, lambda _: None, window=WATCH_WINDOW, is_asked=False
        )

    def _poll_waiting(self, waiting: Sequence[HistoryEntry]) -> None:
        if waiting:
            self._view.run("poll", partial(self._poll, waiting))

    async def _poll(self, waiting: Sequence[HistoryEntry]) -> None:
        self._polling = True
        try:
            seen = await self._view.jobs.poll_sign_ins(waiting)
        finally:
            self._polling = False
        if seen:
            self._show_back_in(seen)

    @property
    def _manual_hint(self) -> str:
        there = f"{self._view.key_in_pane('history')} goes there, {self._view.key_in_pane('open')} opens it"
        return f"To record that a person is back in, press c on their row of the history: {there}."

    def ask_whether_back_in(self, entry: HistoryEntry) -> None:
        """Ask whether the person said that they are back in, and record it."""
        self._view.presenter.show(ConfirmBackInDialog(entry), self._record_back_in)

    def _record_back_in(self, entry: HistoryEntry | None) -> None:
        if entry is not None:
            self._history.record_back_in(entry, self._show_recorded, self._show_unrecorded)

    def _show_unrecorded(self, error: HistoryError) -> None:
        self._view.presenter.show_message("Could not record it", str(error), error.advice)

    def _show_recorded(self, recorded: HistoryEntry) -> None:
        self._view.show_history()
        request = recorded.request
        words = f"{request.name or request.user_name} is back in: the person said so."
        self._view.presenter.notify(words, title="Noted")


class RowFlow:
    """Shows a history entry, or those not back in yet, and runs the action the user chooses for it."""

    def __init__(
        self,
        view: FlowView,
        actions: Mapping[EntryAction, Callable[[HistoryEntry], None]],
        go_to: Callable[[FoundUser], object],
        *,
        is_local: bool,
    ) -> None:
        """Build the flow; `go_to` goes to an instance, and searches for a person there.

        `is_local` says whether the history is a file, which is read at once.
        """
        self._view, self._actions, self._go_to, self._is_local = view, actions, go_to, is_local

    def show(self, entry: HistoryEntry) -> None:
        """Show an entry, and run the action that is chosen."""

        def do(action: EntryAction | None) -> None:
            if action is not None:
                self.do(entry, action)

        self._view.presenter.show(HistoryEntryDialog(entry), do)

    def show_waiting(self, waiting: Sequence[HistoryEntry]) -> None:
        """Show who is not back in yet, and run the action that is chosen for one of them."""
        box = WaitingDialog(waiting, utc_now())
        # A server may take a moment in which the user types on.
        box.opens_by_itself = not self._is_local
        self._view.presenter.show(box, self._chosen)

    def _chosen(self, chosen: WaitingAnswer | None) -> None:
        match chosen:
            case (entry, None):
                self.show(entry)
            case (entry, action):
                self.do(entry, action)

    def do(self, entry: HistoryEntry, action: EntryAction) -> None:
        """Run an action on an entry, unless it needs the server and the instance now has another one."""
        if action in {EntryAction.NOTE, EntryAction.CONFIRM}:
            self._actions[action](entry)
        elif self._is_of_another_instance(entry):
            self._offer_other_instance(entry)
        elif action is EntryAction.PERSON or self._is_of_this_server(entry):
            self._actions[action](entry)

    def _is_of_another_instance(self, entry: HistoryEntry) -> bool:
        here, request = self._view.jobs.instance, entry.request
        return request.instance != here.name and request.server != here.server

    def _offer_other_instance(self, entry: HistoryEntry) -> None:
        """Offer to go to the instance of an entry; explain why not if the config no longer has it."""
        name, request = entry.request.instance, entry.request
        if name not in self._view.config.instances:
            words = f"This entry is from {name}, which is not in the config."
            self._view.presenter.show_message("Another instance", words)
            return

        def answered(answer: bool | None) -> None:  # noqa: FBT001 - given by place
            if answer:
                self._go_to((name, request.user_name or request.email))

        here = self._view.jobs.instance.name
        self._view.presenter.show(OtherInstanceDialog(entry, here), answered)

    def _is_of_this_server(self, entry: HistoryEntry) -> bool:
        """Return whether an entry is from this server; if not, explain why its record ids do not fit."""
        here, there = self._view.jobs.instance.host, entry.request.host
        if here != there:
            words = f"This entry is from {there}, but {entry.request.instance} is on {here} now."
            advice = f"{self._view.key_in_pane('person')} on the row searches for the person by name."
            self._view.presenter.show_message("Another server", words, advice)
        return here == there


def _note(entry: HistoryEntry, template: str, masked: bool) -> str:  # noqa: FBT001 - given by place
    return render_note(entry, template=template, mask_address=masked)


def _back_in_lines(seen: Sequence[Verification]) -> list[str]:
    return [_describe(one) for one in seen if one.verdict is Verdict.BACK_IN]


def _describe(one: Verification) -> str:
    request = one.entry.request
    state = format_back_in(one.entry) or ("unclear" if one.verdict is Verdict.UNCLEAR else "not back in yet")
    words = f" {one.explanation}" if one.explanation else ""
    return f"{request.name} ({request.user_name}): {state}.{words}"
