"""Messages about mistakes in a config file. None of them repeats a value, which could be a secret."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_REASONS = {"missing": "is missing", "string_too_short": "is empty", "string_too_long": "is too long"}


def dotted_key(*keys: str) -> str:
    """Return a key as TOML writes it: ``instances."my crm".url``."""
    return ".".join(key if _BARE_KEY.fullmatch(key) else _quote(key) for key in keys)


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.5) -> str:
    """Return a question with the known word most similar to this one, or nothing.

    `cutoff` is the least similarity, from 0 to 1: a few short words need a higher one than many long ones.
    """
    # Imported late: a mistake is rare.
    from difflib import get_close_matches

    near = get_close_matches(word[:100], list(known), n=1, cutoff=cutoff)
    return f" (did you mean “{near[0]}”?)" if near else ""


def require_program(command: Sequence[str]) -> None:
    """Raise ValueError unless a command names a program and has arguments that can be passed to one."""
    if not command or not command[0].strip():
        raise ValueError("names no program")
    if any("\0" in part for part in command):
        raise ValueError("contains a zero byte, which cannot be passed to a program")


def unknown_key_message(keys: Sequence[str], known: Iterable[str]) -> str:
    """Return the message about an unknown key."""
    names = list(known)
    near = did_you_mean(keys[-1].lower(), names)
    return f"{dotted_key(*keys)}: unknown key{near}; known here: {', '.join(names)}"


def describe_validation_error(
    details: "ErrorDetails", tables: "Mapping[tuple[str, ...], type[BaseModel]]"
) -> str:
    """Return the message about one of pydantic's errors.

    `tables` maps the keys of a table in the file to its model; ``*`` means any key.
    """
    keys = [part for part in details["loc"] if isinstance(part, str)]
    fields = _fields(keys[:-1], tables)
    if details["type"] == "extra_forbidden":
        return unknown_key_message(keys, (name for name in fields if name != "name"))
    if len(keys) == 3 and keys[0] == "instances" and keys[-1] == "name":
        return f"{dotted_key(*keys[:-1])}: the table's name {_reason(details)}"
    field = fields.get(keys[-1]) if keys else None
    expected = (field and field.description) or _expected(details, field)
    return f"{dotted_key(*keys)}: {_reason(details)}; expected {expected}"


def _fields(
    keys: Sequence[str], tables: "Mapping[tuple[str, ...], type[BaseModel]]"
) -> "dict[str, FieldInfo]":
    is_named = keys[:1] == ["instances"]
    place = tuple("*" if is_named and number == 1 else key for number, key in enumerate(keys))
    model = tables.get(place)
    return {field.alias or name: field for name, field in model.model_fields.items()} if model else {}


def _reason(details: "ErrorDetails") -> str:
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])
    return _REASONS.get(details["type"], "is not valid")


def _expected(details: "ErrorDetails", field: "FieldInfo | None") -> str:
    is_text = details["type"].startswith("string") or (field is not None and field.annotation is str)
    return "text in quotes" if is_text else "a table"


def _quote(key: str) -> str:
    escaped = safe_text(key, limit=100).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
