"""A program at the near end of a slow line, and a user's terminal at its far end."""

import os
import time
from collections.abc import Callable

from benchmarks.screen import Screen
from benchmarks.slow_terminal import STATUS_QUERY, SlowTerminal
from tests.patience import patience

PATIENCE = 30.0
SIZE = 80, 24


class SlowLine(SlowTerminal):
    """A slow terminal that also knows what one beside the program would show. It may not answer queries."""

    def __init__(
        self, command: list[str], *, delay: float = 0.0, rate: int = 0, answers: bool = True
    ) -> None:
        super().__init__(command, delay=delay, rate=rate, size=SIZE, answers=answers)
        self.near = Screen(*SIZE)
        self.written = 0
        """How many bytes the program has written so far."""
        self.near_at_queries: list[str] = []
        """What the program had written at each status query."""

    def put(self, keys: bytes) -> None:
        """Deliver keys to the program at once, as if they had been typed a while ago."""
        os.write(self._master, keys)

    def sees(self, *words: str) -> None:
        """Wait until the far end shows all these words."""
        self.until(lambda: all(word in self.screen.text for word in words), f"never saw {words}")

    def wrote(self, *words: str) -> None:
        """Wait until the program has written all these words, whether anybody sees them or not."""
        self.until(lambda: all(word in self.near.text for word in words), f"never wrote {words}")

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until `holds()`, or fail with what the far end shows."""
        deadline = time.monotonic() + patience(PATIENCE)
        while not holds():
            self._read(0.05)
            assert time.monotonic() < deadline, f"{what}; the far end shows:\n{self.screen.text}"

    def _carry(self, sent: bytes) -> None:
        self.written += len(sent)
        before, *others = sent.split(STATUS_QUERY)
        self.near.feed(before)
        for after in others:
            self.near_at_queries.append(self.near.text)
            self.near.feed(after)
        super()._carry(sent)
