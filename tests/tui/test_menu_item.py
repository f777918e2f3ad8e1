"""A menu item that cannot be run from here: the box says so before a send."""

import time

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import MISLABELLED, SCRIPTED
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk


@pytest.fixture(params=[SCRIPTED, MISLABELLED], ids=["script", "mislabelled"])
def demo(request):
    with DemoServer(request.param) as server:
        yield server


def any_user(crm):
    mine = {crm.username, crm.non_admin.username}
    return next(one for one in crm.people if one.active and one.email1 and one.user_name not in mine)


async def test_the_box_says_why_nothing_can_be_sent(demo, tmp_path):
    crm = demo.instances[0]
    scripted = crm.preset is SCRIPTED
    async with at_desk(config_of(demo_instance(demo, crm.name)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter(any_user(crm).user_name)
        await desk.open()
        await desk.press("m")
        await desk.sees("Send Reset Link  (browser, or teach it)" if scripted else "(not run from here)")
        await desk.press("escape")
        await desk.press("s")
        await desk.sees("“Send Reset Link”", "has no address" if scripted else "action=DeleteAjax")
        await desk.press("y")
        await desk.settled()
        assert "everything but" not in desk.text
    assert (crm.actions_run, crm.outbox) == ([], [])


async def test_a_login_that_cannot_be_enabled_from_here_says_why(demo, tmp_path):
    crm = demo.instances[0]
    person = any_user(crm)
    crm.accounts.lock(person, time.time())
    async with at_desk(config_of(demo_instance(demo, crm.name)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter(person.user_name)
        await desk.open()
        await desk.sees("locked")
        await desk.press("m")
        await desk.sees("Enable Login")
        await desk.press("end", "enter")
        await desk.sees("Cannot be run from here", "“Enable Login”")
    assert crm.actions_run == []
