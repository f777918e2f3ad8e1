"""A demo CRM with a clock that stands still."""

import pytest

from dazos_tui.demo.clock import ManualClock
from dazos_tui.demo.server import DemoServer
from tests.resets.front_desk import EIGHT


@pytest.fixture
def clock():
    return ManualClock(EIGHT + 20)


@pytest.fixture
def demo(clock):
    with DemoServer(users=45, clock=clock) as server:
        yield server
