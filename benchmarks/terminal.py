"""A program in a pseudo-terminal, with measurements of its output."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import NoReturn, Self

from benchmarks.screen import Screen

SIZE = 120, 40
"""Default columns and lines of a terminal."""
SILENCE = 0.2
"""Seconds without a byte after which a redraw has ended."""
ENDLESS = 10.0
"""Seconds to wait for a redraw that does not begin or does not end."""
PATIENCE = 120.0
"""Seconds to wait for a program to get ready."""
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_OWN = ("FZF_", "TEXTUAL", "DAZOS_TUI")
_MISLEADING = frozenset({"COLUMNS", "LINES", "NO_COLOR", "TMUX", "TERM_PROGRAM"})


@dataclass(frozen=True)
class Redraw:
    """The redraw after a key: milliseconds until its last byte, and its size in bytes."""

    milliseconds: float
    bytes: int


class Terminal:
    """A program in a terminal, as a context manager that ends it.

    `stdin` is a file to read instead of the keyboard, for a program that opens the terminal by itself. `size`
    is in columns and lines. `received` counts the bytes that the program has written so far.
    """

    def __init__(
        self, command: Sequence[str], *, stdin: Path | None = None, size: tuple[int, int] = SIZE
    ) -> None:
        columns, lines = size
        self.screen = Screen(columns, lines)
        self.received = 0
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.started = perf_counter()
        self.pid = os.fork()
        if self.pid == 0:
            _become(command, self._master, slave, stdin)
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not SIGTERM: the program would go on drawing into a terminal that nobody reads.
        os.kill(self.pid, signal.SIGKILL)
        os.close(self._master)
        os.waitpid(self.pid, 0)

    def ready(self, shows: Callable[[Screen], bool]) -> float:
        """Wait until `shows(screen)`; return the milliseconds since the start. Raises TimeoutError."""
        begin = perf_counter()
        while not shows(self.screen):
            waited = perf_counter() - begin
            if waited > PATIENCE or self._read(PATIENCE - waited) is None:
                shown = "\n".join(self.screen.lines)
                raise TimeoutError(f"The program did not get ready. It shows:\n{shown}")
        return (perf_counter() - self.started) * 1000

    def settle(self) -> None:
        """Wait until the program writes nothing for a second, but not for ever: some are never silent."""
        end = perf_counter() + ENDLESS
        while perf_counter() < end and self._read(1.0) is not None:
            pass

    def type(self, keys: bytes) -> None:
        """Type without waiting."""
        os.write(self._master, keys)

    def press(self, keys: bytes, *, silence: float = SILENCE) -> Redraw:
        """Type, and wait until the redraw has ended with `silence` seconds without a byte.

        Raises TimeoutError if there is no redraw.
        """
        pressed = last = perf_counter()
        self.type(keys)
        total, patience = 0, ENDLESS
        while last - pressed < ENDLESS and (came := self._read(patience)) is not None:
            last, total, patience = perf_counter(), total + came, silence
        if not total:
            raise TimeoutError(f"The program did not react to {keys!r}.")
        return Redraw((last - pressed) * 1000, total)

    def idle(self, seconds: float) -> int:
        """Wait for `seconds` without typing; return the number of bytes that the program wrote."""
        end, total = perf_counter() + seconds, 0
        while (left := end - perf_counter()) > 0:
            total += self._read(left) or 0
        return total

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the terminal, as when its window is resized; the program gets SIGWINCH."""
        self.screen.resize(columns, lines)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    @property
    def processor_milliseconds(self) -> float:
        """Return the processor time of its threads so far, in steps of usually 10 ms (see proc(5))."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / _TICKS_PER_SECOND

    @property
    def resident_megabytes(self) -> float:
        """Return the memory that the program uses, in millions of bytes."""
        return resident_megabytes(self.pid)

    def _read(self, seconds: float) -> int | None:
        """Read the next bytes; return how many, or None if none came in time or the program has ended."""
        if not select.select([self._master], [], [], seconds)[0]:
            return None
        with suppress(OSError):  # the program has ended
            if sent := os.read(self._master, 65536):
                # The answer of a terminal to a status request (ECMA-48, 8.3.35).
                os.write(self._master, b"\x1b[0n" * sent.count(b"\x1b[5n"))
                self.screen.feed(sent)
                self.received += len(sent)
                return len(sent)
        return None


def resident_megabytes(pid: int) -> float:
    """Return the memory that a process uses, in millions of bytes: VmRSS of proc(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) * 1024 / 1e6


def _become(command: Sequence[str], master: int, slave: int, stdin: Path | None) -> NoReturn:
    """Turn this forked process into the program. If that fails, it must not continue as the benchmark."""
    try:
        os.close(master)
        os.login_tty(slave)
        if stdin is not None:
            os.dup2(os.open(stdin, os.O_RDONLY), 0)
        os.execvpe(command[0], list(command), _environment())  # noqa: S606 - no shell is wanted
    finally:
        os._exit(127)


def _environment() -> dict[str, str]:
    """Return the environment of a terminal with all colours, without the user's own settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OWN) and name not in _MISLEADING
    }
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
