"""The message for something that could not be read."""

from dazos_tui.crm.errors import PermissionDeniedError, SignedOutError, SignInError
from dazos_tui.secrets import SecretError
from dazos_tui.tui.flows.view import FlowView
from dazos_tui.tui.job_errors import JobError
from dazos_tui.tui.jobs import PasswordDeclinedError
from dazos_tui.tui.session_status import SessionState, SessionStatus


def is_signed_out_by(error: JobError, status: SessionStatus) -> bool:
    """Return whether the user has to sign in again before anything else can be read."""
    return isinstance(error, SignedOutError | SignInError | SecretError) or not status.is_signed_in


def show_read_failure(view: FlowView, title: str, error: JobError, again: str) -> None:
    """Show why something could not be read. `title` is replaced if rights or the session are the cause.

    `again` is the sentence with the key that tries again.
    """
    advice = f"{error.advice} {again}".strip()
    if isinstance(error, PermissionDeniedError | PasswordDeclinedError):
        advice = error.advice
    if isinstance(error, PermissionDeniedError):
        view.status.set(SessionState.NO_RIGHTS)
        title = "No right to send reset links"
    elif is_signed_out_by(error, view.status):
        view.status.set(SessionState.OUT)
        title = "Not signed in"
    view.presenter.show_message(title, str(error), advice)
