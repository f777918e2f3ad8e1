"""Sign-ins: passwords, roles that may not sign in, locks, and the login history."""

from dataclasses import dataclass
from random import Random

from dazos_tui.demo.names import BARRED_ROLES
from dazos_tui.demo.people import ADMIN, NON_ADMIN, Person, Population

LOCK_SECONDS = 3600.0
"""Dazos documents that too many failed sign-ins lock a login for one hour."""


@dataclass(frozen=True)
class SignInAttempt:
    """One attempt to sign in, successful or not."""

    at: float
    user_name: str
    succeeded: bool


@dataclass
class SignInRecord:
    """A row of the login history."""

    person: Person
    ip: str
    signed_in: float
    signed_out: float | None = None


class Accounts:
    """The accounts of one instance: who may sign in, and who did."""

    def __init__(self, population: Population, *, failures_to_lock: int | None, now: float) -> None:
        self._population = population
        self._failures_to_lock = failures_to_lock
        self._started = now
        self._failures: dict[int, int] = {}
        self._passwords = {
            population.admin.id: ADMIN.password,
            population.non_admin.id: NON_ADMIN.password,
        }
        """Build the accounts. Only the two demo accounts start with a known password."""
        locked = [person for person in population.user_list if person.locked_at_start]
        self._locked_until = {
            person.id: now + LOCK_SECONDS for person in locked if failures_to_lock is not None
        }
        self.attempts: list[SignInAttempt] = []
        self.history: list[SignInRecord] = []

    def find(self, user_name: str) -> Person | None:
        """Return the person with this user name, whatever its case."""
        return self._population.by_user_name.get(user_name.strip().casefold())

    def sign_in(self, user_name: str, password: str, now: float) -> Person | None:
        """Return the person if the sign-in succeeds, else None, so that no reason for a failure gets out."""
        person = self.find(user_name)
        allowed = person is not None and self._is_allowed(person, password, now)
        self.attempts.append(SignInAttempt(now, user_name, allowed))
        return person if allowed else None

    def _is_allowed(self, person: Person, password: str, now: float) -> bool:
        if self.is_locked(person, now):
            return False
        if not password or self._passwords.get(person.id) != password:
            self._count_failure(person, now)
            return False
        self._failures.pop(person.id, None)
        return person.active and person.roleid not in BARRED_ROLES

    def _count_failure(self, person: Person, now: float) -> None:
        failures = self._failures.get(person.id, 0) + 1
        self._failures[person.id] = failures
        if self._failures_to_lock is not None and failures >= self._failures_to_lock:
            self.lock(person, now)

    def lock(self, person: Person, now: float) -> None:
        """Lock a login for an hour."""
        self._locked_until[person.id] = now + LOCK_SECONDS
        self._failures.pop(person.id, None)

    def unlock(self, person: Person) -> None:
        """Unlock a login."""
        self._locked_until.pop(person.id, None)
        self._failures.pop(person.id, None)

    def is_locked(self, person: Person, now: float) -> bool:
        """Return whether this login is locked now."""
        return now < self._locked_until.get(person.id, 0.0)

    def set_password(self, person: Person, password: str) -> None:
        """Set the person's password."""
        self._passwords[person.id] = password

    def record_sign_in(self, person: Person, ip: str, now: float) -> int:
        """Add a sign-in to the login history; return its index there."""
        self.history.append(SignInRecord(person, ip, now))
        return len(self.history) - 1

    def record_sign_out(self, row: int | None, now: float) -> None:
        """Complete the history row of a session that ends."""
        if row is not None:
            self.history[row].signed_out = now

    def history_of(self, user_name: str | None) -> list[SignInRecord]:
        """Return the login history, newest first: everybody's, or one user name's."""
        if not user_name:
            return self.history[::-1]
        person = self.find(user_name)
        if person is None:
            return []
        recent = [record for record in reversed(self.history) if record.person is person]
        return recent + self._sample_history(person)

    def _sample_history(self, person: Person) -> list[SignInRecord]:
        """Make up the sign-ins from before the demo was started; most people have a few."""
        rng = Random(person.user_name)  # noqa: S311 - repeatable, not secret
        at = self._started - rng.uniform(1, 40) * 86_400
        past = []
        for _ in range(rng.randrange(5)):
            ended = at + rng.uniform(300, 20_000)
            past.append(SignInRecord(person, f"198.51.100.{rng.randrange(1, 255)}", at, ended))
            at -= rng.uniform(1, 20) * 86_400
        return past
