"""The note's template and the fields that it and the note command may use."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from dazos_tui.config.validation_messages import did_you_mean, require_program
from dazos_tui.text.sanitize import REPLACEMENT, safe_text

NOTE_FIELDS = (
    "user_name", "email", "instance", "environment", "host", "operator", "ticket", "time", "date", "outcome",
    "message", "history_id",
)  # fmt: skip
"""The field names that may be written in braces."""

TICKET_FIELDS = ("ticket", "instance", "environment", "host", "operator")
"""The same for the command that reads a ticket, when no link is known yet."""

DEFAULT_TEMPLATE = """\
A link to set a new password was sent to {email} on {date} at {time}.
If you do not see the mail, please look in your spam and junk folders too.
If there is more than one such mail, use only the newest.
The link is time-sensitive, so please use it soon.
Once you have set your new password, reply here and say whether you can sign in."""
"""The note about a link that was sent. It names no lifetime: Dazos only calls the link “time-sensitive”."""

MAX_TEMPLATE = 4_000
"""The longest allowed template, in characters."""

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def check_template(template: str) -> str:
    """Return the template if every note can be made from it. Raises ValueError saying why not."""
    if not template.strip():
        raise ValueError("is empty")
    if len(template) > MAX_TEMPLATE:
        raise ValueError(f"is longer than {MAX_TEMPLATE:,} characters")
    for number, line in enumerate(template.split("\n"), 1):
        if any(map(_is_control_character, set(line) - {"\t"})):
            raise ValueError(f"contains a control character in line {number}")
        _check_fields(line, f"in line {number}")
    return template


def check_note_command(command: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the command if it can be run for every note. Raises ValueError saying why not."""
    return _check_command(command, NOTE_FIELDS)


def check_ticket_command(command: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the command if it can be run for every ticket. Raises ValueError saying why not."""
    if _check_command(command, TICKET_FIELDS) is None:
        return None
    if not any("ticket" in template_fields(argument) for argument in (command or ())[1:]):
        raise ValueError("has no {ticket} in its arguments, so it would read the same for each ticket")
    return command


def _check_command(command: tuple[str, ...] | None, fields: Sequence[str]) -> tuple[str, ...] | None:
    if command is None:
        return None
    require_program(command)
    if _BRACES.search(command[0]):
        raise ValueError("has braces in the program's name, which cannot have fields")
    for number, argument in enumerate(command[1:], 1):
        _check_fields(argument, f"in argument {number}", fields)
    return command


def template_fields(template: str) -> frozenset[str]:
    """Return the names of the fields in a checked template."""
    return frozenset(name for name in _BRACES.findall(template) if name)


def starts_with_field(template: str) -> bool:
    """Return whether a checked template starts with a field."""
    first = _BRACES.match(template)
    return first is not None and first[1] is not None


def fill_template(template: str, values: Mapping[str, str]) -> str:
    """Return a checked template with each field replaced by its value, and ``{{`` by a brace."""
    return _BRACES.sub(lambda piece: piece[0][0] if piece[1] is None else values[piece[1]], template)


def fill_arguments(command: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Return a checked command with its arguments filled in.

    Raises ValueError with the reason if a field has no value, or if a value would be taken for an option.
    """
    filled = [command[0]]
    for argument in command[1:]:
        missing = [name for name in values if name in template_fields(argument) and not values[name]]
        if missing:
            raise ValueError(f"needs the {missing[0].replace('_', ' ')}, which is missing")
        filled.append(fill_template(argument, values))
        if starts_with_field(argument) and filled[-1].startswith("-"):
            raise ValueError("would take a value that starts with “-” for an option")
    return tuple(filled)


def _check_fields(text: str, where: str, fields: Sequence[str] = NOTE_FIELDS) -> None:
    for piece in _BRACES.finditer(text):
        name = piece[1]
        if name is None:
            if len(piece[0]) == 1:
                raise ValueError(f"contains a single brace {where}: a brace is written twice, {{{{ or }}}}")
        elif name not in fields:
            # Not quoted: no message about the config repeats its content.
            near = did_you_mean(re.split(r"[.\[!:]", name.strip().lower())[0], fields)
            raise ValueError(f"has an unknown field {where}{near}; fields are {', '.join(fields)}")


def _is_control_character(char: str) -> bool:
    # After a letter: a combining mark without one is not shown.
    return unicodedata.category(char) in {"Cc", "Zl", "Zp"} or REPLACEMENT in safe_text(f"x{char}")
