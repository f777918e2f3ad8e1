"""How picked people, the plan, the run and the report of a batch look, at each size and without colours."""

import pytest

from dazos_tui.config.batch_table import BatchTable
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.terminal.driver import MonochromeDriver
from tests.support import config_of, demo_instance
from tests.tui.pictures import FROM_LEAST_ON, SIZES, WIDE_AND_NARROW, in_states
from tests.tui.test_batch import REFUSED, armed, pick, planned, reported, send
from tests.tui.test_snapshots import looks

__all__ = ["looks"]


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=60) as server:
        yield server


@pytest.fixture
def harbor(demo):
    yield demo.instance("harbor-prod")
    demo.instance("harbor-prod").faults.clear()


@pytest.fixture
def batch_looks(looks, demo, monkeypatch):
    """Return the check of a state of the app, with a batch of a fixed time and id."""
    monkeypatch.setattr("dazos_tui.tui.flows.batch.new_batch_id", lambda _: "20261128-1410-ab12")
    monkeypatch.setattr("dazos_tui.tui.dialogs.batch_plan.looked_at", lambda _: "looked 14:10")
    monkeypatch.setattr("dazos_tui.tui.widgets.batch_lists.clock_time", lambda _: "14:11:02")
    limits = {"batch": BatchTable(links_per_minute=6000)}
    config = config_of(demo_instance(demo)).model_copy(update=limits)

    async def check(state, *, sizes=SIZES, driver=None):
        await looks(state, config, sizes=sizes, driver=driver)

    return check


# -- states, by what they do to the demo and then in the app ------------------------------------------


async def picked(desk):
    await desk.loaded()
    await pick(desk, "elena", "hugo copper", "lars sample")
    await desk.press(*["down"] * 3, " ")


async def picked_elsewhere(desk):
    await picked(desk)
    await desk.filter("elena")


async def looking(desk):
    await picked(desk)
    desk.harbor.faults.delay("profile", 30.0)
    await desk.press("s")
    await desk.sees("looking")


async def plan(desk):
    await picked(desk)
    await planned(desk)


async def plan_chosen(desk):
    await plan(desk)
    await desk.press("A", "down", "down", "x")
    await armed(desk)
    await desk.type("12")
    await desk.press("enter")
    await desk.sees("12 is not")


async def plan_ticket(desk):
    await plan(desk)
    await desk.press("t", *"T-1050")


async def sending(desk):
    """Send to three people: the first is refused, and the CRM does not answer for the second yet."""
    await desk.loaded()
    await pick(desk, "elena", "marco juniper", "jo anvil")
    await planned(desk)
    desk.harbor.faults.answer_with("action", REFUSED)
    desk.harbor.faults.delay("action", 60)
    await send(desk, 3)
    await desk.until(lambda: desk.harbor.faults.is_empty, "the CRM is not asked for the second")
    await desk.sees("1 of 3", "asking")


async def stopping(desk):
    await sending(desk)
    await desk.press("escape")
    await desk.sees("Stopping")


async def report(desk):
    await stopping(desk)
    desk.harbor.faults.clear()
    await reported(desk)


async def report_unknown(desk):
    await desk.loaded()
    await pick(desk, "elena", "marco juniper", "jo anvil")
    await planned(desk)
    desk.harbor.faults.inject("action", Fault(body="Fatal error", status=500))
    await send(desk, 3)
    await reported(desk)


def with_demo(harbor, state):
    """Return a state that may let the demo fail."""

    async def there(desk):
        desk.harbor = harbor
        await state(desk)

    return there


ALL = [
    picked,
    picked_elsewhere,
    looking,
    plan,
    plan_chosen,
    plan_ticket,
    sending,
    stopping,
    report,
    report_unknown,
]


@in_states(ALL)
async def test_a_batch_looks_the_same(batch_looks, harbor, state):
    await batch_looks(with_demo(harbor, state), sizes=FROM_LEAST_ON)


@in_states([picked, plan_chosen, sending, report])
async def test_a_batch_looks_the_same_without_colours(batch_looks, harbor, state):
    await batch_looks(with_demo(harbor, state), driver=MonochromeDriver, sizes=WIDE_AND_NARROW)
