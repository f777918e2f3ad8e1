"""How long nobody has been there."""

import time

from textual import events

IDLE_SECONDS = 5.0
"""How often it is looked whether it is time to lock. No timer counts the time that the machine sleeps."""

SENDING_SECONDS = 1.0
"""How often it is looked whether a link that was being sent when it was time to lock is done."""


def clock() -> float:
    """Return seconds since some moment; those that the machine slept count, too.

    CLOCK_MONOTONIC leaves them out on Linux, where CLOCK_BOOTTIME has them (clock_gettime(2)); on macOS it
    has them itself (clock_gettime(3)).
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def is_touch(event: events.Event) -> bool:
    """Tell whether somebody pressed a key or a button of the mouse, pasted, or turned the wheel.

    A pointer that just moves may have been pushed by a sleeve.
    """
    return isinstance(event, events.Paste | events.InputEvent) and not isinstance(event, events.MouseMove)
