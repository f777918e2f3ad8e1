"""How an instance is reached, and how fast it is asked."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf
from pathlib import Path
from time import monotonic

MAX_PAUSE_SECONDS = 60.0
"""Seconds that pauses asked for are kept in all until some request is answered again."""
_MIN_PAUSE_SECONDS = 0.5
"""Seconds of the first pause at least, doubled for each that follows: some servers ask for 0 each time."""
_MIN_PER_SECOND = 2.0
"""Requests a second below which the pace is never slowed down by itself."""


class RateLimiter:
    """How fast one instance is asked, whichever session asks: so many requests a second, and pauses.

    As many may go out at once as are allowed for one second, so that somebody who opens a few profiles
    after a pause does not wait. An instance that asks for a pause gets it, and is asked half as fast from
    then on.
    """

    def __init__(self, per_second: float) -> None:
        """Take the number of requests a second on average at most; 0: no limit."""
        self._interval = 1 / per_second if per_second else 0.0
        self._theoretical_arrival = -inf
        self._sent_at: deque[float] = deque(maxlen=1000)
        self._paused_until = -inf
        self._pause_count = 0
        self._paused_seconds = 0.0
        self.on_pause: Callable[[int], object] = lambda _: None
        """Called with the seconds that are left of a pause, once a second while a request waits for its end;
        with 0 at the end."""

    @property
    def per_second(self) -> float:
        """Return the number of requests a second that is allowed now."""
        return 1 / self._interval if self._interval else inf

    @property
    def is_paused(self) -> bool:
        """Tell whether the next request waits for the end of a pause."""
        return monotonic() < self._paused_until

    async def acquire(self) -> None:
        """Return when the next request may go out; those that wait go in the order they came."""
        await self._wait_out_pause()
        now = monotonic()
        # The generic cell rate algorithm: only the time is kept by which all so far would be spread out.
        self._theoretical_arrival = max(self._theoretical_arrival, now) + self._interval
        wait = self._theoretical_arrival - now - 1.0
        try:
            await asyncio.sleep(max(0.0, wait))
        except asyncio.CancelledError:
            self._theoretical_arrival -= self._interval
            raise
        self._sent_at.append(monotonic())

    def pause(self, seconds: float) -> None:
        """Keep a pause that the instance asks for, and slow down; not beyond `MAX_PAUSE_SECONDS` in all."""
        pause = max(seconds, _MIN_PAUSE_SECONDS * 2**self._pause_count)
        if self._paused_seconds + pause > MAX_PAUSE_SECONDS:
            return
        now = monotonic()
        if now >= self._paused_until:
            self._slow_down(now)
        self._pause_count += 1
        self._paused_seconds += pause
        self._paused_until = max(self._paused_until, now + pause)

    def end_backoff(self) -> None:
        """Take note that a request was answered without asking for a pause."""
        self._pause_count, self._paused_seconds = 0, 0.0

    def _slow_down(self, now: float) -> None:
        seen = sum(now - went <= 1.0 for went in self._sent_at)
        self._interval = 1 / max(min(_MIN_PER_SECOND, self.per_second), min(self.per_second, seen) / 2)

    async def _wait_out_pause(self) -> None:
        if not self.is_paused:
            return
        try:
            # Looked at each second: meanwhile the pause may have become longer.
            while (left := self._paused_until - monotonic()) > 0:
                self.on_pause(ceil(left))
                await asyncio.sleep(min(1.0, left))
        finally:
            self.on_pause(0)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """What the config says of the way to an instance.

    `ca_file` holds certificates to trust (PEM), `proxy` is the address of a proxy without a password, in
    place of the environment's, and `pace` is shared by all sessions with the instance. None: nothing special.
    """

    ca_file: Path | None = None
    proxy: str | None = None
    rate_limiter: RateLimiter | None = None


DEFAULT_NETWORK = NetworkSettings()
"""The way that the environment says, as fast as one likes."""
