"""What stops a send needs a key other than y, in the app as on the command line."""

import time
from itertools import count
from pathlib import Path

import pytest
from textual import events

from dazos_tui.demo.faults import Fault
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.store import HistoryStore
from dazos_tui.resets.findings import OVERRIDABLE, OVERRIDABLE_CODES, RESEND_CODES
from dazos_tui.tui.dialogs import confirm_guard
from dazos_tui.tui.dialogs.message import MessageDialog
from tests.patience import patience
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def harbor(demo):
    return demo.instance("harbor-prod")


async def send_one(desk: Desk) -> None:
    """Send somebody a link."""
    await desk.loaded()
    await desk.ask_to_send("user:odd.garcia").confirm()
    await desk.sees("Success")
    await desk.press("escape")
    await desk.sees_no("Success")


async def ask_again(desk: Desk) -> None:
    """Send somebody a link, and ask for a second one: one stop."""
    await send_one(desk)
    await desk.press("tab", "s")
    await desk.armed()


async def ask_with_two_stops(desk: Desk, harbor: DemoInstance) -> None:
    """Ask for a second link for somebody whose login has been locked since the first."""
    await send_one(desk)
    harbor.accounts.lock(harbor.person("odd.garcia"), time.time())
    await desk.press("tab", "enter")
    await desk.until(lambda: not desk.work.panes.profile.is_reading, "the profile never came")
    await desk.press("s")
    await desk.armed()


def is_sending(desk: Desk) -> bool:
    """Return whether the dialog, which is still open, has accepted a confirmation."""
    assert desk.box
    return "Sending …" in desk.box


def sent(state: Path) -> int:
    with HistoryStore(state / "history.db") as store:
        return len(store.search())


def test_what_stops_the_command_line_is_what_stops_the_app():
    assert set(OVERRIDABLE) == (RESEND_CODES - {"sent_meanwhile"}) | set(OVERRIDABLE_CODES)


async def test_a_second_link_goes_out_by_another_key_than_the_first(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask_again(desk)
        await desk.asked("1 of 1", "■ STOP  A link was requested", "Send despite 1 warning?", "A send anyway")
        await desk.press("y")
        await desk.settled()
        assert (len(harbor.outbox), is_sending(desk)) == (1, False)
        await desk.press("A")
        await desk.sees("Success")
    assert len(harbor.outbox) == 2


@pytest.mark.parametrize("keys", [["enter"], ["Y"], ["a"], ["x"], ["escape"]])
async def test_no_other_key_sends_against_a_stop(demo, harbor, tmp_path, keys):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask_again(desk)
        await desk.press(*keys)
        await desk.sees_no("Send despite")
    assert sent(tmp_path) == len(harbor.outbox) == 1


async def test_what_is_pasted_sends_nothing(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask_again(desk)
        desk.app.post_message(events.Paste("yA"))
        await desk.settled()
        assert not is_sending(desk)
    assert len(harbor.outbox) == 1


@pytest.mark.parametrize("key", ["y", "A"])
async def test_a_key_that_is_held_sends_nothing(demo, harbor, tmp_path, monkeypatch, key):
    """Held since before the box: a keyboard repeats it some thirty times a second, on a busy machine, too."""
    presses = count()
    monkeypatch.setattr(confirm_guard, "monotonic", lambda: next(presses) / 90)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("user:odd.garcia")
        if key == "A":
            await ask_again(desk)
            desk.asking.guard.arm()
        else:
            await desk.press("enter", "s")
            await desk.asked("never from here")
        box, armed = desk.asking, 0
        while armed < 20:
            desk.send(key)
            await desk.pilot.pause(0.03)
            armed += box.guard.is_armed
        assert desk.asking is box
        assert not box.guard.is_confirmed
    assert len(harbor.outbox) == (key == "A")


async def test_a_name_that_begins_with_the_key_takes_it_back(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask_again(desk)
        await desk.press(*"Ayla")
        await desk.sees("Nothing was sent: a key other than A was pressed.")
    assert len(harbor.outbox) == 1


async def test_each_stop_is_read_before_the_question(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(45, 20)) as desk:
        await ask_with_two_stops(desk, harbor)
        await desk.asked("1 of 2 ↓", "Not sent yet.", "y next")
        assert "Send despite" not in desk.box
        await desk.press("y")
        await desk.asked("2 of 2", "Send despite 2 warnings?", "A send", "e enable")
        await desk.armed()
        await desk.press("up")
        await desk.asked("1 of 2 ↓", "Not sent yet.")
        await desk.press("A")
        await desk.sees("Nothing was sent: a key other")
        await desk.press("s")
        await desk.confirm_despite_warnings()
        await desk.sees("Success")
    assert len(harbor.outbox) == 2


async def test_a_window_made_smaller_accepts_no_yes(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("user:odd.long")
        await desk.press("enter", "s")
        await desk.armed()
        desk.send("y")
        await desk.pilot.resize_terminal(40, 15)
        await desk.asked("make the window larger", "PRODUCTION")
        await desk.press("y")
        await desk.settled()
        assert harbor.outbox == []
        await desk.pilot.resize_terminal(120, 40)
        await desk.asked("y send")
        assert harbor.outbox == []
        await desk.yes_again()
        await desk.sees("Success")
    assert len(harbor.outbox) == 1


async def test_no_yes_is_accepted_under_a_toast(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(60, 20)) as desk:
        await desk.loaded()
        await desk.look_for("user:odd.garcia")
        await desk.press("enter", "s")
        await desk.armed()
        desk.app.notify("word " * 60, timeout=60)
        await desk.sees("word word")
        await desk.press("y")
        await desk.settled()
        assert harbor.outbox == []
        desk.app.clear_notifications()
        await desk.sees_no("word word")
        await desk.yes_again()
        await desk.sees("Success")
    assert len(harbor.outbox) == 1


async def test_a_look_that_failed_is_taken_again(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("user:odd.garcia")
        harbor.faults.inject("profile", Fault(body="", status=503), times=None)
        await desk.press("tab", "s")
        await desk.asked("No link can be sent", "r try again", "Esc close")
        await desk.armed()
        await desk.press("y")
        assert desk.asking.guard.is_armed
        harbor.faults.clear()
        await desk.press("r")
        await desk.asked("Send a reset link?", "never from here")
        await desk.confirm()
        await desk.sees("Success")
    assert len(harbor.outbox) == 1


async def test_the_target_is_there_while_the_profile_is_read(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("user:odd.garcia")
        harbor.faults.delay("profile", patience(0.3))
        await desk.press("tab", "s")
        await desk.asked("Elena García", "odd.garcia@", "harbor-prod · 127.0.0.1", "Reading the profile")
        assert "send" not in desk.box.splitlines()[-1]
        await desk.asked("never from here")


async def test_a_click_on_a_key_does_what_the_key_does_but_overrides_nothing(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask_again(desk)
        await desk.click("A send anyway")
        await desk.settled()
        assert not is_sending(desk)
        await desk.click("Esc cancel")
        await desk.sees_no("Send despite")
        await desk.press("escape")
        await desk.look_for("user:odd.obrien")
        await desk.press("tab", "s")
        await desk.armed()
        await desk.click("y send")
        await desk.sees("Success")
    assert len(harbor.outbox) == 2


async def test_a_box_that_lay_over_it_has_it_read_again(demo, harbor, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await ask_again(desk)
        box = desk.asking
        await desk.app.push_screen(MessageDialog("Something else", "It came in between."))
        await desk.settled()
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is box, "the box is gone")
        assert not box.guard.is_armed
        await desk.armed()
