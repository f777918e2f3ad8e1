"""Lending our terminal to a program that asks for something, such as gpg for a passphrase.

Meanwhile the program's process group is in the foreground: only that group reads the keyboard and gets Ctrl+C
(POSIX.1, 11.1.4). Once the program has ended or was killed, we are in the foreground again.
"""

import os
import signal
import termios
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

LendTerminal = Callable[[str], AbstractAsyncContextManager[int | None]]
"""Lends the terminal to a program, described like “the password command of harbor-prod”.

Yields the terminal's file descriptor, or None if there is no terminal to lend."""

TERMINAL_LENDER: ContextVar[LendTerminal | None] = ContextVar("TERMINAL_LENDER", default=None)
"""How our terminal is lent; None: not at all. It is set once, before any program is run."""

NO_TERMINAL = "/dev/tty"
"""The value of GPG_TTY for a program without a terminal. gpg's agent has none of its own, so its dialog fails
at once; without the variable it would draw on the terminal that it remembers."""


def terminal_environment(terminal: int | None) -> dict[str, str]:
    """Return the environment variables for a program's terminal (gpg-agent(1), GPG_TTY)."""
    name = _name_of(terminal) if terminal is not None else ""
    return {"GPG_TTY": name or NO_TERMINAL}


def _name_of(terminal: int) -> str:
    """Return a terminal's name; empty once it has gone."""
    try:
        return os.ttyname(terminal)
    except OSError:
        return ""


def is_in_foreground(terminal: int) -> bool:
    """Return whether we are in the foreground of a terminal and so can lend it."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False


def has_job_control() -> bool:
    """Return whether a shell with job control started us: we are in its session, in our own group."""
    parent = os.getppid()
    try:
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgrp()
    except OSError:
        return False


@asynccontextmanager
async def lend_own_terminal(_program: str) -> AsyncIterator[int | None]:
    """Lend the terminal we were started in, while nothing of ours is shown. It is a `LendTerminal`."""
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
def process_group_in_foreground(
    terminal: int, group: int, release_interrupts: Callable[[], bool]
) -> Iterator[None]:
    """Put a process group in the foreground, and us again afterwards. Unread input is dropped.

    A Ctrl+C that was held back until then (see `interrupts_held`) goes to the group.
    """
    name = _name_of(terminal)
    _set_foreground_group(terminal, group)
    with suppress(ProcessLookupError, PermissionError):
        if release_interrupts():
            os.killpg(group, signal.SIGINT)
        # It may have been stopped because it tried to read earlier.
        os.killpg(group, signal.SIGCONT)
    try:
        yield
    finally:
        _set_foreground_group(terminal, os.getpgrp())
        if name:
            _end_pinentry(name)
        with suppress(termios.error, OSError):
            # The rest of the program's input may be a secret.
            termios.tcflush(terminal, termios.TCIFLUSH)


@contextmanager
def interrupts_held() -> Iterator[Callable[[], bool]]:
    """Hold Ctrl+C back; yield a function that ends this and returns whether it came.

    For the moment between the start of a program and its group being in the foreground: until then we get the
    Ctrl+C that is meant for it. If the function is not called, we act on it at the end. Only for the main
    thread.
    """
    came: list[int] = []
    earlier = signal.signal(signal.SIGINT, lambda number, _: came.append(number))

    def release() -> bool:
        signal.signal(signal.SIGINT, earlier)
        was_interrupted = bool(came)
        came.clear()
        return was_interrupted

    try:
        yield release
    finally:
        if release():
            signal.raise_signal(signal.SIGINT)


def _set_foreground_group(terminal: int, group: int) -> None:
    # This signal stops a background process that does this, unless it is blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        with suppress(OSError):
            os.tcsetpgrp(terminal, group)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_pinentry(terminal: str) -> None:
    """End a pinentry of gpg's agent that still uses our terminal: it outlives gpg and keeps a CPU busy."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "comm").read_text().startswith("pinentry") and _has_open(process, terminal):
                os.kill(int(process.name), signal.SIGTERM)


def _has_open(process: Path, terminal: str) -> bool:
    # The name of a terminal that is gone is followed by “ (deleted)”.
    return any(str(link.readlink()).partition(" ")[0] == terminal for link in (process / "fd").iterdir())
