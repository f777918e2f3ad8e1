"""Items without an address, run by the request in the config: as a user does it with any other item."""

import time

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.dialogs.instance_draft import Draft
from tests.configured_requests import SHAPES, configured_instance
from tests.support import config_of
from tests.tui.app_driver import at_desk

NAMES = tuple(SHAPES)


def any_user(crm):
    mine = {crm.username, crm.non_admin.username}
    return next(one for one in crm.people if one.active and one.email1 and one.user_name not in mine)


@pytest.mark.parametrize("name", NAMES)
async def test_the_more_menu_and_the_key_send_with_the_configured_request(tmp_path, name):
    with DemoServer(SHAPES[name]) as demo:
        crm = demo.instances[0]
        person = any_user(crm)
        async with at_desk(config_of(configured_instance(demo, name)), tmp_path) as desk:
            await desk.loaded()
            await desk.filter(person.user_name)
            await desk.open()
            await desk.press("m")
            await desk.sees("Send Reset Link" + ("  (from the config)" if name == "no-item" else ""))
            assert "Send Reset Link  (in the browser)" not in desk.text
            await desk.press("enter")
            await desk.sees("Send a reset link?", person.email1)
            if name == "no-item":
                await desk.reads("No menu of the CRM shows “Send Reset Link” for this person")
            await desk.confirm()
            await desk.sees("Success")
        assert [run.person for run in crm.actions_run] == [person]
        assert [mail.user_name for mail in crm.outbox] == [person.user_name]


@pytest.mark.parametrize("name", ["script-item", "other-answer"])
async def test_a_locked_login_is_enabled_with_the_configured_request(tmp_path, name):
    with DemoServer(SHAPES[name]) as demo:
        crm = demo.instances[0]
        person = any_user(crm)
        crm.accounts.lock(person, time.time())
        async with at_desk(config_of(configured_instance(demo, name)), tmp_path) as desk:
            await desk.loaded()
            await desk.filter(person.user_name)
            await desk.open()
            await desk.sees("locked")
            await desk.press("m")
            await desk.sees("Enable Login")
            await desk.press("end", "enter")
            await desk.sees("Enable Login?")
            await desk.confirm()
            await desk.sees("enabled")
        assert [run.action for run in crm.actions_run] == ["enable"]


async def test_an_answer_that_proves_nothing_is_shown_as_unknown(tmp_path):
    with DemoServer(SHAPES["json-body"]) as demo:
        crm = demo.instances[0]
        crm.faults.answer_with("action", '{"status":"queued"}', runs=True)
        person = any_user(crm)
        async with at_desk(config_of(configured_instance(demo, "json-body")), tmp_path) as desk:
            await desk.loaded()
            await desk.filter(person.user_name)
            await desk.open()
            await desk.press("s")
            await desk.sees("Send a reset link?")
            await desk.confirm()
            await desk.sees("does not say whether it was done")
        assert len(crm.actions_run) == 1


@pytest.mark.parametrize("name", NAMES)
def test_an_instance_with_a_configured_request_can_be_changed_in_its_form(name):
    with DemoServer(SHAPES[name]) as demo:
        instance = configured_instance(demo, name)
        draft = Draft(config_of(instance), existing=instance)
        draft.typed = {**draft.at_first, "username": "someone.else"}
        assert draft.problems() == {}
        changed = draft.instance()
    assert changed is not None
    assert changed.username == "someone.else"
    assert changed.reset_request == instance.reset_request
    assert changed.enable_login_request == instance.enable_login_request
