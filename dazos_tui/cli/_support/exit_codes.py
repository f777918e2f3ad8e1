"""What an error means to a script (the exit code) and to a person (two lines)."""

from enum import IntEnum

from dazos_tui.cli._support.output import echo_err
from dazos_tui.crm.errors import PermissionDeniedError
from dazos_tui.history.models import Outcome
from dazos_tui.text.sanitize import safe_text


class ExitCode(IntEnum):
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


class CommandError(Exception):
    """The command itself ends here: with this exit code, for this reason."""

    def __init__(self, code: ExitCode, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


_EXIT_CODES: dict[str, ExitCode] = {
    "config.errors.ConfigError": ExitCode.USAGE,
    "crm.http.body.UnreadableBodyError": ExitCode.UNREACHABLE,
    "crm.errors.CrmError": ExitCode.UNREACHABLE,
    "crm.errors.ForbiddenItemError": ExitCode.NOT_SENT,
    "crm.errors.UserNotFoundError": ExitCode.NO_MATCH,
    "crm.errors.PermissionDeniedError": ExitCode.DENIED,
    "crm.errors.SignInError": ExitCode.SIGN_IN,
    "crm.errors.SignedOutError": ExitCode.SIGN_IN,
    "crm.errors.UnclearAnswerError": ExitCode.UNKNOWN,
    "crm.login_times.UnreadableTimeError": ExitCode.UNREACHABLE,
    "demo.errors.DemoError": ExitCode.USAGE,
    "demo.webservice.access.AccessRefusedError": ExitCode.USAGE,
    "system.files.UnsafeFileError": ExitCode.USAGE,
    "history.errors.ConcurrentResetError": ExitCode.NOT_SENT,
    "history.errors.HistoryError": ExitCode.NOT_SENT,
    "system.event_log.LogFileError": ExitCode.USAGE,
    "system.paths.UnknownHomeError": ExitCode.USAGE,
    "cli._support.output.OutputFailedError": ExitCode.USAGE,
    "system.subprocesses.ProgramFailedError": ExitCode.USAGE,
    "instances.doctor._StepFailedError": ExitCode.UNREACHABLE,
    "verification.evidence.NoProofError": ExitCode.UNREACHABLE,
    "notes.note_command.NoteCommandError": ExitCode.NOT_SENT,
    "resets.service.ResetBlockedError": ExitCode.NOT_SENT,
    "secrets.errors.SecretError": ExitCode.SIGN_IN,
    "tui.theming.themes.ThemeError": ExitCode.USAGE,
}
"""Every family of errors of ours, by the name of its class: a failure is no reason to import all of them."""


_OPTIONS: dict[str, str] = {
    "config.errors.UnusableConfigError": "Name it with --config FILE.",
    "history.errors.NoSuchEntryError": "Compare --state and DAZOS_TUI_STATE.",
    "history.errors.UnusableHistoryError": "Name it with --state DIR.",
    "system.event_log.LogFileError": "Name it with --log FILE.",
    "system.paths.UnknownHomeError": "Or name them with --config FILE and --state DIR.",
}
"""The options that help after an error, by the name of its class. What raises it knows of no command line."""


def exit_code_for(error: Exception) -> ExitCode | None:
    """Return the exit code of the nearest family of an error, or None if it is one that nobody foresaw."""
    if isinstance(error, CommandError):
        return error.code
    return next((_EXIT_CODES[name] for name in _families(error) if name in _EXIT_CODES), None)


def _families(error: Exception) -> list[str]:
    """Return the names of the classes of ours that an error is of, the nearest first."""
    names = (f"{family.__module__}.{family.__qualname__}" for family in type(error).__mro__)
    return [name.removeprefix("dazos_tui.") for name in names if name.startswith("dazos_tui.")]


def exit_code_for_outcome(outcome: Outcome, error: Exception | None) -> ExitCode:
    """Return the exit code of a reset that was asked for, and of the error behind its outcome, if any."""
    if isinstance(error, PermissionDeniedError):
        return ExitCode.DENIED
    match outcome:
        case Outcome.SENT:
            return ExitCode.DONE
        case Outcome.UNKNOWN:
            return ExitCode.UNKNOWN
        case Outcome.REFUSED | Outcome.NOT_SENT:
            return ExitCode.NOT_SENT


def echo_error(error: Exception) -> None:
    """Say on stderr what happened and, on the next line, what to do next."""
    options = next((_OPTIONS[name] for name in _families(error) if name in _OPTIONS), "")
    echo_problem(str(error), advice=f"{getattr(error, 'advice', '')} {options}".strip())


def echo_problem(message: str, *, advice: str) -> None:
    """Say on stderr what happened, then what to do next, if anything."""
    for line in [*message.splitlines(), *advice.splitlines()]:
        # A message may hold the name of a file, and that any byte at all.
        echo_err(safe_text(line))
