"""Reads a text that is piped in, or pasted on the terminal."""

import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from dazos_tui.cli._support.exit_codes import CommandError, ExitCode
from dazos_tui.cli._support.output import echo_err, is_terminal

_END = b"\x04"
"""Ctrl+D."""


def read_pasted_text(prompt: str, *, limit: int) -> str:
    """Return stdin up to its end, or what is pasted up to Ctrl+D; at most `limit` + 1 bytes are read.

    A pasted text is not echoed, as it may hold secrets. It may have longer lines than the 4,096 bytes that a
    terminal otherwise takes (termios(3), canonical mode). Raises CommandError if stdin cannot be read.
    """
    if not is_terminal("stdin"):
        return _read_piped(limit + 1).decode("utf-8", "replace")
    content = b""
    with _unechoed(sys.stdin.fileno()) as handle:
        # Only now: what is pasted before would be shown.
        echo_err(prompt)
        while len(content) <= limit and (chunk := os.read(handle, 65_536)):
            before, end, _ = chunk.partition(_END)
            content += before
            if end:
                break
    return content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _read_piped(limit: int) -> bytes:
    try:
        # Python has None for a stream that was closed before it started.
        return sys.stdin.buffer.read(limit)
    except (AttributeError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is closed"
        raise CommandError(
            ExitCode.USAGE, f"Could not read stdin: {reason}.", advice="Name a file instead of “-”."
        ) from None


@contextmanager
def _unechoed(handle: int) -> Iterator[int]:
    earlier = termios.tcgetattr(handle)
    changed = termios.tcgetattr(handle)
    changed[3] &= ~(termios.ECHO | termios.ICANON)
    changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
    termios.tcsetattr(handle, termios.TCSADRAIN, changed)
    try:
        yield handle
    finally:
        # Also discards what is pasted after the end: it cannot be the answer to the next question.
        termios.tcsetattr(handle, termios.TCSAFLUSH, earlier)
