"""Asking for a page again that failed for a moment only. Nothing but looking is ever repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from random import uniform
from time import monotonic
from typing import Protocol, TypeVar

from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.http.network import RateLimiter

MAX_ATTEMPTS = 3
"""How often a page is asked for in all. Three outlast a web server that is just restarted."""
_BASE_DELAY = 0.3
"""Longest pause, in seconds, before the second try; doubled for the next. The pause is a random part of it,
lest all who lost the same server come back at once."""
_RETRY_WINDOW = 5.0
"""Seconds after the first try within which another may begin: what took long once, such as a time-out, is
not waited for again."""
_GATEWAY_STATUSES = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
"""What a proxy or balancer says while the server behind it is not there."""


class _RetryableResponse(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def pause_seconds(self) -> float | None: ...


ResponseT = TypeVar("ResponseT", bound=_RetryableResponse)


async def retry_transient(send: Callable[[], Awaitable[ResponseT]], rate_limiter: RateLimiter) -> ResponseT:
    """Return the answer, asking again after each pause that the server asks for and `pace` keeps.

    The last answer stands, whatever its status. Raises whatever `ask` raises.
    """
    while True:
        response = await _retry_failures(send)
        if response.pause_seconds is None or not rate_limiter.is_paused:
            return response


async def _retry_failures(send: Callable[[], Awaitable[ResponseT]]) -> ResponseT:
    """Return the answer, asking up to three times while the failure is fleeting or the server away.

    The last try's answer or error stands: an HTTP status that says “away” is returned like any other.
    """
    latest = monotonic() + _RETRY_WINDOW
    for pause in _backoff_delays():
        try:
            response = await send()
            if (
                response.status not in _GATEWAY_STATUSES
                or response.pause_seconds is not None
                or monotonic() + pause > latest
            ):
                return response
        except CrmError as error:
            if not error.is_transient or monotonic() + pause > latest:
                raise
        await asyncio.sleep(pause)
    return await send()


def _backoff_delays() -> list[float]:
    """Return the pauses between the tries: exponential backoff with full jitter."""
    return [uniform(0, _BASE_DELAY * 2**tried) for tried in range(MAX_ATTEMPTS - 1)]  # noqa: S311 - no secret
