"""A process that is disrupted while it runs."""

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


class Disruption(StrEnum):
    """What happens to a process. Some disruptions end it, others let it continue as well as it can."""

    KILL = "SIGKILL"
    TERM = "SIGTERM"
    HUP = "SIGHUP"
    TERMINAL = "terminal lost"
    DEAF = "terminal lost, nohup"
    NO_WRITES = "writes fail"
    FULL = "disk full"
    POWER = "power cut"


_SIGNALS: Mapping[str, signal.Signals] = {
    Disruption.KILL: signal.SIGKILL,
    Disruption.POWER: signal.SIGKILL,
    Disruption.TERM: signal.SIGTERM,
    Disruption.HUP: signal.SIGHUP,
}
ENDS: Mapping[str, signal.Signals] = {**_SIGNALS, Disruption.TERMINAL: signal.SIGHUP}
"""The signal that ends the process, for those that end it."""
OF_DISK: frozenset[str] = frozenset({Disruption.NO_WRITES, Disruption.FULL})
"""Disruptions after which the history cannot be written."""
_AT_TERMINAL = frozenset({Disruption.TERMINAL, Disruption.DEAF})

_LINE = re.compile(r'\{"outcome".*\}')


class CrashTarget:
    """A running command, in a terminal of its own if it is to lose that."""

    def __init__(self, process: Process, terminal: int | None) -> None:
        self.process = process
        self._terminal = terminal
        self._shown = b""
        if terminal is not None:
            os.set_blocking(terminal, False)
            asyncio.get_running_loop().add_reader(terminal, self._read)
        self.ending = asyncio.create_task(self._end())

    @classmethod
    async def start(
        cls, command: list[str], environment: dict[str, str], disruption: Disruption | None
    ) -> Self:
        """Start a command that will be disrupted like this; None for no disruption."""
        if disruption not in _AT_TERMINAL:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
            )
            return cls(process, None)
        ours, theirs = pty.openpty()

        def settle() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGHUP, signal.SIG_IGN if disruption is Disruption.DEAF else signal.SIG_DFL)

        try:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
                start_new_session=True, preexec_fn=settle,
            )  # fmt: skip
        finally:
            os.close(theirs)
        return cls(process, ours)

    def disrupt(self, disruption: Disruption) -> None:
        """Disrupt the process, as far as only it is concerned. It may have ended by itself already."""
        with suppress(ProcessLookupError):
            if disruption in _SIGNALS:
                self.process.send_signal(_SIGNALS[disruption])
            elif disruption in _AT_TERMINAL:
                self._hang_up()
            elif disruption is Disruption.NO_WRITES:
                resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    async def _end(self) -> tuple[str, str]:
        """Wait until it has ended; return the line of JSON that it wrote, and its messages."""
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
            # The other side is closed.
            self._hang_up()

    def _hang_up(self) -> None:
        if self._terminal is not None:
            asyncio.get_running_loop().remove_reader(self._terminal)
            os.close(self._terminal)
            self._terminal = None
