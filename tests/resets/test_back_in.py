"""Who is back in: by the demo's login history, its clock, zones and formats; above all, never wrongly."""

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from dazos_tui.config import Instance
from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import PermissionDenied, SignedOut, UnexpectedPage
from dazos_tui.demo.clock import ManualClock
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.instance import Instance as DemoInstance
from dazos_tui.demo.pages import history as history_page
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.shapes import HARBOR
from dazos_tui.history.models import Action, BackIn, Entry, Outcome, Proof, Request
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances import client_for
from dazos_tui.resets.back_in import BackInService, Verdict, later
from tests.demo.visitor import Visitor
from tests.support import demo_instance, eventually

EIGHT = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC, by the CRM's clock: 3 o'clock in New York."""
JAMIE = "odd.garcia"


@pytest.fixture
def clock():
    return ManualClock(EIGHT + 20)


@pytest.fixture
def demo(clock):
    with DemoServer(users=45, clock=clock) as server:
        yield server


@dataclass
class Desk:
    """Somebody at work in one instance, with a clock of their own."""

    service: BackInService
    store: HistoryStore
    crm: DemoInstance
    instance: Instance

    def reset(self, whom: str = JAMIE, outcome: Outcome = Outcome.SENT, **changes: str) -> Entry:
        person = self.crm.person(whom)
        texts = {
            "instance": self.crm.name, "environment": "production", "host": self.instance.host,
            "operator": "demo.admin", "user_id": str(person.id), "user_name": person.user_name,
            "name": person.full_name, "email": person.email1, "ticket": "",
        }  # fmt: skip
        return self.store.finish(self.store.begin(Request(**(texts | changes))).id, outcome, "")

    def comes(self, user_name: str = JAMIE) -> None:
        """Somebody signs in, by the CRM's clock."""
        self.crm.accounts.note_sign_in(self.crm.person(user_name), "198.51.100.7", self.crm.clock())

    async def verdict(self, entry: Entry) -> tuple[Verdict, str]:
        [one] = await self.service.check([entry])
        return one.verdict, one.words

    def fails(self, user_name: str, monkeypatch: pytest.MonkeyPatch, status: str = "Login failed") -> None:
        """Somebody does not get in, which the login history of this CRM holds with a status of its own."""
        self.writes(user_name, monkeypatch, status=status)

    def writes(self, user_name: str, monkeypatch: pytest.MonkeyPatch, **cells: str) -> None:
        """Somebody signs in, and the CRM writes something else into these cells of the row."""
        person = self.crm.person(user_name)
        self.crm.accounts.note_sign_in(person, "203.0.113.9", self.crm.clock())
        written = history_page._row

        def row(record, shape):
            return written(record, shape) | (cells if record.ip == "203.0.113.9" else {})

        monkeypatch.setattr(history_page, "_row", row)

    def asked(self) -> list[str]:
        """Whose sign-ins were asked for, in that order; “” stands for everybody's."""
        history = [one.query for one in self.crm.requests if "LoginHistory" in one.query]
        return [query.partition("search_value=")[2] for query in history]


@asynccontextmanager
async def at_work(demo, state, name="harbor-prod", *, off=timedelta(0), person=None, **config):
    """Sign in; `off` is how far the clock here is ahead of the CRM's."""
    crm, instance = demo.instance(name), demo_instance(demo, name, **config)

    def clock():
        return datetime.fromtimestamp(crm.clock(), UTC) + off

    with HistoryStore(state / "history.db", clock=clock) as store:
        async with client_for(instance) as client:
            account = person or (instance.username, crm.password)
            await client.sign_in(account[0], SecretStr(account[1]))
            yield Desk(BackInService(instance, client, store, clock=clock), store, crm, instance)


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
        [found] = await desk.service.check(desk.store.waiting(entry.requested_at))
        assert desk.store.waiting(entry.requested_at) == []
    assert found.verdict is Verdict.BACK_IN
    assert found.entry.back_in is not None
    assert found.entry.back_in.proof is Proof.SIGN_IN
    # The login history has whole minutes: 14 min, less the seconds of the minute it was asked for in.
    assert later(found.entry) == "13 min later"
    assert bool(found.words) is (off != timedelta(0))


async def test_a_clock_that_is_off_is_told(demo, tmp_path):
    async with at_work(demo, tmp_path, off=timedelta(hours=1)) as desk:
        assert await desk.verdict(desk.reset()) == (
            Verdict.WAITING,
            "This machine's clock is 60 min ahead of the CRM's, by which the times were compared.",
        )


async def test_a_sign_in_in_the_minute_of_the_reset_proves_nothing_by_itself(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.comes()
        clock.advance(15)
        entry = desk.reset()
        verdict, words = await desk.verdict(entry)
        assert desk.store.waiting(entry.requested_at) == [entry]
    assert verdict is Verdict.UNCLEAR
    assert words == (
        "There is a sign-in (01-15-2027 03:00 AM) in the very minute in which the link was asked for: it may "
        "have been before."
    )


async def test_in_that_minute_what_was_not_there_right_after_the_reset_is_a_proof(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.comes()
        entry = desk.reset()
        await desk.service.note_baseline(entry)
        assert await desk.verdict(entry) == (Verdict.WAITING, "")
        clock.advance(15)
        desk.comes()
        [found] = await desk.service.check([entry])
    assert found.verdict is Verdict.BACK_IN
    assert later(found.entry) == "less than a minute later"


async def test_a_baseline_noted_late_hides_nobody(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        clock.advance(120)
        desk.comes()
        await desk.service.note_baseline(entry)
        assert (await desk.verdict(entry))[0] is Verdict.BACK_IN


@pytest.mark.parametrize(
    ("status", "told"),
    [("Login failed", "with the status “Login failed”"), ("", "without a status"), ("Signed", "“Signed”")],
)
async def test_a_sign_in_that_may_have_failed_proves_nothing(
    demo, clock, tmp_path, monkeypatch, status, told
):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        clock.advance(300)
        desk.fails(JAMIE, monkeypatch, status)
        verdict, words = await desk.verdict(entry)
        assert desk.store.waiting(entry.requested_at) == [entry]
        assert verdict is Verdict.UNCLEAR
        assert told in words
        assert "signed_in or signed_off in its labels" in words
        clock.advance(300)
        desk.comes()
        [found] = await desk.service.check([entry])
    assert (found.verdict, later(found.entry)) == (Verdict.BACK_IN, "9 min later")


async def test_what_the_status_of_a_sign_in_is_called_can_be_told(demo, clock, tmp_path, monkeypatch):
    labels = Labels(signed_in="Angemeldet", signed_off="Abgemeldet")
    for status, verdict in (("ange meldet", Verdict.BACK_IN), ("Signed in", Verdict.UNCLEAR)):
        async with at_work(demo, tmp_path, labels=labels) as desk:
            entry = desk.reset()
            clock.advance(300)
            desk.fails(JAMIE, monkeypatch, status)
            assert (await desk.verdict(entry))[0] is verdict


async def test_a_glance_tells_of_sign_ins_that_may_have_failed_once(demo, clock, tmp_path, monkeypatch):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        clock.advance(300)
        desk.fails(JAMIE, monkeypatch)
        [found] = await desk.service.glance([entry])
        assert found.verdict is Verdict.UNCLEAR
        before = len(desk.asked())
        for _ in range(2):
            clock.advance(60)
            desk.fails(JAMIE, monkeypatch)
            assert await desk.service.glance([entry]) == []
        assert desk.asked()[before:] == ["", ""]
        desk.comes()
        [found] = await desk.service.glance([entry])
    assert found.verdict is Verdict.BACK_IN


async def test_of_two_people_of_one_name_the_user_name_decides(demo, clock, tmp_path):
    harbor = demo.instance("harbor-prod")
    for user_name in ("sam.lee", "sam.lee2"):
        harbor.add_person(user_name, "Sam", "Lee")
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset("sam.lee")
        clock.advance(300)
        desk.comes("sam.lee2")
        assert (await desk.verdict(entry))[0] is Verdict.WAITING
        assert await desk.service.glance([entry]) == []
        before = len(desk.asked())
        assert await desk.service.glance([entry]) == []
        assert desk.asked()[before:] == [""], "the namesake's row was looked into before"
        desk.comes("sam.lee")
        [found] = await desk.service.glance([entry])
    assert found.verdict is Verdict.BACK_IN


async def test_a_search_that_finds_longer_user_names_too_proves_nothing(demo, clock, tmp_path):
    harbor = demo.instance("harbor-prod")
    for user_name in ("ada.acorn", "ada.acorn2"):
        harbor.add_person(user_name, "Ada", "Acorn")
    history = harbor.accounts.history
    harbor.accounts.history_of = lambda name: [
        record for record in reversed(history) if record.person.user_name.startswith(name or "")
    ]
    async with at_work(demo, tmp_path) as desk:
        entry, other = desk.reset("ada.acorn"), desk.reset()
        assert await desk.verdict(entry) == (Verdict.WAITING, "")
        clock.advance(300)
        desk.comes("ada.acorn2")
        desk.comes()
        for _ in range(2):
            found = await desk.service.check([entry, other])
            assert {one.verdict for one in found} == {Verdict.UNCLEAR}
            assert "the CRM also finds longer user names than the one asked for" in found[0].words
        assert desk.store.waiting(entry.requested_at) == [entry, other]
        assert len(desk.asked()) - len(set(desk.asked())) == 3, "whether it is exact is asked once"


async def test_a_beginning_of_a_user_name_may_be_somebodys_own(demo, clock, tmp_path):
    harbor = demo.instance("harbor-prod")
    for user_name in ("ada.acorn", "ada.acorn2"):
        harbor.add_person(user_name, "Ada", "Acorn")
    async with at_work(demo, tmp_path) as desk:
        desk.comes("ada.acorn")
        entry, other = desk.reset("ada.acorn2"), desk.reset()
        clock.advance(300)
        desk.comes("ada.acorn2")
        desk.comes()
        found = await desk.service.check([entry, other])
        assert {one.verdict for one in found} == {Verdict.BACK_IN}
        assert desk.asked() == ["demo.admin", "", "ada.acorn2", "ada.acorn", "ada.acor", JAMIE]


async def test_a_user_name_without_a_beginning_proves_nothing_before_another_did(demo, clock, tmp_path):
    demo.instance("harbor-prod").add_person("x", "Xi", "Li")
    async with at_work(demo, tmp_path) as desk:
        entry, other = desk.reset("x"), desk.reset()
        clock.advance(300)
        desk.comes("x")
        desk.comes()
        verdict, words = await desk.verdict(entry)
        assert verdict is Verdict.UNCLEAR
        assert "the user name is too short" in words
        assert (await desk.verdict(other))[0] is Verdict.BACK_IN
        assert (await desk.verdict(entry))[0] is Verdict.BACK_IN


async def test_a_search_that_the_crm_ignores_proves_nothing(demo, clock, tmp_path):
    async with at_work(demo, tmp_path, time_zone="America/New_York") as desk:
        accounts = desk.crm.accounts
        everybody = accounts.history_of
        accounts.history_of = lambda _: everybody("")
        entry = desk.reset()
        clock.advance(300)
        desk.comes("odd.obrien")
        verdict, words = await desk.verdict(entry)
        assert verdict is Verdict.UNCLEAR
        assert "asked for odd.garcia, the CRM shows sign-ins of" in words
    async with at_work(demo, tmp_path) as desk:
        assert "does not stand there" in (await desk.verdict(entry))[1], "anybody's row may be the newest"


async def test_the_own_account_is_never_back_in_by_our_own_sign_in(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset("demo.admin")
        clock.advance(300)
        desk.comes("demo.admin")
        verdict, words = await desk.verdict(entry)
    assert (verdict, desk.asked()) == (Verdict.UNCLEAR, [])
    assert "it is the account that is signed in from here" in words


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"host": "old.example.com"}, "the link was sent in harbor-prod at old.example.com"),
        ({"user_name": ""}, "the user name is not known"),
    ],
)
async def test_what_no_sign_in_can_prove_is_unclear(demo, clock, tmp_path, changes, why):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset(**changes)
        clock.advance(300)
        desk.comes()
        verdict, words = await desk.verdict(entry)
    assert verdict is Verdict.UNCLEAR
    assert why in words


async def test_a_clock_that_was_set_back_since_proves_nothing(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        clock.advance(7200)
        entry = desk.reset()
        clock.advance(-7000)
        assert (await desk.verdict(entry))[0] is Verdict.UNCLEAR


async def test_only_resets_that_may_have_gone_out_are_asked_for(demo, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        refused = [desk.reset(outcome=outcome) for outcome in (Outcome.REFUSED, Outcome.NOT_SENT)]
        enabled = replace(desk.reset(outcome=Outcome.SENT), action=Action.ENABLE_LOGIN)
        known = replace(desk.reset(), back_in=BackIn(enabled.requested_at, Proof.PERSON))
        [found] = await desk.service.check([*refused, enabled, known])
        assert (found.verdict, found.entry, desk.asked()) == (Verdict.BACK_IN, known, [])
        assert await desk.service.glance([*refused, enabled, known]) == []
        assert desk.asked() == []


async def test_each_person_is_asked_for_once(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        first = desk.reset()
        clock.advance(300)
        second, other = desk.reset(), desk.reset("odd.obrien")
        found = await desk.service.check([other, second, first])
        assert [one.entry for one in found] == [first, second, other]
    assert desk.asked() == ["demo.admin", "", JAMIE, "odd.obrien"]


async def test_a_glance_is_one_request_while_nobody_comes(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entries = [desk.reset(), desk.reset("odd.obrien")]
        assert await desk.service.glance(entries) == []
        before = len(desk.asked())
        for _ in range(3):
            clock.advance(60)
            desk.comes("demo.rep")
            assert await desk.service.glance(entries) == []
        assert desk.asked()[before:] == ["", "", ""]
        clock.advance(60)
        desk.comes()
        [found] = await desk.service.glance(entries)
        assert desk.asked()[before + 3 :] == ["", JAMIE, JAMIE[:-1]]
    assert (found.entry.id, found.verdict) == (entries[0].id, Verdict.BACK_IN)


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
            assert await desk.service.glance(entries) == []
        assert desk.asked()[before:] == ["", ""]
        desk.comes()
        [found] = await desk.service.glance(entries)
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


async def test_a_glance_checks_five_people_at_most_in_turn(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        people = [one.user_name for one in desk.crm.people[20:] if one.active][:12]
        entries = [desk.reset(user_name) for user_name in people]
        await desk.service.glance(entries)
        clock.advance(120)
        for user_name in people:
            desk.comes(user_name)
        found = []
        for expected in (5, 5, 2, 0):
            seen = await desk.service.glance([entry for entry in entries if entry.id not in found])
            found += [one.entry.id for one in seen if one.verdict is Verdict.BACK_IN]
            assert len(seen) == expected
            # Where much happens, it has scrolled by until the next look.
            for _ in range(25):
                desk.comes("demo.rep")
    assert found[:5] == [entry.id for entry in entries[5:10]], "the first five had their turn"
    assert sorted(found) == [entry.id for entry in entries]


async def test_a_glance_passes_over_sign_ins_of_before_the_reset(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.comes()
        clock.advance(120)
        assert await desk.service.glance([desk.reset()]) == []
    assert sorted(desk.asked()) == ["", "", "demo.admin"]


async def test_a_glance_that_does_not_reach_back_looks_for_each(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        clock.advance(60)
        await desk.service.glance([entry])
        before = len(desk.asked())
        desk.comes()
        for _ in range(25):
            clock.advance(1)
            desk.comes("demo.rep")
        [found] = await desk.service.glance([entry])
        assert desk.asked()[before:] == ["", JAMIE, JAMIE[:-1]]
    assert found.verdict is Verdict.BACK_IN


async def test_a_glance_tells_once_what_is_unclear(demo, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.comes()
        entry = desk.reset()
        [found] = await desk.service.glance([entry])
        assert found.verdict is Verdict.UNCLEAR
        assert await desk.service.glance([entry]) == []


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
    accounts.note_sign_in(admin, "203.0.113.9", clock() - 3540)
    async with at_work(demo, tmp_path) as desk:
        accounts.history[-1].signed_out = clock() + 1
        accounts.note_sign_in(desk.crm.person(JAMIE), "198.51.100.7", clock() - 600)
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
    accounts.note_sign_in(admin, "203.0.113.9", clock() - 3600)
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
    accounts.note_sign_in(admin, "203.0.113.9", clock() - 3600)
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
        assert len(await desk.service.glance(entries)) == 2
        clock.advance(60)
        assert await desk.service.glance(entries) == []
        assert {one.verdict for one in await desk.service.check(entries)} == {Verdict.UNCLEAR}
        assert desk.asked() == ["", "demo.admin", ""]
        await desk.service._client.sign_in(desk.crm.username, SecretStr(desk.crm.password))
        assert {one.verdict for one in await desk.service.check(entries)} == {Verdict.WAITING}


async def test_whatever_a_person_is_called_the_rows_are_known_as_theirs(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        client = desk.service._client
        odd = [one for one in desk.crm.people if one.user_name.startswith("odd.") and one.active]
        entries = []
        for person in odd:
            name = (await client.profile(str(person.id))).user.name
            entries.append(desk.reset(person.user_name, name=name))
        clock.advance(300)
        for person in odd:
            desk.comes(person.user_name)
        found = await desk.service.check(entries)
    assert len(found) > 5
    assert {(one.verdict, one.words) for one in found} == {(Verdict.BACK_IN, "")}


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
        desk.crm.accounts.note_sign_in(desk.crm.person(JAMIE), "198.51.100.7", clock() - 600)
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
        await desk.service._client.resume(SecretStr(visitor.http.cookies["PHPSESSID"]))
        desk.comes()
        clock.advance(600)
        verdict, words = await desk.verdict(desk.reset())
    visitor.close()
    assert verdict is Verdict.UNCLEAR
    assert "would be in the future" in words


async def test_a_browsers_session_needs_the_time_zone(demo, clock, tmp_path):
    crm = demo.instance("harbor-prod")
    visitor = Visitor(crm.url)
    visitor.sign_in(crm.username, crm.password)
    cookie = SecretStr(visitor.http.cookies["PHPSESSID"])
    for config, expected in (({}, Verdict.UNCLEAR), ({"time_zone": "America/New_York"}, Verdict.BACK_IN)):
        async with at_work(demo, tmp_path, **config) as desk:
            await desk.service._client.resume(cookie)
            entry = desk.reset()
            clock.advance(300)
            desk.comes()
            assert (await desk.verdict(entry))[0] is expected
    visitor.close()


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


async def test_who_is_no_administrator_is_told(demo, tmp_path):
    rep = demo.instance("harbor-prod").non_admin
    async with at_work(demo, tmp_path, person=(rep.username, rep.password)) as desk:
        entry = desk.reset()
        with pytest.raises(PermissionDenied):
            await desk.service.check([entry])
        assert desk.store.waiting(entry.requested_at) == [entry]


async def test_a_session_that_ended_is_for_the_caller_to_open_again(demo, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.crm.expire_sessions()
        for look in (desk.service.check, desk.service.glance):
            with pytest.raises(SignedOut):
                await look([desk.reset()])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(body="", status=500),
        Fault(body="<p>Something else altogether</p>"),
        Fault(body="<table><tr class=listViewEntries><td>Ann</td><td>today</td></tr></table>"),
    ],
)
async def test_a_login_history_that_makes_no_sense_leaves_the_send_untouched(demo, tmp_path, fault):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        desk.crm.faults.inject("login-history", fault, times=None)
        with pytest.raises(UnexpectedPage):
            await desk.service.check([entry])
        assert desk.store.search() == [entry]


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


async def test_what_was_recorded_before_a_failure_stays(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        first, second = desk.reset(), desk.reset("odd.obrien")
        clock.advance(300)
        desk.comes()
        await desk.service.check([])
        rows = desk.crm.accounts.history_of

        def failing(user_name):
            if user_name == "odd.obrien":
                desk.crm.faults.inject("login-history", Fault(body="", status=500), times=None)
            return rows(user_name)

        desk.crm.accounts.history_of = failing
        with pytest.raises(UnexpectedPage):
            await desk.service.check([first, second, desk.reset("demo.rep")])
        assert eventually(lambda: len(desk.asked()) >= 3)
        [kept] = [entry for entry in desk.store.search() if entry.id == first.id]
    assert kept.back_in is not None


def test_how_long_after_is_told_in_words():
    entry = Entry(1, Request(*["x"] * 9), datetime(2026, 11, 23, tzinfo=UTC), None, Outcome.SENT, "")
    told = {
        seconds: later(
            replace(entry, back_in=BackIn(entry.requested_at + timedelta(seconds=seconds), Proof.PERSON))
        )
        for seconds in (-5, 59, 60, 3599, 3600, 86_399, 90_000)
    }
    assert list(told.values()) == [
        "less than a minute later",
        "less than a minute later",
        "1 min later",
        "59 min later",
        "1 h 0 min later",
        "23 h 59 min later",
        "1 d 1 h later",
    ]
    assert later(entry) == ""


def test_the_moment_the_tests_begin_at():
    assert datetime.fromtimestamp(EIGHT, UTC) == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert time.gmtime(EIGHT).tm_sec == 0
