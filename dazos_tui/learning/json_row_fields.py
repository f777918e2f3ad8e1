"""Which value of a row in a recorded JSON list is what: found by its name, and checked by its content.

The result has only names of the interface, never a value of a row, except the few words of a status.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from dazos_tui.crm.pages.html import is_record_id
from dazos_tui.learning.request_fields import KnownPerson, is_email, personal_texts

Rows = Sequence[Mapping[str, Any]]

_MAX_DEPTH = 4
_MAX_FIELDS = 200
_MIN_SHARE = 0.8
"""The part of the rows that must have a field. One that few rows have may be named after a person."""
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")

_ID_NAMES = ("id", "userid", "recordid", "record", "crmid", "uid")
_USER_NAME_NAMES = ("username", "login", "loginname", "userlogin", "account", "accountname", "user")
_EMAIL_NAMES = ("email1", "email", "emailaddress", "primaryemail", "mail", "useremail")
_NAME_NAMES = ("name", "fullname", "displayname", "label", "title")
_FIRST_NAMES = ("firstname", "givenname", "first", "forename")
_LAST_NAMES = ("lastname", "familyname", "surname", "last")
_ROLE_NAMES = ("rolename", "role", "roleid", "roletitle", "profile")
_ADMIN_NAMES = ("isadmin", "admin", "administrator", "isadministrator")
_STATUS_NAMES = (
    "status", "state", "userstatus", "accountstatus", "active", "isactive", "enabled", "isenabled",
    "inactive", "isinactive", "disabled", "isdisabled", "deactivated", "isdeactivated",
)  # fmt: skip
_MEANS_INACTIVE = re.compile(r"(?:is)?(?:inactive|disabled|deactivated)")
_WORD_PAIRS = (("active", "inactive"), ("enabled", "disabled"))
_STATUS_PAIRS = (*_WORD_PAIRS, ("on", "off"), ("yes", "no"), ("1", "0"), ("true", "false"))
"""Words for the two states of an account, as interfaces pair them."""
_PERSONAL = ("user_name", "email", "name", "first_name", "last_name")


class RowFields:
    """The fields that the rows of a list have in common."""

    def __init__(self, rows: Rows) -> None:
        """Read the names of all fields, and their values, of these rows."""
        self._rows = rows
        self._values = _common_fields(rows)
        self.is_verified = False
        """Whether a recorded profile showed which field is the record id."""

    def find(self, person: KnownPerson | None) -> dict[str, str]:
        """Return the JSON pointer of each field that was found.

        `person` is somebody whose profile was recorded: their row shows which field is which.
        """
        known = self._known_by(person)
        self.is_verified = bool(known)
        found = {
            "id": known.get("id") or self._named(_ID_NAMES, _are_record_ids),
            "user_name": known.get("user_name") or self._named(_USER_NAME_NAMES, _are_names),
            "email": known.get("email") or self._named(_EMAIL_NAMES, _are_emails) or self._any(_are_emails),
        }
        found["name"] = self._named(_NAME_NAMES, _are_texts)
        first, last = self._named(_FIRST_NAMES, _are_texts), self._named(_LAST_NAMES, _are_texts)
        if first or last:
            found |= {"name": "", "first_name": first, "last_name": last}
        found["role"] = self._named(_ROLE_NAMES, _are_texts)
        found["status"] = self._named(_STATUS_NAMES, _are_few)
        found["admin"] = self._named(_ADMIN_NAMES, _are_yes_or_no)
        return {name: pointer for name, pointer in found.items() if pointer}

    def status_values(self, pointer: str) -> dict[str, bool | int | str]:
        """Return which value of a status means active, and which inactive; empty if that is not plain."""
        seen = [value for value in self._values.get(pointer, []) if value is not None]
        name = plain_name(pointer.rpartition("/")[2])
        means_active = name.removeprefix("is") in {"active", "enabled"}
        means_inactive = _MEANS_INACTIVE.fullmatch(name) is not None
        is_plain = means_active or means_inactive
        if seen and all(isinstance(value, bool) for value in seen):
            return {"active": means_active, "inactive": means_inactive} if is_plain else {}
        if seen and all(isinstance(value, int) and value in {0, 1} for value in seen):
            return {"active": int(means_active), "inactive": int(means_inactive)} if is_plain else {}
        words = {value.strip().casefold() for value in seen if isinstance(value, str)}
        pair = next((pair for pair in _STATUS_PAIRS if not words.isdisjoint(pair)), None)
        # “on” and “1” only mean something together with the name.
        if pair is None or (pair not in _WORD_PAIRS and not is_plain):
            return {}
        if means_inactive and pair not in _WORD_PAIRS:
            pair = pair[::-1]
        return dict(zip(("active", "inactive"), pair, strict=True))

    def people(self, found: Mapping[str, str]) -> tuple[KnownPerson, ...]:
        """Return the people in the rows, with all that these fields say about them."""
        return tuple(_person(row, found) for row in self._rows)

    def _known_by(self, person: KnownPerson | None) -> dict[str, str]:
        """Return the fields in which one row has what the recorded profile shows of that person."""
        if person is None:
            return {}
        wanted = (
            ("id", person.id, _ID_NAMES),
            ("user_name", person.user_name, _USER_NAME_NAMES),
            ("email", person.email, _EMAIL_NAMES),
        )
        for row in self._rows:
            found = {name: self._holding(text, names, row) for name, text, names in wanted if text}
            if found.get("id") and (found.get("email") or found.get("user_name")):
                return found
        return {}

    def _holding(self, text: str, names: Sequence[str], row: Mapping[str, Any]) -> str:
        """Return the field of a row that holds a text, by preference one with one of these names."""
        holding = [
            pointer
            for pointer, value in _leaves(row)
            if pointer in self._values and _texts([value]) and str(value).casefold() == text.casefold()
        ]
        named = (pointer for pointer in holding if not _names_of(pointer).isdisjoint(names))
        return next(named, holding[0] if holding else "")

    def _named(self, names: Sequence[str], check: Callable[[Sequence[object]], bool]) -> str:
        """Return the first field by one of these names, in their order, whose values pass the check.

        In a nested object, the name of the object counts too: ``/role/name`` is the role.
        """
        for name in names:
            for pointer, values in self._values.items():
                if name in _names_of(pointer) and check(values):
                    return pointer
        return ""

    def _any(self, check: Callable[[Sequence[object]], bool]) -> str:
        return next((pointer for pointer, values in self._values.items() if check(values)), "")


def _common_fields(rows: Rows) -> dict[str, list[object]]:
    values: dict[str, list[object]] = {}
    for row in rows:
        for pointer, value in _leaves(row):
            if pointer in values or len(values) < _MAX_FIELDS:
                values.setdefault(pointer, []).append(value)
    return {pointer: found for pointer, found in values.items() if len(found) >= _MIN_SHARE * len(rows)}


def _leaves(value: Mapping[str, Any], above: str = "", depth: int = 1) -> Iterator[tuple[str, object]]:
    for name, inner in value.items():
        if not _FIELD_NAME.fullmatch(name):
            continue
        if isinstance(inner, Mapping):
            if depth < _MAX_DEPTH:
                yield from _leaves(inner, f"{above}/{name}", depth + 1)
        elif not isinstance(inner, list):
            yield f"{above}/{name}", inner


def plain_name(name: str) -> str:
    """Return the name of a field or parameter without capitals, hyphens and underscores, to compare it."""
    return name.replace("_", "").replace("-", "").casefold()


def _names_of(pointer: str) -> set[str]:
    """Return the names by which a field may be known: its own, and with its parent's if it is nested."""
    *_, parent, own = ["", *map(plain_name, pointer.split("/")[1:])]
    if not parent:
        return {own}
    return {parent + own} | ({parent} if own in {"name", "label", "value"} else set()) | (
        {own} if own not in {"id", "name", "label", "value"} else set()
    )  # fmt: skip


def _texts(values: Iterable[object]) -> list[str]:
    return [
        str(value)
        for value in values
        if isinstance(value, str | int) and not isinstance(value, bool) and value
    ]


def _are_record_ids(values: Sequence[object]) -> bool:
    texts = _texts(values)
    return len(set(texts)) == len(values) and all(map(is_record_id, texts))


def _are_emails(values: Sequence[object]) -> bool:
    texts = _texts(values)
    return bool(texts) and sum(map(is_email, texts)) >= _MIN_SHARE * len(texts)


def _are_names(values: Sequence[object]) -> bool:
    texts = _texts(values)
    return len({text.casefold() for text in texts}) == len(values) and all(len(text) < 200 for text in texts)


def _are_texts(values: Sequence[object]) -> bool:
    return any(isinstance(value, str) and value for value in values)


def _are_few(values: Sequence[object]) -> bool:
    kinds = {str(value) for value in values if value is not None}
    return bool(kinds) and len(kinds) <= 6 and all(len(kind) <= 30 for kind in kinds)


def _are_yes_or_no(values: Sequence[object]) -> bool:
    known = {"true", "false", "on", "off", "yes", "no", "0", "1"}
    return (
        any(value is not None for value in values)
        and {str(value).casefold() for value in values if value is not None} <= known
    )


def _person(row: Mapping[str, Any], found: Mapping[str, str]) -> KnownPerson:
    leaves = dict(_leaves(row))
    shown = {name: "".join(_texts([leaves.get(pointer)])) for name, pointer in found.items()}
    texts = personal_texts(*(shown[name] for name in _PERSONAL if name in shown))
    return KnownPerson(shown.get("id", ""), shown.get("user_name", ""), shown.get("email", ""), texts)


def scalars_of(document: object) -> dict[str, object]:
    """Return the values of a document outside of its lists, by JSON pointer; only those with plain names."""
    return dict(_leaves(document)) if isinstance(document, Mapping) else {}


def rows_of(document: object) -> tuple[str, Rows]:
    """Return the JSON pointer of the longest list of people in a document, and its rows; none: no rows.

    A person has an id and an e-mail address.
    """
    found = [(pointer, rows) for pointer, rows in _lists_of(document) if _are_people(rows)]
    return max(found, key=lambda one: len(one[1]), default=("", ()))


def _lists_of(value: object, above: str = "", depth: int = 0) -> Iterator[tuple[str, Rows]]:
    if isinstance(value, list):
        if all(isinstance(row, Mapping) for row in value):
            yield above, value
        return
    if not isinstance(value, Mapping) or depth > _MAX_DEPTH:
        return
    inner = list(value.values())
    if above and len(inner) > 1 and all(isinstance(row, Mapping) for row in inner):
        yield above, inner
    for name, one in value.items():
        if _FIELD_NAME.fullmatch(name):
            yield from _lists_of(one, f"{above}/{name}", depth + 1)


def _are_people(rows: Rows) -> bool:
    fields = _common_fields(rows) if rows else {}
    has_id = any(_are_record_ids(values) for values in fields.values())
    return has_id and any(_are_emails(values) for values in fields.values())
