"""``dazos-tui find``: looks for a person in every instance."""

import click

from dazos_tui.cli._support.exit_codes import ExitCode, echo_error, exit_code_for
from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import echo_err, show_progress, write_stdout
from dazos_tui.cli._support.output_options import RowFormat, rows_options
from dazos_tui.cli._support.remembered import find_remembered
from dazos_tui.cli._support.rows import RowKind, note_limit
from dazos_tui.cli._support.signed_in import report_pauses, run_async
from dazos_tui.cli._support.tables import ENVIRONMENT_COLOURS, Column
from dazos_tui.cli.users import USER_COLUMNS, user_cells, user_record
from dazos_tui.config.models import Instance
from dazos_tui.crm.models import User
from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.directory.query import query_problems
from dazos_tui.instances.find_user import InstanceFindResult, find_user
from dazos_tui.text.sanitize import safe_text


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--remembered", is_flag=True, help="In the last lists that were read, without the network.")
@rows_options(json_help="JSON Lines: instance, and the fields of “users”.")
@click.pass_obj
def find(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    query: tuple[str, ...],
    remembered: bool,
    as_json: bool,
    as_csv: bool,
    limit: int | None,
) -> int:
    """Look for a person in every instance of the config.

    Each word of QUERY must be in the person's name, user name, e-mail or role. An instance whose password has
    to be typed is not searched. Exit codes: 0 somebody was found, 4 nobody was found. If nobody was
    found and an instance could not be searched, the exit code is that of its error.
    """
    row_format = RowFormat.of(as_json=as_json, as_csv=as_csv)
    text = query_from_pasted(" ".join(query))
    for problem in query_problems(text):
        echo_err(problem)
    if not text.strip():
        raise click.BadParameter("is empty", param_hint="QUERY")
    if remembered:
        found = find_remembered(settings, text)
    else:
        found = run_async(_run_find(list(settings.config().instances.values()), text))
    # In the order of the config, whichever instance answered first.
    people = [(one.instance, user) for one in found for user in one.users]
    write_stdout(_FOUND_ROWS.lines(people[:limit], row_format))
    note_limit(len(people), limit)
    failed = [(one.instance, one.error) for one in found if one.error is not None]
    for instance, error in failed:
        echo_err(f"Could not search {instance.name}:")
        echo_error(error)
    if people:
        return ExitCode.DONE
    echo_err(f"Nobody matches “{safe_text(text)}”{' in the instances that were searched' if failed else ''}.")
    return max(
        (exit_code_for(error) or ExitCode.UNREACHABLE for _, error in failed), default=ExitCode.NO_MATCH
    )


async def _run_find(instances: list[Instance], text: str) -> list[InstanceFindResult]:
    found: dict[str, InstanceFindResult] = {}
    for instance in instances:
        report_pauses(instance)
    show_progress(f"Searching {len(instances)} instances …")
    async for one in find_user(instances, text):
        found[one.instance.name] = one
        show_progress(f"Searched {len(found)} of {len(instances)} instances …")
    show_progress("")
    return [found[instance.name] for instance in instances]


def _record(found: tuple[Instance, User]) -> dict[str, object]:
    instance, user = found
    return {"instance": instance.name, **user_record(user)}


def _cells(found: tuple[Instance, User]) -> tuple[str, ...]:
    instance, user = found
    return instance.name, instance.environment.upper(), *user_cells(user)


_FOUND_ROWS = RowKind(
    (
        Column("instance", fixed=True),
        Column("environment", fixed=True, optional=True, colours=ENVIRONMENT_COLOURS),
        *USER_COLUMNS,
    ),
    _cells,
    _record,
    csv_header=("instance", "id", "user_name", "name", "email", "role", "status", "admin"),
)
