"""PHP sessions and the CSRF tokens that belong to them."""

import asyncio
import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha1

COOKIE = "PHPSESSID"
TOKEN_LIFETIME = 7200
"""A vtiger 8.0 server lets a CSRF token live for two hours."""

_SECRET = secrets.token_bytes(32)


@dataclass(eq=False)
class DemoSession:
    """One visitor's session: anonymous until somebody signs in."""

    id: str
    last_used: float
    person_id: int | None = None
    history_row: int | None = None
    awaits_code_of: int | None = None
    """Who has given the right password, but not yet the one-time code; to everything else still anonymous."""
    wrong_codes: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """PHP holds a session's file while it serves a request: one session's requests run one at a time."""

    def token(self, now: float) -> str:
        """Return a fresh CSRF token, good for this session only: ``sid:<hex>,<unix time>``."""
        return f"sid:{self._digest(int(now))},{int(now)}"

    def accepts_token(self, token: str, now: float) -> bool:
        """Tell whether this token was made for this session and has not run out."""
        digest, _, issued = token.removeprefix("sid:").partition(",")
        if not (issued.isascii() and issued.isdigit() and len(issued) < 15):
            return False
        fits = hmac.compare_digest(digest.encode(), self._digest(int(issued)).encode())
        return fits and now <= int(issued) + TOKEN_LIFETIME

    def _digest(self, issued: int) -> str:
        return hmac.new(_SECRET, f"{self.id}:{issued}".encode(), sha1).hexdigest()


class SessionStore:
    """The sessions of one instance."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._sessions: dict[str, DemoSession] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, session_id: str, now: float) -> DemoSession | None:
        """Return the live session with this id and mark it used."""
        session = self._sessions.get(session_id)
        if session is None:
            return None
        if now > session.last_used + self._lifetime:
            del self._sessions[session_id]
            return None
        session.last_used = now
        return session

    def start(self, now: float) -> DemoSession:
        """Begin a new, anonymous session."""
        session = DemoSession(secrets.token_hex(16), now)
        self._sessions[session.id] = session
        return session

    def regenerate(self, session: DemoSession) -> None:
        """Give the session a new id, as happens at sign-in; tokens of the old id fit no longer."""
        self._sessions.pop(session.id, None)
        session.id = secrets.token_hex(16)
        self._sessions[session.id] = session

    def end(self, session: DemoSession) -> None:
        """Forget one session."""
        self._sessions.pop(session.id, None)

    def end_all(self) -> None:
        """Forget every session: everybody's cookie is stale from here on."""
        self._sessions.clear()
