"""The clock of the demo, which a test can move: sessions, tokens, locks and links all expire."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns the current time in seconds since the epoch."""

system_clock: Clock = time.time


class ManualClock:
    """A clock that only moves when it is advanced."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the current time in seconds since the epoch."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move the clock forward by this many seconds."""
        self.now += seconds
