"""The idle lock: after a time without input the screen is cleared and all sessions end."""

import time
import tomllib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import tomli_w
from textual import events

from dazos_tui.config.load import load_config
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import write_demo_config
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.idle_lock import clock
from tests.patience import patience
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def sleep(monkeypatch):
    """Let minutes pass on the app's clock as if the machine slept: no check runs in between."""

    passed: list[float] = []

    def let_pass(minutes):
        passed.append(minutes * 60)
        monkeypatch.setattr("dazos_tui.tui.idle_lock.clock", lambda: clock() + sum(passed))

    return let_pass


@pytest.fixture
def wait_idly(sleep):
    """Let minutes pass on the app's clock, and run the check."""

    def let_pass(desk, minutes):
        sleep(minutes)
        desk.app.idle_lock.check()

    return let_pass


def with_typed_password(demo, name="harbor-prod"):
    """Return the config of an instance whose password has to be typed."""
    return demo_instance(demo, name, password_command=None, keyring=False)


def signed_in_count(instance):
    """Return how many signed-in sessions the demo instance has."""
    return sum(bool(one.person_id) for one in instance.sessions._sessions.values())


def outcomes(state):
    """Return the outcomes in the history, newest first."""
    store = HistoryStore(state / "history.db")
    try:
        return [entry.outcome for entry in store.search() if entry.finished_at]
    finally:
        store.close()


async def open_confirm_dialog(desk, name):
    """Open the box that asks whether to send."""
    await desk.filter(name)
    await desk.press("enter", "s")
    await desk.sees("never from here")


async def test_the_lock_clears_the_screen_and_ends_the_session_and_enter_signs_in_again(
    demo, tmp_path, wait_idly
):
    harbor = demo.instance("harbor-prod")
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.filter("garcia")
        await desk.open()
        await desk.press("s")
        await desk.sees("y send")
        wait_idly(desk, 15)
        await desk.sees("Signed out", "No input for 15 min")
        for word in ("García", "garcia", "harbor", "Case Manager"):
            await desk.sees_no(word)
        await desk.press("s", "y", "escape", "tab", "q")
        await desk.sees("No input for 15 min")
        await desk.until(lambda: not any(one.person_id for one in harbor.sessions._sessions.values()), "in")
        await desk.press("enter")
        await desk.loaded()
        await desk.sees("harbor-prod")
        await desk.signed_in()
        await desk.filter("garcia")
        await desk.open()
        await desk.sees("odd.garcia@harbor.example.com")
    assert harbor.sign_in_attempts == 2
    assert not harbor.outbox


async def test_a_key_in_time_prevents_the_lock_and_zero_means_never(demo, tmp_path, wait_idly):
    config = config_of(demo_instance(demo))
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        wait_idly(desk, 14)
        await desk.press("a")
        wait_idly(desk, 14)
        await desk.pilot.pause()
        assert "No input for" not in desk.text
    async with at_desk(config.model_copy(update={"lock_minutes": 0}), tmp_path) as desk:
        await desk.loaded()
        wait_idly(desk, 5000)
        await desk.pilot.pause()
        assert "No input for" not in desk.text


async def test_the_lock_waits_for_a_running_send(demo, tmp_path, wait_idly):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        harbor.faults.delay("action", 60)
        await desk.confirm()
        wait_idly(desk, 15)
        assert "Signed out" not in desk.text
        harbor.faults.clear()
        await desk.sees("No input for 15 min")
        await desk.press("enter")
        await desk.sees("< 1 min")
    assert len(harbor.outbox) == 1


async def test_the_instance_picker_locks_too(demo, tmp_path, wait_idly):
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.sees("Which CRM instance?")
        wait_idly(desk, 15)
        await desk.sees("No input for 15 min")
        await desk.sees_no("harbor-prod")
        await desk.press("enter")
        await desk.pick("harbor-prod")
        await desk.loaded()


async def test_a_pending_password_box_comes_back_after_the_lock(demo, tmp_path, wait_idly):
    harbor = demo.instance("harbor-prod")
    async with at_desk(
        config_of(demo_instance(demo, password_command=None, keyring=False)), tmp_path
    ) as desk:
        for _ in range(2):
            await desk.sees("Sign in to harbor-prod")
            await desk.type("half a pass")
            wait_idly(desk, 15)
            await desk.sees("No input for 15 min")
            await desk.press("enter")
        await desk.sees("Sign in to harbor-prod")
        await desk.type(harbor.password)
        await desk.press("enter")
        await desk.loaded()
    assert harbor.sign_in_attempts == 1


async def in_the_list(key, desk):
    await desk.loaded()
    await desk.press("tab", key)


async def in_the_profile(key, desk):
    await desk.loaded()
    await desk.filter("garcia")
    await desk.open()
    await desk.press(key)


async def opens_by_itself(desk):
    """Do nothing: the box opens when the app starts."""


BOXES: dict[str, tuple[Callable[[Desk], Awaitable[None]], str, dict[str, Any]]] = {
    "palette": (partial(in_the_list, "ctrl+p"), "Search for commands", {}),
    "help": (partial(in_the_list, "question_mark"), "Esc close", {}),
    "sort": (partial(in_the_list, "c"), "Sort the list by", {}),
    "instances": (partial(in_the_list, "i"), "Which CRM instance?", {}),
    "confirm": (partial(in_the_profile, "s"), "y send", {}),
    "more": (partial(in_the_profile, "m"), "More ·", {}),
    "message": (opens_by_itself, "No sign-in was tried", {"password_command": ["false"]}),
    "sign-in": (opens_by_itself, "Sign in to", {"password_command": None, "keyring": False}),
    "question": (
        opens_by_itself,
        "needs one more step",
        {"name": "ridge-prod", "one_time_code_command": None},
    ),
}


@pytest.mark.parametrize("box", BOXES)
async def test_the_lock_closes_any_box(demo, tmp_path, wait_idly, box):
    open_it, words, changes = BOXES[box]
    instance = demo_instance(demo, **changes)
    async with at_desk(config_of(instance), tmp_path) as desk:
        await open_it(desk)
        await desk.sees(words)
        wait_idly(desk, 15)
        await desk.sees("Signed out", "No input for 15 min")
        await desk.sees_no(instance.name)
        await desk.until(lambda: not signed_in_count(demo.instance(instance.name)), "still signed in")
        await desk.press("enter")
        await desk.sees(instance.name)


async def test_a_send_waiting_for_a_password_ends_and_is_recorded(demo, tmp_path, wait_idly):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(with_typed_password(demo)), tmp_path) as desk:
        await desk.sees("Sign in to harbor-prod")
        await desk.type(harbor.password)
        await desk.press("enter")
        await desk.loaded()
        harbor.faults.expire_before = "action"
        await open_confirm_dialog(desk, "garcia")
        await desk.confirm()
        await desk.sees("Sign in to harbor-prod")
        wait_idly(desk, 15)
        await desk.sees("No input for 15 min")
        assert outcomes(tmp_path) == [Outcome.NOT_SENT]
    assert not harbor.outbox


async def test_a_send_waiting_for_a_code_ends_and_is_recorded(demo, tmp_path, wait_idly):
    ridge = demo.instance("ridge-prod")
    instance = demo_instance(demo, "ridge-prod", one_time_code_command=None)
    async with at_desk(config_of(instance), tmp_path) as desk:
        await desk.sees("one more step")
        await desk.type(ridge.one_time_code)
        await desk.press("enter")
        await desk.loaded()
        ridge.faults.expire_before = "action"
        await open_confirm_dialog(desk, "eda.acorn")
        await desk.confirm()
        await desk.sees("one more step")
        wait_idly(desk, 15)
        await desk.sees("No input for 15 min")
        assert outcomes(tmp_path) == [Outcome.NOT_SENT]
    assert not ridge.outbox


async def test_a_box_held_back_in_another_instance_does_not_prevent_the_lock(demo, tmp_path, wait_idly):
    harbor = demo.instance("harbor-prod")
    config = config_of(with_typed_password(demo), demo_instance(demo, "valley-staging"))
    async with at_desk(config, tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.sees("Sign in to harbor-prod")
        await desk.type(harbor.password)
        await desk.press("enter")
        await desk.loaded()
        await open_confirm_dialog(desk, "garcia")
        harbor.faults.inject("action", Fault(body="Invalid request", delay=patience(0.25)))
        await desk.confirm()
        work = desk.work
        await desk.press("f2")
        await desk.pick("valley-staging")
        await desk.until(lambda: work.presenter._held_back, "the password is not asked for")
        wait_idly(desk, 15)
        await desk.sees("No input for 15 min")
        assert outcomes(tmp_path) == [Outcome.NOT_SENT]
    assert not harbor.outbox


async def test_the_first_key_after_sleep_locks_and_does_nothing_else(demo, tmp_path, sleep):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await open_confirm_dialog(desk, "garcia")
        await desk.sees("y send")
        sleep(15)
        await desk.press("y", "enter")
        await desk.sees("No input for 15 min")
    assert not harbor.outbox
    assert outcomes(tmp_path) == []


def test_time_asleep_counts(monkeypatch):
    asleep = {time.CLOCK_BOOTTIME: 900.0, time.CLOCK_MONOTONIC: 0.0}
    read = time.clock_gettime
    before = clock()
    monkeypatch.setattr("time.clock_gettime", lambda which: read(which) + asleep[which])
    assert clock() - before >= 900
    monkeypatch.delattr("time.CLOCK_BOOTTIME")
    assert 0 <= read(time.CLOCK_MONOTONIC) - clock() + 1 <= 1


@pytest.mark.parametrize(
    ("event", "counts"),
    [
        (events.MouseScrollUp, True),
        (events.MouseScrollDown, True),
        (events.MouseDown, True),
        (events.MouseMove, False),
    ],
)
async def test_mouse_input_prevents_the_lock_but_movement_does_not(demo, tmp_path, wait_idly, event, counts):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        wait_idly(desk, 14)
        desk.app.post_message(event(None, 5, 5, 0, 0, 1, False, False, False))
        await desk.pilot.pause()
        wait_idly(desk, 14)
        if counts:
            await desk.pilot.pause()
            assert "No input for" not in desk.text
        else:
            await desk.sees("No input for 15 min")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (45, 20), (40, 15)])
async def test_the_lock_card_fits_and_its_keys_work(demo, tmp_path, wait_idly, size):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=size) as desk:
        await desk.loaded()
        wait_idly(desk, 15)
        await desk.sees("Signed out", "No input for 15 min", "Enter signs in", "F10 quits")
        assert [desk.text.count(corner) for corner in "╭╮╰╯"] == [1, 1, 1, 1]
        card = desk.app.screen
        await desk.press("ctrl+p", "q")
        assert desk.app.screen is card
        await desk.press("ctrl+c")
        await desk.sees("F10 quits.")
        await desk.press("f10")
        await desk.until(lambda: not desk.app.is_running, "F10 does not quit")


async def test_quitting_right_after_the_lock_still_signs_out(demo, tmp_path, wait_idly):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        assert signed_in_count(harbor)
        wait_idly(desk, 15)
        await desk.sees("No input for 15 min")
        desk.send("f10")
    assert not signed_in_count(harbor)


async def test_an_error_while_locking_still_signs_out(demo, tmp_path, wait_idly, monkeypatch):
    harbor = demo.instance("harbor-prod")

    def fail(app, screen):
        raise RuntimeError("nobody foresaw it")

    async def lock_and_fail():
        async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
            await desk.loaded()
            assert signed_in_count(harbor)
            monkeypatch.setattr("dazos_tui.tui.app.DazosApp.uninstall_screen", fail)
            wait_idly(desk, 15)
            await desk.until(lambda: not desk.app.is_running, "the app does not end")

    with pytest.raises(RuntimeError, match="foresaw"):
        await lock_and_fail()
    assert not signed_in_count(harbor)


async def test_the_lock_keeps_the_filter_but_not_the_people(demo, tmp_path, wait_idly):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.sees("Elena García", "1 match")
        wait_idly(desk, 15)
        await desk.sees("Signed out")
        assert "garcia" not in desk.text
        await desk.press("enter")
        await desk.sees("garcia", "1 match", "Elena García")


async def test_a_kept_filter_stays_but_further_typing_is_cleared(demo, tmp_path, wait_idly):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(with_typed_password(demo)), tmp_path) as desk:
        await desk.sees("Sign in to harbor-prod")
        await desk.type(harbor.password)
        await desk.press("enter")
        await desk.loaded()
        await desk.filter("garcia")
        wait_idly(desk, 15)
        await desk.sees("Signed out")
        await desk.press("enter")
        await desk.sees("Sign in to harbor-prod")
        assert desk.work.panes.users.typed == "garcia"
        assert "dropped" not in desk.text


async def test_unlocking_where_the_config_no_longer_has_the_instance_leads_to_the_picker(
    demo, tmp_path, wait_idly
):
    file = tmp_path / "config.toml"
    write_demo_config(file, demo.instances)
    async with at_desk(load_config(file), tmp_path, instance="harbor-prod", config_path=file) as desk:
        await desk.loaded()
        tables = tomllib.loads(file.read_text())
        del tables["instances"]["harbor-prod"]
        file.write_text(tomli_w.dumps(tables))
        await desk.press("f2")
        await desk.sees("Which CRM instance?")
        wait_idly(desk, 15)
        await desk.sees("Signed out")
        await desk.press("enter")
        await desk.sees("Could not open harbor-prod", "There is no instance “harbor-prod” in the config")
        await desk.press("escape")
        await desk.pick("harbor-sandbox")
        await desk.loaded()


async def test_typing_before_the_sign_in_is_not_kept(demo, tmp_path, wait_idly):
    async with at_desk(config_of(with_typed_password(demo)), tmp_path) as desk:
        await desk.sees("Sign in to harbor-prod")
        await desk.press("escape", "escape")
        await desk.look_for("perhaps a password")
        wait_idly(desk, 15)
        await desk.sees("Signed out")
        await desk.press("enter")
        await desk.sees("Sign in to harbor-prod")
        assert desk.work.panes.users.typed == ""
