"""A program at the near end of a slow line, and a user's terminal at its far end."""

import codecs
import fcntl
import os
import pty
import queue
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from tests.patience import patience
from tests.secrecy.screen import Screen
from tests.secrecy.terminal import STATUS_QUERY, STATUS_REPORT

PATIENCE = 30.0

# So that the program is the one that the terminal's keys and signals are for.
_OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class SlowLine:
    """A context manager. The line delays everything by `delay` seconds, in both directions.

    It carries `rate` bytes a second from the program to the terminal, as many as there are if that is 0; what
    it cannot carry yet it keeps, as servers and networks do. A terminal that `answers` reports its status.
    """

    def __init__(
        self, command: list[str], *, delay: float = 0.0, rate: int = 0, answers: bool = True
    ) -> None:
        self._delay, self._rate, self._answers = delay, rate, answers
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", _OWN_TERMINAL, *command],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.near, self.far = Screen(), Screen()
        """What a terminal beside the program would show, and what the one at the far end shows."""
        self.written = 0
        """How many bytes the program has written so far."""
        self.far_at_queries: list[str] = []
        """What the far end showed at each status query."""
        self.near_at_queries: list[str] = []
        self._down: queue.Queue[tuple[float, bytes]] = queue.Queue()
        self._up: queue.Queue[tuple[float, bytes]] = queue.Queue()
        self._news = threading.Condition()
        self._threads = [
            threading.Thread(target=run, daemon=True) for run in (self._read, self._arrive, self._type)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "SlowLine":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._threads[0].join(patience(PATIENCE))
        for line in (self._down, self._up):
            line.put((0.0, b""))
        for thread in self._threads:
            thread.join(patience(PATIENCE))
        os.close(self._ours)

    def type(self, text: str) -> None:
        """Type at the far end."""
        self._send_up(text.encode())

    def put(self, text: str) -> None:
        """Deliver keys to the program at once, as if they had been typed a while ago."""
        os.write(self._ours, text.encode())

    def sees(self, *words: str) -> None:
        """Wait until the far end shows all these words."""
        self._until(lambda: all(word in self.far.text for word in words), f"never saw {words}")

    def wrote(self, *words: str) -> None:
        """Wait until the program has written all these words, whether anybody sees them or not."""
        self._until(lambda: all(word in self.near.text for word in words), f"never wrote {words}")

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        with self._news:
            assert self._news.wait_for(holds, patience(PATIENCE)), (
                f"{what}; the far end shows:\n{self.far.text}"
            )

    def _send_up(self, keys: bytes) -> None:
        self._up.put((time.monotonic() + self._delay, keys))

    def _read(self) -> None:
        """Pass on what the program writes to the line."""
        text = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while True:
            try:
                chunk = os.read(self._ours, 65536)
            except OSError:
                return
            self.written += len(chunk)
            self._show(self.near, self.near_at_queries, text, chunk)
            self._down.put((time.monotonic() + self._delay, chunk))

    def _arrive(self) -> None:
        """Display at the far end what arrives over the line, and answer status queries."""
        text = codecs.getincrementaldecoder("utf-8")(errors="replace")
        free = time.monotonic()
        while (got := self._down.get())[1]:
            due, chunk = got
            for piece in _pieces(chunk, self._rate):
                free = max(free, due) + (len(piece) / self._rate if self._rate else 0.0)
                time.sleep(max(0.0, free - time.monotonic()))
                for _ in range(self._show(self.far, self.far_at_queries, text, piece) * self._answers):
                    self._send_up(STATUS_REPORT)

    def _type(self) -> None:
        """Pass on to the program what arrives over the line."""
        while (got := self._up.get())[1]:
            due, keys = got
            time.sleep(max(0.0, due - time.monotonic()))
            with suppress(OSError):
                os.write(self._ours, keys)

    def _show(
        self, screen: Screen, at_queries: list[str], text: codecs.IncrementalDecoder, chunk: bytes
    ) -> int:
        """Display a chunk; return the number of status queries in it."""
        before, *others = (text.decode(chunk)).split(STATUS_QUERY.decode())
        with self._news:
            screen.write(before)
            for after in others:
                at_queries.append(screen.text)
                screen.write(after)
            self._news.notify_all()
        return len(others)


def _pieces(chunk: bytes, rate: int) -> list[bytes]:
    """Split a chunk as it arrives over time. A query stays whole: a real terminal would reassemble it."""
    if not rate:
        return [chunk]
    step = max(1, rate // 20)
    parts = chunk.split(STATUS_QUERY)
    pieces: list[bytes] = []
    for number, part in enumerate(parts):
        pieces += [STATUS_QUERY] if number else []
        pieces += [part[start : start + step] for start in range(0, len(part), step)]
    return pieces
