"""Time, so that a test can move it: sessions, tokens, locks and links all run out."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Answers the present as seconds since the epoch."""

system_clock: Clock = time.time


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the present."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass."""
        self.now += seconds
