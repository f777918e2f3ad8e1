"""Who is back in by the demo's login history: most of all, never a wrong “back in”."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import PermissionDeniedError, SignedOutError, UnexpectedPageError
from dazos_tui.crm.models import LoginHistoryRow
from dazos_tui.demo.faults import Fault
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, HistoryEntry, Outcome, ResetRequest
from dazos_tui.verification.evidence import is_row_of_user
from dazos_tui.verification.service import Verdict, describe_back_in_delay
from tests.reset_requests import request
from tests.support import eventually
from tests.verification.back_in_harness import JAMIE, at_work


async def test_a_sign_in_in_the_minute_of_the_reset_proves_nothing_by_itself(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.signs_in()
        clock.advance(15)
        entry = desk.reset()
        verdict, words = await desk.verdict(entry)
        assert desk.store.resets_awaiting_sign_in(entry.requested_at) == [entry]
    assert verdict is Verdict.UNCLEAR
    assert words == (
        "There is a sign-in (01-15-2027 03:00 AM) in the same minute in which the link was requested: it may "
        "have happened before the link."
    )


async def test_in_that_minute_a_row_that_is_not_in_the_baseline_is_proof(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.signs_in()
        entry = desk.reset()
        await desk.service.record_baseline(entry)
        assert await desk.verdict(entry) == (Verdict.WAITING, "")
        clock.advance(15)
        desk.signs_in()
        [found] = await desk.service.check([entry])
    assert found.verdict is Verdict.BACK_IN
    assert describe_back_in_delay(found.entry) == "less than a minute later"


async def test_a_baseline_recorded_late_hides_no_sign_in(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset()
        clock.advance(120)
        desk.signs_in()
        await desk.service.record_baseline(entry)
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
        desk.fails_to_sign_in(JAMIE, monkeypatch, status)
        verdict, words = await desk.verdict(entry)
        assert desk.store.resets_awaiting_sign_in(entry.requested_at) == [entry]
        assert verdict is Verdict.UNCLEAR
        assert told in words
        assert "signed_in or signed_off in the instance's labels" in words
        clock.advance(300)
        desk.signs_in()
        [found] = await desk.service.check([entry])
    assert (found.verdict, describe_back_in_delay(found.entry)) == (Verdict.BACK_IN, "9 min later")


async def test_the_labels_of_a_sign_ins_status_can_be_configured(demo, clock, tmp_path, monkeypatch):
    labels = Labels(signed_in="Angemeldet", signed_off="Abgemeldet")
    told = {
        "ange meldet": Verdict.BACK_IN,
        # The English words are known beside those of the labels.
        "Signed in": Verdict.BACK_IN,
        "Fehlgeschlagen": Verdict.UNCLEAR,
    }
    for status, verdict in told.items():
        async with at_work(demo, tmp_path, labels=labels) as desk:
            entry = desk.reset()
            clock.advance(300)
            desk.fails_to_sign_in(JAMIE, monkeypatch, status)
            assert (await desk.verdict(entry))[0] is verdict


async def test_the_user_name_decides_between_two_people_with_one_name(demo, clock, tmp_path):
    harbor = demo.instance("harbor-prod")
    for user_name in ("sam.lee", "sam.lee2"):
        harbor.add_person(user_name, "Sam", "Lee")
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset("sam.lee")
        clock.advance(300)
        desk.signs_in("sam.lee2")
        assert (await desk.verdict(entry))[0] is Verdict.WAITING
        assert await desk.service.poll([entry]) == []
        before = len(desk.requested_user_names())
        assert await desk.service.poll([entry]) == []
        assert desk.requested_user_names()[before:] == [""], "the namesake's row was looked into before"
        desk.signs_in("sam.lee")
        [found] = await desk.service.poll([entry])
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
        desk.signs_in("ada.acorn2")
        desk.signs_in()
        for _ in range(2):
            found = await desk.service.check([entry, other])
            assert {one.verdict for one in found} == {Verdict.UNCLEAR}
            assert "the CRM also finds longer user names than the one searched for" in found[0].explanation
        assert desk.store.resets_awaiting_sign_in(entry.requested_at) == [entry, other]
        assert len(desk.requested_user_names()) - len(set(desk.requested_user_names())) == 3, (
            "whether it is exact is asked once"
        )


async def test_a_prefix_of_a_user_name_may_be_another_users_name(demo, clock, tmp_path):
    harbor = demo.instance("harbor-prod")
    for user_name in ("ada.acorn", "ada.acorn2"):
        harbor.add_person(user_name, "Ada", "Acorn")
    async with at_work(demo, tmp_path) as desk:
        desk.signs_in("ada.acorn")
        entry, other = desk.reset("ada.acorn2"), desk.reset()
        clock.advance(300)
        desk.signs_in("ada.acorn2")
        desk.signs_in()
        found = await desk.service.check([entry, other])
        assert {one.verdict for one in found} == {Verdict.BACK_IN}
        assert desk.requested_user_names() == ["demo.admin", "", "ada.acorn2", "ada.acorn", "ada.acor", JAMIE]


async def test_a_one_letter_user_name_proves_nothing_until_another_search_was_exact(demo, clock, tmp_path):
    demo.instance("harbor-prod").add_person("x", "Xi", "Li")
    async with at_work(demo, tmp_path) as desk:
        entry, other = desk.reset("x"), desk.reset()
        clock.advance(300)
        desk.signs_in("x")
        desk.signs_in()
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
        desk.signs_in("odd.obrien")
        verdict, words = await desk.verdict(entry)
        assert verdict is Verdict.UNCLEAR
        assert "searched for odd.garcia, the CRM shows sign-ins of" in words
    async with at_work(demo, tmp_path) as desk:
        words = (await desk.verdict(entry))[1]
        assert "is not in the login history" in words, "anybody's row may be the newest"


async def test_the_own_account_is_never_back_in_because_of_our_own_sign_in(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset("demo.admin")
        clock.advance(300)
        desk.signs_in("demo.admin")
        verdict, words = await desk.verdict(entry)
    assert (verdict, desk.requested_user_names()) == (Verdict.UNCLEAR, [])
    assert "it is the account that you are signed in with" in words


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
        desk.signs_in()
        verdict, words = await desk.verdict(entry)
    assert verdict is Verdict.UNCLEAR
    assert why in words


async def test_only_resets_that_may_have_gone_out_are_checked(demo, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        refused = [desk.reset(outcome=outcome) for outcome in (Outcome.REFUSED, Outcome.NOT_SENT)]
        enabled = replace(desk.reset(outcome=Outcome.SENT), action=CrmAction.ENABLE_LOGIN)
        known = replace(desk.reset(), back_in=BackIn(enabled.requested_at, BackInProof.PERSON))
        [found] = await desk.service.check([*refused, enabled, known])
        assert (found.verdict, found.entry, desk.requested_user_names()) == (Verdict.BACK_IN, known, [])
        assert await desk.service.poll([*refused, enabled, known]) == []
        assert desk.requested_user_names() == []


async def test_each_person_is_looked_up_once(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        first = desk.reset()
        clock.advance(300)
        second, other = desk.reset(), desk.reset("odd.obrien")
        found = await desk.service.check([other, second, first])
        assert [one.entry for one in found] == [first, second, other]
    assert desk.requested_user_names() == ["demo.admin", "", JAMIE, "odd.obrien"]


async def test_rows_are_matched_to_people_with_unusual_names(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        client = desk.service._client
        odd = [one for one in desk.crm.people if one.user_name.startswith("odd.") and one.active]
        entries = []
        for person in odd:
            name = (await client.fetch_profile(str(person.id))).user.name
            entries.append(desk.reset(person.user_name, name=name))
        clock.advance(300)
        for person in odd:
            desk.signs_in(person.user_name)
        found = await desk.service.check(entries)
    assert len(found) > 5
    assert {(one.verdict, one.explanation) for one in found} == {(Verdict.BACK_IN, "")}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Seán O'Brien", "Seán O"),
        ("Seán O'Brien", "Seán O'Brien"),
        ("Seán O'Brien", "O'Brien Seán"),
        ("Tom & Jerry <Angle>", "Tom & Jerry"),
        ("Robert 'Bob' Roe", "Robert Roe"),
        ('Mary "Mo" O\'Hara', "Mary O"),
        ('Mary O\'Hara "Mo" Roe', "Mary O'Hara Roe"),
        ("Ann <b>Roe", "Ann Roe"),
        ("Ann Roe <b", "Ann Roe"),
        ("Ann < Roe", "Ann < Roe"),
        ("Ann <i title='>'>Roe", "Ann Roe"),
    ],
)
def test_a_row_matches_by_the_name_that_the_crm_keeps(name, shown):
    assert is_row_of_user(_row(shown), _request(name))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Seán O'Brien", "Seán"),
        ("Seán O'Brien", "Seán Obrien"),
        ("Seán O'Brien", "Seán Osborne"),
        ("Seán O'Brien", "Seán O'Neil"),
        ("Seán O", "Seán O'Brien"),
        ("Seán Osborne", "Seán O"),
        ("Robert 'Bob' Roe", "Robert"),
        ("Robert 'Bob' Roe", "Bob"),
        ("Tom & Jerry <Angle>", "Tom"),
        ("Ann Roe", "Ann"),
        ("'Abd Roe", ""),
        ("", ""),
    ],
)
def test_no_row_of_another_person_matches(name, shown):
    assert not is_row_of_user(_row(shown), _request(name))


def _row(name):
    return LoginHistoryRow(name, "203.0.113.9", "01-15-2027 03:00 AM", "---", "Signed in", succeeded=True)


def _request(name):
    texts = dict.fromkeys((field.name for field in fields(ResetRequest)), "x")
    return ResetRequest(**(texts | {"name": name, "user_name": "user.one"}))


async def test_a_name_cut_at_its_apostrophe_proves_nothing_if_the_search_is_not_exact(demo, clock, tmp_path):
    harbor = demo.instance("harbor-prod")
    harbor.add_person("sean.ob", "Seán", "O'Brien")
    harbor.add_person("sean.ob2", "Seán", "O'Bannon")
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset("sean.ob")
        clock.advance(300)
        desk.signs_in("sean.ob2")
        assert await desk.verdict(entry) == (Verdict.WAITING, "")
        history = harbor.accounts.history
        exact = harbor.accounts.history_of
        harbor.accounts.history_of = lambda name: [
            record for record in reversed(history) if (name or "") in record.person.user_name
        ]
        verdict, words = await desk.verdict(entry)
        assert verdict is Verdict.UNCLEAR
        assert "also finds longer user names" in words
    harbor.accounts.history_of = exact
    async with at_work(demo, tmp_path) as desk:
        desk.signs_in("sean.ob")
        assert (await desk.verdict(entry))[0] is Verdict.BACK_IN


async def test_a_poll_sees_a_person_whose_name_is_cut(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        entry = desk.reset("odd.obrien")
        clock.advance(300)
        assert await desk.service.poll([entry]) == []
        desk.signs_in("odd.obrien")
        [found] = await desk.service.poll([entry])
    assert found.verdict is Verdict.BACK_IN


async def test_a_missing_admin_right_is_reported(demo, tmp_path):
    rep = demo.instance("harbor-prod").non_admin
    async with at_work(demo, tmp_path, person=(rep.username, rep.password)) as desk:
        entry = desk.reset()
        with pytest.raises(PermissionDeniedError):
            await desk.service.check([entry])
        assert desk.store.resets_awaiting_sign_in(entry.requested_at) == [entry]


async def test_an_ended_session_is_left_to_the_caller_to_renew(demo, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        desk.crm.expire_sessions()
        for look in (desk.service.check, desk.service.poll):
            with pytest.raises(SignedOutError):
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
        with pytest.raises(UnexpectedPageError):
            await desk.service.check([entry])
        assert desk.store.search() == [entry]


async def test_what_was_recorded_before_a_failure_stays(demo, clock, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        first, second = desk.reset(), desk.reset("odd.obrien")
        clock.advance(300)
        desk.signs_in()
        await desk.service.check([])
        rows = desk.crm.accounts.history_of

        def failing(user_name):
            if user_name == "odd.obrien":
                desk.crm.faults.inject("login-history", Fault(body="", status=500), times=None)
            return rows(user_name)

        desk.crm.accounts.history_of = failing
        with pytest.raises(UnexpectedPageError):
            await desk.service.check([first, second, desk.reset("demo.rep")])
        assert eventually(lambda: len(desk.requested_user_names()) >= 3)
        [kept] = [entry for entry in desk.store.search() if entry.id == first.id]
    assert kept.back_in is not None


def test_the_delay_is_described():
    entry = HistoryEntry(1, request(), datetime(2026, 11, 23, tzinfo=UTC), None, Outcome.SENT, "")
    told = {
        seconds: describe_back_in_delay(
            replace(
                entry, back_in=BackIn(entry.requested_at + timedelta(seconds=seconds), BackInProof.PERSON)
            )
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
    assert describe_back_in_delay(entry) == ""
