"""The synthetic people of an instance: seeded, deterministic, and none of them real."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import accumulate
from random import Random

from dazos_tui.demo.names import (
    DEPARTMENTS,
    FIRST_NAMES,
    HOSTILE_NAMES,
    LAST_NAMES,
    ROLES,
    TITLES,
    HostileName,
)
from dazos_tui.demo.scenarios import arrange_scenarios, misspell

__all__ = [
    "ADMIN",
    "HOSTILE_NAMES",
    "NON_ADMIN",
    "DemoAccount",
    "PeoplePlan",
    "Person",
    "Population",
    "populate",
]

_INACTIVE_IN_453 = 64
"""The mix of the server these figures were taken from: 64 of 453 accounts were inactive."""

_ROLE_NAMES = tuple(name for name, _ in ROLES)
_ROLE_WEIGHTS = tuple(accumulate(weight for _, weight in ROLES))


@dataclass(frozen=True)
class DemoAccount:
    """Somebody whose password is known, so that one can sign in to the demo."""

    username: str
    password: str


KEY_MARK = "demokey"
"""How every access key begins, so that a test can look for one where none may be."""

HASH_MARK = "demohash"
"""What every password hash holds, for the same purpose."""

_COMMON = 8
"""How many people may share a name before the next of them get a double-barrelled one."""

ADMIN = DemoAccount("demo.admin", "demo-admin-password")
NON_ADMIN = DemoAccount("demo.rep", "demo-rep-password")


@dataclass(slots=True, eq=False)
class Person:
    """One user of an instance; the attributes carry the CRM's own field names."""

    id: int
    user_name: str
    first_name: str
    last_name: str
    email1: str
    roleid: str
    status: str = "Active"
    is_admin: bool = False
    title: str = ""
    department: str = ""
    phone_work: str = ""
    phone_mobile: str = ""
    email2: str = ""
    secondaryemail: str = ""
    reports_to_id: str = "Demo Administrator"
    locked_at_start: bool = False

    @property
    def active(self) -> bool:
        """Whether the account is active (an inactive one cannot be sent a link)."""
        return self.status == "Active"

    @property
    def full_name(self) -> str:
        """First and last name the way the CRM joins them."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def user_label(self) -> str:
        """The name as vtiger 8 stores it beside the two: without tags (PHP's ``strip_tags``), without quotes
        and what stands in them, and up to a quote that is never closed.
        """
        return _unquoted(re.sub(r"<(?=\S|$)[^>]*(>|$)", "", self.full_name)).strip()

    @property
    def accesskey(self) -> str:
        """The API access key: a real server shows it in clear on the profile, so the demo does too."""
        return f"{KEY_MARK}{self._digest('key', 16)}"[:16]

    @property
    def user_password(self) -> str:
        """The password's hash, in the form of PHP's (bcrypt, 60 characters); no password fits it."""
        return f"$2y$10${HASH_MARK}{self._digest('hash', 32)}"[:60]

    def _digest(self, purpose: str, size: int) -> str:
        return blake2b(f"{purpose}:{self.id}:{self.user_name}".encode(), digest_size=size).hexdigest()


def _unquoted(text: str) -> str:
    """Cut quoted parts out of a text, as vtiger 8.3 does (``vtlib_strip_quoted``): double quotes go first."""
    quote = next((mark for mark in "\"'" if mark in text), None)
    if quote is None:
        return text
    before, *others = text.split(quote, 2)
    return before + (_unquoted(others[1]) if len(others) == 2 else "")


@dataclass(frozen=True)
class PeoplePlan:
    """What population an instance should have."""

    total: int
    seed: str
    domain: str
    hostile: bool = False


@dataclass
class Population:
    """The people of an instance. The two accounts exist even when the total leaves no room to list them."""

    user_list: list[Person]
    admin: Person
    non_admin: Person
    by_id: dict[int, Person] = field(init=False)
    by_user_name: dict[str, Person] = field(init=False)
    last_id: int = field(init=False)
    """The highest record id ever given out: none comes twice, whoever is deleted."""

    def __post_init__(self) -> None:
        everybody = [*self.user_list, self.admin, self.non_admin]
        self.by_id = {person.id: person for person in everybody}
        self.by_user_name = {person.user_name.casefold(): person for person in everybody}
        self.last_id = max(self.by_id)

    def add(self, person: Person) -> None:
        """Take somebody in."""
        self.user_list = [
            *self.user_list,
            person,
        ]  # a new list: a request under way may be reading the old one
        self.last_id = max(self.last_id, person.id)
        self.by_id[person.id] = person
        self.by_user_name[person.user_name.casefold()] = person

    def remove(self, person: Person) -> None:
        """Forget somebody (a KeyError if they are gone already)."""
        self.user_list = [other for other in self.user_list if other is not person]
        del self.by_id[person.id]
        del self.by_user_name[person.user_name.casefold()]


def populate(plan: PeoplePlan) -> Population:
    """Make the people of one instance; the same plan always gives the same people."""
    rng = Random(plan.seed)  # noqa: S311 - a repeatable cast, not a secret
    admin, non_admin = _accounts(plan.domain)
    inactive = round(plan.total * _INACTIVE_IN_453 / 453)
    active = max(0, plan.total - inactive - 2)
    makers = _PersonFactory(rng, plan.domain)
    actives = [*_hostile_people(plan, makers, active=True, room=active)]
    ordinary = [makers.make() for _ in range(active - len(actives))]
    arrange_scenarios(ordinary, plan.domain)
    if plan.hostile:
        misspell(ordinary, plan.domain)
    inactives = [*_hostile_people(plan, makers, active=False, room=inactive)]
    inactives += [makers.make() for _ in range(inactive - len(inactives))]
    for person in inactives:
        person.status = "Inactive"
    others = actives + ordinary + inactives
    rng.shuffle(others)
    _assign_ids(others, rng)
    return Population([admin, non_admin, *others][: plan.total], admin, non_admin)


def _accounts(domain: str) -> tuple[Person, Person]:
    """Return the administrator and the ordinary person one can sign in as."""
    admin = Person(1, ADMIN.username, "Demo", "Administrator", f"demo.admin@{domain}", "CEO", is_admin=True)
    rep = Person(5, NON_ADMIN.username, "Demo", "Representative", f"demo.rep@{domain}", "Admissions")
    return admin, rep


class _PersonFactory:
    """Makes people, and sees to it that no user name comes twice."""

    def __init__(self, rng: Random, domain: str) -> None:
        self._rng = rng
        self._domain = domain
        self._taken: Counter[tuple[str, str]] = Counter()

    def make(self) -> Person:
        """Make somebody unremarkable."""
        first = self._pick(FIRST_NAMES)
        last = LAST_NAMES[int(self._rng.random() ** 2 * len(LAST_NAMES))]  # some families are large
        if self._taken[first, last] >= _COMMON:
            last = f"{last}-{self._pick(LAST_NAMES)}"
        self._taken[first, last] += 1
        count = self._taken[first, last]
        user_name = f"{first}.{last}{count if count > 1 else ''}".lower()
        return self._person(user_name, first, last)

    def make_hostile(self, name: HostileName) -> Person:
        """Make the bearer of a hostile name."""
        person = self._person(name.user_name, name.first_name, name.last_name)
        person.roleid = "Case Manager"
        return person

    def _person(self, user_name: str, first: str, last: str) -> Person:
        number = int(self._rng.random() * 100)
        return Person(
            0,
            user_name,
            first,
            last,
            f"{user_name}@{self._domain}",
            self._role(),
            title=self._pick(TITLES),
            department=self._pick(DEPARTMENTS),
            phone_work=f"(202) 555-01{number:02}",
            phone_mobile=f"(303) 555-01{99 - number:02}" if number % 3 else "",
            email2=f"{user_name}@personal.example.test" if number % 5 == 0 else "",
        )

    def _pick(self, pool: tuple[str, ...]) -> str:
        return pool[int(self._rng.random() * len(pool))]

    def _role(self) -> str:
        roll = self._rng.random() * _ROLE_WEIGHTS[-1]
        return next(role for role, edge in zip(_ROLE_NAMES, _ROLE_WEIGHTS, strict=True) if roll < edge)


def _hostile_people(plan: PeoplePlan, maker: _PersonFactory, *, active: bool, room: int) -> Iterator[Person]:
    """Make the hostile names of one status, as far as there is room for them."""
    if not plan.hostile:
        return
    for name in [name for name in HOSTILE_NAMES if name.active is active][:room]:
        person = maker.make_hostile(name)
        if name.slug == "escape":
            person.title = "Lead \x1b[5mBlink\x1b[0m [/]"
        if name.slug == "obrien":
            person.email1 = f"nora.o'brien@{plan.domain}"
        yield person


def _assign_ids(people: list[Person], rng: Random) -> None:
    """Give out record ids that rise with gaps, as in a CRM where other records share the counter."""
    record = 5
    for person in people:
        record += 1 + int(rng.random() * 3)
        person.id = record
