"""A shell in a terminal, in which the commands of the documents are typed."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.patience import patience

_END = re.compile(r"\x1e(\d+)\x1e")
"""What the shell prints after each command: its exit code."""

_SECONDS = 10.0
_SIZE = 30, 100


class Shell:
    """A bash with a terminal of its own, in a folder that is also the home."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._process, self._terminal = pty.fork()
        if not self._process:
            os.chdir(home)
            own = {**environment, "HOME": str(home), "TERM": "xterm-256color", "PS1": "", "PS2": ""}
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], own)  # noqa: S606
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZE, 0, 0))
        self._unread = ""
        self._type("stty -echo; set +H; PS1= PS2= PROMPT_COMMAND='printf \"\\036%s\\036\" $?'\n")
        self._read_until(_END)

    def run(self, command: str, answers: Sequence[tuple[str, str]] = ()) -> tuple[int, str]:
        """Type a command; when each text is on the terminal, type its answer. Return exit code and output."""
        self._type(command + "\n")
        output = ""
        for text, answer in answers:
            output += self._read_until(re.compile(re.escape(text) + "|" + _END.pattern))
            assert text in output, f"{command}: {text!r} is not shown: {output}"
            self._type(answer)
        output += self._read_until(_END)
        ends = list(_END.finditer(output))
        return int(ends[-1][1]), output[: ends[-1].start()].replace("\r\n", "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._terminal)

    def _type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _read_until(self, wanted: re.Pattern[str]) -> str:
        deadline = time.monotonic() + patience(_SECONDS)
        while not (found := wanted.search(self._unread)):
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{wanted.pattern!r} never came: {self._unread!r}"
            self._unread += os.read(self._terminal, 65536).decode(errors="replace")
        read, self._unread = self._unread[: found.end()], self._unread[found.end() :]
        return read
