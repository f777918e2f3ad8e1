"""What was closed is freed: no dialog, screen or widget stays in memory."""

import asyncio
import gc
import heapq
import weakref
from collections import Counter

import pytest
from textual.strip import Strip
from textual.widget import Widget

from dazos_tui.demo.server import DemoServer
from tests.tui.quick_textual import COLLECTING

MOST_STRIPS = 100
"""More lines than this are those of a whole dialog."""


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=60) as server:
        yield server


@pytest.fixture(autouse=True)
def _real_garbage_collector(monkeypatch):
    """Let the app exempt from garbage collection what it wants, and afterwards what was exempt before."""
    for module in COLLECTING:
        monkeypatch.setattr(module, "gc", gc)
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def in_memory(kind):
    """Return how many objects there are of each kind, without those of the start, which are frozen."""
    gc.collect()
    return Counter(type(thing).__name__ for thing in gc.get_objects() if isinstance(thing, kind))


async def test_closed_dialogs_are_freed(desk):
    await desk.press("a", "enter")
    await desk.sees("Last Name")
    opened = (("f1", "Esc close"), ("ctrl+p", "Enter run"), ("f2", "Enter choose"), ("s", "y send"))
    for times in (1, 3):
        for key, words in opened * times:
            await desk.press(key)
            await desk.sees(words)
            await desk.press("escape")
            await desk.sees_no(words)
        await desk.settled()
        if times == 1:
            before, strips = in_memory(Widget), in_memory(Strip)
    # The last one may be kept until the next.
    assert not in_memory(Widget) - before
    assert in_memory(Strip)["Strip"] < strips["Strip"] + MOST_STRIPS


def forget_cancelled_timers():
    """Do what asyncio does in time: it keeps a cancelled timer, with its context, until it would be due."""
    timers = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    timers[:] = [timer for timer in timers if not timer.cancelled()]
    heapq.heapify(timers)


async def test_an_instance_is_freed_once_the_app_has_locked(desk):
    screen = weakref.ref(desk.work)
    for _ in range(2):
        await desk.until(gc.get_freeze_count, "the list is never exempt from collection")
        await desk.app.idle_lock.lock()
        await desk.sees("Signed out")
        await desk.press("enter")
        await desk.loaded()
    forget_cancelled_timers()
    await desk.app.idle_lock.lock()
    await desk.sees("Signed out")
    gc.collect()
    assert screen() is None
