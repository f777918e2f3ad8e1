"""``dazos-tui find``: looks for a person in every instance."""

from collections.abc import Sequence
from contextlib import aclosing

import click

from dazos_tui.cli._support.exit_codes import ExitCode, exit_code_for
from dazos_tui.cli._support.many_instances import (
    echo_failures,
    jobs_option,
    timeout_option,
)
from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import echo_err, show_progress, write_stdout
from dazos_tui.cli._support.output_options import RowFormat, rows_options
from dazos_tui.cli._support.remembered import find_remembered
from dazos_tui.cli._support.rows import GrowingRows, RowKind
from dazos_tui.cli._support.signed_in import report_pauses, run_async
from dazos_tui.cli._support.tables import ENVIRONMENT_COLOURS, Column
from dazos_tui.cli.users import USER_COLUMNS, user_cells, user_record
from dazos_tui.config.models import Instance
from dazos_tui.crm.client import MIN_SEARCH_LENGTH
from dazos_tui.crm.models import User
from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.directory.query import longest_word, query_problems
from dazos_tui.instances.find_user import FIND_SECONDS, FindAnswer, find_user
from dazos_tui.instances.tags import select_instances, split_tags
from dazos_tui.text.sanitize import safe_text


@click.command()
@click.argument("query", nargs=-1, required=True)
@jobs_option
@timeout_option(FIND_SECONDS)
@click.option("--remembered", is_flag=True, help="In the last lists that were read, without the network.")
@rows_options(json_help="JSON Lines: instance, and the fields of “users”.")
@click.pass_obj
def find(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    query: tuple[str, ...],
    jobs: int,
    seconds: float,
    remembered: bool,
    as_json: bool,
    as_csv: bool,
    limit: int | None,
) -> int:
    """Look for a person in every instance of the config.

    Each word of QUERY must be in the person's name, user name, e-mail or role. A CRM's own search looks for
    one word, and not in roles: it is asked for the longest word, and for the other ones only if nobody that
    it finds has all words. “tag:west” asks only the instances with that tag, “-tag:west” (after “--”) all
    others. People are printed as the answers come. An instance whose password has to be typed is not
    searched. Exit codes: 0 somebody was found, 4 nobody was found. If nobody was found and an instance could
    not be searched, or not to the end, the exit code is that of its error.
    """
    words, tags = split_tags(" ".join(query))
    text = query_from_pasted(words)
    for problem in query_problems(text):
        echo_err(problem)
    if not text.strip():
        raise click.BadParameter("is empty", param_hint="QUERY")
    if not remembered and len(longest_word(text)) < MIN_SEARCH_LENGTH:
        raise click.BadParameter("needs a word of two letters or more", param_hint="QUERY")
    instances = select_instances(settings.config().instances.values(), tags)
    rows = GrowingRows(_FOUND_ROWS, RowFormat.of(as_json=as_json, as_csv=as_csv), limit)
    if remembered:
        found = find_remembered(settings, instances, text)
        for one in found:
            _write(rows, one)
    else:
        found = run_async(_run_find(instances, text, jobs, seconds, rows))
    rows.end()
    return _end(found, text)


def _end(found: Sequence[FindAnswer], text: str) -> ExitCode:
    """Say who could not be searched and that nobody was found, if so; return the exit code."""
    errors = [(one, one.error) for one in found if one.error is not None]
    failed = [(one.instance, error) for one, error in errors if one.value is None]
    partial = [(one.instance, error) for one, error in errors if one.value is not None]
    echo_failures("search", failed, len(found))
    echo_failures("completely search", partial, len(found))
    if any(one.value for one in found):
        return ExitCode.DONE
    where = " in the instances that were searched" if failed else ""
    where = " among the people who were looked at" if partial else where
    echo_err(f"Nobody matches “{safe_text(text)}”{where}.")
    return max(
        (exit_code_for(error) or ExitCode.UNREACHABLE for _, error in errors), default=ExitCode.NO_MATCH
    )


async def _run_find(
    instances: Sequence[Instance],
    text: str,
    jobs: int,
    seconds: float,
    rows: "GrowingRows[tuple[Instance, User]]",
) -> list[FindAnswer]:
    """Print who is found as the answers come; return all answers in the order of the config."""
    found: dict[str, FindAnswer] = {}
    for instance in instances:
        report_pauses(instance)
    show_progress(f"Searching {len(instances)} instances …")
    async with aclosing(find_user(instances, text, jobs=jobs, seconds=seconds)) as answers:
        async for one in answers:
            found[one.instance.name] = one
            show_progress("")
            _write(rows, one)
            show_progress(f"Searched {len(found)} of {len(instances)} instances …")
    show_progress("")
    return [found[instance.name] for instance in instances]


def _write(rows: "GrowingRows[tuple[Instance, User]]", found: FindAnswer) -> None:
    write_stdout(rows.lines([(found.instance, user) for user in found.value or ()]))


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
