"""Who is back in, whatever clock, time zone and date format the login history is written by."""

import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import BackInProof
from dazos_tui.verification.service import Verdict, describe_back_in_delay
from tests.demo.visitor import Visitor
from tests.verification.back_in_harness import EIGHT, JAMIE, at_work


@pytest.mark.parametrize("name", ["harbor-prod", "summit-prod", "harbor-sandbox", "valley-staging"])
@pytest.mark.parametrize("off", [timedelta(0), timedelta(hours=1), timedelta(hours=-1, minutes=-7)])
async def test_a_sign_in_after_the_reset_is_seen_whatever_clock_zone_and_format(
    demo, clock, tmp_path, name, off
):
    person = next(one.user_name for one in demo.instance(name).people[10:] if one.active)
    async with at_work(demo, tmp_path, name, off=off) as desk:
        clock.advance(3600)
        desk.comes(person)
        clock.advance(600)
        entry = desk.reset(person)
        clock.advance(300)
        assert (await desk.verdict(entry))[0] is Verdict.WAITING
        clock.advance(540)
        desk.comes(person)
        clock.advance(60)
        [found] = await desk.service.check(desk.store.resets_awaiting_sign_in(entry.requested_at))
        assert desk.store.resets_awaiting_sign_in(entry.requested_at) == []
    assert found.verdict is Verdict.BACK_IN
    assert found.entry.back_in is not None
    assert found.entry.back_in.proof is BackInProof.SIGN_IN
    # The login history has whole minutes: 14 min, less the seconds of the minute it was asked for in.
    assert describe_back_in_delay(found.entry) == "13 min later"
    assert bool(found.explanation) is (off != timedelta(0))


async def test_a_clock_that_is_off_is_told(demo, tmp_path):
    async with at_work(demo, tmp_path, off=timedelta(hours=1)) as desk:
        assert await desk.verdict(desk.reset()) == (
            Verdict.WAITING,
            "This machine's clock is 60 min ahead of the CRM's, by which the times were compared.",
        )


async def test_a_clock_that_was_set_back_since_proves_nothing(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        clock.advance(7200)
        entry = desk.reset()
        clock.advance(-7000)
        assert (await desk.verdict(entry))[0] is Verdict.UNCLEAR


@pytest.mark.parametrize("odd", ["01-15-2099 03:00 AM", "soon", ""])
async def test_a_sign_in_with_an_odd_time_makes_nobody_unclear(demo, clock, tmp_path, monkeypatch, odd):
    async with at_work(demo, tmp_path) as desk:
        clock.advance(120)
        entries = [desk.reset(), desk.reset("odd.obrien")]
        desk.writes("demo.rep", monkeypatch, signed_in=odd)
        assert {one.verdict for one in await desk.service.check(entries)} == {Verdict.WAITING}
        before = len(desk.asked())
        for _ in range(2):
            clock.advance(60)
            assert await desk.service.poll(entries) == []
        assert desk.asked()[before:] == ["", ""]
        desk.comes()
        [found] = await desk.service.poll(entries)
    assert (found.entry.id, found.verdict) == (entries[0].id, Verdict.BACK_IN)


@pytest.mark.parametrize("odd", ["01-15-2099 03:00 AM", "soon"])
async def test_an_odd_time_of_the_persons_own_is_unclear_until_another_proves(
    demo, clock, tmp_path, monkeypatch, odd
):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        desk.writes(JAMIE, monkeypatch, signed_in=odd)
        verdict, words = await desk.verdict(entry)
        assert verdict is Verdict.UNCLEAR
        assert words == (
            f"There is a sign-in whose time ({odd}) cannot be right. "
            "Ask the person, and mark it as confirmed by them."
        )
        clock.advance(120)
        desk.comes()
        assert (await desk.verdict(entry))[0] is Verdict.BACK_IN


async def test_where_every_time_is_odd_none_is_read(demo, tmp_path, monkeypatch):
    async with at_work(demo, tmp_path, time_zone="America/New_York") as desk:
        desk.crm.accounts.history.clear()
        desk.writes("demo.rep", monkeypatch, signed_in="01-15-2099 03:00 AM")
        verdict, words = await desk.verdict(desk.reset())
    assert verdict is Verdict.UNCLEAR
    assert "not one of the newest times, such as “01-15-2099 03:00 AM”, can be right" in words


@pytest.mark.parametrize(("minutes", "config"), [(16, {}), (60, {"time_zone": "America/New_York"})])
async def test_a_later_session_of_the_same_account_misleads_nobody(demo, clock, tmp_path, minutes, config):
    async with at_work(demo, tmp_path, **config) as desk:
        clock.advance(minutes * 60)
        desk.comes("demo.admin")
        desk.comes()
        entry = desk.reset()
        assert (await desk.verdict(entry))[0] is Verdict.UNCLEAR  # the same minute
        clock.advance(60)
        desk.comes()
        assert (await desk.verdict(entry))[0] is Verdict.BACK_IN


async def test_an_older_session_of_the_account_is_not_taken_for_the_own_that_ended(demo, clock, tmp_path):
    accounts, admin = demo.instance("harbor-prod").accounts, demo.instance("harbor-prod").person("demo.admin")
    accounts.record_sign_in(admin, "203.0.113.9", clock() - 3540)
    async with at_work(demo, tmp_path) as desk:
        accounts.history[-1].signed_out = clock() + 1
        accounts.record_sign_in(desk.crm.person(JAMIE), "198.51.100.7", clock() - 600)
        entry = desk.reset()
        assert await desk.verdict(entry) == (Verdict.WAITING, "")
        clock.advance(120)
        desk.comes()
        assert (await desk.verdict(entry))[0] is Verdict.BACK_IN


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, Verdict.UNCLEAR),
        ({"time_zone": "America/New_York", "date_format": "mm-dd-yyyy"}, Verdict.WAITING),
    ],
)
async def test_of_several_own_sign_ins_that_may_be_this_session_none_is_chosen(
    demo, clock, tmp_path, config, expected
):
    accounts, admin = demo.instance("harbor-prod").accounts, demo.instance("harbor-prod").person("demo.admin")
    accounts.record_sign_in(admin, "203.0.113.9", clock() - 3600)
    async with at_work(demo, tmp_path, **config) as desk:
        clock.advance(3600)
        desk.comes()
        clock.advance(600)
        entry = desk.reset()
        clock.advance(3600)
        # By the older of the own sign-ins that one came an hour later than it did.
        verdict, words = await desk.verdict(entry)
        assert verdict is expected
        assert ("Set time_zone in the config." in words) is (expected is Verdict.UNCLEAR)
        clock.advance(2 * 3600)
        desk.comes()
        assert (await desk.verdict(entry))[0] is Verdict.BACK_IN


async def test_an_older_own_sign_in_does_not_speak_against_the_time_zone_in_the_config(demo, clock, tmp_path):
    accounts, admin = demo.instance("harbor-prod").accounts, demo.instance("harbor-prod").person("demo.admin")
    accounts.record_sign_in(admin, "203.0.113.9", clock() - 3600)
    async with at_work(demo, tmp_path, time_zone="America/New_York") as desk:
        # A code was typed so long that the own row is too far from the end of the sign-in.
        accounts.history[-1].signed_in -= 240
        entry = desk.reset()
        clock.advance(120)
        desk.comes()
        assert (await desk.verdict(entry))[0] is Verdict.BACK_IN


async def test_without_the_own_row_the_times_cannot_be_read(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.crm.accounts.history.clear()
        entry = desk.reset()
        clock.advance(60)
        desk.comes()
        verdict, words = await desk.verdict(entry)
    assert verdict is Verdict.UNCLEAR
    assert words == (
        "The sign-in times of harbor-prod cannot be read: the own sign-in, by which the "
        "time zone could be told, does not stand there. Set time_zone and date_format in the config. Ask the "
        "person, and mark it as confirmed by them."
    )


async def test_times_that_cannot_be_read_are_not_tried_again_with_every_look(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.crm.accounts.history.clear()
        entries = [desk.reset(), desk.reset("odd.obrien")]
        assert len(await desk.service.poll(entries)) == 2
        clock.advance(60)
        assert await desk.service.poll(entries) == []
        assert {one.verdict for one in await desk.service.check(entries)} == {Verdict.UNCLEAR}
        assert desk.asked() == ["", "demo.admin", ""]
        await desk.service._client.sign_in(desk.crm.username, SecretStr(desk.crm.password))
        assert {one.verdict for one in await desk.service.check(entries)} == {Verdict.WAITING}


async def test_a_time_zone_in_the_config_that_is_not_the_accounts_is_told(demo, clock, tmp_path):
    async with at_work(demo, tmp_path, time_zone="America/Denver") as desk:
        entry = desk.reset()
        clock.advance(300)
        desk.comes()
        verdict, words = await desk.verdict(entry)
    assert verdict is Verdict.UNCLEAR
    assert "does not fit the time_zone or date_format in the config" in words


async def test_an_older_session_of_the_account_that_is_still_open_misleads_nobody(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        # It is of an hour before, and the own sign-in left no row: so New York is taken for Chicago.
        desk.crm.accounts.history[0].signed_in -= 3600
        desk.crm.accounts.record_sign_in(desk.crm.person(JAMIE), "198.51.100.7", clock() - 600)
        clock.advance(3600)
        desk.comes("odd.obrien")
        verdict, words = await desk.verdict(entry)
    assert verdict is Verdict.UNCLEAR
    assert "would be in the future" in words


async def test_a_time_zone_in_the_config_by_which_times_are_in_the_future_is_told(demo, clock, tmp_path):
    crm = demo.instance("harbor-prod")
    visitor = Visitor(crm.url)
    visitor.sign_in(crm.username, crm.password)
    async with at_work(demo, tmp_path, time_zone="America/Denver") as desk:
        await desk.service._client.resume_session(SecretStr(visitor.http.cookies["PHPSESSID"]))
        desk.comes()
        clock.advance(600)
        verdict, words = await desk.verdict(desk.reset())
    visitor.close()
    assert verdict is Verdict.UNCLEAR
    assert "would be in the future" in words


@asynccontextmanager
async def in_a_browser(demo, tmp_path, name, **config):
    """Be at work with the session of a browser, by its cookie."""
    crm = demo.instance(name)
    visitor = Visitor(crm.url)
    visitor.sign_in(crm.username, crm.password)
    async with at_work(demo, tmp_path, name, **config) as desk:
        await desk.service._client.resume_session(SecretStr(visitor.http.cookies["PHPSESSID"]))
        yield desk
    visitor.close()


def somebody(desk):
    return next(one.user_name for one in desk.crm.people[10:] if one.active)


@pytest.mark.parametrize("name", ["harbor-prod", "summit-prod", "harbor-sandbox"])
async def test_a_browsers_session_learns_zone_and_format_from_the_crm(demo, clock, tmp_path, name):
    async with in_a_browser(demo, tmp_path, name) as desk:
        whom = somebody(desk)
        entry = desk.reset(whom)
        clock.advance(300)
        desk.comes(whom)
        assert (await desk.verdict(entry))[0] is Verdict.BACK_IN
        found = desk.service._calibration
        assert [str(zone) for zone in found.zones] == [desk.crm.shape.time_zone]
        assert found.formats == (desk.crm.shape.date_format,)


@pytest.mark.parametrize(
    ("config", "expected"), [({}, Verdict.UNCLEAR), ({"time_zone": "America/New_York"}, Verdict.BACK_IN)]
)
@pytest.mark.parametrize("page", ["<p>Oops</p>", "Permission denied"])
async def test_a_browsers_session_needs_the_time_zone_where_the_crm_does_not_tell_it(
    demo, clock, tmp_path, config, expected, page
):
    async with in_a_browser(demo, tmp_path, "harbor-prod", **config) as desk:
        desk.crm.faults.answer_with("other", page)
        entry = desk.reset()
        clock.advance(300)
        desk.comes()
        assert (await desk.verdict(entry))[0] is expected


async def test_an_ambiguous_date_is_told(clock, tmp_path):
    clock.now = datetime(2026, 4, 20, 12, tzinfo=UTC).timestamp()
    with DemoServer(users=45, clock=clock) as demo:
        async with at_work(demo, tmp_path) as desk:
            entry = desk.reset()
        clock.now = datetime(2026, 5, 4, 12, tzinfo=UTC).timestamp()
        demo.instance("harbor-prod").accounts.history.clear()
        for config, expected in (({}, Verdict.UNCLEAR), ({"date_format": "mm-dd-yyyy"}, Verdict.BACK_IN)):
            async with at_work(demo, tmp_path, time_zone="America/New_York", **config) as desk:
                desk.crm.accounts.history.clear()
                # 4 May, or 5 April.
                desk.comes()
                clock.advance(86_400 / 4)
                verdict, words = await desk.verdict(entry)
                assert verdict is expected
                assert words == (
                    "There is a sign-in (05-04-2026 08:00 AM) whose date can be read in two ways: set "
                    "date_format in the config."
                    if expected is Verdict.UNCLEAR
                    else ""
                )


async def test_clocks_that_were_changed_in_between_leave_an_hour_of_doubt(clock, tmp_path):
    # In New York winter begins on 1 November 2026 at 6 o'clock UTC.
    saturday = datetime(2026, 10, 31, 18, tzinfo=UTC)
    clock.now = saturday.timestamp()
    with DemoServer(replace(HARBOR, users=45), clock=clock) as demo:
        async with at_work(demo, tmp_path) as desk:
            desk.comes()
            clock.advance(1800)
            before = desk.reset()
            clock.advance(7200)
            clear = desk.reset("odd.obrien")
            clock.advance(2 * 3600)
            desk.comes("odd.obrien")
        clock.advance(2 * 24 * 3600)
        async with at_work(demo, tmp_path) as desk:
            verdict, words = await desk.verdict(before)
            assert verdict is Verdict.UNCLEAR
            assert "Set time_zone in the config." in words
            assert (await desk.verdict(clear))[0] is Verdict.BACK_IN
        async with at_work(demo, tmp_path, time_zone="America/New_York") as desk:
            assert await desk.verdict(before) == (Verdict.WAITING, "")


def test_the_moment_the_tests_begin_at():
    assert datetime.fromtimestamp(EIGHT, UTC) == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert time.gmtime(EIGHT).tm_sec == 0
