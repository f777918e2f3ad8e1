"""The log file for a bug report: off unless asked for, with one JSON object per line.

It is redacted by construction: only the fields listed here can get into it, each only in its listed form. No
text from the CRM, a user or an exception has such a form.
"""

import json
import logging
import os
import re
import stat
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from dazos_tui.text.sanitize import safe_text

_log = logging.getLogger("dazos_tui.events")
_log.propagate = False
_log.setLevel(logging.CRITICAL)

FieldCheck = Callable[[object], bool]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _matching(pattern: str) -> FieldCheck:
    known = re.compile(pattern)
    return lambda value: isinstance(value, str) and known.fullmatch(value) is not None


def _each_matching(check: FieldCheck) -> FieldCheck:
    return lambda value: isinstance(value, list | tuple) and all(map(check, value))


SCRIPTS = frozenset({"index.php", "webservice.php", "forgotPassword.php"})
"""The CRM's scripts that are logged by name."""
VIEWS = frozenset({"List", "Detail", "Login", "DashBoard", "SystemSetup", "UserSetup", "Calendar"})
"""The CRM's views that are logged by name."""
OTHER_NAME = "other"
"""Logged in place of every other name: those come from redirects, which may put anything into them."""


def known_name(name: str, names: Collection[str]) -> str:
    """Return a known name unchanged, else `OTHER_NAME`; an empty name stays empty."""
    return name if not name or name in names else OTHER_NAME


def _one_of(names: Collection[str]) -> FieldCheck:
    return lambda value: isinstance(value, str) and (value in names or value == OTHER_NAME)


_FIELDS: Mapping[str, FieldCheck] = {
    "method": _matching("GET|POST|PUT|PATCH"),
    "script": _one_of(SCRIPTS),
    "view": _one_of(VIEWS),
    "status": _is_number,
    "bytes": _is_number,
    "seconds": _is_number,
    "count": _is_number,
    "code": _is_number,
    "history_id": _is_number,
    "outcome": _matching("sent|refused|not sent|unknown"),
    "findings": _each_matching(_matching("[a-z_]{1,30}")),
    "error": _matching("[A-Za-z]{1,40}"),
    "trace": _each_matching(_matching(r"[a-z_/]{1,60}\.py:[0-9]{1,5}")),
    "version": _matching(r"[0-9a-z.+]{1,20}"),
    "python": _matching(r"[0-9.]{1,12}"),
    "system": _matching("[A-Za-z]{1,20}"),
    "command": _matching("[a-z-]{1,20}"),
}
"""The fields a line may have, each with a check of the value's form."""


_MAX_FIRST_LINE = 4096
"""How much of a file is read to check whether it is a log, in bytes. Its first line has about 150."""


class LogFileError(Exception):
    """The log file cannot be used: `str(error)` says why."""

    advice = "Use another file."


class _AllowListFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        given: Mapping[str, object] = getattr(record, "fields", {})
        kept = {name: value for name, value in given.items() if name in _FIELDS and _FIELDS[name](value)}
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"at": at, "event": str(record.msg), **kept})


class _QuietHandler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Say nothing of a full disk: it would be written over the screen."""


def start_log(path: Path, *, reserved: Iterable[Path] = ()) -> None:
    """Append the events from now on to a file that only its owner can read.

    Only a new file, an empty one, or an earlier log is written to, and none of the `reserved` paths, whether
    they exist or not. Raises LogFileError.
    """
    if any(_is_same_file(path, other) for other in reserved):
        raise LogFileError(f"{safe_text(str(path))} is used for something else: nothing is logged there.")
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(path, flags, 0o600)
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            os.close(handle)
            raise LogFileError(f"{safe_text(str(path))} is not a file of yours: nothing is logged there.")
        if found.st_size and not _is_log(os.pread(handle, _MAX_FIRST_LINE, 0)):
            os.close(handle)
            raise LogFileError(
                f"{safe_text(str(path))} contains something other than a log: nothing is logged there."
            )
        os.fchmod(handle, 0o600)
    except (OSError, ValueError) as error:
        reason = safe_text(getattr(error, "strerror", None) or "not a path")
        raise LogFileError(f"{safe_text(str(path))} cannot be logged to: {reason}.") from None
    stop_log()
    handler = _QuietHandler(os.fdopen(handle, "a", buffering=1, encoding="utf-8"))
    handler.setFormatter(_AllowListFormatter())
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)


def _is_same_file(path: Path, other: Path) -> bool:
    try:
        return path.resolve() == other.resolve() or path.samefile(other)
    except (OSError, ValueError, RuntimeError):  # one of them does not exist, or is no path
        return False


def _is_log(start: bytes) -> bool:
    """Return whether a file that starts like this is a log of ours."""
    try:
        first = json.loads(start.partition(b"\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and {"at", "event"} <= first.keys()


def stop_log() -> None:
    """Stop logging and close the file."""
    for handler in list(_log.handlers):
        _log.removeHandler(handler)
        if isinstance(handler, _QuietHandler):
            handler.stream.close()
    _log.setLevel(logging.CRITICAL)


def is_logging() -> bool:
    """Return whether there is a log: if not, callers can skip work that is only for the log."""
    return _log.isEnabledFor(logging.INFO)


def log(event: str, **fields: object) -> None:
    """Log an event, if there is a log. `event` is a constant in the code, never other text."""
    if is_logging():
        _log.info(event, extra={"fields": fields})


def log_error(event: str, error: BaseException) -> None:
    """Log an error by its class and its lines in our own code, never by its message."""
    if not is_logging():
        return
    package = Path(__file__).parents[1]
    frames = traceback.extract_tb(error.__traceback__)
    ours = [(Path(frame.filename), frame.lineno) for frame in frames]
    trace = [f"{file.relative_to(package)}:{line}" for file, line in ours if file.is_relative_to(package)]
    log(event, error=type(error).__name__, trace=trace)
