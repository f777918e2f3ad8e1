"""Checks that several tables of the config share."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from dazos_tui.config.validation_messages import require_program
from dazos_tui.text.sanitize import REPLACEMENT, safe_text

VARIABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
"""The pattern of an environment variable's name."""


def require_visible(text: str) -> str:
    """Return a text that can be shown unchanged on one line. Raises ValueError for any other."""
    # After a letter: a combining mark without one is not shown.
    if any(safe_text(f"x{char}") in {"x", f"x{REPLACEMENT}"} for char in text if char != " "):
        raise ValueError("contains an invisible character, such as a line break or a control code")
    return text


def _require_trimmed(text: str) -> str:
    if text != text.strip():
        raise ValueError("starts or ends with a space")
    return text


SingleLine = Annotated[
    str,
    Field(min_length=1, max_length=200),
    AfterValidator(_require_trimmed),
    AfterValidator(require_visible),
]
"""Text that can be shown unchanged on one line."""


def _require_single_word(text: str) -> str:
    if len(text.split()) != 1 or ":" in text or text.startswith("-"):
        raise ValueError(
            "has a tag that is not one word; tag:west finds it, so no space, colon or leading “-”"
        )
    return text


Tag = Annotated[SingleLine, AfterValidator(_require_single_word)]
"""A word by which instances are found: ``tag:west``."""

_INSTANCE_FIELD = "{instance}"


def resolve_path(value: object, info: ValidationInfo) -> object:
    """Return the path of a file, relative to the config's folder. Raises ValueError."""
    if not isinstance(value, str) or not info.context:
        return value
    if not require_visible(value).strip():
        raise ValueError("is empty")
    try:
        return Path(info.context["folder"], Path(value).expanduser())
    except RuntimeError:
        raise ValueError("starts with ~, but that home folder is not known") from None


def fill_instance_name(value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
    """Return a command with ``{instance}`` in its arguments replaced by the instance's name.

    Other braces stay as they are: they may be part of a program. Raises ValueError if the name would be taken
    for an option.
    """
    name = info.data.get("name")
    if not value or name is None:
        return value
    filled = tuple(argument.replace(_INSTANCE_FIELD, name) for argument in value[1:])
    if name.startswith("-") and any(argument.startswith(_INSTANCE_FIELD) for argument in value[1:]):
        raise ValueError("would take the instance's name, which starts with “-”, for an option")
    return value[0], *filled


def check_command(value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
    """Return the command that prints a secret: a program, and the only source. Raises ValueError.

    The other source is a variable: ``password_env`` beside ``password_command``.
    """
    if value is None:
        return None
    require_program(value)
    variable = f"{str(info.field_name).removesuffix('_command')}_env"
    if info.data.get(variable) is not None:
        raise ValueError(f"cannot be combined with {variable}: keep one of them")
    return value


def check_keyring(value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - given by place
    """Return whether the keyring is used, which has to be the password's only source. Raises ValueError."""
    for other in ("password_command", "password_env"):
        if value and info.data.get(other) is not None:
            raise ValueError(f"cannot be combined with {other}: keep one of them")
    return value
