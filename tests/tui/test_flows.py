"""Flows: a question and the action that follows it have separate lifetimes."""

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from textual.screen import Screen

from dazos_tui.demo.server import DemoServer
from dazos_tui.history import sqlite_file
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.dialogs.help import HelpDialog
from dazos_tui.tui.dialogs.note import NoteDialog
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.test_lock import sleep, wait_idly

__all__ = ["sleep", "wait_idly"]


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


def sent_to(state):
    """Return the user names in the history to whom a link was sent, newest first."""
    with HistoryStore(state / "history.db") as store:
        return [entry.request.user_name for entry in store.search() if str(entry.outcome) == "sent"]


async def open_confirm_dialog(desk, name):
    """Open the box that asks whether to send."""
    await desk.look_for(name)
    await desk.press("enter", "s")
    await desk.asked("y send")


async def test_a_key_right_after_the_send_key_goes_to_the_box(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("garcia")
        await desk.open()
        # In the profile below, h would go to the history and q would quit.
        for key in ("s", "h"):
            desk.send(key)
        await desk.sees("Nothing was sent: a key other than y was pressed.")
        for key in ("s", "q"):
            desk.send(key)
        await desk.settled()
        assert "Send a reset link?" not in desk.text
        assert desk.app.is_running
        assert desk.focus == "profile"


async def test_the_next_question_does_not_cancel_a_running_send(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await open_confirm_dialog(desk, "garcia")
        harbor.faults.delay("action", 0.7)
        await desk.confirm()
        await open_confirm_dialog(desk, "nguyen")
        await desk.confirm()
        await desk.until(lambda: len(harbor.outbox) == 2, "not both were sent")
        await desk.until(lambda: len(sent_to(tmp_path)) == 2, "not both are recorded as sent")
        await desk.until(lambda: not desk.work.sending, "the send never ends")
    assert {mail.user_name for mail in harbor.outbox} == {"odd.garcia", "odd.nguyen"}


async def test_a_yes_is_carried_out_even_if_the_next_question_follows_at_once(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await open_confirm_dialog(desk, "garcia")
        await desk.armed()
        box, leave = desk.asking, desk.asking.leave

        def leave_and_go_on(answer=None):
            leave(answer)
            for key in ("tab", "tab", "s"):
                desk.send(key)

        box.leave = leave_and_go_on  # type: ignore[method-assign]
        await desk.press("y")
        await desk.until(lambda: sent_to(tmp_path), "it was never sent")
    assert [mail.user_name for mail in harbor.outbox] == ["odd.garcia"]


@pytest.mark.parametrize("asked", ["to send", "to enable", "what is wrong"])
async def test_a_box_removed_by_the_lock_leaves_no_worker_waiting(demo, tmp_path, wait_idly, asked):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("hugo.copper" if asked != "to send" else "garcia")
        await desk.open()
        if asked == "to send":
            await desk.press("s")
            await desk.asked("y send")
        else:
            await desk.press("w")
            await desk.sees("e enables the login")
            if asked == "to enable":
                await desk.press("e")
                await desk.asked("y enable")
        wait_idly(desk, 15)
        await desk.sees("No input for 15 min")
        await desk.until(
            lambda: not any(one.is_running for one in desk.app.workers), "a worker is still waiting"
        )


async def test_an_outcome_is_held_back_while_another_instance_is_in_front(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await open_confirm_dialog(desk, "garcia")
        await desk.press("t", *"HD-7", "enter")
        harbor.faults.delay("action", 60)
        await desk.confirm()
        await desk.press("f2")
        await desk.pick("harbor-sandbox")
        harbor.faults.clear()
        await desk.until(lambda: sent_to(tmp_path), "it was never sent")
        await desk.loaded()
        for word in ("Note for HD-7", "Success"):
            assert word not in desk.text
        await desk.press("f2")
        await desk.pick("harbor-prod")
        await desk.sees("Note for HD-7", "✓ Success")


async def test_quitting_while_an_outcome_arrives_does_not_crash(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await open_confirm_dialog(desk, "garcia")
        harbor.faults.delay("action", 60)
        await desk.confirm()
        await desk.press("f10")
        await desk.sees("has not answered yet")
        harbor.faults.clear()
        await desk.until(lambda: harbor.outbox, "it was never sent")
        desk.send("f10")
        await desk.until(lambda: not desk.app.is_running, "the app stays")
    assert desk.app.failure is None
    assert len(harbor.outbox) == 1


async def look_too_late(screen: Screen[Any], missed: list[str]) -> None:
    """Look for a widget of a screen as soon as the app has removed it while it ends."""
    part = type(screen.children[0])
    while screen.query(part):  # noqa: ASYNC110 - no event tells this moment
        await asyncio.sleep(0)
    missed.append(type(screen).__name__)
    screen.query_one(part)


async def test_a_job_that_finishes_while_the_app_ends_does_not_crash(demo, tmp_path):
    missed: list[str] = []
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        desk.work.run("late", partial(look_too_late, desk.work, missed))
        await desk.press("f1")
        await desk.until(lambda: isinstance(desk.app.screen, HelpDialog), "no help")
        assert isinstance(desk.app.screen, HelpDialog)
        desk.app.screen.run_job(partial(look_too_late, desk.app.screen, missed))
    assert sorted(missed) == ["HelpDialog", "WorkScreen"]
    assert not desk.app.has_crashed


async def test_a_job_that_finishes_after_the_lock_removed_its_screen_does_not_crash(
    demo, tmp_path, wait_idly
):
    missed: list[str] = []
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        work = desk.work
        work.run_until_quit(partial(look_too_late, work, missed))
        wait_idly(desk, 15)
        await desk.sees("Signed out")
        await desk.until(lambda: missed, "it never looks")
        # A change that comes too late is dropped.
        work.in_turn(missed.append, "changed")
        await desk.press("enter")
        await desk.loaded()
    assert missed == ["WorkScreen"]


async def test_a_note_taken_before_the_lock_is_recorded_after_it(demo, tmp_path, wait_idly, monkeypatch):
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 120.0)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await open_confirm_dialog(desk, "garcia")
        await desk.press("t", *"HD-7", "enter")
        await desk.confirm()
        await desk.sees("Note for HD-7")
        await desk.press("escape", "f3", "n")
        await desk.until(lambda: isinstance(desk.app.screen, NoteDialog), "no note")
        # As another process that writes to the history.
        with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await desk.press("y")
            await desk.until(lambda: any(one.node is desk.app for one in desk.app.workers), "it is not taken")
            wait_idly(desk, 15)
            await desk.sees("Signed out")
            other.execute("ROLLBACK")
        with HistoryStore(tmp_path / "history.db") as store:
            await desk.until(lambda: store.search()[0].noted_at, "it is never recorded")
        await desk.press("enter")
        await desk.loaded()
