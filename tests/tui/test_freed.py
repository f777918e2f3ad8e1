"""What was closed is freed: no dialog, screen or widget stays in memory."""

import gc
from collections import Counter

import pytest
from textual.strip import Strip
from textual.widget import Widget

from dazos_tui.demo.server import DemoServer

MOST_STRIPS = 100
"""More lines than this are those of a whole dialog."""


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=60) as server:
        yield server


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
