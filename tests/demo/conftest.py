"""Demo servers, and visitors of them."""

from collections.abc import Callable, Iterator

import pytest

from dazos_tui.demo.clock import ManualClock
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.server import DemoServer
from tests.demo.api import Program
from tests.demo.visitor import Visitor

Visit = Callable[[DemoInstance], Visitor]


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture(scope="session")
def untouched() -> Iterator[DemoServer]:
    """Yield one server for all tests that only read."""
    with DemoServer() as server:
        yield server


@pytest.fixture
def demo(clock: ManualClock) -> Iterator[DemoServer]:
    """Yield a server for one test, with a manual clock."""
    with DemoServer(clock=clock) as server:
        yield server


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Return a function that opens an instance as in a browser, not signed in."""
    visitors: list[Visitor] = []

    def open_visitor(instance: DemoInstance) -> Visitor:
        visitors.append(Visitor(instance.url))
        return visitors[-1]

    yield open_visitor
    for visitor in visitors:
        visitor.close()


@pytest.fixture
def signed_in(visit: Visit) -> Visit:
    """Return a function that opens an instance, signed in as its administrator."""

    def open_visitor(instance: DemoInstance) -> Visitor:
        visitor = visit(instance)
        assert visitor.sign_in(instance.username, instance.password).status_code == 302
        return visitor

    return open_visitor


@pytest.fixture
def program_of() -> Iterator[Callable[[DemoInstance], Program]]:
    """Yield a function that returns a client of an instance's access-key API, not logged in."""
    programs: list[Program] = []

    def start(instance: DemoInstance) -> Program:
        programs.append(Program(instance.url))
        return programs[-1]

    yield start
    for program in programs:
        program.http.close()
