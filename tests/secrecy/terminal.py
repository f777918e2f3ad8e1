"""Runs a program in its own terminal, keeps every byte of output, and reads the program's processes."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.screen import Screen
from tests.patience import patience
from tests.secrecy.search import without_sequences

PATIENCE = 15.0

STATUS_QUERY, STATUS_REPORT = b"\x1b[5n", b"\x1b[0n"
"""The request for a terminal's status, and its answer (ECMA-48, 8.3.35)."""

# A core file would hold all the memory; whether one is written is the system's choice.
_OWN_TERMINAL = """
import fcntl, os, resource, sys, termios
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A command that runs in a terminal; a context manager. `raw` is all of its output so far."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", _OWN_TERMINAL, *command],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=folder, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.raw = b""
        self.process_info: list[tuple[str, bytes]] = []
        """What /proc showed about the program and its child processes, each with the name of the place."""
        self._read_to, self._screen = 0, Screen(120, 40)
        self._ended, self._news = False, threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(patience(PATIENCE))
        os.close(self._ours)

    def sees(self, *words: str) -> None:
        """Wait until all these words have been written since the last input."""

        def seen() -> bool:
            shown = without_sequences(self.raw[self._read_to :])
            return all(word.encode() in shown for word in words)

        self._until(seen, f"never saw {words}")

    def shows(self, *words: str) -> None:
        """Wait until all these words are on the screen."""
        self._until(lambda: all(word in self._screen.text for word in words), f"never showed {words}")

    def shows_no(self, word: str) -> None:
        """Wait until a word is no longer on the screen."""
        self._until(lambda: word not in self._screen.text, f"still shows {word!r}")

    def type(self, text: str) -> None:
        """Record the processes, then type."""
        self.look()
        self._read_to = len(self.raw)
        os.write(self._ours, text.encode())

    def signal(self, number: signal.Signals) -> None:
        """Record the processes, then send the program a signal."""
        self.look()
        self._read_to = len(self.raw)
        self._process.send_signal(number)

    def look(self) -> None:
        """Record what /proc shows about the program, if it still runs, and about its child processes."""
        if self._process.poll() is not None:
            return
        for pid in [self._process.pid, *_children(self._process.pid)]:
            for file in ("cmdline", "environ"):
                with suppress(OSError):
                    self.process_info.append(
                        (f"{file} of {self._owner(pid)}", Path(f"/proc/{pid}/{file}").read_bytes())
                    )

    def ends(self) -> int:
        """Wait until the program has ended and all its output was read; return its exit code."""
        code = self._process.wait(patience(PATIENCE))
        self._reader.join(patience(PATIENCE))
        assert self._ended, "something still holds the terminal open"
        return code

    def _until(self, holds: Callable[[], bool], failure: str) -> None:
        with self._news:
            self._news.wait_for(lambda: self._ended or holds(), patience(PATIENCE))
            assert holds(), f"{failure}; the screen shows:\n{self._screen.text}"

    def _owner(self, pid: int) -> str:
        return "the app" if pid == self._process.pid else "a child"

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._ours, 65536)
            except OSError:
                # On Linux this means that no process has the other side open any longer.
                chunk = b""
            with self._news:
                before = self.raw.count(STATUS_QUERY)
                self.raw += chunk
                # Like every terminal, answer each status request that has been read.
                for _ in range(self.raw.count(STATUS_QUERY) - before):
                    os.write(self._ours, STATUS_REPORT)
                self._screen.feed(chunk)
                self._ended = not chunk
                self._news.notify_all()
            if not chunk:
                return


def _children(pid: int) -> list[int]:
    """Return all descendants of a process."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The state and the parent follow the program's name, which is in brackets and may contain some.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(family - {pid})
