"""The record of an action, which is written while the connection for the action is being made."""

import asyncio
import gc

import pytest

from dazos_tui.history.errors import HistoryError
from dazos_tui.resets.service import _HEAD_START_SECONDS, _Recording


async def test_a_record_that_was_given_up_before_its_time_is_never_written():
    recording = _Recording("send", lambda: pytest.fail("a row was written"))
    recording.begin()
    recording.stop_waiting()
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(2 * _HEAD_START_SECONDS, later.set)
    await later.wait()
    assert recording._task is None


async def test_a_record_begins_by_itself_once_and_its_error_is_raised():
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    calls = []

    def fail():
        calls.append("a row")
        loop.call_soon_threadsafe(begun.set)
        raise HistoryError("The disk is full.", advice="")

    recording = _Recording("send", fail)
    recording.begin()
    recording.begin()
    await begun.wait()
    with pytest.raises(HistoryError, match="The disk is full"):
        await recording.wait()
    with pytest.raises(HistoryError, match="The disk is full"):
        await recording.entry()
    assert calls == ["a row"]


async def test_an_error_of_a_record_that_nobody_waits_for_is_not_written_to_the_screen(caplog):
    def fail():
        raise HistoryError("The disk is full.", advice="")

    recording = _Recording("send", fail)
    await asyncio.wait([recording._begun()])
    del recording
    gc.collect()
    assert caplog.text == ""
