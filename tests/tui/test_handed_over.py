"""An instance that was just added: the session that checked it is the one that is gone on with."""

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.tui.widgets.instance_bar import InstanceBar
from tests.tui.app_driver import at_desk
from tests.tui.paged_demo import ids, pages
from tests.tui.test_first_run import write
from tests.tui.test_lock import signed_in_count


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
async def desk(demo, tmp_path):
    """Sit somebody down at the picker."""
    file = tmp_path / "made" / "config.toml"
    config = write(file, demo, "harbor-sandbox", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        yield desk


async def add(desk, instance):
    """Add an instance as “acme”, up to where the password was given."""
    await desk.press("f7")
    await desk.sees("Your instance · 1 of 5")
    await desk.fill_in("acme", instance.url, instance.username, environment=2)
    await desk.press("enter")
    await give_password(desk, instance)


async def give_password(desk, instance):
    await desk.sees("Sign in to acme")
    await desk.type(instance.password)
    await desk.press("enter")


async def opened(desk, instance):
    """Wait until the instance is open, with everybody in the list."""
    await desk.keep_lists()
    await desk.sees("acme  SANDBOX", instance.username)
    await desk.signed_in()
    await desk.loaded()
    assert {user.id for user in desk.work.panes.users.directory.users} == ids(instance)


async def test_nobody_signs_in_or_reads_the_list_a_second_time(demo, desk):
    harbor = demo.instance("harbor-prod")
    await add(desk, harbor)
    await opened(desk, harbor)
    read = pages(harbor)
    await desk.press("f5")
    whole = [(False, 1), (True, 1), (False, 2)]
    # Once by the check, which looks at the first page before, for the admin rights; and by the key.
    await desk.until(lambda: len(pages(harbor)) >= 7, f"it was read otherwise: {pages(harbor)}")
    assert read == [(False, 1), *whole]
    assert sorted(pages(harbor)) == sorted([*read, *whole])
    assert harbor.sign_in_attempts == 1


async def test_a_one_time_code_is_asked_for_once(demo, desk):
    ridge = demo.instance("ridge-prod")
    await add(desk, ridge)
    await desk.sees("acme needs one more step")
    await desk.type(ridge.one_time_code)
    await desk.press("enter")
    await opened(desk, ridge)
    # The session is as good as any other: it reads profiles, and the list again.
    await desk.open()
    read = len(pages(ridge))
    await desk.press("f5")
    await desk.until(lambda: len(pages(ridge)) > read, "the list is not read again")
    await desk.until(lambda: desk.work.panes.users.is_whole, "it is not read to its end")
    assert ridge.sign_in_attempts == 1


async def test_a_session_handed_over_that_ends_is_opened_again(demo, desk):
    harbor = demo.instance("harbor-prod")
    await add(desk, harbor)
    await opened(desk, harbor)
    harbor.expire_sessions()
    await desk.press("f5")
    await give_password(desk, harbor)
    await desk.until(lambda: desk.work.panes.users.is_whole, "it is not read to its end")
    assert harbor.sign_in_attempts == 2


async def test_what_is_saved_although_a_step_failed_goes_on_with_its_session(demo, desk):
    valley = demo.instance("valley-staging")
    await add(desk, valley)
    await desk.reads("is not in the menu of an active account", "w write")
    await desk.write_anyway()
    await opened(desk, valley)
    assert valley.sign_in_attempts == 1


async def test_an_incomplete_list_is_gone_on_with_where_the_check_ended(demo, desk):
    harbor = demo.instance("harbor-prod")
    harbor.faults.cut_page(2, rendered=1)
    await add(desk, harbor)
    await desk.reads("The list is incomplete", "w write")
    harbor.faults.clear()
    harbor.requests.clear()
    await desk.write_anyway()
    await opened(desk, harbor)
    assert (False, 1) not in pages(harbor)
    assert harbor.sign_in_attempts == 1


@pytest.mark.parametrize("change", [(), ("shift+tab", "left", "enter")], ids=["as it is", "environment"])
async def test_checked_again_after_a_failure_no_second_code_is_asked_for(demo, desk, change):
    ridge = demo.instance("ridge-prod")
    ridge.faults.cut_page(2, rendered=1)
    await add(desk, ridge)
    await desk.sees("acme needs one more step")
    await desk.type(ridge.one_time_code)
    await desk.press("enter")
    await desk.reads("The list is incomplete", "Enter check again")
    ridge.faults.clear()
    await desk.press(*(change or ("enter",)))
    await desk.keep_lists()
    await desk.sees("acme  STAGING" if change else "acme  SANDBOX")
    await desk.signed_in()
    await desk.loaded()
    assert {user.id for user in desk.work.panes.users.directory.users} == ids(ridge)
    assert ridge.sign_in_attempts == 1


async def test_a_session_that_ended_before_the_second_check_is_opened_again(demo, desk):
    harbor = demo.instance("harbor-prod")
    harbor.faults.cut_page(2, rendered=1)
    await add(desk, harbor)
    await desk.reads("The list is incomplete", "Enter check again")
    harbor.faults.clear()
    harbor.expire_sessions()
    await desk.press("enter")
    await desk.sees("Sign in to acme")
    await desk.press("escape")
    await desk.reads("No password was entered.", "r check again")
    await desk.press("r")
    await give_password(desk, harbor)
    await opened(desk, harbor)
    assert harbor.sign_in_attempts == 2


async def test_another_account_signs_in_by_itself(demo, desk):
    harbor = demo.instance("harbor-prod")
    harbor.faults.cut_page(2, rendered=1)
    await add(desk, harbor)
    await desk.reads("The list is incomplete", "Enter check again")
    harbor.faults.clear()
    await desk.press("shift+tab", "shift+tab", "2", "enter", "enter")
    await desk.sees("Sign in to acme")
    assert harbor.sign_in_attempts == 1


async def test_an_instance_that_is_changed_is_checked_again_with_its_session_which_then_is_closed(demo, desk):
    sandbox = demo.instance("harbor-sandbox")
    sandbox.faults.cut_page(2, rendered=1)
    await desk.press("home", "f4")
    await desk.sees("Change harbor-sandbox")
    await desk.press("enter", "enter", "enter")
    await desk.reads("The list is incomplete", "Enter check again")
    assert signed_in_count(sandbox) == 1
    sandbox.faults.clear()
    await desk.press("enter")
    await desk.sees("Which CRM instance?")
    assert sandbox.sign_in_attempts == 1
    await desk.until(lambda: not signed_in_count(sandbox), "the session stays open")


@pytest.mark.parametrize("how", ["left", "another address", "another account"])
async def test_a_session_that_nobody_goes_on_with_is_closed(demo, desk, how):
    valley = demo.instance("valley-staging")
    await add(desk, valley)
    await desk.sees("w write")
    assert signed_in_count(valley) == 1
    match how:
        case "left":
            await desk.press("escape", "escape")
            await desk.sees("Which CRM instance?")
        case "another address":
            await desk.press(*["shift+tab"] * 4)
            await desk.type("x")
        case "another account":
            await desk.press("shift+tab", "shift+tab")
            await desk.type("x")
    await desk.until(lambda: not signed_in_count(valley), "the session stays open")


async def test_a_session_that_nobody_goes_on_with_is_closed_with_the_app(demo, tmp_path):
    valley, file = demo.instance("valley-staging"), tmp_path / "made" / "config.toml"
    config = write(file, demo, "harbor-sandbox", "summit-prod")
    async with at_desk(config, tmp_path, config_path=file) as desk:
        await desk.sees("Which CRM instance?")
        await add(desk, valley)
        await desk.sees("w write")
        assert signed_in_count(valley) == 1
    assert not signed_in_count(valley)


async def test_an_instance_that_is_only_changed_leaves_no_session_open(demo, desk):
    await desk.press("home", "f4")
    await desk.sees("Change harbor-sandbox")
    await desk.press("enter", "enter", "enter")
    await desk.sees("Which CRM instance?")
    sandbox = demo.instance("harbor-sandbox")
    assert sandbox.sign_in_attempts == 1
    await desk.until(lambda: not signed_in_count(sandbox), "the session stays open")


async def test_an_enter_while_it_is_checked_begins_nothing_again(demo, desk):
    harbor = demo.instance("harbor-prod")
    harbor.faults.delay("list", 0.3, times=None)
    await add(desk, harbor)
    await desk.sees("Checking ", f"Signed in as {harbor.username}")
    await desk.press("enter", "enter")
    await desk.pilot.click("#check")
    assert "Sign in to acme" not in desk.text
    harbor.faults.clear()
    await opened(desk, harbor)
    assert harbor.sign_in_attempts == 1
    assert desk.work.query_one(InstanceBar).state == ""
