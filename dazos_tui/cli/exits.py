"""What an error means to a script (the exit code) and to a person (two lines)."""

from enum import IntEnum

from dazos_tui.cli.output import OutputFailed, words
from dazos_tui.config import ConfigError
from dazos_tui.crm import errors as crm
from dazos_tui.demo.errors import DemoError
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import Outcome
from dazos_tui.logs import LogError
from dazos_tui.places import UnknownHomeError
from dazos_tui.secrets import SecretError
from dazos_tui.text import safe_text


class Exit(IntEnum):
    """The exit codes. Scripts rely on them."""

    DONE = 0
    USAGE = 2
    NOT_SENT = 3
    NO_MATCH = 4
    SIGN_IN = 5
    DENIED = 6
    UNKNOWN = 7
    UNREACHABLE = 8
    INTERRUPTED = 130


class Stopped(Exception):
    """The command itself ends here: with this exit code, for this reason."""

    def __init__(self, code: Exit, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


# The first family that an error belongs to counts.
_CODES: tuple[tuple[type[Exception], Exit], ...] = (
    (ConfigError, Exit.USAGE),
    (UnknownHomeError, Exit.USAGE),
    (DemoError, Exit.USAGE),
    (LogError, Exit.USAGE),
    (HistoryError, Exit.NOT_SENT),
    (SecretError, Exit.SIGN_IN),
    (crm.SignInFailed, Exit.SIGN_IN),
    (crm.SignedOut, Exit.SIGN_IN),
    (crm.PermissionDenied, Exit.DENIED),
    (crm.NoSuchUser, Exit.NO_MATCH),
    (crm.ForbiddenItem, Exit.NOT_SENT),
    (crm.UnclearAnswer, Exit.UNKNOWN),
    (crm.CrmError, Exit.UNREACHABLE),
    (OutputFailed, Exit.USAGE),
)


def code_of(error: Exception) -> Exit | None:
    """Return the exit code of an error, or None if it is one that nobody foresaw."""
    if isinstance(error, Stopped):
        return error.code
    return next((code for family, code in _CODES if isinstance(error, family)), None)


def code_of_outcome(outcome: Outcome, error: Exception | None) -> Exit:
    """Return the exit code of a reset that was asked for, and of the error behind its outcome, if any."""
    if isinstance(error, crm.PermissionDenied):
        return Exit.DENIED
    match outcome:
        case Outcome.SENT:
            return Exit.DONE
        case Outcome.UNKNOWN:
            return Exit.UNKNOWN
        case Outcome.REFUSED | Outcome.NOT_SENT:
            return Exit.NOT_SENT


def report(error: Exception) -> None:
    """Say on stderr what happened and, on the next line, what to do next."""
    tell(str(error), advice=getattr(error, "advice", ""))


def tell(message: str, *, advice: str) -> None:
    """Say on stderr what happened, then what to do next, if anything."""
    for line in [*message.splitlines(), *advice.splitlines()]:
        # A message may hold the name of a file, and that any byte at all.
        words(safe_text(line))
