"""``dazos-tui users``: the people of an instance."""

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import click

from dazos_tui.cli._support.exit_codes import Exit, Stopped
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import columns, is_terminal, json_line, out, progress, words
from dazos_tui.cli._support.signed_in import reopening, run_to_end, signed_in
from dazos_tui.config.models import Instance
from dazos_tui.crm.models import LISTS, Status, User
from dazos_tui.crm.reader import PeopleReader
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.pasted_email import query_from
from dazos_tui.directory.query import query_problems
from dazos_tui.text.sanitize import safe_text

_WIDEST = 40
"""Cells of a column on a terminal: one long name must not push everybody's role out of sight."""

_ALIKE = 5
"""So many names that are spelled alike are offered at most."""

_STATUSES = {"active": (Status.ACTIVE,), "inactive": (Status.INACTIVE,), "all": tuple(Status)}
_LISTS = {"inactive": (Status.INACTIVE,)}
"""The lists that need to be read, where that is not both: only both tell who is active."""


@dataclass
class _Reading:
    """What was read of the list: the people by record id, and a sentence for each thing that is missing."""

    people: dict[str, User] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()


@click.command()
@click.argument("query", nargs=-1)
@instance_option
@click.option("--status", type=click.Choice(list(_STATUSES)), default="all", show_default=True)
@click.option(
    "--json", "as_json", is_flag=True, help="JSON Lines: id, user_name, name, email, role, status, admin."
)
@click.pass_obj
def users(
    settings: Settings, *, query: tuple[str, ...], instance: str | None, status: str, as_json: bool
) -> int:
    """List the people of an instance, active and inactive.

    QUERY is one or more words; all of them must be found in a person's name, user name, e-mail or role.
    “field:text” looks in one field (name, user, email, role, status, admin). Nobody found: exit code 4.
    """
    chosen = settings.choose(instance)
    reading = run_to_end(_read(chosen, _LISTS.get(status, LISTS)))
    wanted = query_from(" ".join(query))
    for problem in query_problems(wanted):
        words(problem)
    people = [user for user in reading.people.values() if user.status in _STATUSES[status]]
    if unknown := sum(user.status not in LISTS for user in reading.people.values()):
        words(f"Of {unknown} people the list does not tell whether they are active; their profiles do.")
    matches = Directory.of(people).matching(wanted)
    # Who is merely spelled alike is for a person to judge, not for a script.
    found, similar = matches[: matches.as_typed], matches[matches.as_typed :]
    out(map(json_line, map(user_record, found)) if as_json else _table(found))
    if reading.gaps:
        raise Stopped(
            Exit.UNREACHABLE,
            "\n".join(reading.gaps),
            advice="The list is incomplete. Try again.",
        )
    if wanted.strip() and not found:
        raise Stopped(
            Exit.NO_MATCH,
            f"Nobody in {chosen.name} matches “{safe_text(wanted)}”.",
            advice=_alike(similar) or "Try fewer or shorter words, or --status all.",
        )
    return Exit.DONE


def _alike(people: Sequence[User]) -> str:
    names = list(dict.fromkeys(f"{user.name} ({user.user_name})" for user in people))
    return f"Spelled alike: {', '.join(names[:_ALIKE])}." if names else ""


def user_record(user: User) -> dict[str, object]:
    """Return a person as JSON knows them. `status` and `admin` are null where the instance does not tell."""
    return {
        "id": user.id,
        "user_name": user.user_name,
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "status": None if user.status is Status.UNKNOWN else user.status.value,
        "admin": user.admin,
    }


def _table(people: Iterable[User]) -> list[str]:
    return columns([_row(user) for user in people], widest=_WIDEST if is_terminal("stdout") else None)


def _row(user: User) -> tuple[str, ...]:
    return user.name, user.user_name, user.email, user.role, user.status.words, "admin" if user.admin else ""


async def _read(instance: Instance, statuses: tuple[Status, ...]) -> _Reading:
    reading = _Reading()
    async with signed_in(instance) as client:
        reader = PeopleReader(client, statuses=statuses)

        async def read() -> None:
            async with aclosing(reader.read()) as arrivals:
                async for arrival in arrivals:
                    reading.people |= {user.id: user for user in arrival.users}
                    of_all = f" of {arrival.expected}" if arrival.expected is not None else ""
                    progress(f"Reading the people of {instance.name} … {arrival.read}{of_all}")

        await reopening(client, instance, read)
        reading.gaps = reader.gaps
    return reading
