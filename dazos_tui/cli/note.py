"""``dazos-tui note``: prints the note for the ticket about a send."""

import asyncio
from dataclasses import replace

import click

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.options import Settings, instance_option
from dazos_tui.cli._support.output import echo_err, show_progress, write_stdout
from dazos_tui.config.models import Config
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.store import HistoryStore
from dazos_tui.notes.note import render_note
from dazos_tui.text.sanitize import safe_text


@click.command()
@click.argument("history_id", metavar="[ID]", required=False, type=click.IntRange(1, 2**63 - 1))
@instance_option
@click.option("--ticket", metavar="T", help="The ticket, in this note only; the history keeps its own.")
@click.option("--mask/--no-mask", default=None, help="Hide or show the address, whatever the config says.")
@click.option(
    "--hand-over", is_flag=True, help="Pass the note to the config's note_command instead of printing it."
)
@click.pass_obj
def note(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    *,
    history_id: int | None,
    instance: str | None,
    ticket: str | None,
    mask: bool | None,
    hand_over: bool,
) -> int:
    """Print the note for the ticket about row ID of the history, or about the newest row.

    The row's id is the history_id of “history --json”. The CRM is not contacted. Exit codes: 0 done,
    2 no note_command, 3 note_command failed, 4 no such row.
    """
    config = settings.config()
    if hand_over and config.note_command is None:
        raise CommandError(
            ExitCode.USAGE,
            "Could not pass on the note: there is no note_command in the config.",
            advice="config.example.toml shows how to add one. Without --hand-over the note is printed.",
        )
    with settings.open_history() as store:
        entry = _find_entry(store, history_id, instance if instance is not None else settings.instance)
        shown = entry
        if ticket is not None:
            shown = replace(entry, request=replace(entry.request, ticket=safe_text(ticket)))
        hides = config.note_mask_address if mask is None else mask
        text = render_note(shown, template=config.note_template, mask_address=hides)
        if hand_over:
            _run_note_command(config, shown, text, mask=hides)
        else:
            write_stdout(text.split("\n"))
        _record_noted(store, entry)
    return ExitCode.DONE


def _find_entry(store: HistoryStore, history_id: int | None, instance: str | None) -> HistoryEntry:
    if history_id is None:
        found = next(iter(store.search(instance=instance, limit=1)), None)
    else:
        found = store.get(history_id)
    if found is not None and instance in {None, found.request.instance}:
        return found
    where = "" if instance is None else f" of {safe_text(instance)}"
    which = "no row" if history_id is None else f"no row {history_id}"
    raise CommandError(
        ExitCode.NO_MATCH,
        f"There is {which}{where} in the history {store.place}.",
        advice="“dazos-tui history --json” lists all rows, each with its history_id.",
    )


def _record_noted(store: HistoryStore, entry: HistoryEntry) -> None:
    if entry.noted_at is not None:
        return
    try:
        store.record_noted(entry.id)
    except HistoryError as error:
        # The note is made: that the history could not be written is no failure of this command.
        echo_err(f"The history could not record that the note was made. {error} {error.advice}")


def _run_note_command(config: Config, entry: HistoryEntry, text: str, *, mask: bool) -> None:
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
    echo_err(f"The note was passed to “{program}”.")
