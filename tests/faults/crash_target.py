"""A process in whose midst something happens to it."""

import asyncio
import fcntl
import os
import pty
import re
import resource
import signal
import termios
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Self


class Way(StrEnum):
    """What happens to a process: some end it, some leave it to go on as well as it can."""

    KILL = "SIGKILL"
    TERM = "SIGTERM"
    HUP = "SIGHUP"
    TERMINAL = "terminal lost"
    DEAF = "terminal lost, nohup"
    NO_WRITES = "no more writes"
    FULL = "disk full"
    POWER = "power cut"


_SIGNALS: Mapping[str, signal.Signals] = {
    Way.KILL: signal.SIGKILL,
    Way.POWER: signal.SIGKILL,
    Way.TERM: signal.SIGTERM,
    Way.HUP: signal.SIGHUP,
}
ENDS: Mapping[str, signal.Signals] = {**_SIGNALS, Way.TERMINAL: signal.SIGHUP}
"""The signal that ends the process, where one does."""
OF_DISK: frozenset[str] = frozenset({Way.NO_WRITES, Way.FULL})
"""After these the history cannot be written."""
_AT_TERMINAL = frozenset({Way.TERMINAL, Way.DEAF})

_LINE = re.compile(r'\{"outcome".*\}')


class Victim:
    """A command under way, at a terminal of its own if it is to lose that."""

    def __init__(self, process: Process, terminal: int | None) -> None:
        self.process = process
        self._terminal = terminal
        self._shown = b""
        if terminal is not None:
            os.set_blocking(terminal, False)
            asyncio.get_running_loop().add_reader(terminal, self._read)
        self.ending = asyncio.create_task(self._end())

    @classmethod
    async def start(cls, command: list[str], environment: dict[str, str], way: Way | None) -> Self:
        """Start a command to which `way` is to happen; None for nothing."""
        if way not in _AT_TERMINAL:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
            )
            return cls(process, None)
        ours, theirs = pty.openpty()

        def settle() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGHUP, signal.SIG_IGN if way is Way.DEAF else signal.SIG_DFL)

        try:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
                start_new_session=True, preexec_fn=settle,
            )  # fmt: skip
        finally:
            os.close(theirs)
        return cls(process, ours)

    def strike(self, way: Way) -> None:
        """Let it happen, as far as it concerns the process alone. It may have ended by itself already."""
        with suppress(ProcessLookupError):
            if way in _SIGNALS:
                self.process.send_signal(_SIGNALS[way])
            elif way in _AT_TERMINAL:
                self._hang_up()
            elif way is Way.NO_WRITES:
                resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    async def _end(self) -> tuple[str, str]:
        """Wait until it has ended; return the line of JSON it wrote, and its words."""
        if self.process.stdout is not None:
            said, words = await self.process.communicate()
            return said.decode(), words.decode()
        await self.process.wait()
        self._read()
        self._hang_up()
        shown = self._shown.decode()
        return "".join(_LINE.findall(shown)), _LINE.sub("", shown)

    def _read(self) -> None:
        try:
            while self._terminal is not None:
                self._shown += os.read(self._terminal, 65536)
        except BlockingIOError:
            return
        except OSError:
            # Nobody has the other side open any more.
            self._hang_up()

    def _hang_up(self) -> None:
        if self._terminal is not None:
            asyncio.get_running_loop().remove_reader(self._terminal)
            os.close(self._terminal)
            self._terminal = None
