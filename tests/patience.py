"""How long a test waits before it gives up: the longer, the slower and busier the machine is at that moment.

A test that passes never waits it out, so there is plenty to begin with.
"""

import time
from collections.abc import Callable

QUICK_SECONDS = 0.03
"""What the fixed piece of work takes, at leisure, on the machine the tests' seconds are meant for."""

AMPLE = 4.0
"""How many times a test's own seconds are allowed even on such a machine."""

SLOWEST = 30.0
"""The slowest machine, in times of the quick one: a wait has to end some day."""

_KEPT_SECONDS = 20.0
"""How long a measure holds: other programs come and go."""


def patience(seconds: float) -> float:
    """Return how many seconds to wait for what takes a machine at leisure at most `seconds`."""
    return seconds * AMPLE * _gauge.slowness()


def processor_patience(seconds: float) -> float:
    """Return how much time of the processor to allow for what takes at most `seconds` on a quick machine.

    What waits for the processor costs none of it, so there is nothing ample in this.
    """
    return seconds * max(1.0, _work(time.process_time) / QUICK_SECONDS)


class _Gauge:
    """How many times slower than a quick machine at leisure this one is."""

    def __init__(self) -> None:
        self._slowness = 1.0
        self._measured_at = float("-inf")

    def slowness(self) -> float:
        """Return at least 1, at most ``SLOWEST``; falls by no more than half from one measure to the next."""
        if time.monotonic() - self._measured_at > _KEPT_SECONDS:
            now = _work(time.monotonic) / QUICK_SECONDS
            self._slowness = min(max(1.0, now, self._slowness / 2), SLOWEST)
            self._measured_at = time.monotonic()
        return self._slowness


def _work(clock: Callable[[], float]) -> float:
    """Return how long the fixed piece of work takes by this clock."""
    begun = clock()
    for _ in range(10):
        # Gives way, as a wait for a child or a thread does: work in one piece may get its turn at once.
        time.sleep(0.001)
        sum(number * number for number in range(_ROUNDS))
    return clock() - begun


_ROUNDS = 30_000

_gauge = _Gauge()
