"""``dazos-tui forget``: removes the lists of people that are kept for a look-up at once."""

import unicodedata

import click

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_note, json_line, write_stdout
from dazos_tui.cli._support.output_options import json_options
from dazos_tui.directory.remembered import forget_all_people, forget_people
from dazos_tui.text.sanitize import safe_text


@click.command()
@instance_option
@json_options
@click.pass_obj
def forget(settings: Settings, *, instance: str | None, as_json: bool) -> int:
    """Remove the remembered lists of people of all instances, or of one with -i.

    The history of what was sent stays: see “dazos-tui db erase”. With keep_people_hours = 0 in the config, no
    list is kept at all.
    """
    name = instance or settings.instance
    try:
        if name is None:
            removed = forget_all_people(settings.state_dir)
        else:
            name = unicodedata.normalize("NFC", name)
            removed = [name] if forget_people(settings.state_dir, name) else []
    except OSError as error:
        raise CommandError(
            ExitCode.USAGE,
            f"A remembered list could not be removed: {safe_text(error.strerror or 'unknown error')}.",
            advice="Check who owns the folder “people” in the state folder.",
        ) from None
    if as_json:
        write_stdout([json_line({"removed": removed})])
    shown = ", ".join(map(safe_text, removed))
    of = f" of {safe_text(name)}" if name is not None else ""
    echo_note(f"Removed the list of the people of {shown}." if removed else f"No list{of} was kept.")
    return ExitCode.DONE
