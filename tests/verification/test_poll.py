"""The cheap poll for everybody who is waiting."""

import asyncio

import pytest

from dazos_tui.crm.errors import CrmError
from dazos_tui.demo.faults import Fault
from dazos_tui.verification.service import Verdict
from tests.support import until
from tests.verification.back_in_harness import JAMIE, at_work


async def test_a_poll_reports_sign_ins_that_may_have_failed_once(demo, clock, tmp_path, monkeypatch):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        clock.advance(300)
        desk.fails_to_sign_in(JAMIE, monkeypatch)
        [found] = await desk.service.poll([entry])
        assert found.verdict is Verdict.UNCLEAR
        before = len(desk.requested_user_names())
        for _ in range(2):
            clock.advance(60)
            desk.fails_to_sign_in(JAMIE, monkeypatch)
            assert await desk.service.poll([entry]) == []
        assert desk.requested_user_names()[before:] == ["", ""]
        desk.signs_in()
        [found] = await desk.service.poll([entry])
    assert found.verdict is Verdict.BACK_IN


async def test_a_poll_is_one_request_while_nobody_signs_in(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entries = [desk.reset(), desk.reset("odd.obrien")]
        assert await desk.service.poll(entries) == []
        before = len(desk.requested_user_names())
        for _ in range(3):
            clock.advance(60)
            desk.signs_in("demo.rep")
            assert await desk.service.poll(entries) == []
        assert desk.requested_user_names()[before:] == ["", "", ""]
        clock.advance(60)
        desk.signs_in()
        [found] = await desk.service.poll(entries)
        assert desk.requested_user_names()[before + 3 :] == ["", JAMIE, JAMIE[:-1]]
    assert (found.entry.id, found.verdict) == (entries[0].id, Verdict.BACK_IN)


async def test_a_poll_checks_five_people_at_most_in_turn(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        people = [one.user_name for one in desk.crm.people[20:] if one.active][:12]
        entries = [desk.reset(user_name) for user_name in people]
        await desk.service.poll(entries)
        clock.advance(120)
        for user_name in people:
            desk.signs_in(user_name)
        found = []
        for expected in (5, 5, 2, 0):
            seen = await desk.service.poll([entry for entry in entries if entry.id not in found])
            found += [one.entry.id for one in seen if one.verdict is Verdict.BACK_IN]
            assert len(seen) == expected
            # In a busy CRM it has scrolled off the page before the next poll.
            for _ in range(25):
                desk.signs_in("demo.rep")
    assert found[:5] == [entry.id for entry in entries[5:10]], "the first five had their turn"
    assert sorted(found) == [entry.id for entry in entries]


async def test_a_poll_ignores_sign_ins_before_the_reset(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.signs_in()
        clock.advance(120)
        assert await desk.service.poll([desk.reset()]) == []
    assert sorted(desk.requested_user_names()) == ["", "", "demo.admin"]


async def test_a_poll_that_does_not_reach_back_checks_each_person(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        clock.advance(60)
        await desk.service.poll([entry])
        before = len(desk.requested_user_names())
        desk.signs_in()
        for _ in range(25):
            clock.advance(1)
            desk.signs_in("demo.rep")
        [found] = await desk.service.poll([entry])
        assert desk.requested_user_names()[before:] == ["", JAMIE, JAMIE[:-1]]
    assert found.verdict is Verdict.BACK_IN


async def test_a_poll_reports_once_what_is_unclear(demo, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.signs_in()
        entry = desk.reset()
        [found] = await desk.service.poll([entry])
        assert found.verdict is Verdict.UNCLEAR
        assert await desk.service.poll([entry]) == []


async def two_signed_in_since(desk, clock):
    """Return the resets of two people who have signed in since the last poll."""
    first, second = desk.reset(), desk.reset("odd.obrien")
    assert await desk.service.poll([first, second]) == []
    clock.advance(120)
    desk.signs_in()
    desk.signs_in("odd.obrien")
    return first, second


async def test_a_poll_that_fails_returns_who_was_seen_before(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        first, second = await two_signed_in_since(desk, clock)
        faults = desk.crm.faults
        # The page of everybody, the first person, and a part of their name; then the second person.
        faults.inject("login-history", Fault(), times=3)
        faults.inject("login-history", Fault(body="", status=500), times=None)
        [found] = await desk.service.poll([first, second])
        assert (found.entry.id, found.verdict) == (first.id, Verdict.BACK_IN)
        with pytest.raises(CrmError):
            await desk.service.poll([second])
        faults.clear()
        [found] = await desk.service.poll([second])
    assert (found.entry.id, found.verdict) == (second.id, Verdict.BACK_IN)


async def test_a_poll_returns_who_was_seen_before_the_last_was_cancelled(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        first, second = await two_signed_in_since(desk, clock)
        desk.crm.faults.inject("login-history", Fault(), times=3)
        desk.crm.faults.delay("login-history", 60)
        poll = asyncio.create_task(desk.service.poll([first, second]))
        await until(lambda: desk.crm.faults.is_empty)
        poll.cancel()
        with pytest.raises(asyncio.CancelledError):
            await poll
        desk.crm.faults.clear()
        [row] = [row for row in desk.store.search() if row.id == first.id]
        assert row.back_in is not None
        found = await desk.service.poll([second])
    assert {one.entry.id for one in found} == {first.id, second.id}
