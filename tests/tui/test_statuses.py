"""The status of people at the screen, where one list shows everybody or nothing tells it."""

from dataclasses import replace

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import NO_INACTIVE_SWITCH, ONE_LIST
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk


async def test_one_list_for_everybody_is_counted_as_it_is(tmp_path):
    with DemoServer(ONE_LIST) as server:
        async with at_desk(config_of(demo_instance(server, "one-list")), tmp_path) as desk:
            await desk.loaded()
            await desk.sees("389 active · 64 inactive")
            assert "not known" not in desk.text
            person = next(
                one for one in server.instances[0].people if not one.active and one.full_name.isascii()
            )
            await desk.filter(person.user_name)
            await desk.sees(f"○ {person.full_name}")


async def test_a_status_that_nothing_tells_is_said_so_and_the_profile_decides(tmp_path):
    with DemoServer(replace(NO_INACTIVE_SWITCH, users=60)) as server:
        crm = server.instances[0]
        people = [one for one in crm.people if one.email1 and not one.locked_at_start and one.id > 5]
        active = next(one for one in people if one.active and one.roleid == "Case Manager")
        inactive = next(one for one in people if not one.active)
        async with at_desk(config_of(demo_instance(server, "no-switch")), tmp_path) as desk:
            await desk.loaded()
            await desk.sees("60 not known")
            await desk.filter(f"{inactive.user_name} status:unknown")
            await desk.sees(f"? {inactive.full_name}")
            await desk.open()
            await desk.sees("○ inactive")
            await desk.press("s")
            await desk.sees("This account is inactive")
            await desk.press("y", "escape")
            await desk.filter(active.user_name)
            await desk.open()
            await desk.sees("● active")
            await desk.press("s")
            await desk.sees("Send a reset link?", "active")
            await desk.confirm()
            await desk.sees("Success")
        assert [mail.user_name for mail in crm.outbox] == [active.user_name]
