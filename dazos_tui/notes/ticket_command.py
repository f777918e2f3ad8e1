"""Reading a ticket with a program that the user configured, such as the command line of a ticket system."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from dazos_tui.config.models import Instance
from dazos_tui.config.note_template import fill_arguments
from dazos_tui.system.subprocesses import (
    KEPT_OUTPUT_BYTES,
    ProgramFailedError,
    child_environment,
    describe_exit,
    last_line,
    run_program,
)
from dazos_tui.text.sanitize import safe_text

TICKET_COMMAND_SECONDS = 5.0
"""How long reading a ticket may take: the user is waiting."""

MAX_TICKET_LENGTH = 200
"""The longest ticket that is passed to a command, in characters."""

_MARKUP = re.compile(r"<[^<>@]*>")
"""A tag of an HTML mail. What holds an address, such as ``<bea@example.com>``, is none."""
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrtbf\"/\\])")
"""An escape in JSON, for one that was cut and so cannot be parsed."""
_MAX_REPLACED = 0.1
"""The share of bytes that are no UTF-8 in what still counts as a text."""


class TicketCommandError(Exception):
    """The ticket could not be read: `str(error)` says why, `error.advice` what to do."""

    advice = "Check ticket_command in the config by running it yourself, or look for the person by name."


@dataclass(frozen=True, slots=True)
class TicketText:
    """What a ticket says, as plain text of several lines. `is_cut`: the middle of a long one is missing."""

    text: str
    is_cut: bool = False


def require_ticket(ticket: str) -> str:
    """Return a ticket that can be passed to a command. Raises TicketCommandError for another one."""
    if not ticket.strip():
        raise TicketCommandError("The ticket is empty.")
    if ticket.startswith("-"):
        raise TicketCommandError(
            f"“{safe_text(ticket, limit=MAX_TICKET_LENGTH)}” starts with “-”: a command would take it for an "
            "option."
        )
    if len(ticket) > MAX_TICKET_LENGTH or safe_text(ticket) != ticket:
        raise TicketCommandError("The ticket is too long, or has characters that cannot be shown.")
    return ticket


async def read_ticket(
    command: Sequence[str],
    ticket: str,
    instance: Instance,
    *,
    secret_variables: Collection[str],
    seconds: float = TICKET_COMMAND_SECONDS,
) -> TicketText:
    """Run a checked ticket command with its fields filled in; return what it prints.

    It runs without a shell, without a terminal and without the config's `secret_variables`. After `seconds`,
    or if this is cancelled, it is killed with everything it started. Of a long output, start and end are
    read. Raises TicketCommandError.
    """
    subject = f"The ticket command “{safe_text(command[0], limit=100)}”"
    values = {
        "ticket": require_ticket(ticket),
        "instance": instance.name,
        "environment": instance.environment.value,
        "host": instance.host,
        "operator": instance.operator,
    }
    try:
        arguments = fill_arguments(command, values)
        code, output, errors = await run_program(arguments, seconds, child_environment(secret_variables))
    except ValueError as error:
        raise TicketCommandError(f"{subject} was not run: it {error}.") from None
    except ProgramFailedError as failure:
        raise TicketCommandError(f"{subject} {failure}") from None
    if code != 0:
        said = last_line(errors) or last_line(output)
        raise TicketCommandError(f"{subject} {describe_exit(code)}{f': {said}' if said else '.'}")
    text = output.decode(errors="replace")
    if b"\0" in output or text.count("�") > _MAX_REPLACED * len(text):
        raise TicketCommandError(f"{subject} printed something that is not text.")
    if not text.strip():
        raise TicketCommandError(f"{subject} printed nothing.")
    return TicketText(_plain_text(text), is_cut=len(output) >= 2 * KEPT_OUTPUT_BYTES)


def _plain_text(text: str) -> str:
    """Return a text without the notation around it: JSON with its strings, HTML with its tags."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            text = "\n".join(_strings_in(json.loads(text)))
        except (ValueError, RecursionError):
            text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", text)
    return unescape(_MARKUP.sub(" ", text))


def _strings_in(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from _strings_in(one)
        case dict():
            for one in value.values():
                yield from _strings_in(one)
