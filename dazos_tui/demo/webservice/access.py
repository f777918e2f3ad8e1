"""Access to the API: challenges, its own sessions, and its error messages.

Lifetimes, codes and messages are those of vtiger 8.0 (``include/Webservices``: Login, SessionManager).
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import md5

CHALLENGE_LIFETIME = 300
"""Seconds that a challenge is valid."""

IDLE_LIFETIME = 1800.0
"""Seconds that a session may be idle."""

LIFETIME = 86_400.0
"""Seconds that a session lasts at most."""


class AccessRefusedError(Exception):
    """The API refuses, with a code and a message. The HTTP status is 200 too."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class ApiChallenge:
    """A token that has to be hashed together with the access key to sign in."""

    token: str
    made: int

    @property
    def expires(self) -> int:
        """The last second in which it is valid (since the epoch)."""
        return self.made + CHALLENGE_LIFETIME

    def is_answered_by(self, answer: str, access_key: str) -> bool:
        """Return whether this is the MD5 sum of the token and this access key."""
        expected = md5(f"{self.token}{access_key}".encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(expected.encode(), answer.encode())


class ApiChallenges:
    """The open challenges of one instance: at most one for each user name."""

    def __init__(self) -> None:
        self._open: dict[str, ApiChallenge] = {}

    def make(self, user_name: str, now: float) -> ApiChallenge:
        """Create a challenge, also for an unknown user name. It invalidates an earlier one."""
        challenge = ApiChallenge(secrets.token_hex(7)[1:], int(now))
        self._open[user_name.strip().casefold()] = challenge
        return challenge

    def find(self, user_name: str, now: float) -> ApiChallenge:
        """Return the open challenge of this user name. Raises AccessRefusedError."""
        challenge = self._open.get(user_name.strip().casefold())
        if challenge is None or now > challenge.expires:
            raise AccessRefusedError("INVALID_AUTH_TOKEN", "Specified token is invalid or expired")
        return challenge

    def consume(self, user_name: str) -> None:
        """Close the challenge of this user name after it was answered."""
        self._open.pop(user_name.strip().casefold(), None)


@dataclass
class ApiSession:
    """A session of the API."""

    name: str
    person_id: int
    started: float
    last_used: float


class ApiSessions:
    """The API sessions of one instance. They use no cookies, and their requests run in parallel."""

    def __init__(self) -> None:
        self._sessions: dict[str, ApiSession] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def start(self, person_id: int, now: float) -> ApiSession:
        """Start a session."""
        session = ApiSession(secrets.token_hex(10), person_id, now, now)
        self._sessions[session.name] = session
        return session

    def find(self, name: str, now: float) -> ApiSession:
        """Return the live session with this name and mark it used. Raises AccessRefusedError.

        An expired session is reported as expired once; after that it is unknown.
        """
        if not name:
            raise AccessRefusedError("AUTHENTICATION_REQUIRED", "Authentication required")
        session = self._sessions.get(name)
        if session is None:
            raise AccessRefusedError("INVALID_SESSIONID", "Session Identifier provided is Invalid")
        if now > session.started + LIFETIME:
            del self._sessions[name]
            raise AccessRefusedError("SESSION_EXPIRED", "Session has life span over please login again")
        if now > session.last_used + IDLE_LIFETIME:
            del self._sessions[name]
            raise AccessRefusedError("SESSION_LEFT_IDLE", "Session has been invalidated to due lack activity")
        session.last_used = now
        return session

    def end_all(self) -> None:
        """End all sessions."""
        self._sessions.clear()
