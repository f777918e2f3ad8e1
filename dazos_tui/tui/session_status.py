"""The state of the CRM session and of pending actions, as the top bar shows them."""

from collections.abc import Callable
from enum import StrEnum


class SessionState(StrEnum):
    """The state of the CRM session, as the top bar shows it; a working session shows nothing."""

    OUT = "NOT SIGNED IN"
    ENDED = "SESSION ENDED"
    SIGNING_IN = "signing in …"
    IN = ""
    NO_RIGHTS = "NO ADMIN RIGHTS"


_NOT_SIGNED_IN = frozenset({SessionState.OUT, SessionState.ENDED, SessionState.SIGNING_IN})
"""States without a session."""

_SIGN_IN_NEEDED = frozenset({SessionState.OUT, SessionState.ENDED})
"""States that last until the user does something that signs in again."""


class SessionStatus:
    """The state of one session, and the people for whom an action is pending."""

    def __init__(self, show: Callable[[str], None], key_to_sign_in: Callable[[], str]) -> None:
        """Build the status; `show` displays its text in the top bar."""
        self._show, self._key_to_sign_in = show, key_to_sign_in
        self._pending: set[str] = set()
        self.state = SessionState.OUT

    @property
    def is_signed_in(self) -> bool:
        """Return whether the session was open when it was last used."""
        return self.state not in _NOT_SIGNED_IN

    def set(self, state: SessionState) -> None:
        """Set the state, and show it unless an action is pending."""
        self.state = state
        if not self._pending:
            signs_in = f" · {self._key_to_sign_in()}" if state in _SIGN_IN_NEEDED else ""
            self._show(f"{state}{signs_in}")

    @property
    def pending(self) -> frozenset[str]:
        """Return the record ids of the people for whom an action is pending."""
        return frozenset(self._pending)

    def begin(self, user_id: str, text: str) -> None:
        """Mark an action for this person as pending, and show `text`."""
        self._pending.add(user_id)
        self._show(text)

    def end(self, user_id: str) -> None:
        """Mark the action for this person as finished, whatever its outcome."""
        self._pending.discard(user_id)
        if not self._pending:
            self.set(self.state)
