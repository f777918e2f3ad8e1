"""What an error means to a script (the exit code) and to a person (two lines)."""

from enum import IntEnum

from dazos_tui.cli._support.output import words
from dazos_tui.crm.errors import PermissionDenied
from dazos_tui.history.models import Outcome
from dazos_tui.text.sanitize import safe_text


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


_CODES: dict[str, Exit] = {
    "config.ConfigError": Exit.USAGE,
    "crm.body.UnreadableError": Exit.UNREACHABLE,
    "crm.errors.CrmError": Exit.UNREACHABLE,
    "crm.errors.ForbiddenItem": Exit.NOT_SENT,
    "crm.errors.NoSuchUser": Exit.NO_MATCH,
    "crm.errors.PermissionDenied": Exit.DENIED,
    "crm.errors.SignInFailed": Exit.SIGN_IN,
    "crm.errors.SignedOut": Exit.SIGN_IN,
    "crm.errors.UnclearAnswer": Exit.UNKNOWN,
    "crm.sign_in_times.UnreadableTime": Exit.UNREACHABLE,
    "demo.errors.DemoError": Exit.USAGE,
    "demo.webservice.access.Refused": Exit.USAGE,
    "files.UnsafeError": Exit.USAGE,
    "history.errors.AskedMeanwhile": Exit.NOT_SENT,
    "history.errors.HistoryError": Exit.NOT_SENT,
    "logs.LogError": Exit.USAGE,
    "places.UnknownHomeError": Exit.USAGE,
    "cli.output.OutputFailed": Exit.USAGE,
    "programs.FailedError": Exit.USAGE,
    "resets.checkup._Failed": Exit.UNREACHABLE,
    "resets.evidence.NoProof": Exit.UNREACHABLE,
    "resets.handover.HandoverError": Exit.NOT_SENT,
    "resets.service.Blocked": Exit.NOT_SENT,
    "secrets.errors.SecretError": Exit.SIGN_IN,
    "tui.themes.ThemeError": Exit.USAGE,
}
"""Every family of errors of ours, by the name of its class: a failure is no reason to import all of them."""


_OPTIONS: dict[str, str] = {
    "config.UnusableConfigError": "Name it with --config FILE.",
    "history.errors.NoSuchEntryError": "Compare --state and DAZOS_TUI_STATE.",
    "history.errors.UnusableHistoryError": "Name it with --state DIR.",
    "logs.LogError": "Name it with --log FILE.",
    "places.UnknownHomeError": "Or name them with --config FILE and --state DIR.",
}
"""The options that help after an error, by the name of its class. What raises it knows of no command line."""


def code_of(error: Exception) -> Exit | None:
    """Return the exit code of the nearest family of an error, or None if it is one that nobody foresaw."""
    if isinstance(error, Stopped):
        return error.code
    return next((_CODES[name] for name in _families(error) if name in _CODES), None)


def _families(error: Exception) -> list[str]:
    """Return the names of the classes of ours that an error is of, the nearest first."""
    names = (f"{family.__module__}.{family.__qualname__}" for family in type(error).__mro__)
    return [name.removeprefix("dazos_tui.") for name in names if name.startswith("dazos_tui.")]


def code_of_outcome(outcome: Outcome, error: Exception | None) -> Exit:
    """Return the exit code of a reset that was asked for, and of the error behind its outcome, if any."""
    if isinstance(error, PermissionDenied):
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
    options = next((_OPTIONS[name] for name in _families(error) if name in _OPTIONS), "")
    tell(str(error), advice=f"{getattr(error, 'advice', '')} {options}".strip())


def tell(message: str, *, advice: str) -> None:
    """Say on stderr what happened, then what to do next, if anything."""
    for line in [*message.splitlines(), *advice.splitlines()]:
        # A message may hold the name of a file, and that any byte at all.
        words(safe_text(line))
