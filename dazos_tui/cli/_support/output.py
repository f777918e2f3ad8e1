"""The output of commands: data on stdout, messages on stderr."""

import errno
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TextIO

from dazos_tui.cli._support.quiet import is_progress_hidden, is_quiet
from dazos_tui.text.cells import cell_width, pad_cells
from dazos_tui.text.sanitize import safe_text


class OutputClosedError(Exception):
    """Nobody reads stdout any longer, as after ``| head``. The command ends with exit code 0."""


class OutputFailedError(Exception):
    """Stdout cannot be written: it is closed, or the disk is full."""

    advice = "Check where the output goes, and whether the disk is full."


def write_stdout(lines: Iterable[str]) -> None:
    """Write lines to stdout.

    Raises OutputClosedError if nobody reads them, OutputFailedError if they cannot be written otherwise.
    """
    _write_stdout(f"{line}\n" for line in lines)


def write_question(text: str) -> None:
    """Write a text to stdout without a line break, as a question. Raises as `write_stdout` does."""
    _write_stdout([text])


def _write_stdout(texts: Iterable[str]) -> None:
    stdout = _stream("stdout")
    if stdout is None:
        raise OutputFailedError("Could not write the output: stdout is closed.")
    for text in texts:
        # Only this: an error in making the lines is no error of the output.
        try:
            stdout.write(_encodable(text))
        except (OSError, ValueError) as error:
            raise failed_output(error) from None
    try:
        stdout.flush()
    except (OSError, ValueError) as error:
        raise failed_output(error) from None


def failed_output(error: OSError | ValueError) -> OutputClosedError | OutputFailedError:
    """Return what an error of writing to stdout means. What is not written yet is dropped."""
    stdout = _stream("stdout")
    if stdout is not None:
        _discard(stdout)
    if isinstance(error, BrokenPipeError):
        return OutputClosedError()
    reason = getattr(error, "strerror", None)
    if reason is None or getattr(error, "errno", None) == errno.EBADF:
        reason = "stdout is closed"
    return OutputFailedError(f"Could not write the output: {reason}.")


def echo_err(line: str) -> None:
    """Write a line to stderr in place of the progress line. Does nothing if stderr cannot be written."""
    show_progress("")
    _write_stderr(line + "\n")


def echo_note(line: str) -> None:
    """Write a remark to stderr, which --quiet leaves out: neither an error nor a warning."""
    if not is_quiet():
        echo_err(line)


def echo_interrupted(line: str) -> None:
    """Write a line after Ctrl-C. On a terminal it goes below the question, or the ^C, on the current line."""
    echo_err(f"\n{line}" if is_terminal("stderr") else line)


@dataclass
class _ProgressLine:
    """Whether a progress line is on the terminal."""

    is_shown: bool = False


_progress_line = _ProgressLine()


def show_progress(line: str) -> None:
    """Show a progress line if stderr is a terminal. The next one replaces it, an empty one clears it."""
    if is_progress_hidden():
        line = ""
    if (line or _progress_line.is_shown) and is_terminal("stderr"):
        _write_stderr(f"\r\033[K{safe_text(line)}")
        _progress_line.is_shown = bool(line)


def show_reading(instance: str, known: int, total: int | None) -> None:
    """Show how many people of an instance's list are known, and how many there are, if that is known."""
    of_all = f" of {total}" if total is not None else ""
    show_progress(f"Reading the people of {instance} … {known}{of_all}")


def is_terminal(name: str) -> bool:
    """Return whether stdin, stdout or stderr is a terminal. A closed stream is not."""
    stream = _stream(name)
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _stream(name: str) -> TextIO | None:
    # Python has None for a stream that was closed before it started, though the types do not say so.
    stream: TextIO | None = getattr(sys, name)
    return stream


def _write_stderr(text: str) -> None:
    # A message that cannot be written changes neither what the command does nor its exit code.
    stderr = _stream("stderr")
    if stderr is None:
        return
    try:
        stderr.write(text)
        stderr.flush()
    except (OSError, ValueError):
        _discard(stderr)


def _discard(stream: TextIO) -> None:
    # Otherwise Python tries to flush it when it exits, complains, and ends with its own exit code.
    with suppress(OSError, ValueError):
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


def can_encode(text: str) -> bool:
    """Return whether stdout's encoding has all characters of a text."""
    try:
        text.encode(_encoding())
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def json_line(record: Mapping[str, object]) -> str:
    """Return a record as one line of JSON, escaped to ASCII unless stdout is UTF-8."""
    return json.dumps(record, ensure_ascii=_encoding() != "utf-8")


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield rows as CSV under a header. A cell may contain a line break, as in RFC 4180."""
    import csv

    file = io.StringIO()
    writer = csv.writer(file, lineterminator="")
    for cells in chain([header], rows):
        writer.writerow(cells)
        yield file.getvalue()
        file.seek(0)
        file.truncate()


def format_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return facts as aligned lines without titles, two spaces between columns."""
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(pad_cells, row, widths)).rstrip() for row in rows]


def format_person(name: str, user_name: str, email: str) -> str:
    """Return the one-line form of a person: the name (else the user name), and the e-mail if there is one."""
    shown = name or user_name
    return f"{shown} <{email}>" if email else shown


def _encodable(line: str) -> str:
    encoding = _encoding()
    return line if encoding == "utf-8" else line.encode(encoding, "replace").decode(encoding)


def _encoding() -> str:
    return (getattr(_stream("stdout"), "encoding", None) or "utf-8").lower()
