"""What a configured request must not have: each rule raises ValueError with a sentence for the config.

No sentence repeats a value, which could be a secret. A parameter's name is read as PHP reads it:
``record[]``, ``data[record]`` and ``Record`` all say which record is meant.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from dazos_tui.crm.action_names import (
    DECIDING_PARAMETERS,
    DISPATCHER,
    DISPATCHER_PARAMETERS,
    is_mutating_name,
    is_record_parameter,
)
from dazos_tui.crm.request_fields import CSRF_FIELD, check_segment, check_value, has_field, names_person
from dazos_tui.text.sanitize import safe_text

ALLOWED_HEADERS = (
    "X-Requested-With", "X-PJAX", "Accept", "X-CSRF-Token", "X-XSRF-Token", "X-CSRFToken",
)  # fmt: skip
"""The headers that may be configured. All others are the client's own, or say who is signed in."""
_TOKEN_HEADERS = frozenset({"x-csrf-token", "x-xsrf-token", "x-csrftoken"})

_MAX_TEXT = 2_000
_MAX_FIELDS = 100
_MAX_DEPTH = 8
_PATH = re.compile(r"[A-Za-z0-9._~{}/-]*")
_QUERY = re.compile(r"[!-~]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(?:\[[A-Za-z0-9_.-]*\])*")
_JSON_NAME = re.compile(r"[@$]?[A-Za-z_][A-Za-z0-9_.-]*")
_DECIDING_NAMES = DECIDING_PARAMETERS | {"module", "parent", "view"}
"""Parameters that say what a request does, or which part of the CRM does it."""
_DECISION = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_ENCODED_TWICE = re.compile(r"%[0-9A-Fa-f]{2}")
_PARAMETERS = re.compile(r"(?:[^?\s]*\?)?[A-Za-z_][A-Za-z0-9_\[\]]*=.*", re.DOTALL)
_MEDIA_RANGES = re.compile(r"[a-z]+/[A-Za-z0-9.+*-]{1,60}|\*/\*|q=[01](?:\.[0-9]{1,3})?")
_HEADER_WORD = re.compile(r"[A-Za-z0-9._-]{1,40}")
_DEPLOYED_FILE = re.compile(r"(?i)\.(?:php|html?|json|do|aspx?)$")

_PERSON_NAME = re.compile(
    r"(?:(?:send|mail)_?to|user|login|e?_?mail|recipient|person|contact|employee|member|account|owner|to|cc|bcc)s?"
    r"(?:_?(?:name|address|[0-9]))?"
)
_ABOUT_PEOPLE = re.compile(r"user|person|people|member|employee|recipient")
_STATE_NAME = re.compile(
    r"status|(?:is_?)?(?:admin|active|enabled|deleted|locked|blocked)|role|roles|field|fieldname"
    r"|new_?(?:user_?name|user|name|login|e?_?mail(?:_?address)?)"
)
_UNLOCKING = frozenset({("locked", "false"), ("locked", "0"), ("blocked", "false"), ("blocked", "0")})
"""Names and values that only enable a login."""
_EVERYBODY = re.compile(r"(?:select_?)?all(?:_?users)?|every(?:one|body)")
_RECORD_NAMES = frozenset(
    {"id", "ids", "record", "records", "recordid", "recordids", "record_id", "record_ids", "user", "users"}
    | {"userid", "userids", "user_id", "user_ids", "selected_ids", "excluded_ids"}
)
_SECRET_NAME = re.compile(
    r"token|csrf|xsrf|vtrftk|cookie|sess|^sid$|^auth$|authoriz|authentic|nonce|secret"
    r"|(?:api|access)_?key"
)
_SECRET_VALUE = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9_+/=:,.-]{20,}|sid:.*")
_RECORD_ID = re.compile(r"[0-9]+(?:x[0-9]+)?")
_VERSIONED = frozenset({"api", "rest"})
"""Parts of an address after which a number is a version."""
_RECORD_LIKE_VALUE = re.compile(r"[0-9]+x[0-9]+|.*@.*", re.DOTALL)
_PASSWORD = re.compile(r"passwo?r?d|passphrase|pwd|access_?key")
_MAILING = re.compile(r"reset|forgot|send|mail|link|recover")
_FLAGS = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off"})
_RECORD_MODULES = frozenset(
    {"accounts", "assets", "calendar", "campaigns", "contacts", "documents", "emails", "events", "faq"}
    | {
        "groups",
        "helpdesk",
        "invoice",
        "leads",
        "potentials",
        "pricebooks",
        "products",
        "profiles",
        "project",
    }
    | {"projectmilestone", "projecttask", "purchaseorder", "quotes", "roles", "salesorder"}
    | {"servicecontracts", "services", "smsnotifier", "vendors"}
)
"""Modules of a stock vtiger whose record ids are not those of users, in lower case."""


@dataclass(frozen=True, slots=True)
class TemplateField:
    """One value of a request: the names that lead to it, the innermost last, and the value in the config."""

    names: tuple[str, ...]
    value: object

    @property
    def name(self) -> str:
        """Return its own name."""
        return self.names[-1]

    @property
    def shown(self) -> str:
        """Return the name for a message."""
        return f"“{safe_text('.'.join(self.names), limit=60)}”"


def split_path(path: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the parts of an address between its slashes, and the parameters of its query, decoded.

    Raises ValueError, saying why, if it leads out of the instance's folder or cannot be read.
    """
    folder, _, query = path.partition("?")
    if "://" in path or "\\" in path or folder.startswith("/") or ":" in folder:
        raise ValueError("leads outside the instance: write an address relative to url")
    segments = folder.split("/")
    if any(not part.strip(".") for part in segments) and folder:
        raise ValueError("has an empty part, “.” or “..”: write the address without them")
    if not _PATH.fullmatch(folder) or not _QUERY.fullmatch(query) or re.search('[;#"<>^`|]', query):
        raise ValueError(
            "has a character that does not belong there: write letters, digits and “-._~”, and “%” only "
            "after the question mark"
        )
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        if query:
            raise ValueError(
                "has a parameter without a value after the question mark: write name=value"
            ) from None
        pairs = []
    return segments if folder else [], pairs


def check_path(path: str) -> str:
    """Return an address if it stays with the instance and the person, and changes nothing else."""
    if len(path) > _MAX_TEXT:
        raise ValueError("is too long")
    segments, pairs = split_path(path)
    for before, segment in zip(["", *segments], segments, strict=False):
        check_segment(segment)
        if _RECORD_ID.fullmatch(segment) and before not in _VERSIONED:
            raise ValueError(
                "names a record in the address, and the request is for whom you confirm: write {id}"
            )
        if not has_field(segment):
            _check_action(_DEPLOYED_FILE.sub("", segment), "the address")
            _check_no_secret("", segment, "the address")
    fields = [parameter_field(name, value) for name, value in pairs]
    if any(CSRF_FIELD in str(field.value) for field in fields):
        raise ValueError(f"has {CSRF_FIELD} in the address: write it into form, json or headers")
    _check_fields(fields)
    return path


def check_form(form: Mapping[str, str]) -> None:
    """Check the fields of a form."""
    _check_fields([parameter_field(name, value) for name, value in form.items()])


def check_json(body: Mapping[str, object]) -> None:
    """Check a JSON body, whatever is nested in it."""
    _check_fields(list(json_fields(body)), is_json=True)


def check_headers(headers: Mapping[str, str]) -> None:
    """Check that headers are on the list, and carry no secret but the CSRF token."""
    known = {name.casefold() for name in ALLOWED_HEADERS}
    lowered = [name.casefold() for name in headers]
    if not known.issuperset(lowered):
        raise ValueError(f"has a header that cannot be configured: only {', '.join(ALLOWED_HEADERS)} can")
    if len(set(lowered)) < len(lowered):
        raise ValueError("has the same header twice")
    for name, value in headers.items():
        if name.casefold() in _TOKEN_HEADERS and value != CSRF_FIELD:
            raise ValueError(f"has a token in {name}: write {CSRF_FIELD}, which is the one of your session")
        if not (value.isascii() and value.isprintable() and value.strip() == value and value):
            raise ValueError(f"has a value of {name} that cannot be sent in a header")
        if value != CSRF_FIELD and has_field(value):
            raise ValueError(f"has a field in braces in {name}, which can only be {CSRF_FIELD}")
        ranges = re.split(r"\s*[;,]\s*", value)
        is_accept = name.casefold() == "accept"
        if value != CSRF_FIELD and not (
            all(map(_MEDIA_RANGES.fullmatch, ranges)) if is_accept else _HEADER_WORD.fullmatch(value)
        ):
            raise ValueError(f"has a value of {name} that does not belong there")
        if not is_accept:
            _check_no_secret("", value, name)


def parameter_field(name: str, value: str) -> TemplateField:
    """Return the field of a parameter; ``data[record]`` is ``record`` in ``data``. Raises ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError("has a parameter whose name has an odd character: write letters, digits and “_.-[]”")
    names = tuple(filter(None, re.split(r"[\[\]]+", name)))
    if any(one.isdecimal() and one != "0" for one in names):
        raise ValueError(
            "has a number in the name of a parameter, which may be a record: write {id} as a value"
        )
    return TemplateField(names, value)


def json_fields(value: object, names: tuple[str, ...] = (), depth: int = 0) -> Iterator[TemplateField]:
    """Yield every value in a JSON body; one in a list has the list's name. Raises ValueError for others."""
    if depth > _MAX_DEPTH:
        raise ValueError("is nested too deeply")
    if isinstance(value, dict):
        for key, part in value.items():
            if not isinstance(key, str) or not _JSON_NAME.fullmatch(key):
                raise ValueError(
                    "has a name that is empty or has an odd character, such as a brace: write letters, "
                    "digits and “_.-”, a letter first"
                )
            yield from json_fields(part, (*names, key), depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from json_fields(part, names, depth + 1)
    elif not isinstance(value, str | int | float | None) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        raise ValueError("has a value that JSON does not have, such as a date")
    else:
        yield TemplateField(names, value)
    # An empty list of records may mean all of them.
    if names and value in ({}, []):
        yield TemplateField(names, "")


def check_parameters(
    query: list[tuple[str, str]], form: Mapping[str, str] | None, body: Mapping[str, object] | None
) -> None:
    """Check the parameters of the address and of the body together: PHP sees only one of two.

    Raises ValueError if they contradict each other, or if what decides about the action is missing.
    """
    params: dict[str, object] = {}
    for name, value in [*query, *(form or body or {}).items()]:
        key = name.casefold().replace(".", "_")
        if params.setdefault(key, value) != value:
            raise ValueError("has the same parameter twice, with two values: keep one of them")
    # PHP reads a[b] as a part of a, and keeps only one of the two.
    if not {key.partition("[")[0] for key in params if "[" in key}.isdisjoint(params):
        raise ValueError("has a parameter both with and without brackets: keep one of them")
    if str(params.get("action", "")).casefold() == DISPATCHER and not (
        params.get("mode") and params.keys() <= DISPATCHER_PARAMETERS | {"__vtrftk"}
    ):
        raise ValueError("would save something: SaveAjax needs a mode, and takes no further fields")


def check_record_kept(
    method: str,
    path: str,
    form: Mapping[str, str] | None,
    body: Mapping[str, object] | None,
) -> None:
    """Raise ValueError if the address is that of the record itself, and the request would change that."""
    segments, query = split_path(path)
    fields = [*json_fields(body or {}), *(parameter_field(*one) for one in [*query, *(form or {}).items()])]
    names = {field.name.casefold().strip("_") for field in fields}
    is_record = segments and names_person(segments[-1]) and names.isdisjoint(_DECIDING_NAMES - {"module"})
    values = [field for field in fields if field.value != CSRF_FIELD]
    is_unlocking = method == "PATCH" and all(
        (field.name.casefold(), str(field.value).casefold()) in _UNLOCKING for field in values
    )
    if method in {"PUT", "PATCH"} and is_record and not is_unlocking:
        raise ValueError(
            f"would change the record itself: a {method} at its own address saves what it is sent"
        )


def _check_fields(fields: list[TemplateField], *, is_json: bool = False) -> None:
    if len(fields) > _MAX_FIELDS:
        raise ValueError(f"has more than {_MAX_FIELDS} fields")
    for field in fields:
        if isinstance(field.value, str):
            _check_text(field.value, field.shown)
            check_value(field.value, is_json=is_json)
        for name in field.names:
            _check_action(name, f"the name {field.shown}")
        _check_no_change(field)
        _check_one_record(field)
        if field.name.casefold().strip("_") in _DECIDING_NAMES and not _DECISION.fullmatch(str(field.value)):
            raise ValueError(
                f"has a value of {field.shown} that is no name of an action or a part of the CRM"
            )
        if isinstance(field.value, bool | None) or names_person(str(field.value)):
            continue
        if field.value == CSRF_FIELD and _SECRET_NAME.search(field.name.casefold()):
            continue
        _check_literal(field)


def _check_text(text: str, where: str) -> None:
    if len(text) > _MAX_TEXT:
        raise ValueError(f"has a value of {where} that is too long")
    if not text.isprintable():
        raise ValueError(f"has an invisible character in {where}, such as a line break or a control code")


def _check_literal(field: TemplateField) -> None:
    """Check a value that is the same for every person."""
    text, name = str(field.value), field.name.casefold()
    if text != CSRF_FIELD:
        _check_no_secret(name, text, field.shown)
    is_person = is_record_parameter(name) or _PERSON_NAME.fullmatch(name)
    inside_person = any(is_record_parameter(one) for one in field.names[:-1]) and re.search("[0-9]", text)
    is_number_of_person = _ABOUT_PEOPLE.search(name) and text.isdecimal() and text not in _FLAGS
    if is_person or inside_person or is_number_of_person or _RECORD_LIKE_VALUE.fullmatch(text):
        raise ValueError(
            f"names somebody in {field.shown}, and the request is for whom you confirm: write {{id}}, "
            "{user_name} or {email}"
        )
    if name == "module" and text.casefold() in _RECORD_MODULES:
        raise ValueError("is about another module's record: module must be Users")
    if not (field.names == ("action",) and text.casefold() == DISPATCHER):
        _check_action(text, field.shown)

    if _ENCODED_TWICE.search(text):
        raise ValueError(f"has a value of {field.shown} that is encoded twice: write it as it is")
    if _PARAMETERS.fullmatch(text):
        parameters = parse_qsl(text.rpartition("?")[2], keep_blank_values=True)
        _check_fields([parameter_field(inner, value) for inner, value in parameters])


def _check_one_record(field: TemplateField) -> None:
    """Check that a field does not leave open whose record is meant, nor means everybody's."""
    name, text = field.name.casefold(), str(field.value).casefold()
    is_open = name in _RECORD_NAMES and isinstance(field.value, bool | None)
    if is_open or _EVERYBODY.fullmatch(name) or _EVERYBODY.fullmatch(text) or text == "*":
        raise ValueError(
            f"may be about everybody, as {field.shown} says: write {{id}}, {{user_name}} or {{email}}"
        )


def _check_action(text: str, where: str) -> None:
    if is_mutating_name(text):
        raise ValueError(
            f"would delete, change or save something, as {where} says: only a request that sends a link or "
            "enables a login can be configured"
        )


def _check_no_change(field: TemplateField) -> None:
    """Check that a field gives the account no other state, password or key."""
    text = str(field.value).casefold()
    names = [name.casefold() for name in field.names]
    if any(_STATE_NAME.fullmatch(name) and (name, text) not in _UNLOCKING for name in names):
        raise ValueError(f"would change the account with {field.shown}: leave that field out")
    secret = [name for name in names if _PASSWORD.search(name)]
    if secret and not (all(map(_MAILING.search, secret)) and text in _FLAGS):
        raise ValueError(f"would set a password or a key with {field.shown}: leave that field out")


def _check_no_secret(name: str, text: str, where: str) -> None:
    if (text and _SECRET_NAME.search(name)) or _SECRET_VALUE.fullmatch(text):
        raise ValueError(
            f"has what looks like a secret in {where}: write {CSRF_FIELD} for the token of your session, and "
            "leave out every other secret"
        )
