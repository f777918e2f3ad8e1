"""``dazos-tui users``: lists the people of an instance."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import click

from dazos_tui.cli._support.choices import SuggestingChoice
from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, show_reading, write_stdout
from dazos_tui.cli._support.output_options import RowFormat, rows_options
from dazos_tui.cli._support.remembered import remember_users, remembered_users
from dazos_tui.cli._support.rows import RowKind, note_limit
from dazos_tui.cli._support.signed_in import read_with_renewal, run_async, signed_in
from dazos_tui.cli._support.tables import STATUS_COLOURS, Column
from dazos_tui.config.models import Instance
from dazos_tui.crm.models import LISTED_STATUSES, Status, User
from dazos_tui.crm.reader import UserListReader
from dazos_tui.directory.directory import Directory
from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.directory.query import query_problems
from dazos_tui.history.times import utc_now
from dazos_tui.text.sanitize import safe_text

_MAX_SIMILAR = 5
"""The most names with a similar spelling that are suggested."""

_STATUSES = {"active": (Status.ACTIVE,), "inactive": (Status.INACTIVE,), "all": tuple(Status)}
_STATUSES_TO_READ = {"inactive": (Status.INACTIVE,)}
"""The lists to read for a --status, if not both. Only both together show who is active."""


@dataclass
class _UserList:
    """The people that were read, by record id, and a sentence for each gap in the list."""

    users: dict[str, User] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()


@click.command()
@click.argument("query", nargs=-1)
@instance_option
@click.option(
    "--status",
    type=SuggestingChoice(list(_STATUSES)),
    default="all",
    show_default=True,
    help="Only people with this status.",
)
@click.option("--remembered", is_flag=True, help="From the last list that was read, without the network.")
@rows_options(json_help="JSON Lines: id, user_name, name, email, role, status, admin.")
@click.pass_obj
def users(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    query: tuple[str, ...],
    instance: str | None,
    status: str,
    remembered: bool,
    as_json: bool,
    as_csv: bool,
    limit: int | None,
) -> int:
    """List the people of an instance, active and inactive.

    QUERY is one or more words, each of which must be in a person's name, user name, e-mail or role.
    “field:text” searches one field (name, user, email, role, status, admin). If nobody is found, the exit
    code is 4; with --remembered, it is 8 if no list is kept.
    """
    row_format = RowFormat.of(as_json=as_json, as_csv=as_csv)
    chosen = settings.resolve_instance(instance)
    if remembered:
        reading = _UserList({user.id: user for user in remembered_users(settings, chosen)})
    else:
        reading = _read(settings, chosen, _STATUSES_TO_READ.get(status, LISTED_STATUSES))
    wanted = query_from_pasted(" ".join(query))
    for problem in query_problems(wanted):
        echo_err(problem)
    people = [user for user in reading.users.values() if user.status in _STATUSES[status]]
    if unknown := sum(user.status not in LISTED_STATUSES for user in reading.users.values()):
        echo_err(f"The list does not show whether {unknown} people are active. Their profiles do.")
    matches = Directory.from_users(people).search(wanted)
    # Similar spellings are for a human to judge, not for a script.
    found, similar = matches[: matches.exact_count], matches[matches.exact_count :]
    write_stdout(USER_ROWS.lines(found[:limit], row_format))
    note_limit(len(found), limit)
    if reading.gaps:
        raise CommandError(
            ExitCode.UNREACHABLE,
            "\n".join(reading.gaps),
            advice="The list is incomplete. Try again.",
        )
    if wanted.strip() and not found:
        raise CommandError(
            ExitCode.NO_MATCH,
            f"Nobody in {chosen.name} matches “{safe_text(wanted)}”.",
            advice=_similar_names(similar) or "Try fewer or shorter words, or --status all.",
        )
    return ExitCode.DONE


def _similar_names(people: Sequence[User]) -> str:
    names = list(dict.fromkeys(f"{user.name} ({user.user_name})" for user in people))
    return f"Similar spellings: {', '.join(names[:_MAX_SIMILAR])}." if names else ""


def user_record(user: User) -> dict[str, object]:
    """Return a user's JSON record. `status` and `admin` are null where the instance does not show them."""
    return {
        "id": user.id,
        "user_name": user.user_name,
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "status": None if user.status is Status.UNKNOWN else user.status.value,
        "admin": user.admin,
    }


def user_cells(user: User) -> tuple[str, ...]:
    """Return a user's texts under `USER_COLUMNS`."""
    admin = "admin" if user.admin else ""
    return user.id, user.name, user.user_name, user.email, user.role, user.status.label, admin


USER_COLUMNS = (
    Column("id", fixed=True),
    Column("name"),
    Column("user name", optional=True),
    Column("e-mail"),
    Column("role", optional=True),
    Column("status", fixed=True, colours=STATUS_COLOURS),
    Column("admin", fixed=True, optional=True),
)
USER_ROWS = RowKind(
    USER_COLUMNS,
    user_cells,
    user_record,
    csv_header=("id", "user_name", "name", "email", "role", "status", "admin"),
)
"""The people of one instance. Other commands take their `id`."""


def _read(settings: Settings, instance: Instance, statuses: tuple[Status, ...]) -> _UserList:
    """Read the list, and keep it if it is complete."""
    begun_at = utc_now()
    reading = run_async(_read_users(instance, statuses))
    if statuses == LISTED_STATUSES and not reading.gaps:
        remember_users(settings, instance, reading.users.values(), begun_at)
    return reading


async def _read_users(instance: Instance, statuses: tuple[Status, ...]) -> _UserList:
    reading = _UserList()
    async with signed_in(instance) as client:
        reader = UserListReader(client, statuses=statuses)
        read = partial(reader.read_into, reading.users, partial(show_reading, instance.name))
        await read_with_renewal(client, instance, read)
        reading.gaps = reader.gaps
    return reading
