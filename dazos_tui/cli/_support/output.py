"""What a command writes: data on stdout, words on stderr."""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

from dazos_tui.text.sanitize import safe_text


class OutputClosedError(Exception):
    """Nobody reads stdout any more, as after ``| head``. Not an error."""


class OutputFailedError(Exception):
    """Stdout cannot be written: it is closed, or the disk is full."""

    advice = "See where the output goes to, and whether there is room."


def write_stdout(lines: Iterable[str]) -> None:
    """Write lines to stdout. Raises OutputClosedError if nobody reads them, else OutputFailedError."""
    stdout = _stream("stdout")
    if stdout is None:
        raise OutputFailedError("The output could not be written: stdout is closed.")
    try:
        for line in lines:
            stdout.write(_encodable(line) + "\n")
        stdout.flush()
    except (OSError, ValueError) as error:
        _discard(stdout)
        if isinstance(error, BrokenPipeError):
            raise OutputClosedError from None
        reason = getattr(error, "strerror", None) or "stdout is closed"
        raise OutputFailedError(f"The output could not be written: {reason}.") from None


def echo_err(line: str) -> None:
    """Write a line for the person to stderr, in place of a passing line; nothing if it cannot be written."""
    show_progress("")
    _write_stderr(line + "\n")


def echo_interrupted(line: str) -> None:
    """Write a line after Ctrl-C: on a terminal below the question, or the ^C, that stands there."""
    echo_err(f"\n{line}" if is_terminal("stderr") else line)


@dataclass
class _ProgressLine:
    """Whether a passing line stands on the terminal."""

    is_shown: bool = False


_progress_line = _ProgressLine()


def show_progress(line: str) -> None:
    """Show a passing line if somebody is watching; the next one takes its place, an empty one clears it."""
    if (line or _progress_line.is_shown) and is_terminal("stderr"):
        _write_stderr(f"\r\033[K{safe_text(line)}")
        _progress_line.is_shown = bool(line)


def is_terminal(name: str) -> bool:
    """Tell whether stdin, stdout or stderr is a terminal. A closed one is none."""
    stream = _stream(name)
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _stream(name: str) -> TextIO | None:
    # Python has None in the place of what was closed before it began, though the types do not say so.
    stream: TextIO | None = getattr(sys, name)
    return stream


def _write_stderr(text: str) -> None:
    # Whoever cannot be told is no reason to do, or to report by the exit code, anything else.
    stderr = _stream("stderr")
    if stderr is None:
        return
    try:
        stderr.write(text)
        stderr.flush()
    except (OSError, ValueError):
        _discard(stderr)


def _discard(stream: TextIO) -> None:
    # Else Python tries to write the rest at its end, complains, and ends with an exit code of its own.
    with suppress(OSError, ValueError):
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


def json_line(record: Mapping[str, object]) -> str:
    """Return a record as one line of JSON, in letters that stdout can carry."""
    return json.dumps(record, ensure_ascii=_encoding() != "utf-8")


def format_table(rows: Sequence[Sequence[str]], *, widest: int | None = None) -> list[str]:
    """Return rows as aligned lines, two spaces between the columns, each cut to `widest` cells if given."""
    if widest is not None:
        rows = [[truncate_cells(text, widest) for text in row] for row in rows]
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(_pad_cells, row, widths)).rstrip() for row in rows]


def truncate_cells(text: str, cells: int) -> str:
    """Return a text that takes at most so many cells of a terminal; what was cut ends with an ellipsis."""
    if cell_width(text) <= cells:
        return text
    kept, room = "", cells - 1
    for char in text:
        room -= _char_width(char)
        if room < 0:
            break
        kept += char
    return f"{kept.rstrip()}…"


def format_person(name: str, user_name: str, email: str) -> str:
    """Return how a person is written in a line: by name, or by user name where there is none."""
    shown = name or user_name
    return f"{shown} <{email}>" if email else shown


def cell_width(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _pad_cells(text: str, cells: int) -> str:
    return text + " " * (cells - cell_width(text))


def _encodable(line: str) -> str:
    encoding = _encoding()
    return line if encoding == "utf-8" else line.encode(encoding, "replace").decode(encoding)


def _encoding() -> str:
    return (getattr(_stream("stdout"), "encoding", None) or "utf-8").lower()
