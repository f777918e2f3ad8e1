"""An instance whose list is JSON, in the app: the list, a person, a link, no search that the CRM lacks."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import JSON_LIST
from tests.json_list import ONE_LIST
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk


@pytest.fixture
def demo() -> Iterator[DemoServer]:
    with DemoServer(replace(JSON_LIST, page_size=10)) as server:
        yield server


@pytest.fixture
async def desk(demo, tmp_path) -> AsyncIterator[Desk]:
    instance = demo_instance(demo, "json-list", user_list={**ONE_LIST, "page_size": 10})
    async with at_desk(config_of(instance), tmp_path) as desk:
        yield desk


async def test_a_link_is_sent_to_somebody_of_the_list(desk, demo):
    crm = demo.instance("json-list")
    person = next(one for one in crm.people if one.active and one.user_name.isascii())
    await desk.loaded()
    await desk.ask_to_send(person.email1).confirm()
    await desk.sees("has been sent")
    assert [mail.user_name for mail in crm.outbox] == [person.user_name]


async def test_while_it_loads_nothing_is_read_twice(desk, demo):
    crm = demo.instance("json-list")
    crm.faults.delay("list", 0.2, times=None)
    await desk.sees(" of 60")
    await desk.type("zz-nobody")
    await desk.loaded()
    await desk.sees("Nobody matches")
    asked = [one.query for one in crm.requests if one.path.endswith("api/users")]
    assert asked == [f"page={number}" for number in range(1, 7)]


async def test_a_gap_is_shown_and_read_again(desk, demo):
    crm = demo.instance("json-list")
    crm.faults.cut_page(2, rendered=3)
    await desk.sees("Page 2 of the accounts was cut short")
    crm.faults.clear()
    await desk.press("escape", "f5")
    await desk.loaded()
