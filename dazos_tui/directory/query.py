"""The query language of the search.

Plain words must all be found, in any field and any order. ``field:text`` searches one field: ``name``,
``user``, ``email``, ``role``, ``status``, ``admin``. A leading ``-`` excludes.
"""

import re
from dataclasses import dataclass

from dazos_tui.config.validation_messages import did_you_mean
from dazos_tui.crm.models import Status
from dazos_tui.text.normalize import fold

_FIELDS = ("name", "user", "email", "role", "status", "admin")
"""The fields a term can name."""

_CHOICES: dict[str, dict[object, str]] = {
    "status": {status: status.value for status in Status},
    "admin": {True: "yes", False: "no", None: "unknown"},
}
"""Fields with few values, matched from their start: ``status:active`` must not find inactive people."""

_FIELD_NAME = re.compile("[a-z_]{2,20}")


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """One part of a query, folded. An empty `field` means any field that names the person."""

    text: str
    field: str = ""
    exclude: bool = False

    @property
    def is_word(self) -> bool:
        """Return whether this is a plain word that may be found in any field."""
        return not self.field and not self.exclude

    @property
    def is_in_line(self) -> bool:
        """Return whether everyone who matches the term has its text in one of the texts that name them."""
        return not self.exclude and self.field not in _CHOICES

    def accepts(self, value: object) -> bool:
        """Return whether a status or an admin mark matches a field term of its field, ignoring `exclude`."""
        return _CHOICES[self.field][value].startswith(self.text)


def parse_query(text: str) -> tuple[QueryTerm, ...]:
    """Return the terms of a query, each once. Anything that is not a field term is a word."""
    return tuple(dict.fromkeys(term for word in text.split() if (term := _parse_term(word)).text))


def longest_word(text: str) -> str:
    """Return the longest plain word of a query, as it was typed: what a CRM's own search can look for.

    It is empty if there are only field terms and words to exclude.
    """
    return next(iter(plain_words(text)), "")


def plain_words(text: str) -> list[str]:
    """Return the plain words of a query, as they were typed, each once, the longest first."""
    words = dict.fromkeys(word for word in text.split() if any(term.is_word for term in parse_query(word)))
    return sorted(words, key=len, reverse=True)


def query_problems(text: str) -> tuple[str, ...]:
    """Return a sentence for each term that cannot find anybody as written.

    Such a term has a field that does not exist, such as ``mail:ann``, or a value that its field never has,
    such as ``status:lost``. The former is searched for as a plain word, since data may contain a colon.
    """
    return tuple(dict.fromkeys(problem for word in text.split() if (problem := _term_problem(word))))


def _term_problem(word: str) -> str:
    field, colon, rest = word.removeprefix("-").partition(":")
    field = field.lower()
    if not colon or not rest or not _FIELD_NAME.fullmatch(field) or rest.startswith("//"):
        return ""
    if field not in _FIELDS:
        near = did_you_mean(field, _FIELDS)
        return f"There is no field “{field}”{near}; there are {', '.join(_FIELDS)}."
    values = [value for value in _CHOICES.get(field, {}).values() if value]
    if values and not any(value.startswith(fold(rest)) for value in values):
        return f"“{field}:” takes {' or '.join(values)}{did_you_mean(rest, values, cutoff=0.6)}."
    return ""


def _parse_term(word: str) -> QueryTerm:
    exclude = len(word) > 1 and word.startswith("-")
    bare = word[1:] if exclude else word
    field, colon, rest = bare.partition(":")
    if not colon or field.lower() not in _FIELDS:
        return QueryTerm(fold(bare), exclude=exclude)
    return QueryTerm(fold(rest), field.lower(), exclude)
