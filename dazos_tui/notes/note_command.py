"""The note given to a program of the person's choice, such as the command line of a ticket system."""

from collections.abc import Collection, Sequence

from dazos_tui.config.note_template import checked_arguments, fields_of
from dazos_tui.history.models import Entry
from dazos_tui.notes.note import note_values
from dazos_tui.system.subprocesses import FailedError, NotStartedError, child_environment, ending, run
from dazos_tui.text.sanitize import safe_text

HANDOVER_SECONDS = 30.0
"""How long a note command may take: long enough for a ticket system at the other end of a slow line."""

_BY_HAND = "What was sent is not affected. Copy the note by hand, or see note_command in the config."
_LOOK_FIRST = (
    "What was sent is not affected. See whether the note is in the ticket already before you try again."
)
_TICKET = "What was sent is not affected. Say which ticket it is for, or copy the note by hand."


class HandoverError(Exception):
    """The note was not handed over, or nobody knows: `str(error)` says why, `error.advice` what to do."""

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


async def hand_over(  # noqa: PLR0913 - each is of the caller's choice
    command: Sequence[str],
    entry: Entry,
    text: str,
    *,
    secret_variables: Collection[str],
    mask: bool = False,
    seconds: float = HANDOVER_SECONDS,
) -> None:
    """Run a note command that was checked, with its fields filled in and the text, UTF-8, on its stdin.

    It is run without a shell, without a terminal and without `secret_variables`, those of the config. After
    `seconds` it is killed with whatever it started, as it is when this is cancelled. `mask` hides the
    person's address in the arguments too. Raises HandoverError.
    """
    who = f"The note command “{safe_text(command[0], limit=100)}”"
    try:
        arguments = checked_arguments(command, note_values(entry, mask=mask))
    except ValueError as error:
        raise HandoverError(f"{who} was not run: it {error}.", advice=_advice(command, entry)) from None
    try:
        # Programs that read lines may pass over a last one that does not end.
        lines = text if text.endswith("\n") else f"{text}\n"
        code, output, errors = await run(arguments, seconds, child_environment(secret_variables), text=lines)
    except NotStartedError as failure:
        raise HandoverError(f"{who} {failure}", advice=_BY_HAND) from None
    except FailedError as failure:
        raise HandoverError(f"{who} {failure}", advice=_LOOK_FIRST) from None
    if code != 0:
        said = _last_line(errors) or _last_line(output)
        raise HandoverError(f"{who} {ending(code)}{f': {said}' if said else '.'}", advice=_LOOK_FIRST)


def _advice(command: Sequence[str], entry: Entry) -> str:
    asked = any("ticket" in fields_of(argument) for argument in command[1:])
    return _TICKET if asked and not entry.request.ticket else _BY_HAND


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").splitlines()
    return next((line for line in map(_shortened, reversed(lines)) if line), "")


def _shortened(line: str) -> str:
    return safe_text(line, limit=200)
