"""After a while without a key the screen is cleared, and nobody is signed in any more."""

import time

import pytest

from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.desk import at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def wait_idly(monkeypatch):
    """Let minutes pass at once for the app's clock, and have it look at it."""

    passed: list[float] = []

    def pass_by(desk, minutes):
        passed.append(minutes * 60)
        monkeypatch.setattr("dazos_tui.tui.app.monotonic", lambda: time.monotonic() + sum(passed))
        desk.app._watch_idleness()

    return pass_by


async def test_the_screen_is_cleared_and_the_session_ended_and_enter_begins_anew(demo, tmp_path, wait_idly):
    harbor = demo.instance("harbor-prod")
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.filter("garcia")
        await desk.open()
        await desk.press("s")
        await desk.sees("Send (y)")
        wait_idly(desk, 15)
        await desk.sees("Locked", "No key for 15 min: you are signed out.")
        for word in ("García", "garcia", "harbor", "Case Manager"):
            await desk.sees_no(word)
        await desk.press("s", "y", "escape", "tab", "q")
        await desk.sees("Locked")
        await desk.until(lambda: not any(one.person_id for one in harbor.sessions._sessions.values()), "in")
        await desk.press("enter")
        await desk.loaded()
        await desk.sees("harbor-prod", "signed in")
        await desk.type("garcia")
        await desk.open()
        await desk.sees("odd.garcia@harbor.example.com")
    assert harbor.sign_in_attempts == 2
    assert not harbor.outbox


async def test_a_key_in_time_keeps_it_open_and_zero_means_never(demo, tmp_path, wait_idly):
    config = config_of(demo_instance(demo))
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        wait_idly(desk, 14)
        await desk.press("a")
        wait_idly(desk, 14)
        await desk.pilot.pause()
        assert "Locked" not in desk.text
    async with at_desk(config.model_copy(update={"lock_minutes": 0}), tmp_path) as desk:
        await desk.loaded()
        wait_idly(desk, 5000)
        await desk.pilot.pause()
        assert "Locked" not in desk.text


async def test_a_link_under_way_is_seen_to_its_end_first(demo, tmp_path, wait_idly):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        harbor.faults.inject("action", Fault(delay=0.7))
        await desk.confirm()
        wait_idly(desk, 15)
        await desk.sees("✓ sent")
        await desk.sees("Locked")
        await desk.press("enter")
        await desk.sees("✓ sent")
    assert len(harbor.outbox) == 1


async def test_the_choice_of_instances_locks_too(demo, tmp_path, wait_idly):
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.sees("Which CRM instance?")
        wait_idly(desk, 15)
        await desk.sees("Locked")
        await desk.sees_no("harbor-prod")
        await desk.press("enter")
        await desk.pick("harbor-prod")
        await desk.loaded()


async def test_a_password_asked_for_is_asked_for_again_after_the_lock(demo, tmp_path, wait_idly):
    harbor = demo.instance("harbor-prod")
    async with at_desk(
        config_of(demo_instance(demo, password_command=None, keyring=False)), tmp_path
    ) as desk:
        for _ in range(2):
            await desk.sees("Sign in to harbor-prod")
            await desk.type("half a pass")
            wait_idly(desk, 15)
            await desk.sees("Locked")
            await desk.press("enter")
        await desk.sees("Sign in to harbor-prod")
        await desk.type(harbor.password)
        await desk.press("enter")
        await desk.loaded()
    assert harbor.sign_in_attempts == 1
