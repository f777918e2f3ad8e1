"""The people whom ``send --from`` names: a file, or stdin."""

import sys
from pathlib import Path

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.output import is_terminal
from dazos_tui.directory.pasted_email import query_from_pasted
from dazos_tui.resets.people_file import PeopleFile, PeopleFileError, WantedPerson, parse_people, read_bounded
from dazos_tui.text.sanitize import safe_text

STDIN = "-"


def read_people(source: str, column: str) -> PeopleFile:
    """Return the people that a file names, or stdin if `source` is ``-``.

    Raises PeopleFileError, CommandError.
    """
    try:
        return parse_people(_read(source), column=column)
    except PeopleFileError as error:
        raise type(error)(f"{_place(source)}: {error}", advice=error.advice) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise CommandError(
            ExitCode.USAGE, f"Could not read {_place(source)}: {reason}.", advice="Nothing was sent."
        ) from None


def people_of_arguments(arguments: tuple[str, ...]) -> tuple[WantedPerson, ...]:
    """Return the people whom arguments name."""
    return tuple(WantedPerson(safe_text(query_from_pasted(text))) for text in arguments)


def _read(source: str) -> bytes:
    if source != STDIN:
        with Path(source).open("rb") as file:
            return read_bounded(file)
    if sys.stdin is None:
        raise PeopleFileError("Stdin is closed.", advice="Give a file: --from FILE.")
    if is_terminal("stdin"):
        raise PeopleFileError("Stdin is a terminal.", advice="Give a file, or pipe the people in.")
    return read_bounded(sys.stdin.buffer)


def _place(source: str) -> str:
    return "stdin" if source == STDIN else safe_text(source)
