"""The fields in braces of a configured request: where they may be, and filling them in.

A field is the whole value, except that vtiger's own forms of a record id are known: ``19x{id}`` as its web
service writes it, and ``[{id}]`` or ``["{id}"]`` as its lists of records do. So a filled value can name only
the person.
"""

import re
from enum import Enum
from typing import Final

PERSON_FIELDS = ("id", "user_name", "email")
"""Fields that say who the person is. A request without one of them would be about nobody."""
CSRF_FIELD: Final = "{csrf}"
NUMBER_FIELD: Final = "{id:number}"
"""The record id as a number of JSON, where the CRM refuses it as a string."""
KNOWN_FIELDS = ("{id}", "{user_name}", "{email}", CSRF_FIELD)

_PERSON = "|".join(PERSON_FIELDS)
_PERSON_FIELD = re.compile(rf"\{{({_PERSON})\}}")
_WHOLE_VALUE = re.compile(rf"\{{(?:{_PERSON})\}}|[0-9]{{1,4}}x\{{id\}}|\[\{{id\}}\]|\[\"\{{id\}}\"\]")
_PATH_SEGMENT = re.compile(rf"(?:[A-Za-z_~-]*[_~-])?\{{(?:{_PERSON})\}}(?:\.[A-Za-z]+)?")


class OpenField(Enum):
    """What is filled in only when the request leaves."""

    CSRF_TOKEN = CSRF_FIELD


def has_field(text: str) -> bool:
    """Return whether a value has a field, known or not."""
    return "{" in text or "}" in text


def names_person(text: str) -> bool:
    """Return whether a value has a field for the person."""
    return text == NUMBER_FIELD or _PERSON_FIELD.search(text) is not None


def check_value(text: str, *, is_json: bool = False) -> None:
    """Raise ValueError, saying why, if a value has a field that is unknown or is not the whole value."""
    if not has_field(text) or text == CSRF_FIELD or _WHOLE_VALUE.fullmatch(text):
        return
    if is_json and text == NUMBER_FIELD:
        return
    if any(field in text for field in KNOWN_FIELDS):
        raise ValueError("has a field in braces beside other text: the field must be the whole value")
    number = f" and {NUMBER_FIELD}" if is_json else ""
    raise ValueError(f"has an unknown field in braces: fields are {', '.join(KNOWN_FIELDS)}{number}")


def check_segment(text: str) -> None:
    """Raise ValueError, saying why, if a part of a path has a field that is unknown or does not fit there."""
    if not has_field(text) or _PATH_SEGMENT.fullmatch(text):
        return
    if CSRF_FIELD in text:
        raise ValueError(f"has {CSRF_FIELD} in the address: write it into form, json or headers")
    if _PERSON_FIELD.search(text):
        raise ValueError("has a field in braces beside other text: write it between two slashes")
    raise ValueError(f"has an unknown field in braces: fields are {', '.join(KNOWN_FIELDS[:-1])}")


def fill_text(text: str, person: dict[str, str]) -> str:
    """Return a checked value with the person's values, which are taken as they are, braces and all.

    Raises ValueError if a value of the person is missing, or is not of the form that is needed.
    """
    if "x{id}" in text and not _is_number(person["id"]):
        raise ValueError("the record id is not a number")
    return _PERSON_FIELD.sub(lambda field: _value_of(field[1], person), text)


def fill_segment(text: str, person: dict[str, str]) -> str:
    """Return a part of a path with the person's values, not yet encoded. Raises ValueError as `fill_text`.

    A server may decode a part of a path before it looks for slashes and dots, so a value must have neither.
    """
    filled = fill_text(text, person)
    if filled != text and (not filled.strip(".") or any(char in "/\\" or ord(char) < 32 for char in filled)):
        raise ValueError("a value of the person cannot be a part of an address")
    return filled


def fill_value(text: str, person: dict[str, str]) -> str | OpenField:
    """Return a value as `fill_text` does; the CSRF token stays open."""
    return OpenField.CSRF_TOKEN if text == CSRF_FIELD else fill_text(text, person)


def fill_json(value: object, person: dict[str, str]) -> object:
    """Return a JSON value with every string in it filled in as `fill_value` does."""
    if isinstance(value, dict):
        return {key: fill_json(part, person) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [fill_json(part, person) for part in value]
    if value == NUMBER_FIELD:
        if not _is_number(person["id"]):
            raise ValueError("the record id is not a number")
        return int(person["id"])
    return fill_value(value, person) if isinstance(value, str) else value


def _value_of(name: str, person: dict[str, str]) -> str:
    if not person[name]:
        raise ValueError(f"the {name.replace('_', ' ')} is missing")
    return person[name]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
