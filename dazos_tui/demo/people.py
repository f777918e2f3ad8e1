"""The made-up people of an instance. The same seed always gives the same people."""

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
"""The share on the server that these figures were taken from: 64 of 453 accounts were inactive."""

_ROLE_NAMES = tuple(name for name, _ in ROLES)
_ROLE_WEIGHTS = tuple(accumulate(weight for _, weight in ROLES))


@dataclass(frozen=True)
class DemoAccount:
    """An account whose password is known, for signing in to the demo."""

    username: str
    password: str


KEY_MARK = "demokey"
"""The prefix of all access keys, so that a test can search for them where none may be."""

HASH_MARK = "demohash"
"""A part of all password hashes, for the same purpose."""

_COMMON = 8
"""The number of people who may share a name; further ones get a double-barrelled surname."""

ADMIN = DemoAccount("demo.admin", "demo-admin-password")
NON_ADMIN = DemoAccount("demo.rep", "demo-rep-password")


@dataclass(slots=True, eq=False)
class Person:
    """One user of an instance. The attributes have the CRM's own field names."""

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
        """First and last name, joined as the CRM does it."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def user_label(self) -> str:
        """The full name as vtiger 8 stores it in a field of its own.

        It is without tags (PHP's ``strip_tags``), without quoted parts, and cut at a quote that is never
        closed.
        """
        return _unquoted(re.sub(r"<(?=\S|$)[^>]*(>|$)", "", self.full_name)).strip()

    @property
    def accesskey(self) -> str:
        """The API access key. A real server shows it in clear text on the profile, so the demo does too."""
        return f"{KEY_MARK}{self._digest('key', 16)}"[:16]

    @property
    def user_password(self) -> str:
        """The password hash in PHP's form (bcrypt, 60 characters). No password matches it."""
        return f"$2y$10${HASH_MARK}{self._digest('hash', 32)}"[:60]

    def _digest(self, purpose: str, size: int) -> str:
        return blake2b(f"{purpose}:{self.id}:{self.user_name}".encode(), digest_size=size).hexdigest()


def _unquoted(text: str) -> str:
    """Return a text without quoted parts, as in vtiger 8.3 (``vtlib_strip_quoted``): double quotes first."""
    quote = next((mark for mark in "\"'" if mark in text), None)
    if quote is None:
        return text
    before, *others = text.split(quote, 2)
    return before + (_unquoted(others[1]) if len(others) == 2 else "")


@dataclass(frozen=True)
class PeoplePlan:
    """The parameters of an instance's population."""

    total: int
    seed: str
    domain: str
    hostile: bool = False


@dataclass
class Population:
    """The people of an instance. The two demo accounts exist even if the total is too small to list them."""

    user_list: list[Person]
    admin: Person
    non_admin: Person
    by_id: dict[int, Person] = field(init=False)
    by_user_name: dict[str, Person] = field(init=False)
    last_id: int = field(init=False)
    """The highest record id ever given out. The id of a deleted person is not used again."""

    def __post_init__(self) -> None:
        everybody = [*self.user_list, self.admin, self.non_admin]
        self.by_id = {person.id: person for person in everybody}
        self.by_user_name = {person.user_name.casefold(): person for person in everybody}
        self.last_id = max(self.by_id)

    def add(self, person: Person) -> None:
        """Add a person."""
        self.user_list = [
            *self.user_list,
            person,
        ]  # a new list, because a running request may be reading the old one
        self.last_id = max(self.last_id, person.id)
        self.by_id[person.id] = person
        self.by_user_name[person.user_name.casefold()] = person

    def remove(self, person: Person) -> None:
        """Remove a person. Raises KeyError if they are not here."""
        self.user_list = [other for other in self.user_list if other is not person]
        del self.by_id[person.id]
        del self.by_user_name[person.user_name.casefold()]


def populate(plan: PeoplePlan) -> Population:
    """Return the people of one instance. The same plan always gives the same people."""
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
    """Return the two demo accounts: the administrator and the ordinary user."""
    admin = Person(1, ADMIN.username, "Demo", "Administrator", f"demo.admin@{domain}", "CEO", is_admin=True)
    rep = Person(5, NON_ADMIN.username, "Demo", "Representative", f"demo.rep@{domain}", "Admissions")
    return admin, rep


class _PersonFactory:
    """Makes people whose user names are unique."""

    def __init__(self, rng: Random, domain: str) -> None:
        self._rng = rng
        self._domain = domain
        self._taken: Counter[tuple[str, str]] = Counter()

    def make(self) -> Person:
        """Return a person with an ordinary name."""
        first = self._pick(FIRST_NAMES)
        last = LAST_NAMES[int(self._rng.random() ** 2 * len(LAST_NAMES))]  # some families are large
        if self._taken[first, last] >= _COMMON:
            last = f"{last}-{self._pick(LAST_NAMES)}"
        self._taken[first, last] += 1
        count = self._taken[first, last]
        user_name = f"{first}.{last}{count if count > 1 else ''}".lower()
        return self._person(user_name, first, last)

    def make_hostile(self, name: HostileName) -> Person:
        """Return a person with a hostile name."""
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
    """Yield the people with hostile names of one status, at most `room` of them."""
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
    """Assign record ids that increase with gaps, as in a CRM where other records share the counter."""
    record = 5
    for person in people:
        record += 1 + int(rng.random() * 3)
        person.id = record
