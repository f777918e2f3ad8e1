"""How far the conversion of an older history is, for those who wait for it."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic

SILENT_SECONDS = 1.0
"""A conversion that takes less says nothing."""

_PAUSE = 0.2
_LONG = 100
"""Seconds from which on minutes are said."""


@dataclass(frozen=True, slots=True)
class UpgradeProgress:
    """The share of the work that is done, from 0 to 1, and about how many seconds are left."""

    share: float
    seconds_left: float

    def __str__(self) -> str:
        seconds = self.seconds_left
        left = f"{seconds:.0f} s" if seconds < _LONG else f"{seconds / 60:.0f} min"
        return f"Updating the history: {self.share:.0%}, about {left} left"


Listener = Callable[[UpgradeProgress | None], None]

UPGRADE_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)
"""Is called a few times a second, and at last with None. If it raises, the history stays as it was."""


class UpgradeWatch:
    """Tells the listener how far a conversion is: `total` is its work, in any unit."""

    def __init__(self, total: float) -> None:
        self._total, self._done = total, 0.0
        self._begun = monotonic()
        self._next = self._first = self._begun + SILENT_SECONDS

    def advance(self, share: float, *, of: float = 1.0) -> None:
        """Count a share of some work as done."""
        self._done += share * of
        now, listener = monotonic(), UPGRADE_LISTENER.get()
        if listener is None or now < self._next:
            return
        self._next = now + _PAUSE
        share = min(1.0, self._done / self._total)
        listener(UpgradeProgress(share, (now - self._begun) * (1 - share) / max(share, 0.001)))

    def end(self) -> None:
        """Say that there is nothing more to wait for, if anything was said."""
        listener = UPGRADE_LISTENER.get()
        if listener is not None and self._next != self._first:
            listener(None)
