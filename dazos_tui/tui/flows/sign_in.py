"""Sign-in: shows its state and asks the user for what it needs. Several jobs may wait for one sign-in."""

from asyncio import Future
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import SecretStr

from dazos_tui.crm.client import ChallengeAnswers
from dazos_tui.crm.models import Challenge, User
from dazos_tui.directory.remembered_users import RememberedList
from dazos_tui.tui.dialogs.challenge import ChallengeDialog
from dazos_tui.tui.dialogs.sign_in import SignInDialog
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.session_status import SessionState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FirstView:
    """What a screen shows first: a text in the filter, a list that was read already, the person chosen in it.

    `is_kept`: the text cannot be a password, as it was typed while signed in or is of the command line.
    `is_locked`: the screen has been locked, so nothing of the CRM is shown before somebody has signed in.
    """

    text: str = ""
    is_kept: bool = False
    remembered: RememberedList | None = None
    chosen: User | None = None
    is_locked: bool = False


class SignInFlow:
    """Shows the state of a sign-in, and asks the user for the password and for challenges."""

    def __init__(
        self, view: FlowView, panes: Panes, first: FirstView, signed_in: Callable[[], object]
    ) -> None:
        """Build the flow; `signed_in` is called after each sign-in."""
        self._view, self._panes, self._signed_in = view, panes, signed_in
        self._kept_filter, self._was_signed_in = first.text if first.is_kept else "", False

    def begin(self, *, again: bool) -> None:
        """Show that a sign-in has started; `again` if an earlier session had ended."""
        self._view.status.set(SessionState.SIGNING_IN)
        if again:
            words = "The session has ended; signing in again."
            self._view.presenter.notify_when_visible(words, title="Signed out")

    def ask_password(self, answer: "Future[SecretStr | None]", note: str) -> None:
        """Ask for the password; `note` says why."""
        self._view.status.set(SessionState.OUT)
        words = " ".join(filter(None, [note, self._drop_typed()]))
        box = SignInDialog(self._view.jobs.instance, words)
        self._view.presenter.show(box, lambda password: _answer(answer, password))

    def ask_challenge(self, challenge: Challenge, answers: "Future[ChallengeAnswers | None]") -> None:
        """Ask for what the CRM wants in the middle of a sign-in."""
        self._drop_typed()
        box = ChallengeDialog(self._view.jobs.instance, challenge)
        self._view.presenter.show(box, lambda value: _answer(answers, value))

    def succeed(self) -> None:
        """Show that the sign-in succeeded."""
        self._was_signed_in = True
        self._view.status.set(SessionState.IN)
        self._signed_in()

    def end(self) -> None:
        """Show that the session has ended, as a background request found out."""
        # The background checks report nothing more until someone signs in again.
        if self._view.status.is_signed_in:
            self._view.status.set(SessionState.ENDED)

    @property
    def filter_to_keep(self) -> str:
        """Return the filter text if it was typed while signed in: it cannot be a password then."""
        return self._panes.users.typed if self._was_signed_in else self._kept_filter

    def _drop_typed(self) -> str:
        """Clear the filter if nobody was signed in yet, and return a note: the text may be the password."""
        if self._was_signed_in or self._panes.users.typed == self._kept_filter:
            return ""
        self._panes.users.look_for(self._kept_filter)
        return "What you typed before was cleared."


def _answer(answer: "Future[T | None]", value: T | None) -> None:
    if not answer.done():
        answer.set_result(value)
