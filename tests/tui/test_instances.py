"""Signing in, reading, and going from instance to instance."""

import socket

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.directory.matches import Matches
from dazos_tui.tui.widgets.user_list import UserList
from tests.patience import patience
from tests.support import config_of, demo_config_of, demo_instance, eventually
from tests.tui.app_driver import at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


async def test_a_wrong_password_is_tried_once_and_explained(demo, tmp_path):
    config = config_of(demo_instance(demo, password_command=["echo", "wrong"]))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Not signed in", "did not accept this user name and password")
        await desk.press("escape")
        await desk.sees("F5 tries again", "NOT SIGNED IN · F5")
    assert demo.instance("harbor-prod").sign_in_attempts == 1


async def test_a_refused_sign_in_mentions_an_inactive_account(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    harbor.set_status(harbor.person("demo.admin"), active=False)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees("Not signed in", "answer for an inactive account")
    assert harbor.sign_in_attempts == 1


async def test_the_password_is_asked_for_when_nothing_gives_it(demo, tmp_path):
    config = config_of(demo_instance(demo, password_command=None))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Sign in to harbor-prod", "PRODUCTION", "as demo.admin")
        await desk.type(demo.instance("harbor-prod").password)
        assert demo.instance("harbor-prod").password not in desk.text
        await desk.press("enter")
        await desk.loaded()


async def test_not_giving_the_password_leaves_a_way_on(demo, tmp_path):
    config = config_of(demo_instance(demo, password_command=None))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Sign in to harbor-prod")
        await desk.press("escape")
        await desk.sees("Not signed in", "Reload the list to be asked for the password")
        await desk.press("escape", "f5")
        await desk.sees("Sign in to harbor-prod")
    assert demo.instance("harbor-prod").sign_in_attempts == 0


async def test_a_password_command_that_fails_is_named(demo, tmp_path):
    config = config_of(demo_instance(demo, password_command=["false"]))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Not signed in", "false", "exit code 1")
    assert demo.instance("harbor-prod").sign_in_attempts == 0


async def test_missing_admin_rights_are_reported(demo, tmp_path):
    account = demo.instance("harbor-prod").non_admin
    config = config_of(
        demo_instance(demo, username=account.username, password_command=["echo", account.password])
    )
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("No right to send reset links", "Permission denied", "needs admin rights")
        await desk.press("escape")
        await desk.sees("NO ADMIN RIGHTS", "shows the list only to administrators")


async def test_a_host_that_does_not_answer(demo, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = config_of(demo_instance(demo, url=f"http://127.0.0.1:{port}/"))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Not signed in", f"127.0.0.1:{port}", "Check the address")


async def test_a_page_that_is_not_the_crm(demo, tmp_path):
    config = config_of(demo_instance(demo, url=f"{demo.url}/"))
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("Not signed in", "not the CRM's login page")
    assert demo.instance("harbor-prod").sign_in_attempts == 0


async def test_a_page_cut_short_is_said_and_read_again(demo, tmp_path):
    faults = demo.instance("harbor-prod").faults
    faults.cut_page(2)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees("The list is not complete", "Page 2 of the active accounts was cut short")
        await desk.press("escape")
        await desk.sees("INCOMPLETE · F5")
        faults.clear()
        await desk.press("f5")
        await desk.sees_no("INCOMPLETE")
        await desk.sees("39 active · 6 inactive")


async def test_an_ended_session_is_renewed_once_and_the_profile_read(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        harbor.expire_sessions()
        await desk.filter("garcia")
        await desk.open()
        await desk.sees("Signed out")
        await desk.press("escape")
        await desk.sees("odd.garcia@harbor.example.com")
        await desk.signed_in()
    assert harbor.sign_in_attempts == 2


async def test_a_session_that_ends_while_the_box_is_open_is_opened_again(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        box = await desk.ask_to_send("garcia")
        harbor.expire_sessions()
        await box.confirm()
        await desk.sees("Success")
    assert len(harbor.outbox) == 1


async def test_each_instance_keeps_its_own_filter_and_the_bar_names_it(demo, tmp_path):
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.type("garcia")
        await desk.press("f2")
        await desk.pick("harbor-sandbox")
        await desk.loaded()
        await desk.sees("harbor-sandbox  SANDBOX")
        assert "García" not in desk.text
        await desk.press("f2")
        await desk.pick("harbor-prod")
        await desk.sees("harbor-prod  PRODUCTION", "garcia", "1 match")
    assert demo.instance("harbor-prod").sign_in_attempts == 1


async def test_trouble_of_one_instance_is_not_shown_over_another(demo, tmp_path):
    demo.instance("harbor-prod").faults.cut_page(1)
    demo.instance("harbor-prod").faults.delay("list", 0.4, times=None)
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.press("f2")
        await desk.pick("harbor-sandbox")
        await desk.loaded()
        await desk.until(
            lambda: desk.app.navigator.screens["harbor-prod"].presenter._held_back, "nothing held back"
        )
        assert "not complete" not in desk.text
        await desk.press("f2")
        await desk.pick("harbor-prod")
        await desk.sees("The list is not complete")


async def test_a_person_removed_from_the_crm_is_gone_after_a_reload(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.sees("39 active · 6 inactive")
        harbor.people.remove(harbor.person("odd.garcia"))
        harbor.user_list.invalidate()
        await desk.press("f5")
        await desk.sees("38 active · 6 inactive")
        await desk.look_for("garcia")
        await desk.sees("Nobody matches")


@pytest.mark.parametrize("row", ["odd.garcia", "the last"])
async def test_a_key_in_the_list_is_not_for_another_person_unseen_after_a_reload(demo, tmp_path, row):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        people = desk.work.query_one(UserList)
        if row == "the last":
            await desk.press("tab", "end")
        else:
            await desk.look_for(row)
            await desk.open()
            await desk.press("slash", "escape", "tab")
            assert desk.current.user_name == row
            assert people.cursor > 0
        gone, place = desk.current, people.cursor
        below = people.rows[place + 1] if place + 1 < len(people.rows) else people.rows[place - 1]
        harbor.people.remove(harbor.person(gone.user_name))
        harbor.user_list.invalidate()
        await desk.press("f5")
        await desk.sees(f"{gone.name} is no longer in the list.")
        assert [toast for toast in desk.toasts if gone.name in toast] == [
            f"Another person is selected\n{gone.name} is no longer in the list."
        ]
        assert desk.focus == "users"
        assert desk.current == below
        assert people.touched


async def test_a_person_with_a_similar_name_stays_under_the_cursor_of_a_reload(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("acron")
        people = desk.work.query_one(UserList)
        await desk.press("tab", "down")
        first, chosen, _ = people.rows
        assert desk.current == chosen
        assert isinstance(people.rows, Matches)
        assert not people.rows.exact_count
        harbor.people.remove(harbor.person(first.user_name))
        harbor.user_list.invalidate()
        asked = len(harbor.requests)
        await desk.press("f5")
        await desk.until(lambda: len(harbor.requests) > asked, "the list is not read again")
        await desk.loaded()
        assert desk.current == chosen
        assert people.touched
        assert not any("no longer" in toast for toast in desk.toasts)


async def test_an_address_that_cannot_be_one_is_explained(demo, tmp_path):
    instance = demo_instance(demo).model_copy(update={"url": "https://999.999.999.999/"})
    async with at_desk(config_of(instance), tmp_path) as desk:
        await desk.sees("Could not open harbor-prod", "is not an address")
        await desk.press("escape")
        await desk.until(lambda: not desk.app.is_running, "a dead end")


async def test_an_instance_that_cannot_be_opened_leads_back_to_the_picker(demo, tmp_path):
    bad = demo_instance(demo).model_copy(update={"url": "https://999.999.999.999/"})
    async with at_desk(config_of(bad, demo_instance(demo, "harbor-sandbox")), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.sees("Could not open harbor-prod")
        await desk.press("escape")
        await desk.pick("harbor-sandbox")
        await desk.loaded()


async def test_enter_twice_in_the_picker_opens_one_instance(demo, tmp_path):
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("enter", "enter")
        await desk.loaded()
        await desk.press("f2")
        await desk.sees("Which CRM instance?")
        await desk.press("enter", "enter")
        await desk.sees_no("Which CRM instance?")
        await desk.sees("harbor-prod  PRODUCTION")


async def test_a_password_that_changed_costs_one_attempt_however_much_waits_for_it(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        harbor.accounts.set_password(harbor.person("demo.admin"), "changed meanwhile")
        harbor.expire_sessions()
        harbor.faults.delay("profile", patience(0.25))
        await desk.look_for("garcia")
        await desk.press("enter", "f5")
        await desk.sees("Not signed in", "did not accept")
        await desk.until(lambda: harbor.faults.is_empty, "the profile was never asked for")
        await desk.until(lambda: not desk.work.jobs._running, "still running")
        assert harbor.sign_in_attempts == 2


async def test_a_password_is_asked_for_only_where_it_belongs(demo, tmp_path):
    may_fail = tmp_path / "may-fail"
    waiting = f"until [ -e {may_fail} ]; do sleep 0.05; done; exit 3"
    harbor = demo_instance(demo, password_command=["sh", "-c", waiting])
    sandbox = demo_instance(demo, "harbor-sandbox")
    async with at_desk(config_of(harbor, sandbox), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.press("f2")
        await desk.pick("harbor-sandbox")
        await desk.loaded()
        may_fail.touch()
        await desk.until(
            lambda: desk.app.navigator.screens["harbor-prod"].presenter._held_back, "nothing held back"
        )
        assert "exit code 3" not in desk.text
        await desk.press("f2")
        await desk.pick("harbor-prod")
        await desk.sees("exit code 3")


async def test_leaving_the_first_picker_leaves_the_app(demo, tmp_path):
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.sees("Which CRM instance?")
        await desk.press("escape")
        await desk.until(lambda: not desk.app.is_running, "still running")


async def test_leaving_signs_out(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.press("f10")
        await desk.until(lambda: not desk.app.is_running, "still running")
    assert eventually(lambda: any("action=Logout" in request.query for request in harbor.requests))
