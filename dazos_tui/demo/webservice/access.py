"""Who may use the API: challenges, sessions of its own, and the words with which it refuses.

Lifetimes, codes and messages are those of vtiger 8.0 (``include/Webservices``: Login, SessionManager).
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import md5

CHALLENGE_LIFETIME = 300
"""Seconds in which a challenge must be met."""

IDLE_LIFETIME = 1800.0
"""Seconds a session may go unused."""

LIFETIME = 86_400.0
"""Seconds a session lasts at most."""


class AccessRefusedError(Exception):
    """The API says no: a code, and a sentence for people. Its HTTP status is 200 all the same."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class ApiChallenge:
    """What somebody who wants to sign in has to join to their access key."""

    token: str
    made: int

    @property
    def expires(self) -> int:
        """The last second in which it can be met (since the epoch)."""
        return self.made + CHALLENGE_LIFETIME

    def is_answered_by(self, answer: str, access_key: str) -> bool:
        """Tell whether this is the MD5 sum of the token and this access key."""
        expected = md5(f"{self.token}{access_key}".encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(expected.encode(), answer.encode())


class ApiChallenges:
    """The open challenges of one instance: at most one for each user name."""

    def __init__(self) -> None:
        self._open: dict[str, ApiChallenge] = {}

    def make(self, user_name: str, now: float) -> ApiChallenge:
        """Make a challenge, for a user name nobody has as well; an earlier one is void from here on."""
        challenge = ApiChallenge(secrets.token_hex(7)[1:], int(now))
        self._open[user_name.strip().casefold()] = challenge
        return challenge

    def find(self, user_name: str, now: float) -> ApiChallenge:
        """Return the open challenge of this user name; ``AccessRefusedError`` if there is none."""
        challenge = self._open.get(user_name.strip().casefold())
        if challenge is None or now > challenge.expires:
            raise AccessRefusedError("INVALID_AUTH_TOKEN", "Specified token is invalid or expired")
        return challenge

    def consume(self, user_name: str) -> None:
        """Close the challenge of this user name: it has been met."""
        self._open.pop(user_name.strip().casefold(), None)


@dataclass
class ApiSession:
    """Somebody signed in to the API."""

    name: str
    person_id: int
    started: float
    last_used: float


class ApiSessions:
    """The API's sessions of one instance; they know nothing of cookies, and do not wait for one another."""

    def __init__(self) -> None:
        self._sessions: dict[str, ApiSession] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def start(self, person_id: int, now: float) -> ApiSession:
        """Begin a session."""
        session = ApiSession(secrets.token_hex(10), person_id, now, now)
        self._sessions[session.name] = session
        return session

    def find(self, name: str, now: float) -> ApiSession:
        """Return the living session of this name and mark it used; ``AccessRefusedError`` if there is none.

        One whose time is up says so once; after that nobody remembers it.
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
        """Forget every session."""
        self._sessions.clear()
