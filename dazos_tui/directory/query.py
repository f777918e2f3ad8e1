"""What a person types to find somebody.

Plain words must all be found, in any field and any order. ``field:text`` looks in one field: ``name``,
``user``, ``email``, ``role``, ``status``, ``admin``. A leading ``-`` excludes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dazos_tui.crm.models import User
from dazos_tui.folding import fold


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query, folded. An empty `field` means any field that names the person."""

    text: str
    field: str = ""
    exclude: bool = False

    def matches(self, record: "Record") -> bool:
        """Tell whether the person is among those the term asks for."""
        return (self.text in record.field(self.field)) is not self.exclude


@dataclass(frozen=True, slots=True)
class Record:
    """A person, with their text folded once for searching."""

    user: User
    name: str
    email: str
    user_name: str
    everything: str

    @classmethod
    def of(cls, user: User) -> "Record":
        """Fold a person's text."""
        name, email, user_name = fold(user.name), fold(user.email), fold(user.user_name)
        return cls(user, name, email, user_name, "\n".join((name, user_name, email, fold(user.role))))

    def field(self, field: str) -> str:
        """Return the folded text of a field; of every naming field if `field` is empty."""
        return self.everything if not field else _FIELDS[field](self)


_ADMIN = {True: "^yes", False: "^no", None: ""}

_FIELDS: dict[str, Callable[[Record], str]] = {
    "name": lambda record: record.name,
    "user": lambda record: record.user_name,
    "email": lambda record: record.email,
    "role": lambda record: fold(record.user.role),
    "status": lambda record: f"^{record.user.status}",
    "admin": lambda record: _ADMIN[record.user.admin],
}
# The caret marks where the value starts: ``status:active`` must not find the inactive.


def parse_query(text: str) -> tuple[Term, ...]:
    """Return the terms of what was typed. Anything can be typed: what is no field term is a word."""
    return tuple(term for word in text.split() if (term := _term(word)).text)


def _term(word: str) -> Term:
    exclude = len(word) > 1 and word.startswith("-")
    bare = word[1:] if exclude else word
    field, colon, rest = bare.partition(":")
    if not colon or field.lower() not in _FIELDS:
        return Term(fold(bare), exclude=exclude)
    field = field.lower()
    anchor = "^" if rest and field in {"status", "admin"} else ""
    return Term(anchor + fold(rest), field, exclude)
