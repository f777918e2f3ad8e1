"""Warnings before and after a send: a moved history, a failed attempt, a misspelt address."""

import pytest

from dazos_tui.history.store import HistoryStore
from tests.support import config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.test_sending import demo, history

__all__ = ["demo"]


@pytest.mark.parametrize("opened", [True, False], ids=["while the box shows", "before the first send"])
async def test_a_history_that_was_moved_stops_the_send_and_is_reported(demo, tmp_path, opened):
    state = tmp_path / "state"
    with HistoryStore(state / "history.db") as store:
        store.require_writable()
    async with at_desk(config_of(demo_instance(demo)), state) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter")
        await desk.sees("odd.garcia@harbor.example.com")
        if opened:
            await desk.press("s")
            await desk.sees("never from here")
            state.rename(tmp_path / "elsewhere")
            await desk.confirm()
            await desk.sees("Not sent", "was removed, moved, linked or replaced", "start dazos-tui again")
        else:
            state.rename(tmp_path / "elsewhere")
            await desk.press("s")
            await desk.sees("No link can be sent", "was removed", "r try again")
    assert not demo.instance("harbor-prod").outbox
    assert not state.exists()


async def test_a_history_moved_during_the_send_is_reported_with_the_outcome(demo, tmp_path):
    harbor, state = demo.instance("harbor-prod"), tmp_path / "state"
    with HistoryStore(state / "history.db") as store:
        store.require_writable()
    async with at_desk(config_of(demo_instance(demo)), state) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        harbor.faults.delay("action", 1)
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.until(lambda: history(state), "no row was begun")
        state.rename(tmp_path / "elsewhere")
        await desk.sees(
            "Sent, but not recorded", "was removed, moved, linked or replaced", "Keep this outcome"
        )
    assert len(harbor.outbox) == 1
    assert history(tmp_path / "elsewhere") == [("odd.garcia", "sent")]


async def test_a_refused_attempt_shows_in_the_profile_and_in_the_box(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter")
        await desk.sees("No link sent from this tool yet")
        harbor.faults.answer_with("action", '{"success":false,"error":{"message":"no"}}')
        await desk.press("s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.sees("Refused by the CRM")
        await desk.press("escape")
        await desk.sees("Resets 1", "–       refused")
        await desk.sees_no("No link sent from this tool yet")
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("last attempt refused")


async def test_a_suspicious_address_shows_in_the_box_and_blocks_nothing(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    harbor.person("odd.garcia").email1 = "elena@gmial.com"
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("· “gmial.com” is one letter off from gmail.com", "elena@gmail.com")
        await desk.confirm()
        await desk.sees("Success")
    harbor.person("odd.garcia").email1 = "odd.garcia@harbour.example.com"
    async with at_desk(config_of(demo_instance(demo)), tmp_path / "other") as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("Send a reset link?", "colleagues use")
