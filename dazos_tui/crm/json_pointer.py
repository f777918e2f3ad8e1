"""JSON pointers (RFC 6901): the place of a value in a JSON document, such as ``/result/users/0/id``."""

import re
from typing import Annotated

from pydantic import AfterValidator

_MAX_LENGTH = 500


def pointer_tokens(pointer: str) -> tuple[str, ...]:
    """Return the names and indexes on the way to a value, unescaped.

    Raises ValueError if this is not a pointer.
    """
    if len(pointer) > _MAX_LENGTH or not pointer.isprintable():
        raise ValueError("is too long, or contains a character that cannot be shown")
    if pointer and not pointer.startswith("/"):
        raise ValueError("is not a JSON pointer: it begins with a slash, as in “/result/users”")
    tokens = pointer.split("/")[1:]
    if any("~" in token.replace("~0", "").replace("~1", "") for token in tokens):
        raise ValueError("is not a JSON pointer: write ~0 for ~, and ~1 for / in a name")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def value_at(document: object, pointer: str) -> object:
    """Return the value that a pointer names. Raises LookupError if the document has no such value."""
    value = document
    for token in pointer_tokens(pointer):
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and _is_index(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            raise LookupError(pointer)
    return value


def _is_index(text: str) -> bool:
    return re.fullmatch("0|[1-9][0-9]{0,8}", text) is not None


def _check_pointer(pointer: str) -> str:
    pointer_tokens(pointer)
    return pointer


JsonPointer = Annotated[str, AfterValidator(_check_pointer)]
"""A JSON pointer in a config; an empty one names the whole document."""
