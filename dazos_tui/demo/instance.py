"""One instance of the CRM: its people, sessions, mail, and a record of all requests and actions."""

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
    """One request as the server saw it. Status 0 means that the connection was cut."""

    at: float
    method: str
    path: str
    query: str
    status: int
    body_bytes: int


@dataclass(frozen=True)
class ActionRun:
    """A menu action that was carried out, whether or not its answer arrived."""

    at: float
    action: ActionName
    person: Person
    by: Person
    succeeded: bool


@dataclass
class World:
    """All instances of one demo server, and its address."""

    instances: dict[str, "DemoInstance"]
    base_url: str = ""
    clock: Clock = system_clock

    @property
    def mails(self) -> list[Mail]:
        """Every instance's mail, oldest first."""
        mails = [mail for instance in self.instances.values() for mail in instance.outbox]
        return sorted(mails, key=lambda mail: mail.sent)


class DemoInstance:
    """The state of one instance. Tests may inspect and change it."""

    def __init__(self, preset: InstancePreset, *, seed: int = 1, clock: Clock = system_clock) -> None:
        plan = PeoplePlan(preset.users, f"{seed}:{preset.name}", preset.domain, preset.hostile_names)
        self.preset = preset
        self.clock = clock
        self.base_url: Callable[[], str] = str
        self.population = populate(plan)
        self.user_list = DemoUserList(self.population.user_list, preset.page_size)
        self.accounts = Accounts(self.population, failures_to_lock=preset.failures_to_lock, now=clock())
        self.sessions = SessionStore(preset.session_lifetime)
        self.challenges = ApiChallenges()
        self.api_sessions = ApiSessions()
        self.links = ResetLinks(preset.link_lifetime)
        self.faults = Faults()
        self.outbox: list[Mail] = []
        self.requests: deque[RequestRecord] = deque(maxlen=100_000)
        self.actions_run: list[ActionRun] = []
        self.deleted: list[Person] = []
        self.one_time_code = _code(plan.seed) if preset.asks_for_code else None
        """The code that each sign-in needs besides the password: six digits that depend on the seed."""
        self.code_attempts = 0
        """How often a code was submitted after the right password."""
        self.set_up = preset.set_up
        """Whether the set-up pages have been answered."""
        self.setups_saved: list[dict[str, str]] = []
        """What was posted to the set-up pages, in order."""
        self.hidden_modules: set[str] = set()
        """Modules that are hidden from the whole company."""

    @property
    def name(self) -> str:
        """The name, which is also the folder on the server."""
        return self.preset.name

    @property
    def environment(self) -> Environment:
        """Production, staging or sandbox."""
        return self.preset.environment

    @property
    def url(self) -> str:
        """The instance's address, ending in a slash."""
        return f"{self.base_url()}/{self.name}/"

    @property
    def username(self) -> str:
        """The user name of the demo's administrator."""
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
        """The account that can sign in but is not an administrator."""
        return NON_ADMIN

    @property
    def people(self) -> list[Person]:
        """All people that the user list can show, active and inactive."""
        return self.population.user_list

    @property
    def sign_in_attempts(self) -> int:
        """The number of attempts to sign in."""
        return len(self.accounts.attempts)

    def person(self, user_name: str) -> Person:
        """Return the person with this user name. Raises KeyError."""
        return self.population.by_user_name[user_name.casefold()]

    def expire_sessions(self) -> None:
        """End all sessions of the pages and of the API, as a restart of the server does."""
        self.sessions.end_all()
        self.api_sessions.end_all()

    def set_status(self, person: Person, *, active: bool) -> None:
        """Activate or deactivate a person."""
        person.status = "Active" if active else "Inactive"
        self.user_list.invalidate()

    def add_person(self, user_name: str, first_name: str, last_name: str) -> Person:
        """Create an active user, as an administrator may while the list is being read."""
        email = f"{user_name}@{self.preset.domain}"
        record = self.population.last_id + 1
        person = Person(record, user_name, first_name, last_name, email, "Case Manager")
        self.population.add(person)
        self.user_list = DemoUserList(self.population.user_list, self.preset.page_size)
        return person

    def remove_person(self, person: Person) -> None:
        """Delete a person permanently: from the list, searches and profiles."""
        self.population.remove(person)
        self.user_list = DemoUserList(self.population.user_list, self.preset.page_size)

    def mail_reset_link(self, person: Person) -> Mail:
        """Send this person a reset link."""
        now = self.clock()
        link = f"{self.url}shorturl.php?id={self.links.create(person, now).id}"
        mail = Mail(self.name, person.email1, person.user_name, person.full_name, now, link)
        self.outbox.append(mail)
        return mail

    def describe(self) -> dict[str, Any]:
        """Return what a user needs to know about this instance, as JSON data."""
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
    """What a world is built from: the presets of its instances, a seed and a clock."""

    presets: tuple[InstancePreset, ...]
    seed: int = 1
    clock: Clock = field(default=system_clock)

    def build(self) -> World:
        """Build the world."""
        instances = {
            preset.name: DemoInstance(preset, seed=self.seed, clock=self.clock) for preset in self.presets
        }
        world = World(instances, clock=self.clock)
        for instance in instances.values():
            instance.base_url = lambda: world.base_url
        return world
