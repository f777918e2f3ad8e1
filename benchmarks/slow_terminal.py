"""A program in a terminal at the far end of a slow line."""

import fcntl
import heapq
import os
import select
import struct
import termios
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from time import perf_counter

from benchmarks.terminal import PATIENCE, SIZE, Terminal

STATUS_QUERY, _REPORT = b"\x1b[5n", b"\x1b[0n"
"""A status query and a terminal's answer (ECMA-48, 8.3.35)."""
_SILENCE, _ENDLESS = 1.5, 10.0
"""Seconds without a byte after which nothing more is expected, and seconds to wait for the first."""
_STEP_SECONDS = 0.05
"""How much of what is carried arrives at once: the bytes of this time."""


class SlowTerminal(Terminal):
    """A terminal to which a line carries `rate` bytes a second, each way with a delay of `delay` seconds.

    A rate of 0 has no limit. The line keeps what it cannot carry yet, as servers and networks do. All that is
    read here is what has arrived at the far end: the screen, the times, and the bytes. If it `answers`, the
    terminal reports its status when it is asked.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        delay: float,
        rate: int = 0,
        size: tuple[int, int] = SIZE,
        answers: bool = True,
    ) -> None:
        super().__init__(command, size=size)
        self._delay, self._rate, self._answers = delay, rate, answers
        self._order = count()
        self._upwards: list[tuple[float, int, Callable[[], object]]] = []
        """What the user and the terminal do, with the time at which it reaches the program."""
        self._downwards: deque[tuple[float, bytes]] = deque()
        """What the program sent, with the time from which the line carries it."""
        self._free = 0.0
        self._tail = b""

    def type(self, keys: bytes, *, later: float = 0.0) -> None:
        """Type in `later` seconds, without waiting."""
        self._at(later + self._delay, lambda: os.write(self._master, keys))

    def resize(self, columns: int, lines: int, *, later: float = 0.0) -> None:
        """Change the size of the terminal in `later` seconds, without waiting."""
        resized = struct.pack("HHHH", lines, columns, 0, 0)
        self._at(later, lambda: self.screen.resize(columns, lines))
        self._at(later + self._delay, lambda: fcntl.ioctl(self._master, termios.TIOCSWINSZ, resized))

    def milliseconds_until(self, words: str) -> float:
        """Wait until these words are shown; return the milliseconds from now. Raises TimeoutError."""
        began = perf_counter()
        while words not in self.screen:
            if self._read(PATIENCE) is None or perf_counter() - began > PATIENCE:
                raise TimeoutError("\n".join((f"{words!r} is not shown, but this:", *self.screen.lines)))
        return (perf_counter() - began) * 1000

    def milliseconds_until_silent(self) -> float:
        """Wait until nothing arrives any more; return the milliseconds from now until the last byte."""
        began = last = perf_counter()
        patience = _ENDLESS
        while self._read(patience) is not None:
            last, patience = perf_counter(), _SILENCE
        return (last - began) * 1000

    def milliseconds_until_drawn(self, *, apart_from: str | None = None) -> float:
        """Wait until nothing arrives any more; return the milliseconds until the text was as it is then.

        Lines that then have the text `apart_from` are not compared.
        """
        began, patience = perf_counter(), _ENDLESS
        shown = [(began, self.screen.lines)]
        while self._read(patience) is not None:
            shown.append((perf_counter(), self.screen.lines))
            patience = _SILENCE
        drawn, last = began, shown[-1][1]
        compared = [
            number for number, line in enumerate(last) if apart_from is None or apart_from not in line
        ]
        for moment, lines in reversed(shown):
            if any(lines[number] != last[number] for number in compared):
                break
            drawn = moment
        return (drawn - began) * 1000

    def _at(self, later: float, act: Callable[[], object]) -> None:
        heapq.heappush(self._upwards, (perf_counter() + later, next(self._order), act))

    def _read(self, seconds: float) -> int | None:
        """Wait until more bytes have arrived at the far end; return how many, or None after `seconds`."""
        end = perf_counter() + seconds
        while (now := perf_counter()) < end:
            while self._upwards and self._upwards[0][0] <= now:
                with suppress(OSError):  # the program has ended
                    heapq.heappop(self._upwards)[2]()
            if self._downwards and self._downwards[0][0] <= now:
                return self._arrive(self._downwards.popleft()[1])
            due = min((times[0][0] for times in (self._upwards, self._downwards) if times), default=end)
            if select.select([self._master], [], [], max(0.0, min(due, end) - now))[0]:
                with suppress(OSError):
                    self._carry(os.read(self._master, 65536))
        return None

    def _carry(self, sent: bytes) -> None:
        """Put bytes on the line: they arrive after those before them, at the line's rate."""
        step = int(self._rate * _STEP_SECONDS) or len(sent)
        free = max(perf_counter() + self._delay, self._downwards[-1][0] if self._downwards else self._free)
        for start in range(0, len(sent), step):
            piece = sent[start : start + step]
            free += len(piece) / self._rate if self._rate else 0.0
            self._downwards.append((free, piece))
        self._free = free

    def _arrive(self, piece: bytes) -> int:
        self.screen.feed(piece)
        self.received += len(piece)
        seen = self._tail + piece
        for _ in range(seen.count(STATUS_QUERY) * self._answers):
            self._at(self._delay, lambda: os.write(self._master, _REPORT))
        # The beginning of a query that the line has cut in two.
        self._tail = seen[-3:] if not seen.endswith(STATUS_QUERY) else b""
        return len(piece)
