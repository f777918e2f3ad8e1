"""Exit codes, and how an error is reported: an exit code for scripts, lines on stderr for the user."""

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
    """Ends the command with this exit code, for this reason."""

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
    "learning.recording.RecordingError": ExitCode.NO_MATCH,
    "learning.recording.UnreadableRecordingError": ExitCode.USAGE,
    "instances.doctor._StepFailedError": ExitCode.UNREACHABLE,
    "verification.evidence.NoProofError": ExitCode.UNREACHABLE,
    "notes.note_command.NoteCommandError": ExitCode.NOT_SENT,
    "resets.batch.OtherInstanceError": ExitCode.USAGE,
    "resets.batch._StopError": ExitCode.NOT_SENT,
    "resets.file_text.EmptyPeopleFileError": ExitCode.NO_MATCH,
    "resets.file_text.PeopleFileError": ExitCode.USAGE,
    "resets.service.ResetBlockedError": ExitCode.NOT_SENT,
    "secrets.errors.SecretError": ExitCode.SIGN_IN,
    "tui.theming.themes.ThemeError": ExitCode.USAGE,
}
"""The exit code of each of our error classes and its subclasses, by class name, so that none is imported."""


_OPTION_ADVICE: dict[str, str] = {
    "config.errors.UnusableConfigError": "Choose it with --config FILE.",
    "history.errors.NoSuchEntryError": "Check --state and DAZOS_TUI_STATE.",
    "history.errors.UnfinishedErasureError": "Use: dazos-tui db erase --rewrite",
    "history.errors.UnusableHistoryError": "Choose it with --state DIR.",
    "resets.batch.OtherInstanceError": "Use -i NAME, or --new-batch.",
    "resets.file_text.UnclearColumnError": "Use --column TITLE, or --column NUMBER.",
    "system.event_log.LogFileError": "Choose it with --log FILE.",
    "system.paths.UnknownHomeError": "Or use --config FILE and --state DIR.",
}
"""Advice about options after an error, by class name. The layers that raise it know no command line."""


def exit_code_for(error: Exception) -> ExitCode | None:
    """Return the exit code of an error's nearest known class, None for an unexpected error."""
    if isinstance(error, CommandError):
        return error.code
    return next((_EXIT_CODES[name] for name in _class_names(error) if name in _EXIT_CODES), None)


def _class_names(error: Exception) -> list[str]:
    """Return the names of our own classes that an error is an instance of, the nearest first."""
    names = (f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__)
    return [name.removeprefix("dazos_tui.") for name in names if name.startswith("dazos_tui.")]


def exit_code_for_outcome(outcome: Outcome, error: Exception | None) -> ExitCode:
    """Return the exit code of a reset, from its outcome and the error behind it, if any."""
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
    """Write an error and its advice to stderr."""
    options = next((_OPTION_ADVICE[name] for name in _class_names(error) if name in _OPTION_ADVICE), "")
    echo_problem(str(error), advice=f"{getattr(error, 'advice', '')} {options}".strip())


def echo_problem(message: str, *, advice: str) -> None:
    """Write to stderr what happened, then what to do next, if anything."""
    for line in [*message.splitlines(), *advice.splitlines()]:
        # A message may contain a file name, which may contain any byte.
        echo_err(safe_text(line))
