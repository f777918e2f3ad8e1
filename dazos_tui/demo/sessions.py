"""PHP sessions and their CSRF tokens."""

import asyncio
import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha1

COOKIE = "PHPSESSID"
TOKEN_LIFETIME = 7200
"""Seconds that a CSRF token is valid on a vtiger 8.0 server."""

_SECRET = secrets.token_bytes(32)


@dataclass(eq=False)
class DemoSession:
    """The session of a visitor: anonymous until the sign-in."""

    id: str
    last_used: float
    person_id: int | None = None
    history_row: int | None = None
    awaits_code_of: int | None = None
    """The user who has given the right password but not yet the code. The session is still anonymous."""
    wrong_codes: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """PHP locks a session's file while it serves a request, so one session's requests run one at a time."""

    def token(self, now: float) -> str:
        """Return a new CSRF token, valid for this session only: ``sid:<hex>,<unix time>``."""
        return f"sid:{self._digest(int(now))},{int(now)}"

    def accepts_token(self, token: str, now: float) -> bool:
        """Return whether this token belongs to this session and has not expired."""
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
        """Start a new, anonymous session."""
        session = DemoSession(secrets.token_hex(16), now)
        self._sessions[session.id] = session
        return session

    def regenerate(self, session: DemoSession) -> None:
        """Give the session a new id, as at a sign-in. Tokens of the old id are no longer accepted."""
        self._sessions.pop(session.id, None)
        session.id = secrets.token_hex(16)
        self._sessions[session.id] = session

    def end(self, session: DemoSession) -> None:
        """End one session."""
        self._sessions.pop(session.id, None)

    def end_all(self) -> None:
        """End all sessions: all cookies are stale from now on."""
        self._sessions.clear()
