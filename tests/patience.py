"""Time-outs of tests, scaled with how slow and busy the machine is at the moment.

A test that passes never reaches its time-out, so time-outs are generous.
"""

import time
from collections.abc import Callable

QUICK_SECONDS = 0.03
"""Seconds of the fixed piece of work on the idle reference machine, for which tests state their seconds."""

AMPLE = 4.0
"""The factor by which a test may exceed its own seconds even on the reference machine."""

SLOWEST = 30.0
"""The highest slowness that is taken into account, because a wait has to end at some point."""

_KEPT_SECONDS = 20.0
"""Seconds until the slowness is measured again, because other programs come and go."""


def patience(seconds: float) -> float:
    """Return the seconds to wait for something that takes at most `seconds` on the idle reference machine."""
    return seconds * AMPLE * _gauge.slowness()


def processor_patience(seconds: float) -> float:
    """Return the processor time to allow for something that takes at most `seconds` on the reference machine.

    Waiting for the processor does not count as processor time, so no generous factor is needed.
    """
    return seconds * max(1.0, _work(time.process_time) / QUICK_SECONDS)


class _Gauge:
    """Measures how many times slower this machine is than the idle reference machine."""

    def __init__(self) -> None:
        self._slowness = 1.0
        self._measured_at = float("-inf")

    def slowness(self) -> float:
        """Return from 1 to ``SLOWEST``. It falls by no more than half from one measurement to the next."""
        if time.monotonic() - self._measured_at > _KEPT_SECONDS:
            now = _work(time.monotonic) / QUICK_SECONDS
            self._slowness = min(max(1.0, now, self._slowness / 2), SLOWEST)
            self._measured_at = time.monotonic()
        return self._slowness


def _work(clock: Callable[[], float]) -> float:
    """Return the seconds that the fixed piece of work takes by this clock."""
    begun = clock()
    for _ in range(10):
        # Sleeps in between, as a wait for a process or a thread does. Work in one piece might run at once.
        time.sleep(0.001)
        sum(number * number for number in range(_ROUNDS))
    return clock() - begun


_ROUNDS = 30_000

_gauge = _Gauge()
