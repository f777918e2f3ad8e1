"""How an instance is reached, and how many requests it gets per second."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf
from pathlib import Path
from time import monotonic

from dazos_tui.crm.http.exchange import Exchange

MAX_PAUSE_SECONDS = 60.0
"""The most seconds spent in pauses that the server asks for before another request is answered normally."""
_MIN_PAUSE_SECONDS = 0.5
"""Shortest first pause in seconds, doubled for each that follows: some servers always ask for 0."""
_MIN_PER_SECOND = 2.0
"""Requests per second below which the rate is never lowered automatically."""


class RateLimiter:
    """Limits the requests to one instance, over all its sessions: a rate per second, and pauses.

    As many requests as one second allows may go out at once, so that a user who opens a few profiles after a
    while does not wait. When the instance asks for a pause, requests wait, and the rate is halved from then
    on.
    """

    def __init__(self, per_second: float) -> None:
        """Build a limiter for at most `per_second` requests per second on average; 0 means no limit."""
        self._interval = 1 / per_second if per_second else 0.0
        self._theoretical_arrival = -inf
        self._sent_at: deque[float] = deque(maxlen=1000)
        self._paused_until = -inf
        self._pause_count = 0
        self._paused_seconds = 0.0
        self.on_pause: Callable[[int], object] = lambda _: None
        """Called with the remaining seconds of a pause, once a second while a request waits; with 0 at its
        end."""

    @property
    def per_second(self) -> float:
        """Return the number of requests per second that is currently allowed."""
        return 1 / self._interval if self._interval else inf

    @property
    def is_paused(self) -> bool:
        """Return whether the next request waits for the end of a pause."""
        return monotonic() < self._paused_until

    async def acquire(self) -> None:
        """Wait until the next request may be sent; waiting requests are served in order."""
        await self._wait_out_pause()
        now = monotonic()
        # The generic cell rate algorithm keeps only the time at which the next request would be due if all
        # were evenly spread.
        self._theoretical_arrival = max(self._theoretical_arrival, now) + self._interval
        wait = self._theoretical_arrival - now - 1.0
        try:
            await asyncio.sleep(max(0.0, wait))
        except asyncio.CancelledError:
            self._theoretical_arrival -= self._interval
            raise
        self._sent_at.append(monotonic())

    def pause(self, seconds: float) -> None:
        """Start a pause that the instance asks for, and slow down; at most `MAX_PAUSE_SECONDS` in all."""
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
        """Reset the pauses, after a request was answered without asking for one."""
        self._pause_count, self._paused_seconds = 0, 0.0

    def _slow_down(self, now: float) -> None:
        seen = sum(now - went <= 1.0 for went in self._sent_at)
        self._interval = 1 / max(min(_MIN_PER_SECOND, self.per_second), min(self.per_second, seen) / 2)

    async def _wait_out_pause(self) -> None:
        if not self.is_paused:
            return
        try:
            # Checked every second, since the pause may have been extended meanwhile.
            while (left := self._paused_until - monotonic()) > 0:
                self.on_pause(ceil(left))
                await asyncio.sleep(min(1.0, left))
        finally:
            self.on_pause(0)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """How to connect to one instance, as configured.

    `ca_file` holds certificates to trust (PEM), `proxy` is the address of a proxy without a password, which
    replaces the environment's, and `rate_limiter` is shared by all sessions with the instance. `on_exchange`
    is called with each request that was answered. None means the default.
    """

    ca_file: Path | None = None
    proxy: str | None = None
    rate_limiter: RateLimiter | None = None
    on_exchange: Callable[[Exchange], object] | None = None


DEFAULT_NETWORK = NetworkSettings()
"""The system's certificates, the environment's proxy, and no rate limit."""
