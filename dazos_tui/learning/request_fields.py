"""The fields of a recorded request: which is the person, which is a token, and which are always the same.

A value is only kept if it is plainly technical, such as the name of an action. Everything else in a request
is different for each person or session, or somebody's data, and is never repeated.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from dazos_tui.crm.request_fields import NUMBER_FIELD
from dazos_tui.learning.bodies import form_fields
from dazos_tui.learning.recording import BodyKind, RecordedRequest, RecordingError

MAX_LEAVES = 100
"""The most fields of a request that are read; a reset has about five."""

_FIELD_NAME = re.compile(r"(?!(?:[^0-9]*[0-9]){5})[A-Za-z_][A-Za-z0-9_.\-\[\]]{0,39}")
_TOKEN_NAME = re.compile(
    r"vtrftk|csrf|xsrf|authenticity_?token|^_?token$|requestverificationtoken", re.IGNORECASE
)
_TOKEN_VALUE = re.compile(r"sid:[0-9a-f]{16,}.*", re.DOTALL)
_RECORD_NAME = re.compile(r"record|ids?$|^users?$|^selected|^excluded|person", re.IGNORECASE)
"""As in the rules for addresses of menu items: such a parameter says whose record it is."""
_USER_NAME = re.compile(r"^(?:user_?name|user|login|login_?name|account)$", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"passw|pwd|secret|accesskey|access_key|api_?key|session|auth|cookie|hash|otp", re.IGNORECASE
)
_PERSONAL_NAME = re.compile(
    r"name|mail|phone|mobile|^to$|^for$|^cc$|^bcc$|recipient|person|address|title|birth", re.IGNORECASE
)
_CACHE_BUSTER = re.compile(
    r"^(?:_|_dc|ts|timestamp|time|nocache|cachebust(?:er)?|rand(?:om)?|rnd|nonce_time)$", re.IGNORECASE
)
_EMAIL = re.compile(r"[^\s@<>\"']{1,100}@[^\s@<>\"']{1,100}\.[A-Za-z0-9-]{2,40}")
_TECHNICAL_NAME = re.compile(
    r"^(?:module|parent|action|mode|view|operation|method|source_?module)$", re.IGNORECASE
)
_PLACE_NAMES = frozenset({"module", "parent", "view"})
"""Fields that name a part of the CRM, such as Users, which may be somebody's name, too."""
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z_]{0,39}")
_WORDS = re.compile(r"(?:[A-Z]?[a-z]+[_-]?){1,6}|[A-Z]+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_NAME_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TECHNICAL_WORDS = frozenset(
    """
    account action ajax all analytics api app basic by clear confirm confirmed customer de default detail
    email employee en enable es essentials false forgot form fr html http https immediate in instructions
    inventory invitation invite it json lang language link list login mail mailer manual marketing message
    method mode module name new no none not notification notify now off ok on parent pass password people
    person php plain platform portal project pt record recover recovery request reset sales send sent
    service set settings staff standard submit support template text to tools true type ui unlock us user
    users utf via view web welcome with xml yes
    """.split()  # noqa: SIM905 - a literal would take fifty lines
)
"""Words that are kept in a value of any field: everything else may be somebody's name."""
_USUAL_NAMES = frozenset(
    """
    authenticity csrf data field fields id ids param params record records recordid selected src token userid
    value values vtrftk xsrf
    """.split()  # noqa: SIM905 - as above
)
"""Words in the names of fields that are the CRM's own, even if somebody is called so."""
_SMALL_NUMBER = re.compile(r"[0-9]{1,2}")
_FLAGS = frozenset({"0", "1"})
_BY_HAND_ADVICE = (
    "If the field always has the same value, write the request into the config yourself: docs/teach.md shows "
    "how."
)
_PEOPLE_SEGMENT = re.compile(r"^(?:users?|accounts?|people|persons?|members?|logins?)$", re.IGNORECASE)
_PATH_WORD = re.compile(r"[A-Za-z][A-Za-z_.-]{0,39}[0-9]{0,2}(?:\.php)?|[0-9]{1,2}")
MIN_PERSONAL_LENGTH = 3
"""A shorter text says nothing about a person."""
_RECORD_VALUE = re.compile(r"([0-9]{1,4}x|\[\"?)?([0-9]{1,20})(\"?\])?")
"""A record id by itself, as the web service writes it (19x12), or in a list ([12], ["12"])."""


class FieldPlace(StrEnum):
    """Where in a request a value is."""

    PATH = "address"
    QUERY = "query"
    FORM = "form"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class RequestField:
    """One value of a request. `keys` lead to it from the top of its place; `name` is what it is called."""

    place: FieldPlace
    keys: tuple[str | int, ...]
    name: str
    value: str | int | float | bool | None = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Return its name, and those of the JSON objects around it; none for a part of an address."""
        if self.place is FieldPlace.JSON:
            return tuple(key for key in self.keys if isinstance(key, str))
        return () if self.place is FieldPlace.PATH else (self.name,)

    @property
    def text(self) -> str:
        """Return the value as text; empty for what is neither text nor a number."""
        is_text = isinstance(self.value, str | int) and not isinstance(self.value, bool)
        return str(self.value) if is_text else ""

    @property
    def names_record(self) -> bool:
        """Return whether the name says that the value is a record's id."""
        return _RECORD_NAME.search(self.name) is not None

    @property
    def record_id(self) -> str:
        """Return the record id in the value, without what is written around it; empty if it has none."""
        found = _RECORD_VALUE.fullmatch(self.text)
        return found[2] if found and not _CACHE_BUSTER.match(self.name) else ""

    @property
    def id_template(self) -> str:
        """Return the value with a placeholder for the record id in it."""
        if isinstance(self.value, int):
            return NUMBER_FIELD
        return _RECORD_VALUE.sub(r"\g<1>{id}\g<3>", self.text)

    @property
    def is_email(self) -> bool:
        """Return whether the value is an e-mail address."""
        return is_email(self.text)

    @property
    def is_token(self) -> bool:
        """Return whether the value is a token against forged requests."""
        return self.place is not FieldPlace.PATH and bool(
            _TOKEN_NAME.search(self.name) or _TOKEN_VALUE.fullmatch(self.text)
        )

    @property
    def is_noise(self) -> bool:
        """Return whether the value only keeps answers out of caches."""
        return bool(_CACHE_BUSTER.match(self.name)) and self.place is not FieldPlace.PATH


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person whom the recording shows. Only used to recognise their data in a request.

    `texts` are in lower case.
    """

    id: str = field(repr=False)
    user_name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    texts: frozenset[str] = field(default=frozenset(), repr=False)


def is_email(text: str) -> bool:
    """Return whether a text is an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def personal_texts(*names: str) -> frozenset[str]:
    """Return a person's names and the words in them, in lower case; very short ones are left out."""
    words = [word for name in names for word in (name, *re.split(r"[\s.@_-]+", name))]
    return frozenset(word.casefold() for word in words if len(word) >= MIN_PERSONAL_LENGTH)


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """What else a recording shows around a request, by which its values are recognised.

    `people` are those whose profiles or rows it shows, the last profile last; `tokens` are those that its
    pages have against forged requests.
    """

    people: tuple[KnownPerson, ...] = field(default=(), repr=False)
    tokens: frozenset[str] = field(default=frozenset(), repr=False)


NOTHING_ELSE = RecordedSession()
"""The surroundings of a request that was copied by itself."""


def request_fields(request: RecordedRequest, path: str) -> list[RequestField]:
    """Return all values of a request in their order. `path` is its address relative to the instance.

    Raises RecordingError if there are too many, or one has a name that is no name of a field.
    """
    found = [*_fields_of(request, path)]
    if len(found) > MAX_LEAVES:
        raise RecordingError("The request has far more fields than one that sends a reset link.")
    for one in found:
        if not all(map(_FIELD_NAME.fullmatch, one.names)):
            raise RecordingError(
                "The request has a field whose name is not that of a form's field, or has none.",
                advice=_BY_HAND_ADVICE,
            )
    return found


def _fields_of(request: RecordedRequest, path: str) -> Iterator[RequestField]:
    above = ""
    for at, segment in enumerate(urlsplit(path).path.split("/")):
        yield RequestField(FieldPlace.PATH, (at,), above or "address", unquote(segment))
        above = segment if _PATH_WORD.fullmatch(segment) else ""
    for at, (name, value) in enumerate(form_fields(urlsplit(path).query)):
        yield RequestField(FieldPlace.QUERY, (at,), name, value)
    if request.body is not None:
        for at, (name, value) in enumerate(request.body.fields):
            yield RequestField(FieldPlace.FORM, (at,), name, value)
        if request.body.kind is BodyKind.JSON:
            yield from _json_fields(request.body.json_value, ())


def _json_fields(value: object, keys: tuple[str | int, ...]) -> Iterator[RequestField]:
    if keys and value in ({}, []):
        value = None
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _json_fields(inner, (*keys, str(key)))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _json_fields(inner, (*keys, at))
    elif isinstance(value, str | int | float | bool) or value is None:
        name = next((key for key in reversed(keys) if isinstance(key, str)), "value")
        yield RequestField(FieldPlace.JSON, keys, name, value)


def names_user(one: RequestField) -> bool:
    """Return whether a field is a user name: by its name, or by the part of the address before it."""
    if not one.text or one.record_id:
        return False
    if one.place is FieldPlace.PATH:
        return _PEOPLE_SEGMENT.match(one.name) is not None and not _has_technical_words(one.text)
    return _USER_NAME.match(one.name) is not None


def require_plain_names(fields: Iterable[RequestField], people: tuple[KnownPerson, ...]) -> None:
    """Raise RecordingError if the name of a field, or a part of it, is known to be a person's."""
    names = {name for one in fields for name in one.names}
    if any(_words_of_person(name, people, _TECHNICAL_WORDS | _USUAL_NAMES) for name in names):
        raise RecordingError(
            "The name of a field of the request is a person's. It cannot be repeated for somebody else.",
            advice=_BY_HAND_ADVICE,
        )


def require_technical(one: RequestField, people: tuple[KnownPerson, ...]) -> None:
    """Raise RecordingError unless a value is always the same: no secret, and nothing of a person."""
    if one.value is None or isinstance(one.value, bool) or one.text == "":
        if isinstance(one.value, float):
            raise _not_repeatable_error(one)
        return
    if _SECRET_NAME.search(one.name) and not _TECHNICAL_NAME.match(one.name):
        raise RecordingError(
            f"The request sends a secret in its {_described(one)}, so it cannot be repeated.",
            advice="Record the request that the browser makes when you choose the menu item.",
        )
    is_place = one.name in _PLACE_NAMES and one.place is not FieldPlace.PATH
    if not _is_technical(one) or (not is_place and _is_personal(one.text, people)):
        raise _not_repeatable_error(one)


def is_plain_address(path: str, people: tuple[KnownPerson, ...]) -> bool:
    """Return whether an address within the instance is the same for everybody, without secrets."""
    try:
        fields = request_fields(RecordedRequest("GET", ""), path)
        require_plain_names(fields, people)
        for one in fields:
            require_technical(one, people)
    except RecordingError:
        return False
    return True


def _is_technical(one: RequestField) -> bool:
    if one.place is FieldPlace.PATH:
        return _PATH_WORD.fullmatch(one.text) is not None
    if _TECHNICAL_NAME.match(one.name):
        return _IDENTIFIER.fullmatch(one.text) is not None
    if one.names_record or _PERSONAL_NAME.search(one.name):
        return False
    return _has_technical_words(one.text) or _SMALL_NUMBER.fullmatch(one.text) is not None


def _has_technical_words(text: str) -> bool:
    words = _WORD.findall(text)
    return bool(_WORDS.fullmatch(text)) and _TECHNICAL_WORDS.issuperset(word.casefold() for word in words)


def _is_personal(text: str, people: tuple[KnownPerson, ...]) -> bool:
    if text.isdecimal():
        return text not in _FLAGS and any(text == person.id for person in people)
    is_whole = any(text.casefold() in person.texts for person in people)
    return is_whole or _words_of_person(text, people, _TECHNICAL_WORDS)


def _words_of_person(text: str, people: tuple[KnownPerson, ...], usual: frozenset[str]) -> bool:
    """Return whether a text, or one of its words that is not a usual one, is known to be a person's."""
    whole = text.casefold()
    words = {word.casefold() for word in _NAME_WORD.findall(text)} - usual
    joined = re.sub(r"[\s._-]", "", whole)
    return any(
        (whole not in usual and whole in person.texts)
        or not words.isdisjoint(person.texts)
        or (joined not in usual and joined == re.sub(r"[\s._-]", "", person.user_name.casefold()))
        for person in people
    )


def _not_repeatable_error(one: RequestField) -> RecordingError:
    return RecordingError(
        f"The request's {_described(one)} has a value that is not the same each time, or that belongs to a "
        "person. It cannot be repeated for somebody else.",
        advice=_BY_HAND_ADVICE,
    )


def _described(one: RequestField) -> str:
    return "address" if one.place is FieldPlace.PATH else f"field “{one.name}”"
