"""How much output may be on its way to the terminal, so that what is drawn there is never old.

The terminal answers a status query once it has processed everything before it (see `input_filter`). From the
time and the bytes between answers follow the rate of the line and its delay, as in TCP Vegas and BBR: the
shortest answer is the delay, what an answer takes longer is spent on the bytes. Only so many bytes are left
unanswered as the line carries in its delay and `QUEUE_SECONDS`. So a far line without a limit is not held up.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from dazos_tui.tui.terminal.input_filter import STATUS_QUERY

QUEUE_SECONDS = 0.25
"""How long output may wait on the line, beyond its delay."""

FIRST_BYTES, FIRST_SECONDS = 1_000, 1.5
"""How many bytes may be unanswered before the first answer, and how long to wait for it.

On a line of 1,000 bytes a second it comes after what was written before the app was loaded. A terminal that
never answers is shown the first whole picture so much later.
"""

PICTURE_BYTES = 2_000
"""About what a picture of a whole screen takes."""

LOST_SECONDS = 5.0
"""An answer this much later than expected does not hold up output: it may be lost, with its terminal."""

_LONGEST_DELAY = 1.0
"""The longest delay, in seconds, that is believed: a longer one is that of output before the first answer."""
_JITTER_SECONDS, _JITTER_SHARE = 0.005, 1 / 16
"""A difference as short as this, or as this share of the delay, says only how high the rate is at least."""
_HALF_LIFE = 1_000
"""After so many bytes the earlier ones count half for the rate."""
_ASKED_SHARE = 8
"""A query follows at the latest after this share of the bytes that may be unanswered."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A status query: when it was written, as which byte, and when its answer counts as lost."""

    time: float
    total: int
    lost: float


class OutputFlow:
    """The output of one terminal that is on its way, and what is known about the line."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._total = self._asked = self._answered = 0
        self._marks: deque[Mark] = deque()
        self._answer_time: float | None = None
        self._first_query: float | None = None
        self._delay = self._bytes = self._seconds = 0.0

    @property
    def budget(self) -> int:
        """Return how many bytes may be unanswered."""
        if not self._seconds:
            return FIRST_BYTES
        delay = min(self._delay, _LONGEST_DELAY)
        return int(self._bytes / self._seconds * (delay + QUEUE_SECONDS))

    @property
    def unanswered(self) -> int:
        """Return how many bytes the terminal may not have processed yet."""
        return self._total - self._answered

    @property
    def has_answers(self) -> bool:
        """Return whether the terminal has answered."""
        return self._answer_time is not None

    @property
    def is_limited(self) -> bool:
        """Return whether output has to wait for answers: not where none come."""
        if self._answer_time is None:
            return self._first_query is not None and self._clock() - self._first_query < FIRST_SECONDS
        return not self._marks or self._clock() < self._marks[0].lost

    @property
    def is_slow(self) -> bool:
        """Return whether the line is known to take longer for a picture than output may wait."""
        return self.is_limited and self._seconds > 0 and self.budget < PICTURE_BYTES

    @property
    def needs_query(self) -> bool:
        """Return whether a query should be written now."""
        return self.is_limited and (self._total - self._asked) * _ASKED_SHARE >= self.budget

    def room(self) -> int | None:
        """Return how many bytes to write now, at most half of the budget; None for any number."""
        if not self.is_limited:
            return None
        half = max(1, self.budget // 2)
        return half if self.unanswered <= half else 0

    def sent(self, count: int) -> None:
        """Note that this number of bytes was written."""
        self._total += count

    def asked(self) -> Mark:
        """Note that a query is about to be written; return it, for its answer."""
        now, self._asked = self._clock(), self._total + len(STATUS_QUERY)
        expected = self.unanswered * self._seconds / self._bytes if self._bytes else 0.0
        mark = Mark(now, self._asked, now + LOST_SECONDS + 2 * expected)
        self._marks.append(mark)
        if self._first_query is None:
            self._first_query = mark.time
        return mark

    def answered(self, mark: Mark) -> None:
        """Note that the terminal has answered this query, and learn from it."""
        if mark.total <= self._answered:
            return
        now, count = self._clock(), mark.total - self._answered
        while self._marks and self._marks[0].total <= mark.total:
            self._marks.popleft()
        self._learn(count, now - mark.time, now)
        self._answered, self._answer_time = mark.total, now

    def _learn(self, count: int, taken: float, now: float) -> None:
        """Learn from an answer after `taken` seconds, for `count` bytes more than the one before."""
        if self._answer_time is None:
            self._delay, spent = taken, max(taken, _JITTER_SECONDS)
            if count / spent * (spent + QUEUE_SECONDS) < FIRST_BYTES:
                # Too few bytes to tell the delay from a low rate.
                return
        else:
            self._delay = min(taken, self._delay)
            # The line carried these bytes since the last answer or, if it was idle then, since the query.
            spent = min(now - self._answer_time, taken - self._delay)
        jitter = max(_JITTER_SECONDS, self._delay * _JITTER_SHARE)
        if spent < jitter and self._seconds and count / jitter <= self._bytes / self._seconds:
            return
        share = 0.5 ** (count / _HALF_LIFE)
        self._bytes = self._bytes * share + count
        self._seconds = self._seconds * share + max(spent, jitter)
