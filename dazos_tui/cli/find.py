"""``dazos-tui find``: a person, in every instance."""

import click

from dazos_tui.cli._support.exit_codes import Exit, code_of, report
from dazos_tui.cli._support.options import Settings
from dazos_tui.cli._support.output import columns, json_line, out, progress, words
from dazos_tui.cli._support.signed_in import run_to_end, show_pauses
from dazos_tui.cli.users import user_record
from dazos_tui.config.models import Instance
from dazos_tui.directory.pasted_email import query_from
from dazos_tui.directory.query import query_problems
from dazos_tui.instances.find_user import Found, look_everywhere
from dazos_tui.text.sanitize import safe_text


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: instance, and what “users” tells.")
@click.pass_obj
def find(settings: Settings, *, query: tuple[str, ...], as_json: bool) -> int:
    """Look for a person in every instance of the config.

    Each word of QUERY must be in the person's name, user name, e-mail or role. Where the password has to be
    typed, it is not looked. Exit codes: 0 somebody was found, 4 nobody; if an instance could not be looked
    at and nobody was found, that instance's error.
    """
    text = query_from(" ".join(query))
    for problem in query_problems(text):
        words(problem)
    if not text.strip():
        raise click.BadParameter("is empty", param_hint="QUERY")
    found = run_to_end(_find(list(settings.config().instances.values()), text))
    # In the order of the config, whichever instance answered first.
    out(_lines(found, as_json=as_json))
    failed = [(one.instance, one.trouble) for one in found if one.trouble is not None]
    for instance, trouble in failed:
        words(f"{instance.name} could not be looked at:")
        report(trouble)
    if any(one.users for one in found):
        return Exit.DONE
    words(f"Nobody matches “{safe_text(text)}”{' where it was looked' if failed else ''}.")
    return max((code_of(trouble) or Exit.UNREACHABLE for _, trouble in failed), default=Exit.NO_MATCH)


async def _find(instances: list[Instance], text: str) -> list[Found]:
    found: dict[str, Found] = {}
    for instance in instances:
        show_pauses(instance)
    progress(f"Looking in {len(instances)} instances …")
    async for one in look_everywhere(instances, text):
        found[one.instance.name] = one
        progress(f"Looked in {len(found)} of {len(instances)} instances …")
    progress("")
    return [found[instance.name] for instance in instances]


def _lines(found: list[Found], *, as_json: bool) -> list[str]:
    people = [(one.instance, user) for one in found for user in one.users]
    if as_json:
        return [json_line({"instance": instance.name, **user_record(user)}) for instance, user in people]
    return columns(
        [
            (
                instance.name,
                instance.environment.upper(),
                user.name,
                user.user_name,
                user.email,
                user.status.words,
            )
            for instance, user in people
        ]
    )
