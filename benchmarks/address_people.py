"""Made-up people with realistic e-mail addresses, for the benchmark of misspelt ones."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from dazos_tui.crm.models import Status, User


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN = _words(
    "Aaron Abigail Ágnes Aisha Alan Alejandro Alice Amara Amir Andrés Ann Anna Anouk Arjun Åsa Ava Ben "
    "Björn Bo Brian Camille Carl Carlos Carol Catherine Chloé Clara Dan Daniel David Deborah Diego "
    "Elena Eli Elizabeth Émile Emma Eric Esther Fatima Felix Frances François Gabriel Grace Hannah "
    "Hassan Helen Hugo Ida Inga Isabel Ivan Jack James Jane Jean-Luc Jo Johanna John Jon Jorge José "
    "Joyce Julia Kai Karin Kristen Lars Laura Léa Li Linda Lucía Luis Marc Margaret Maria Martha Mary "
    "Mateo Mei Michael Mina Mohammed Nicole Noah Nora Oliver Omar Paul Pedro Philip Priya Rachel Rahul "
    "Renée Robert Rosa Samuel Sara Sean Sofía Søren Stephen Susan Tariq Teresa Thomas Tom Ursula Victor "
    "Wei William Yara Yusuf Zoë"
)
_SURNAMES = _words(
    "Smith Johnson García Williams Brown Jones Miller Davis Rodríguez Martínez López Wilson Anderson "
    "Taylor Moore Lee Pérez Thompson White Harris Sánchez Clark Lewis Walker Young King Wright Torres "
    "Nguyễn Hill Flores Green Nelson Baker Hall Rivera Campbell Carter Gómez Phillips Evans Turner Díaz "
    "Cruz Edwards Reyes Stewart Murphy Cook Gutiérrez Ortiz Cooper Reed Kelly Kim Cox Ward Watson "
    "Brooks Wood Bennett Gray Hughes Price Patel Myers Long Ross Foster Powell Bell Coleman Fisher "
    "Ellis Tran Ng Li Wu Xu Olsen Olson Reid Meyer Mayer O'Brien O'Connor Müller Schäfer Lindström "
    "Åkesson Sørensen Kowalska Łukasz Dvořák Öztürk Popović Kovács Silva Conceição Dubois Lefèvre "
    "Haddad Okafor Tanaka Yamamoto Zhang Singh Sharma"
)
_SHORT = {
    "Elizabeth": "Liz Beth Betsy", "Robert": "Bob Rob Bobby", "William": "Bill Will Billy",
    "Margaret": "Peggy Meg", "Michael": "Mike Mick", "James": "Jim Jimmy", "Thomas": "Tom Tommy",
    "Daniel": "Dan Danny", "Samuel": "Sam", "Stephen": "Steve Steph", "Catherine": "Cathy Kate Kit",
    "Johanna": "Jo Hanna Joanna", "John": "Jack Jon Johnny",
    "Susan": "Sue Susie", "Victor": "Vic", "Nicole": "Nicky Nichole", "David": "Dave", "Gabriel": "Gabe",
    "Alejandro": "Alex Ale", "Maria": "Mia Marie", "Ann": "Annie Anne", "Sara": "Sarah Sally",
    "Eric": "Erik Rick",
    "Jane": "Janie Jan", "Philip": "Phil Phillip", "Mohammed": "Mo Mohamed", "Brian": "Bryan", "Joyce": "Joy",
    "Kristen": "Kris Kristin", "Laura": "Lara Laurie", "Frances": "Fran Francis",
    "Teresa": "Terry Theresa Tess",
}  # fmt: skip
_MAILBOXES = _words("front.desk intake billing admissions nurse.station info night-shift records")
PROVIDERS = _words("gmail.com yahoo.com outlook.com hotmail.com icloud.com aol.com")
_STEMS = _words(
    "harbor summit valley ridge meadow lakeside northgate brookhaven cedar oak willow stone bridge hope"
)
_SUFFIXES = _words(".example.com -health.example .example .example.test recovery.example.com")
_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "ß": "ss"}
_GERMAN = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}  # codespell:ignore ue


@dataclass(frozen=True)
class Case:
    """A person, and what is known about their address.

    `by_name` and `by_user_name` are whether these spell the local part. `usual` has the local parts that
    usual patterns make of this person's name. In the local part, `joints` are the indexes where an extra
    letter may be an initial, `initials` those of letters that are the initial of a given name, and `given` is
    the given name. `typo` is empty for a correct address; `meant` is the address without the typo.
    """

    user: User
    kind: str
    by_name: bool
    by_user_name: bool
    usual: frozenset[str]
    joints: frozenset[int] = frozenset()
    initials: frozenset[int] = frozenset()
    given: str = ""
    typo: str = ""
    meant: str = ""

    @property
    def local(self) -> str:
        """The part before the @."""
        return self.user.email.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.user.email.rpartition("@")[2]


def population(rng: Random, count: int) -> Iterator[Case]:
    """Yield the people of one instance, each with a correct address."""
    domains = _Domains(rng)
    taken: Counter[str] = Counter()
    for number in range(count):
        case = _person(rng, number, domains.pick())
        taken[case.user.email] += 1
        if (times := taken[case.user.email]) > 1 and case.kind != "shared mailbox":
            case = _with_local(case, f"{case.local}{times}")
        yield case


class _Domains:
    """The domains of one instance: two or three of its own, a sister one letter away, partners, providers."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        stem, other = rng.sample(_STEMS, 2)
        main, second = (word + rng.choice(_SUFFIXES) for word in (stem, other))
        at = rng.randrange(1, len(stem))
        self._sister = f"{stem[:at]}{rng.choice('aeiost')}{stem[at:]}{main[len(stem) :]}"
        self._own = (main, second)
        self._partners = 0

    def pick(self) -> str:
        """Return a random domain for a person."""
        roll = self._rng.random()
        if roll < 0.82:
            return self._own[roll > 0.62]
        if roll < 0.85:
            return self._sister
        if roll < 0.93:
            return self._rng.choice(PROVIDERS)
        return self._partner()

    def _partner(self) -> str:
        word = "".join(self._rng.choices(_STEMS, k=2))
        return f"{word}{self._rng.choice(('.example', '.test', '.example.net', '-law.example.org'))}"


def _person(rng: Random, number: int, domain: str) -> Case:
    given, surname = rng.choice(_GIVEN), rng.choice(_SURNAMES)
    if rng.random() < 0.06:
        surname = f"{surname}{rng.choice('- ')}{rng.choice(_SURNAMES)}"
    full = f"{given} {rng.choice(_GIVEN)}" if rng.random() < 0.05 else given
    usual = frozenset(local for manner in _MANNERS for local in manner_of(manner, given, surname))
    kind, local, known, joints, initials, called = _address(rng, given, surname)
    user_name = _user_name(rng, given, surname, local, domain)
    email = f"{local}@{domain}"
    user = User(str(number), user_name, f"{full} {surname}", email, "", Status.ACTIVE, None)
    by_user_name = user_name.partition("@")[0] == local
    return Case(
        user, kind, known, by_user_name, usual, frozenset(joints), frozenset(initials), called, meant=email
    )


def _user_name(rng: Random, given: str, surname: str, local: str, domain: str) -> str:
    """Return a user name: the address, its local part, or another name."""
    roll = rng.random()
    if roll < 0.25:
        return f"{local}@{domain}"
    return local if roll < 0.5 else f"{_plain(given)[0]}{_plain(surname)}"


_MANNERS = (
    "first.last",
    "firstlast",
    "first_last",
    "flast",
    "f.last",
    "last.first",
    "firstl",
    "last",
    "first",
    "lastf",
)
_WEIGHTS = (40, 8, 6, 20, 5, 3, 5, 3, 4, 2)


def manner_of(manner: str, given: str, surname: str) -> tuple[str, ...]:
    """Return the local parts of a pattern, for the whole surname and for each half of a double one."""
    first = _plain(given)
    lasts = dict.fromkeys([_plain(surname), *(_plain(half) for half in surname.replace("-", " ").split())])
    made = {
        "first.last": "{f}.{l}", "firstlast": "{f}{l}", "first_last": "{f}_{l}", "flast": "{f[0]}{l}",
        "f.last": "{f[0]}.{l}", "last.first": "{l}.{f}", "firstl": "{f}{l[0]}", "last": "{l}", "first": "{f}",
        "lastf": "{l}{f[0]}",
    }[manner]  # fmt: skip
    return tuple(made.format(f=first, l=last) for last in lasts)


_Address = tuple[str, str, bool, set[int], set[int], str]
"""Kind, local part, whether the name spells it, indexes of extra and of other initials, given name in it."""


def _address(rng: Random, given: str, surname: str) -> _Address:
    roll = rng.random()
    if roll < 0.03:
        return "shared mailbox", rng.choice(_MAILBOXES), False, set(), set(), ""
    if roll < 0.10 and given in _SHORT:
        short = rng.choice(_SHORT[given].split())
        return "nickname", f"{_plain(short)}.{_plain(surname)}", False, set(), set(), ""
    if roll < 0.13:
        return "another surname", f"{_plain(given)}.{_plain(rng.choice(_SURNAMES))}", False, set(), set(), ""
    if roll < 0.17:
        return "middle initial", _middle(rng, given, surname), False, set(), set(), ""
    if roll < 0.20 and any(letter in surname.lower() for letter in _GERMAN):
        spelled = f"{_plain(given)}.{_plain(surname, _GERMAN)}"
        return "spelled out", spelled, True, {len(_plain(given))}, set(), _plain(given)
    [manner] = rng.choices(_MANNERS, _WEIGHTS)
    local = manner_of(manner, given, surname)[0]
    number = str(rng.randrange(1, 99)) if rng.random() < 0.04 else ""
    kind = f"{manner} and a number" if number else manner
    return (kind, local + number, True, *_places(manner, _plain(given), local))


def _middle(rng: Random, given: str, surname: str) -> str:
    first, last, letter = _plain(given), _plain(surname), rng.choice("abcdefghjklmnprst")
    return rng.choice((f"{first}.{letter}.{last}", f"{first[0]}{letter}{last}", f"{first}{letter}{last}"))


def _places(manner: str, first: str, local: str) -> tuple[set[int], set[int], str]:
    """Return where an initial may be added, where initials are, and the given name if it is there in full."""
    end, f = len(local), len(first)
    return {
        "flast": ({0, 1}, {0}, ""), "f.last": ({0, 1}, {0}, ""), "lastf": ({end - 1, end}, {end - 1}, ""),
        "firstl": ({f, end}, {end - 1}, first), "last": ({0, end}, set[int](), ""),
        "first": ({0, end}, set[int](), first),
        "last.first": ({end - f, end}, set[int](), first),
    }.get(manner, ({f}, set[int](), first))  # fmt: skip


def _plain(name: str, spelled: dict[str, str] | None = None) -> str:
    """Return a name in lower-case letters without accents, as in an address."""
    text = "".join((spelled or {}).get(letter, _PLAIN.get(letter, letter)) for letter in name.lower())
    return "".join(char for char in unicodedata.normalize("NFD", text) if char.isascii() and char.isalpha())


def _with_local(case: Case, local: str) -> Case:
    email = f"{local}@{case.domain}"
    user_name = local if case.user.user_name == case.local else case.user.user_name
    return replace(case, user=replace(case.user, email=email, user_name=user_name), meant=email)


GIVEN_NAMES = {_plain(name) for name in _GIVEN} | {
    _plain(name) for names in _SHORT.values() for name in names.split()
}
"""All given names and short forms of these people, as in an address."""
