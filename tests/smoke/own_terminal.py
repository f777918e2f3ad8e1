"""A program at a terminal of its own, whose other end a test holds: it sees and sends bytes."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

from tests.patience import patience

PATIENCE = 15.0

_CONTROLLING = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")


class OwnTerminal:
    """Runs one command at a new terminal, by default as its controlling one. A context manager."""

    def __init__(self, command, *, columns=100, rows=24, controlling=True, **environment):
        self.ours, theirs = pty.openpty()
        self.seen = b""
        self.resize(columns, rows)
        first = [sys.executable, "-c", _CONTROLLING] if controlling else []
        kept = {name: value for name, value in os.environ.items() if name != "COLORTERM"}
        self.process = subprocess.Popen(
            [*first, *command], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**kept, "TERM": "xterm-256color", **environment},
        )  # fmt: skip
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.hang_up()

    def resize(self, columns, rows):
        """Set the size of the terminal."""
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, data):
        """Send what a keyboard, or the terminal itself, sends."""
        os.write(self.ours, data)

    def hang_up(self):
        """Close the terminal."""
        if self.ours >= 0:
            os.close(self.ours)
            self.ours = -1

    def read(self, seconds):
        """Read what is written within `seconds`, if anything."""
        if select.select([self.ours], [], [], seconds)[0]:
            try:
                self.seen += os.read(self.ours, 65536)
            except OSError:
                return

    @property
    def text(self):
        """Return what was written, without control sequences and blanks, in the order of writing."""
        return re.sub(rb"\s+", b"", _SEQUENCE.sub(b"", self.seen)).decode(errors="replace")

    def sees(self, words):
        """Wait until this is written, ignoring blanks; forget everything before."""
        deadline = time.monotonic() + patience(PATIENCE)
        while words.replace(" ", "") not in self.text:
            assert time.monotonic() < deadline, f"never saw {words!r} in: {self.text[-2000:]}"
            assert self.process.poll() is None or self.ours < 0 or self.read_on(), f"ended: {self.text}"
            self.read(0.1)
        self.seen = b""

    def until(self, data):
        """Wait until these bytes are written."""
        deadline = time.monotonic() + patience(PATIENCE)
        while data not in self.seen:
            assert time.monotonic() < deadline, f"never saw {data!r} in: {self.text[-2000:]}"
            self.read(0.1)

    def read_on(self):
        """Read the remaining output of a program that has ended; return whether there was any."""
        before = len(self.seen)
        self.read(0.1)
        return len(self.seen) > before

    def ends(self):
        """Wait until the program has ended; return its exit code."""
        deadline = time.monotonic() + patience(PATIENCE)
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still running: {self.text[-2000:]}"
            self.read(0.1) if self.ours >= 0 else time.sleep(0.05)
        while self.ours >= 0 and self.read_on():
            pass
        return self.process.returncode
