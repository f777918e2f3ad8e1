"""One instance of the CRM: its people, sessions, mail, and a record of all that was done to it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from dazos_tui.demo.accounts import Accounts
from dazos_tui.demo.clock import Clock, system_clock
from dazos_tui.demo.faults import Faults
from dazos_tui.demo.listing import DemoUserList
from dazos_tui.demo.outbox import Mail, ResetLinks
from dazos_tui.demo.people import ADMIN, NON_ADMIN, DemoAccount, PeoplePlan, Person, populate
from dazos_tui.demo.presets import ActionName, Environment, InstancePreset
from dazos_tui.demo.sessions import SessionStore
from dazos_tui.demo.webservice.access import ApiChallenges, ApiSessions


@dataclass(frozen=True)
class RequestRecord:
    """One request as the server saw it; status 0 means the connection was cut."""

    at: float
    method: str
    path: str
    query: str
    status: int
    body_bytes: int


@dataclass(frozen=True)
class ActionRun:
    """A menu action that was really carried out, whatever became of the answer."""

    at: float
    action: ActionName
    person: Person
    by: Person
    succeeded: bool


@dataclass
class World:
    """All the instances of one demo server, and where it can be reached."""

    instances: dict[str, "DemoInstance"]
    base_url: str = ""
    clock: Clock = system_clock

    @property
    def mails(self) -> list[Mail]:
        """Every instance's mail, oldest first."""
        mails = [mail for instance in self.instances.values() for mail in instance.outbox]
        return sorted(mails, key=lambda mail: mail.sent)


class DemoInstance:
    """The state of one instance, open for a test to inspect."""

    def __init__(self, shape: InstancePreset, *, seed: int = 1, clock: Clock = system_clock) -> None:
        plan = PeoplePlan(shape.users, f"{seed}:{shape.name}", shape.domain, shape.hostile_names)
        self.shape = shape
        self.clock = clock
        self.base_url: Callable[[], str] = str
        self.population = populate(plan)
        self.user_list = DemoUserList(self.population.user_list, shape.page_size)
        self.accounts = Accounts(self.population, failures_to_lock=shape.failures_to_lock, now=clock())
        self.sessions = SessionStore(shape.session_lifetime)
        self.challenges = ApiChallenges()
        self.api_sessions = ApiSessions()
        self.links = ResetLinks(shape.link_lifetime)
        self.faults = Faults()
        self.outbox: list[Mail] = []
        self.requests: deque[RequestRecord] = deque(maxlen=100_000)
        self.actions_run: list[ActionRun] = []
        self.deleted: list[Person] = []
        self.one_time_code = _code(plan.seed) if shape.asks_for_code else None
        """What everybody's sign-in here needs beside the password: six digits, the same for the same seed."""
        self.code_attempts = 0
        """How often somebody who had given the right password gave a code."""
        self.set_up = shape.set_up
        """Whether the set-up pages were answered."""
        self.setups_saved: list[dict[str, str]] = []
        """What was posted to the set-up pages, in order."""
        self.hidden_modules: set[str] = set()
        """Modules that nobody in the company sees any longer."""

    @property
    def name(self) -> str:
        """The name that is also its folder on the server."""
        return self.shape.name

    @property
    def environment(self) -> Environment:
        """Production, staging or sandbox."""
        return self.shape.environment

    @property
    def url(self) -> str:
        """The instance's address, ending in a slash."""
        return f"{self.base_url()}/{self.name}/"

    @property
    def username(self) -> str:
        """The user name of the administrator one can sign in as."""
        return ADMIN.username

    @property
    def password(self) -> str:
        """That administrator's password."""
        return ADMIN.password

    @property
    def access_key(self) -> str:
        """That administrator's access key, for the API."""
        return self.population.admin.accesskey

    @property
    def non_admin(self) -> DemoAccount:
        """Somebody who can sign in, but is no administrator."""
        return NON_ADMIN

    @property
    def people(self) -> list[Person]:
        """Everybody the user list can show, active and inactive."""
        return self.population.user_list

    @property
    def sign_in_attempts(self) -> int:
        """How often somebody tried to sign in."""
        return len(self.accounts.attempts)

    def person(self, user_name: str) -> Person:
        """Return the person with this user name (a KeyError if there is none)."""
        return self.population.by_user_name[user_name.casefold()]

    def expire_sessions(self) -> None:
        """End every session at once, of the screens and of the API, as when the server is restarted."""
        self.sessions.end_all()
        self.api_sessions.end_all()

    def set_status(self, person: Person, *, active: bool) -> None:
        """Activate or deactivate somebody."""
        person.status = "Active" if active else "Inactive"
        self.user_list.invalidate()

    def add_person(self, user_name: str, first_name: str, last_name: str) -> Person:
        """Create an active user, as an administrator may while somebody else reads the list."""
        email = f"{user_name}@{self.shape.domain}"
        record = self.population.last_id + 1
        person = Person(record, user_name, first_name, last_name, email, "Case Manager")
        self.population.add(person)
        self.user_list = DemoUserList(self.population.user_list, self.shape.page_size)
        return person

    def remove_person(self, person: Person) -> None:
        """Delete somebody for good: no list, search or profile has them any longer."""
        self.population.remove(person)
        self.user_list = DemoUserList(self.population.user_list, self.shape.page_size)

    def mail_reset_link(self, person: Person) -> Mail:
        """Send this person a reset link."""
        now = self.clock()
        link = f"{self.url}shorturl.php?id={self.links.create(person, now).id}"
        mail = Mail(self.name, person.email1, person.user_name, person.full_name, now, link)
        self.outbox.append(mail)
        return mail

    def describe(self) -> dict[str, Any]:
        """Return what somebody needs to know to use this instance."""
        code = {} if self.one_time_code is None else {"one_time_code": self.one_time_code}
        return {
            "name": self.name,
            "url": self.url,
            "environment": self.environment,
            "username": self.username,
            "password": self.password,
            "access_key": self.access_key,
            "non_admin": {"username": self.non_admin.username, "password": self.non_admin.password},
            **code,
        }


def _code(seed: str) -> str:
    rng = Random(f"{seed}:code")  # noqa: S311 - repeatable, not secret
    return f"{rng.randrange(1_000_000):06}"


@dataclass
class WorldPlan:
    """How to make a world: which instances, from which seed, by which clock."""

    presets: tuple[InstancePreset, ...]
    seed: int = 1
    clock: Clock = field(default=system_clock)

    def build(self) -> World:
        """Make the world."""
        instances = {
            shape.name: DemoInstance(shape, seed=self.seed, clock=self.clock) for shape in self.presets
        }
        world = World(instances, clock=self.clock)
        for instance in instances.values():
            instance.base_url = lambda: world.base_url
        return world
