"""Applies injected faults between a request's arrival and its answer."""

import asyncio
from collections.abc import Callable
from time import monotonic

from starlette.responses import Response

from dazos_tui.demo.drop import DroppedResponse
from dazos_tui.demo.faults import Fault, FaultPlace, Faults
from dazos_tui.demo.instance import DemoInstance


async def inject_faults(instance: DemoInstance, place: FaultPlace) -> Fault:
    """Return the fault of a request that has come in, once its delay is over.

    If the sessions are to end before this place is served, they have ended when this returns.
    """
    fault = instance.faults.next_fault(place)
    if fault.delay:
        await _delay(fault.delay, instance.faults)
    if instance.faults.pop_expiry(place):
        instance.expire_sessions()
    return fault


async def _delay(seconds: float, faults: Faults) -> None:
    cleared, deadline = faults.cleared, monotonic() + seconds
    # Faults are cleared from other threads.
    while faults.cleared == cleared and (left := deadline - monotonic()) > 0:  # noqa: ASYNC110
        await asyncio.sleep(min(left, 0.02))


def fault_response(fault: Fault, work: Callable[[], Response]) -> Response:
    """Return the response to a request: that of `work`, or that of a fault that replaces it."""
    if not fault.replaces:
        return _wrap_body(work(), fault)
    if fault.runs:
        work()
    if fault.drop:
        return DroppedResponse()
    return Response(fault.body, fault.status, dict(fault.headers), fault.content_type)


def _wrap_body(response: Response, fault: Fault) -> Response:
    if not fault.before and not fault.after:
        return response
    body = fault.before.encode() + bytes(response.body) + fault.after.encode()
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, response.status_code, headers)
