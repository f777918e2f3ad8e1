"""Made-up people to search in: the same in each run, and all different."""

from collections.abc import Iterator
from random import Random

from dazos_tui.crm.models import Status, User
from dazos_tui.text.normalize import fold


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _words(
    "Aaliyah Aaron Abigail Adam Ágnes Aisha Alan Alejandro Alice Alma Amara Amir Ana Andrés Anna Anouk Ann "
    "Arjun Åsa Astrid Ava Beatriz Ben Björn Bruno Camille Carla Carlos Chen Chloé Clara Daniel David Deborah "
    "Diego Dmitri Elena Eli Elif Emma Émile Erik Esther Fatima Felix Fiona François Gabriel Giulia Grace "
    "Hannah Hassan Helen Hugo Inga Irina Isabel Ivan Jack James Jane João Johanna John José Joyce Julia Kai "
    "Karim Katarzyna Kenji Laila Lars Laura Léa Leo Linda Lucía Luis Magdalena Marcus María Mark Martin Mary "
    "Mateo Mei Michael Mina Mohammed Nadia Natalia Nicole Noah Nora Olga Oliver Omar Pablo Patricia Paul "
    "Pedro Priya Rachel Rahul René Robert Rosa Ruth Samuel Sara Sean Simone Sofía Søren Susan Sven Tariq "
    "Teresa Thị Thomas Tomás Ursula Valentina Victor Wei William Yara Yusuf Zoë Zofia"
)

_LAST = _words(
    "Smith Johnson García Williams Brown Jones Miller Davis Rodríguez Martínez Hernández López González "
    "Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Pérez Thompson White Harris Sánchez Clark "
    "Ramírez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyễn Hill Flores Green Adams "
    "Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gómez Phillips Evans Turner Díaz Parker Cruz "
    "Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutiérrez Ortiz Morgan Cooper Peterson "
    "Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood Bennett Gray Mendoza "
    "Ruiz Hughes Price Álvarez Castillo Sanders Patel Myers Long Ross Foster Jiménez Powell Jenkins Perry "
    "Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher Vásquez Simmons Romero Jordan Patterson "
    "Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole Hayes Bryant Herrera Gibson Ellis "
    "Tran Medina Aguilar Stevens Murray Ford Castro Marshall Owens Harrison Fernández McDonald Woods Kennedy "
    "O'Brien O'Connor Müller Schäfer Jürgens Lindström Åkesson Sørensen Kowalska Wiśniewski Łukasz Dvořák "
    "Novák Yılmaz Öztürk Şahin Popović Horvat Kovács Szabó Ivanova Petrov Silva Conceição Araújo Dubois "
    "Lefèvre Brontë Haddad Rahman Okafor Adeyemi Mensah Tanaka Yamamoto Zhang Huang Singh Kaur Sharma"
)

_ROLES = (
    "Admissions",
    "Case Manager",
    "Business Development",
    "Alumni Coordinator",
    "Billing",
    "Clinical Director",
    "Utilization Review",
    "Front Desk",
)
_DOMAINS = ("example.com", "north.example.com", "harbor.example.com", "summit-group.example.com")
_INACTIVE = 0.14


def people(count: int, *, seed: int = 1) -> Iterator[User]:
    """Yield `count` people with unique ids, user names and e-mails. The same seed gives the same people.

    Some surnames are frequent, as in reality. About one name in eight has a letter with an accent.
    """
    rng = Random(seed)  # noqa: S311 - a repeatable cast, not a secret
    for number in range(count):
        first = _FIRST[int(rng.random() * len(_FIRST))]
        last = _LAST[int(rng.random() ** 2 * len(_LAST))]
        user_name = _user_name(rng, fold(first), fold(last), number)
        yield User(
            id=str(100 + number),
            user_name=user_name,
            name=f"{first} {last}",
            email=f"{user_name}@{_pick(rng, _DOMAINS)}",
            role=_pick(rng, _ROLES),
            status=Status.INACTIVE if rng.random() < _INACTIVE else Status.ACTIVE,
            admin=rng.random() < 0.02,
        )


def line(user: User) -> str:
    """Return a person's folded text as one line, for programs that search lines."""
    return fold("  ".join((user.name, user.user_name, user.email, user.role)))


def _user_name(rng: Random, first: str, last: str, number: int) -> str:
    """Return a user name in a usual pattern. The number makes it unique, because no name ends in a digit."""
    manner = rng.random()
    if manner < 0.5:
        return f"{first}.{last}{number}"
    return f"{first[0]}{last}{number}" if manner < 0.8 else f"{last}_{first}{number}"


def _pick(rng: Random, pool: tuple[str, ...]) -> str:
    return pool[int(rng.random() * len(pool))]
