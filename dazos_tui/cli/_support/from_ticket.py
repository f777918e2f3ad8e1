"""The person whom a ticket names, for ``send --from-ticket``."""

from dataclasses import dataclass
from functools import partial
from shlex import quote

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.output import echo_err, format_table, show_progress, show_reading
from dazos_tui.config.errors import ConfigError
from dazos_tui.config.models import Config, Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import User
from dazos_tui.crm.reader import UserListReader
from dazos_tui.directory.ticket_people import NamedPeople, people_in_text
from dazos_tui.notes.ticket_command import TicketText, read_ticket
from dazos_tui.text.sanitize import safe_text


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket, and what it says."""

    number: str
    content: TicketText


async def fetch_ticket(config: Config, number: str, instance: Instance) -> Ticket:
    """Read a ticket with the configured command. Raises ConfigError, TicketCommandError."""
    if config.ticket_command is None:
        raise ConfigError(
            "There is no ticket_command in the config, so no ticket can be read.",
            advice="Name the people yourself, and the ticket with --ticket; or set ticket_command.",
        )
    show_progress(f"Reading the ticket {safe_text(number)} …")
    content = await read_ticket(
        config.ticket_command, number, instance, secret_variables=config.secret_variables
    )
    show_progress("")
    if content.is_cut:
        echo_err("The ticket is long: its start and its end were read.")
    return Ticket(number, content)


async def person_in_ticket(client: CrmClient, instance: Instance, ticket: Ticket) -> list[User]:
    """Return the one person of the instance whom a ticket names.

    Raises CommandError if it names nobody, or several, who are listed on stderr; CrmError.
    """
    named = people_in_text(ticket.content.text, await _read_users(client, instance))
    if len(named.people) == 1:
        return list(named.people)
    number = safe_text(ticket.number)
    if not named.people:
        raise _nobody(instance, number, named)
    for line in format_table(
        [(user.id, user.user_name, user.name, user.email, user.status.label) for user in named.people]
    ):
        echo_err(f"  {line}")
    again = f"dazos-tui send -i {quote(instance.name)} USER --ticket {quote(number)}"
    raise CommandError(
        ExitCode.NO_MATCH,
        f"{number} names {len(named.people)} people of {instance.name}.",
        advice=f"Nothing was sent. Name one of them: {again}",
    )


def _nobody(instance: Instance, number: str, named: NamedPeople) -> CommandError:
    if not named.addresses:
        return CommandError(
            ExitCode.NO_MATCH,
            f"{number} has no e-mail address, and names nobody of {instance.name}.",
            advice="Nothing was sent. Name the person yourself, and the ticket with --ticket.",
        )
    return CommandError(
        ExitCode.NO_MATCH,
        f"No address of {number} is a person of {instance.name}: {', '.join(named.addresses)}.",
        advice=f"Nothing was sent. Look in the other instances: dazos-tui find {quote(named.addresses[0])}",
    )


async def _read_users(client: CrmClient, instance: Instance) -> list[User]:
    """Return all people of an instance. Raises CommandError if the list is incomplete, CrmError."""
    users: dict[str, User] = {}
    reader = UserListReader(client)
    await reader.read_into(users, partial(show_reading, instance.name))
    show_progress("")
    if reader.gaps:
        # Another person in the ticket may be among those that are missing.
        raise CommandError(
            ExitCode.UNREACHABLE, "\n".join(reader.gaps), advice="Nothing was sent. Try again."
        )
    return list(users.values())
