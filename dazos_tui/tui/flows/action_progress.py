"""Running a confirmed action in the CRM, and showing its outcome."""

from collections.abc import Callable

from dazos_tui.crm.errors import PermissionDeniedError, SignedOutError, SignInError
from dazos_tui.history.models import CrmAction, HistoryEntry, Outcome
from dazos_tui.resets.service import ResetResult
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.formatting import format_outcome, format_recipient
from dazos_tui.tui.job_end import Job
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.session_status import SessionState


class ActionProgress:
    """Runs confirmed actions, whatever the user does next, and shows their outcomes.

    `follow_up` is called with each finished history entry, and `read_again` with the record id of a person
    whose profile is out of date.
    """

    def __init__(
        self,
        view: FlowView,
        panes: Panes,
        follow_up: Callable[[HistoryEntry], None],
        read_again: Callable[[str], None],
    ) -> None:
        self._view, self._panes = view, panes
        self._follow_up, self._read_again = follow_up, read_again

    def warn_if_pending(self, user_id: str) -> bool:
        """Show a notice if an action for this person is pending; return whether it is."""
        is_pending = user_id in self._view.status.pending
        if is_pending:
            words = "Wait until the CRM has answered the last request for this person."
            self._view.presenter.notify(words, severity="warning")
        return is_pending

    def begin(self, user_id: str, state: str, carry_out: Job) -> None:
        """Start an action for a person, and show `state` in the top bar until it ends.

        The coroutine must end by passing its result to `finish` or `stop`.
        """
        self._view.status.begin(user_id, state)
        # What the user types next is another person's name, not a command for this person.
        self._view.go_to("filter")
        self._view.run_until_quit(carry_out)

    def finish(self, result: ResetResult) -> None:
        """Show the outcome, as a message of the screen: a dialog being opened would close the notice."""
        self._view.in_turn(self._show_outcome, result)

    def stop(self, user_id: str, title: str, reason: str, advice: str = "") -> None:
        """Show, as a message of the screen, why the CRM was not asked and nothing was done."""
        self._view.in_turn(self._show_not_done, user_id, title, reason, advice)

    def _show_not_done(self, user_id: str, title: str, reason: str, advice: str) -> None:
        self._view.status.end(user_id)
        self._view.presenter.show_message(title, reason, advice)

    def _show_outcome(self, result: ResetResult) -> None:
        view, entry = self._view, result.entry
        self._follow_up(entry)
        view.status.end(entry.request.user_id)
        view.show_history()
        if entry.action is CrmAction.ENABLE_LOGIN:
            self._read_again(entry.request.user_id)
        if problem := result.record_error:
            words = format_outcome(entry).capitalize()
            view.presenter.show_message(f"{words}, but not recorded", str(problem), problem.advice)
        if entry.outcome is Outcome.SENT:
            self._panes.notice.show_notice(
                "Success", entry.message, format_recipient(entry), entry.request.email
            )
            return
        self._update_session_state(result)
        advice = f"{result.advice} {self._next_step(entry)}".strip()
        view.presenter.show_message(_title(entry), f"{entry.message}\n\n{format_recipient(entry)}", advice)

    def _update_session_state(self, result: ResetResult) -> None:
        status = self._view.status
        if isinstance(result.error, PermissionDeniedError):
            status.set(SessionState.NO_RIGHTS)
        elif isinstance(result.error, SignedOutError | SignInError) or not status.is_signed_in:
            status.set(SessionState.OUT)
            self._panes.profile.mark_stale()

    def _next_step(self, entry: HistoryEntry) -> str:
        """Return the sentence with the command that helps next, if any."""
        match entry.outcome, entry.action:
            case Outcome.REFUSED, CrmAction.RESET_LINK:
                return f"{self._view.key_while_typing('trouble')} on the person shows what may be wrong."
            case Outcome.UNKNOWN, CrmAction.RESET_LINK:
                return f"{self._view.key_while_typing('check_sign_ins')} checks the login history."
        return ""


def _title(entry: HistoryEntry) -> str:
    match entry.outcome, entry.action:
        case Outcome.REFUSED, _:
            return "Refused by the CRM"
        case Outcome.NOT_SENT, CrmAction.RESET_LINK:
            return "Not sent"
        case Outcome.UNKNOWN, CrmAction.RESET_LINK:
            return "Unknown whether it was sent"
        case Outcome.NOT_SENT, _:
            return "Not done"
    return "Unknown whether it was done"
