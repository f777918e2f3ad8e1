"""Our terminal, lent to a program that asks at it, such as gpg for a passphrase.

Meanwhile the program's group of processes is the one in the foreground: only that one reads the keyboard, and
gets Ctrl+C (POSIX.1, 11.1.4). Once it has ended, or has been killed, we are in the foreground again.
"""

import os
import signal
import termios
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

LendTerminal = Callable[[str], AbstractAsyncContextManager[int | None]]
"""Leaves the terminal to a program, which these words name, such as “the password command of harbor-prod”;
gives its file descriptor, None if there is none."""

TERMINAL_LENDER: ContextVar[LendTerminal | None] = ContextVar("TERMINAL_LENDER", default=None)
"""How our terminal is lent; None: not at all. Set once, before anything is run."""

NO_TERMINAL = "/dev/tty"
"""What GPG_TTY says to a program that gets no terminal. gpg's agent has none of its own, so its dialog fails
at once; without the variable it would draw on the terminal that it remembers."""


def terminal_environment(terminal: int | None) -> dict[str, str]:
    """Return what the environment of a program says of its terminal (gpg-agent(1), GPG_TTY)."""
    return {"GPG_TTY": os.ttyname(terminal) if terminal is not None else NO_TERMINAL}


def is_in_foreground(terminal: int) -> bool:
    """Return whether we are in the foreground of a terminal, and so can lend it."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False


def has_job_control() -> bool:
    """Return whether a shell with job control started us: it has us in a group of our own in its session."""
    parent = os.getppid()
    try:
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgrp()
    except OSError:
        return False


@asynccontextmanager
async def lend_own_terminal(_program: str) -> AsyncIterator[int | None]:
    """Lend the terminal we were started at, while nothing of ours is shown. It is a `LendTerminal`."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        yield None
        return
    try:
        yield terminal if is_in_foreground(terminal) else None
    finally:
        os.close(terminal)


@contextmanager
def process_group_in_foreground(terminal: int, group: int) -> Iterator[None]:
    """Have a group of processes in the foreground, and after that us again. What is unread is dropped."""
    name = os.ttyname(terminal)
    _set_foreground_group(terminal, group)
    # It may have tried to read before.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGCONT)
    try:
        yield
    finally:
        _set_foreground_group(terminal, os.getpgrp())
        _end_pinentry(name)
        with suppress(termios.error, OSError):
            # The rest of what was typed for the program may be a secret.
            termios.tcflush(terminal, termios.TCIFLUSH)


def _set_foreground_group(terminal: int, group: int) -> None:
    # Whoever does so from the background is stopped by this signal, unless it is blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        with suppress(OSError):
            os.tcsetpgrp(terminal, group)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_pinentry(terminal: str) -> None:
    """End what gpg's agent still asks with at our terminal: it outlives gpg, and keeps a processor busy."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "comm").read_text().startswith("pinentry") and _has_open(process, terminal):
                os.kill(int(process.name), signal.SIGTERM)


def _has_open(process: Path, terminal: str) -> bool:
    # That of one that has gone is followed by “ (deleted)”.
    return any(str(link.readlink()).partition(" ")[0] == terminal for link in (process / "fd").iterdir())
