"""Passing the note to a program that the user configured, such as the command line of a ticket system."""

from collections.abc import Collection, Sequence

from dazos_tui.config.note_template import fill_arguments, template_fields
from dazos_tui.history.models import HistoryEntry
from dazos_tui.notes.note import note_values
from dazos_tui.system.subprocesses import (
    ProgramFailedError,
    ProgramNotStartedError,
    child_environment,
    describe_exit,
    last_line,
    run_program,
)
from dazos_tui.text.sanitize import safe_text

NOTE_COMMAND_SECONDS = 30.0
"""How long a note command may take: long enough for a ticket system over a slow connection."""

_COPY_BY_HAND_ADVICE = (
    "What was sent is not affected. Copy the note by hand, or see note_command in the config."
)
_CHECK_TICKET_ADVICE = (
    "What was sent is not affected. Check whether the note is already in the ticket before you try again."
)
_NAME_TICKET_ADVICE = "What was sent is not affected. Say which ticket it is for, or copy the note by hand."


class NoteCommandError(Exception):
    """The note was not passed on, or may not have been: `str(error)` says why, `error.advice` what to do."""

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


async def run_note_command(  # noqa: PLR0913 - each is the caller's choice
    command: Sequence[str],
    entry: HistoryEntry,
    text: str,
    *,
    secret_variables: Collection[str],
    mask_address: bool = False,
    seconds: float = NOTE_COMMAND_SECONDS,
) -> None:
    """Run a checked note command, with its fields filled in and the text, as UTF-8, on its stdin.

    It runs without a shell, without a terminal and without the config's `secret_variables`. After `seconds`,
    or if this is cancelled, it is killed with everything it started. `mask_address` hides the person's
    address in the arguments too. Raises NoteCommandError.
    """
    subject = f"The note command “{safe_text(command[0], limit=100)}”"
    try:
        arguments = fill_arguments(command, note_values(entry, mask_address=mask_address))
    except ValueError as error:
        raise NoteCommandError(
            f"{subject} was not run: it {error}.", advice=_advice(command, entry)
        ) from None
    try:
        # Programs that read lines may ignore a last line without a line break.
        lines = text if text.endswith("\n") else f"{text}\n"
        code, output, errors = await run_program(
            arguments, seconds, child_environment(secret_variables), text=lines
        )
    except ProgramNotStartedError as failure:
        raise NoteCommandError(f"{subject} {failure}", advice=_COPY_BY_HAND_ADVICE) from None
    except ProgramFailedError as failure:
        raise NoteCommandError(f"{subject} {failure}", advice=_CHECK_TICKET_ADVICE) from None
    if code != 0:
        said = last_line(errors) or last_line(output)
        raise NoteCommandError(
            f"{subject} {describe_exit(code)}{f': {said}' if said else '.'}", advice=_CHECK_TICKET_ADVICE
        )


def _advice(command: Sequence[str], entry: HistoryEntry) -> str:
    needs_ticket = any("ticket" in template_fields(argument) for argument in command[1:])
    return _NAME_TICKET_ADVICE if needs_ticket and not entry.request.ticket else _COPY_BY_HAND_ADVICE
