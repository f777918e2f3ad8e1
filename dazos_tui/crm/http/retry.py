"""Requests a page again after a transient failure. Only reading is ever repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from random import uniform
from time import monotonic
from typing import Protocol, TypeVar

from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.http.network import RateLimiter

MAX_ATTEMPTS = 3
"""Requests for a page in all. Three bridge the restart of a web server."""
_BASE_DELAY = 0.3
"""Longest delay, in seconds, before the second try; doubled for the next. The actual delay is a random part
of it, so that clients that lost the same server do not all come back at once."""
_RETRY_WINDOW = 5.0
"""Seconds after the first try within which another may begin: a slow failure, such as a time-out, is not
repeated."""
_GATEWAY_STATUSES = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
"""What a proxy or load balancer answers while the server behind it is unavailable."""


class _RetryableResponse(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def pause_seconds(self) -> float | None: ...


ResponseT = TypeVar("ResponseT", bound=_RetryableResponse)


async def retry_transient(send: Callable[[], Awaitable[ResponseT]], rate_limiter: RateLimiter) -> ResponseT:
    """Return the response to `send`, called again after each pause that the server asks for.

    `rate_limiter` decides whether to wait. The last response is returned, whatever its status. Raises what
    `send` raises.
    """
    while True:
        response = await _retry_failures(send)
        if response.pause_seconds is None or not rate_limiter.is_paused:
            return response


async def _retry_failures(send: Callable[[], Awaitable[ResponseT]]) -> ResponseT:
    """Return the response, with up to three tries while the failure is transient or the server unavailable.

    The response or error of the last try counts: the status of an unavailable server is returned like any
    other.
    """
    latest = monotonic() + _RETRY_WINDOW
    for delay in _backoff_delays():
        try:
            response = await send()
            if (
                response.status not in _GATEWAY_STATUSES
                or response.pause_seconds is not None
                or monotonic() + delay > latest
            ):
                return response
        except CrmError as error:
            if not error.is_transient or monotonic() + delay > latest:
                raise
        await asyncio.sleep(delay)
    return await send()


def _backoff_delays() -> list[float]:
    """Return the delays between the tries: exponential backoff with full jitter."""
    return [uniform(0, _BASE_DELAY * 2**retry) for retry in range(MAX_ATTEMPTS - 1)]  # noqa: S311 - no secret
