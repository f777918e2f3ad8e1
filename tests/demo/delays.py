"""Requests whose answers are delayed, in a thread of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

from dazos_tui.demo.faults import FaultPlace
from dazos_tui.demo.instance import DemoInstance
from tests.patience import patience
from tests.support import eventually


@contextmanager
def delayed_request(
    instance: DemoInstance, place: FaultPlace, send: Callable[[], object]
) -> Iterator[Thread]:
    """Yield a thread whose request for this place has arrived, and is answered when the faults are cleared.

    At the end they are cleared, and the thread has ended.
    """
    instance.faults.delay(place, 600)
    thread = Thread(target=send)
    thread.start()
    try:
        assert eventually(lambda: instance.faults.is_empty)
        yield thread
    finally:
        instance.faults.clear()
        thread.join(patience(5))
    assert not thread.is_alive()
