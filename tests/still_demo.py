"""Fixtures: a demo CRM with a manual clock."""

import pytest

from dazos_tui.demo.clock import ManualClock
from dazos_tui.demo.server import DemoServer
from tests.verification.back_in_harness import EIGHT


@pytest.fixture
def clock():
    """Return the demo's clock."""
    return ManualClock(EIGHT + 20)


@pytest.fixture
def demo(clock):
    """Return a demo CRM that uses this clock."""
    with DemoServer(users=45, clock=clock) as server:
        yield server
