"""What a command writes: data on stdout, words on stderr."""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from dazos_tui.text import safe_text


class OutputGone(Exception):
    """Nobody reads stdout any more, as after ``| head``. Not an error."""


class OutputFailed(Exception):
    """Stdout cannot be written, as on a full disk."""

    advice = "See where the output goes to, and whether there is room."


def out(lines: Iterable[str]) -> None:
    """Write lines to stdout. Raises OutputGone if nobody reads them, OutputFailed if that fails."""
    try:
        for line in lines:
            sys.stdout.write(_encodable(line) + "\n")
        sys.stdout.flush()
    except OSError as error:
        # Else Python tries to write the rest at its end, and complains again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise OutputGone from None
        raise OutputFailed(f"The output could not be written: {error.strerror}.") from None


def words(line: str) -> None:
    """Write a line for the person to stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def progress(line: str) -> None:
    """Show a passing line if somebody is watching; the next one takes its place, an empty one clears it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{safe_text(line)}")
        sys.stderr.flush()


def json_line(record: Mapping[str, object]) -> str:
    """Return a record as one line of JSON, in letters that stdout can carry."""
    return json.dumps(record, ensure_ascii=_encoding() != "utf-8")


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as aligned lines, two spaces between the columns."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(_padded, row, widths)).rstrip() for row in rows]


def width(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - width(text))


def _encodable(line: str) -> str:
    if _encoding() == "utf-8":
        return line
    return line.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding)


def _encoding() -> str:
    return sys.stdout.encoding.lower()
