"""Asking for a page again that failed for a moment only. Nothing but looking is ever repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from random import uniform
from time import monotonic
from typing import Protocol, TypeVar

from dazos_tui.crm.errors import CrmError
from dazos_tui.crm.http.network import Pace

TRIES = 3
"""How often a page is asked for in all. Three outlast a web server that is just restarted."""
_FIRST_PAUSE = 0.3
"""Longest pause, in seconds, before the second try; doubled for the next. The pause is a random part of it,
lest all who lost the same server come back at once."""
_LATEST_TRY = 5.0
"""Seconds after the first try within which another may begin: what took long once, such as a time-out, is
not waited for again."""
_AWAY = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
"""What a proxy or balancer says while the server behind it is not there."""


class _Answered(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def pause(self) -> float | None: ...


R = TypeVar("R", bound=_Answered)


async def patiently(ask: Callable[[], Awaitable[R]], pace: Pace) -> R:
    """Return the answer, asking again after each pause that the server asks for and `pace` keeps.

    The last answer stands, whatever its status. Raises whatever `ask` raises.
    """
    while True:
        reply = await _outlasting(ask)
        if reply.pause is None or not pace.is_held:
            return reply


async def _outlasting(ask: Callable[[], Awaitable[R]]) -> R:
    """Return the answer, asking up to three times while the failure is fleeting or the server away.

    The last try's answer or error stands: an HTTP status that says “away” is returned like any other.
    """
    latest = monotonic() + _LATEST_TRY
    for pause in _pauses():
        try:
            reply = await ask()
            if reply.status not in _AWAY or reply.pause is not None or monotonic() + pause > latest:
                return reply
        except CrmError as error:
            if not error.fleeting or monotonic() + pause > latest:
                raise
        await asyncio.sleep(pause)
    return await ask()


def _pauses() -> list[float]:
    """Return the pauses between the tries: exponential backoff with full jitter."""
    return [uniform(0, _FIRST_PAUSE * 2**tried) for tried in range(TRIES - 1)]  # noqa: S311 - no secret
