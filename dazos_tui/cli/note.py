"""``dazos-tui note``: prints the note for the ticket about a send."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.noted import record_noted
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_note, json_line, show_progress, write_stdout
from dazos_tui.cli._support.output_options import json_options
from dazos_tui.history.models import HistoryEntry
from dazos_tui.notes.note import DEFAULT_TEMPLATE, render_note
from dazos_tui.text.sanitize import safe_text

if TYPE_CHECKING:
    from dazos_tui.config.models import Config
    from dazos_tui.history.store import HistoryStore

_KEYS = ("note_command", "note_mask_address", "note_template")
"""The keys of the config that decide about a note."""


@click.command()
@click.argument("history_id", metavar="[ID]", required=False, type=click.IntRange(1, 2**63 - 1))
@instance_option
@click.option("--ticket", metavar="T", help="The ticket, in this note only; the history keeps its own.")
@click.option("--mask/--no-mask", default=None, help="Hide or show the address, whatever the config says.")
@click.option(
    "--hand-over", is_flag=True, help="Pass the note to the config's note_command instead of printing it."
)
@json_options
@click.pass_obj
def note(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    history_id: int | None,
    instance: str | None,
    ticket: str | None,
    mask: bool | None,
    hand_over: bool,
    as_json: bool,
) -> int:
    """Print the note for the ticket about row ID of the history, or about the newest row.

    The row's id is the history_id of “history --json”. The CRM is not contacted. Exit codes: 0 done,
    2 no note_command, 3 note_command failed, 4 no such row.
    """
    config = settings.config() if settings.config_has(*_KEYS) else None
    if hand_over and (config is None or config.note_command is None):
        raise CommandError(
            ExitCode.USAGE,
            "Could not pass on the note: there is no note_command in the config.",
            advice="config.example.toml shows how to add one. Without --hand-over the note is printed.",
        )
    template = DEFAULT_TEMPLATE if config is None else config.note_template
    hides = mask if mask is not None else config is not None and config.note_mask_address
    with settings.open_history() as store:
        entry = _find_entry(settings, store, history_id, instance or settings.instance)
        shown = entry
        if ticket is not None:
            shown = replace(entry, request=replace(entry.request, ticket=safe_text(ticket)))
        text = render_note(shown, template=template, mask_address=hides)
        if hand_over and config is not None:
            _run_note_command(config, shown, text, mask=hides)
        if as_json:
            write_stdout([json_line(_record(shown, text, handed_over=hand_over))])
        elif not hand_over:
            write_stdout(text.split("\n"))
        record_noted(store, entry)
    return ExitCode.DONE


def _record(entry: HistoryEntry, text: str, *, handed_over: bool) -> dict[str, object]:
    return {
        "history_id": entry.id,
        "instance": entry.request.instance,
        "ticket": entry.request.ticket,
        "note": text,
        "handed_over": handed_over,
    }


def _find_entry(
    settings: Settings, store: "HistoryStore", history_id: int | None, instance: str | None
) -> HistoryEntry:
    if history_id is None:
        found = next(iter(store.search(instance=instance, limit=1)), None)
    else:
        found = store.get(history_id)
    if found is not None and instance in {None, found.request.instance}:
        return found
    unknown = settings.unknown_instance(instance) if history_id is None else ""
    where = "" if instance is None else f" of {safe_text(instance)}"
    which = "no row" if history_id is None else f"no row {history_id}"
    raise CommandError(
        ExitCode.NO_MATCH,
        f"There is {which}{where} in the history {store.place}.",
        advice=f"{unknown} “dazos-tui history” lists all rows, each with its id.".strip(),
    )


def _run_note_command(config: "Config", entry: HistoryEntry, text: str, *, mask: bool) -> None:
    import asyncio

    from dazos_tui.notes.note_command import NoteCommandError, run_note_command

    command = config.note_command or ()
    program = safe_text(command[0], limit=100)
    show_progress(f"Passing the note to “{program}” …")
    try:
        asyncio.run(
            run_note_command(
                command, entry, text, secret_variables=config.secret_variables, mask_address=mask
            )
        )
    except NoteCommandError as error:
        raise CommandError(ExitCode.NOT_SENT, str(error), advice=error.advice) from None
    echo_note(f"The note was passed to “{program}”.")
