"""What the session with the CRM is good for, and what is being done in it: the words of the top line."""

from collections.abc import Callable
from enum import StrEnum


class SessionState(StrEnum):
    """What the session with the CRM is good for, in the words of the top line: in order, nothing is said."""

    OUT = "NOT SIGNED IN"
    ENDED = "SESSION ENDED"
    SIGNING_IN = "signing in …"
    IN = ""
    NO_RIGHTS = "NO ADMIN RIGHTS"


_NOT_SIGNED_IN = frozenset({SessionState.OUT, SessionState.ENDED, SessionState.SIGNING_IN})
"""States in which nobody is signed in."""

_SIGN_IN_NEEDED = frozenset({SessionState.OUT, SessionState.ENDED})
"""States that last until somebody asks for something of the CRM again."""


class SessionStatus:
    """The state of one session, and for whom an answer of the CRM is still waited for."""

    def __init__(self, show: Callable[[str], None], key_to_sign_in: Callable[[], str]) -> None:
        """Build the status that `show` puts into the top line."""
        self._show, self._key_to_sign_in = show, key_to_sign_in
        self._pending: set[str] = set()
        self.state = SessionState.OUT

    @property
    def is_signed_in(self) -> bool:
        """Return whether somebody is signed in, as far as is known."""
        return self.state not in _NOT_SIGNED_IN

    def set(self, state: SessionState) -> None:
        """Take note of another state, and show it unless something is being done."""
        self.state = state
        if not self._pending:
            signs_in = f" · {self._key_to_sign_in()}" if state in _SIGN_IN_NEEDED else ""
            self._show(f"{state}{signs_in}")

    @property
    def pending(self) -> frozenset[str]:
        """Return the record ids of the people for whom an answer of the CRM is waited for."""
        return frozenset(self._pending)

    def begin(self, user_id: str, words: str) -> None:
        """Show in `words` that something is being done for this person."""
        self._pending.add(user_id)
        self._show(words)

    def end(self, user_id: str) -> None:
        """Take note that it is done, whatever its outcome."""
        self._pending.discard(user_id)
        if not self._pending:
            self.set(self.state)
