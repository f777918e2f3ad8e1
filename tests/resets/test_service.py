"""The reset service: what the CRM gets and what the history says, for every kind of answer."""

import asyncio
import json
import re
import sqlite3
import threading
import time
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from dazos_tui.cli._support.send_report import SendReport, interrupted_lines
from dazos_tui.crm import errors
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.audit import check_chain
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.instances.factory import create_client
from dazos_tui.resets.accounts import UserSnapshot
from dazos_tui.resets.findings import RESEND_CODES
from dazos_tui.resets.service import NOT_RECORDED_ADVICE, ResetBlockedError, ResetService, outcome_of
from dazos_tui.system.event_log import start_log, stop_log
from dazos_tui.system.keyboard_user import KeyboardUser
from tests.patience import patience
from tests.support import demo_instance

STALE = '{"success":false,"error":{"code":"Invalid request"}}'
WARNING = "<br />\n<b>Warning</b>:  Undefined variable $a in <b>/srv/crm/a.php</b> on line <b>7</b><br />\n"


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@asynccontextmanager
async def service(demo, state, name="harbor-prod", **config):
    instance = demo_instance(demo, name, **config)
    with HistoryStore(state / "history.db") as store:
        async with create_client(instance) as client:
            await client.sign_in(instance.username, SecretStr(demo.instance(name).password))
            yield ResetService(instance, client, store), store


def record_id(demo, user_name, name="harbor-prod"):
    return str(demo.instance(name).person(user_name).id)


async def test_a_link_is_sent_and_its_row_has_the_request_and_the_answer(demo, tmp_path, monkeypatch):
    here = KeyboardUser("root", "desk", "kim")
    monkeypatch.setattr("dazos_tui.resets.service.keyboard_user", lambda: here)
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        result = await resets.send(prepared, ticket="T-1", batch="spring")
        [entry] = store.search()
    assert result.entry == entry
    assert result.error is None
    assert (entry.outcome, entry.message) == (
        Outcome.SENT,
        "Reset Password Instruction has been sent successfully!",
    )
    instance = demo_instance(demo)
    assert entry.request == ResetRequest(
        instance="harbor-prod",
        environment="production",
        host=instance.host,
        operator="demo.admin",
        user_id=record_id(demo, "odd.garcia"),
        user_name="odd.garcia",
        name="Elena García",
        email="odd.garcia@harbor.example.com",
        ticket="T-1",
        server=instance.server,
        os_user="root",
        os_host="desk",
        sudo_user="kim",
        batch="spring",
    )
    assert entry.finished_at is not None
    assert entry.requested_at <= entry.finished_at
    assert len(demo.instance("harbor-prod").outbox) == 1


@pytest.mark.parametrize("is_renewed", [False, True])
async def test_the_record_is_on_disk_before_the_request_leaves(demo, tmp_path, is_renewed):
    harbor = demo.instance("harbor-prod")
    seen: list[tuple[Outcome, object]] = []
    mail = harbor.mail_reset_link

    def look_then_mail(person):
        with HistoryStore(tmp_path / "history.db") as other:
            seen.extend((entry.outcome, entry.finished_at) for entry in other.search())
        return mail(person)

    harbor.mail_reset_link = look_then_mail
    async with service(demo, tmp_path) as (resets, store):
        client = resets._client

        async def renew():
            assert store.search() == []
            await client.sign_in("demo.admin", SecretStr(harbor.password))

        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        if is_renewed:
            await client.sign_out()
        await ResetService(demo_instance(demo), client, store, renew_session=renew).send(prepared)
    assert seen == [(Outcome.UNKNOWN, None)]


async def test_a_blocked_reset_is_neither_recorded_nor_sent(demo, tmp_path):
    inactive = next(person for person in demo.instance("harbor-prod").people if person.status == "Inactive")
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(str(inactive.id))
        assert [finding.code for finding in prepared.blockers] == ["inactive"]
        with pytest.raises(ResetBlockedError, match="inactive"):
            await resets.send(prepared)
        assert store.search() == []
    assert not demo.instance("harbor-prod").outbox


async def test_everything_worth_knowing_is_found(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, _):
        first = await resets.prepare(record_id(demo, "odd.garcia"))
        assert [finding.code for finding in first.findings] == []
        sent = (await resets.send(first)).entry.request
        assert (sent.ticket, sent.batch) == ("", "")
        second = await resets.prepare(record_id(demo, "odd.garcia"))
        assert [finding.code for finding in second.findings] == ["sent_recently"]
        assert second.last_reset is not None


async def test_a_check_of_another_instance_is_not_sent(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
    async with service(demo, tmp_path, "harbor-sandbox") as (others, store):
        words = r"^This was checked in harbor-prod, not in harbor-sandbox\.$"
        with pytest.raises(ResetBlockedError, match=words):
            await others.send(prepared)
        assert store.search() == []
    assert not demo.instance("harbor-sandbox").outbox


async def test_a_second_link_within_the_cooldown_must_be_confirmed(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with service(demo, tmp_path) as (resets, store):
        await resets.send(await resets.prepare(record_id(demo, "odd.garcia")))
        harbor.faults.answer_with("action", '{"success":false}')
        await resets.send(await resets.prepare(record_id(demo, "odd.garcia")), allowed=RESEND_CODES)
        again = await resets.prepare(record_id(demo, "odd.garcia"))
        assert [finding.code for finding in again.overridable] == ["sent_recently"]
        with pytest.raises(ResetBlockedError, match="less than a minute ago"):
            await resets.send(again)
        assert len(store.search()) == 2
        assert (await resets.send(again, allowed=RESEND_CODES)).entry.outcome is Outcome.SENT
    assert len(harbor.outbox) == 2


async def test_after_the_cooldown_the_earlier_link_is_only_mentioned(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, store):
        await resets.send(await resets.prepare(record_id(demo, "odd.garcia")))
        later = ResetService(
            resets._instance, resets._client, store, clock=lambda: utc_now() + timedelta(minutes=15)
        )
        prepared = await later.prepare(record_id(demo, "odd.garcia"))
    assert [finding.code for finding in prepared.findings] == ["sent_before"]
    assert not prepared.overridable


@pytest.mark.parametrize(
    ("minutes", "codes"), [(0, ["sent_before"]), (1, ["sent_before"]), (3, ["sent_recently"])]
)
async def test_the_cooldown_is_configured_per_instance(demo, tmp_path, minutes, codes):
    async with service(demo, tmp_path, "harbor-sandbox", cooldown_minutes=minutes) as (resets, store):
        person = next(p for p in demo.instance("harbor-sandbox").people if p.status == "Active" and p.email1)
        await resets.send(await resets.prepare(str(person.id)))
        later = ResetService(
            resets._instance, resets._client, store, clock=lambda: utc_now() + timedelta(minutes=2)
        )
        prepared = await later.prepare(str(person.id))
    assert [finding.code for finding in prepared.findings] == codes


async def test_a_link_sent_by_another_process_since_the_check_stops_the_send(demo, tmp_path):
    async with service(demo, tmp_path) as (mine, _), service(demo, tmp_path) as (theirs, store):
        my_check = await mine.prepare(record_id(demo, "odd.garcia"))
        await theirs.send(await theirs.prepare(record_id(demo, "odd.garcia")))
        words = (
            r"demo\.admin requested a link for this person just now.*\. Nothing was sent: "
            r"look again before you send another one\.$"
        )
        with pytest.raises(ResetBlockedError, match=words):
            await mine.send(my_check, allowed={"sent_recently"})
        assert len(store.search()) == 1
        assert (await mine.send(my_check, allowed=RESEND_CODES)).entry.outcome is Outcome.SENT
    assert len(demo.instance("harbor-prod").outbox) == 2


async def test_a_locked_login_stops_the_send_until_it_is_overridden(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    harbor.accounts.lock(harbor.person("odd.garcia"), time.time())
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        assert [finding.code for finding in prepared.overridable] == ["locked"]
        with pytest.raises(ResetBlockedError, match="only after “Enable Login”"):
            await resets.send(prepared)
        assert (await resets.send(prepared, allowed={"locked"})).entry.outcome is Outcome.SENT


@pytest.mark.parametrize(
    ("role", "config", "held"),
    [
        ("No Access", {}, True),
        ("disabled  reps", {}, True),
        ("Admissions", {}, False),
        ("Admissions", {"roles_without_sign_in": ["admissions"]}, True),
        ("No Access", {"roles_without_sign_in": []}, False),
    ],
)
async def test_a_role_that_may_not_sign_in_stops_the_send(demo, tmp_path, role, config, held):
    demo.instance("harbor-prod").person("odd.garcia").roleid = role
    async with service(demo, tmp_path, **config) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        assert [finding.code for finding in prepared.overridable] == ["role"] * held
        if held:
            with pytest.raises(ResetBlockedError, match="may not sign in"):
                await resets.send(prepared)
            assert not store.search()


async def test_all_that_stops_a_send_is_said_at_once(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    person = harbor.person("odd.garcia")
    person.roleid = "No Access"
    harbor.accounts.lock(person, time.time())
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(str(person.id))
        with pytest.raises(ResetBlockedError, match=r"in the browser\. This login is locked: .*"):
            await resets.send(prepared)
        with pytest.raises(ResetBlockedError, match=r"^This login is locked: "):
            await resets.send(prepared, allowed={"role"})


@pytest.mark.parametrize(
    ("email", "fits"),
    [
        ("ann@example.com", True),
        ("ann.bell+crm@mail.example.co.uk", True),
        ("o'brien@example.com", True),
        ("ann@example", False),
        ("ann.example.com", False),
        ("ann@@example.com", False),
        ("ann bell@example.com", False),
        ("ann@example.com, bob@example.com", False),
        ("Ann <ann@example.com>", False),
    ],
)
async def test_an_invalid_address_stops_the_send(demo, tmp_path, email, fits):
    demo.instance("harbor-prod").person("odd.garcia").email1 = email
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
    assert [finding.code for finding in prepared.overridable] == ["invalid_email"] * (not fits)


@pytest.mark.parametrize(("colleagues", "codes"), [(30, ["suspect_email"]), (0, [])])
async def test_an_address_that_looks_misspelt_among_its_colleagues_is_a_finding(
    demo, tmp_path, colleagues, codes
):
    demo.instance("harbor-prod").person("odd.garcia").email1 = "odd.garcia@harbor.exanple.com"
    async with service(demo, tmp_path) as (resets, _):
        profile = (await resets.prepare(record_id(demo, "odd.garcia"))).profile
        prepared = await resets.prepare_for_profile(profile, domains={"harbor.example.com": colleagues})
    assert [finding.code for finding in prepared.findings] == codes


async def test_a_changed_address_stops_the_send_and_both_are_named(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(
            record_id(demo, "odd.garcia"), snapshot=UserSnapshot(email="old@example.com")
        )
        [held] = prepared.overridable
        assert held.code == "email_changed"
        assert "it was old@example.com, it is now odd.garcia@harbor.example.com" in held.message
        same = await resets.prepare(
            record_id(demo, "odd.garcia"), snapshot=UserSnapshot(email="ODD.garcia@harbor.example.com")
        )
        assert not same.overridable


@pytest.mark.parametrize(
    ("arm", "outcome", "mails"),
    [
        (lambda faults: faults.answer_with("action", "Invalid request"), Outcome.NOT_SENT, 0),
        (lambda faults: faults.answer_with("action", "<p>?</p>", runs=True), Outcome.UNKNOWN, 1),
        (lambda faults: faults.answer_with("action", "", status=500), Outcome.UNKNOWN, 0),
        (lambda faults: faults.answer_with("action", "Invalid request", status=500), Outcome.UNKNOWN, 0),
        (lambda faults: faults.answer_with("action", STALE, status=500, runs=True), Outcome.UNKNOWN, 1),
        (lambda faults: faults.wrap_body("action", before=WARNING), Outcome.SENT, 1),
        (lambda faults: faults.wrap_body("action", after="<!-- proxy 7 -->"), Outcome.UNKNOWN, 1),
        (lambda faults: faults.answer_with("action", '{"success":true,"error":"No"}'), Outcome.UNKNOWN, 0),
        (
            lambda faults: faults.answer_with("action", '{"success":true,"result":{"success":false}}'),
            Outcome.UNKNOWN,
            0,
        ),
        (lambda faults: faults.answer_with("action", '{"success":"true"}'), Outcome.UNKNOWN, 0),
        (lambda faults: faults.answer_with("action", '{"success":false}'), Outcome.REFUSED, 0),
        (lambda faults: faults.drop_connection("action", runs=True), Outcome.UNKNOWN, 1),
        (lambda faults: faults.drop_connection("action"), Outcome.UNKNOWN, 0),
    ],
)
async def test_the_outcome_is_what_the_answer_proves(demo, tmp_path, arm, outcome, mails):
    harbor = demo.instance("harbor-prod")
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        arm(harbor.faults)
        result = await resets.send(prepared)
        assert result.entry.outcome is outcome
        assert [entry.outcome for entry in store.search()] == [outcome]
    assert len(harbor.outbox) == mails
    assert sum("SendResetLink" in request.query for request in harbor.requests) == 1


async def test_a_server_that_is_gone_means_not_sent(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        demo.stop()
        result = await resets.send(prepared)
    assert result.entry.outcome in {Outcome.NOT_SENT, Outcome.UNKNOWN}
    assert isinstance(result.error, errors.UnreachableError | errors.ConnectionLostError)


def action_requests(harbor):
    return sum("SendResetLink" in request.query for request in harbor.requests)


async def test_an_ended_session_is_renewed_and_the_link_requested_once_more(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    instance = demo_instance(demo)
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))

        async def renew():
            await resets._client.sign_in(instance.username, SecretStr(harbor.password))

        harbor.expire_sessions()
        renewing = ResetService(instance, resets._client, store, renew_session=renew)
        start_log(tmp_path / "events.log")
        try:
            result = await renewing.send(prepared)
        finally:
            stop_log()
        second, first = store.search()
    assert (second, second.outcome, first.outcome) == (result.entry, Outcome.SENT, Outcome.NOT_SENT)
    events = [json.loads(line) for line in (tmp_path / "events.log").read_text().splitlines()]
    assert [event["history_id"] for event in events if event["event"] == "send"] == [1, 2]
    assert result.error is None
    assert (len(harbor.outbox), harbor.sign_in_attempts) == (1, 2)


async def renewing_late(demo, resets, store, meanwhile):
    """Send after the session has ended; `meanwhile` is called while the password is asked for."""
    prepared = await resets.prepare(record_id(demo, "odd.garcia"))

    async def renew():
        meanwhile(prepared)
        await resets._client.sign_in("demo.admin", SecretStr(demo.instance("harbor-prod").password))

    demo.instance("harbor-prod").expire_sessions()
    renewing = ResetService(demo_instance(demo), resets._client, store, renew_session=renew)
    return await renewing.send(prepared, ticket="T-1", batch="spring")


async def test_a_send_whose_password_is_typed_late_keeps_its_outcome(demo, tmp_path):
    """Another app that opens the instance meanwhile takes a row without outcome for an interrupted send."""

    def open_app(_):
        with HistoryStore(tmp_path / "history.db", clock=lambda: utc_now() + timedelta(minutes=6)) as other:
            assert other.mark_interrupted("harbor-prod") == []

    async with service(demo, tmp_path) as (resets, store):
        result = await renewing_late(demo, resets, store, open_app)
        second, first = store.search()
        assert check_chain(store.backend).problem == ""
    assert (result.entry, result.entry.outcome, result.record_error) == (second, Outcome.SENT, None)
    assert first.outcome is Outcome.NOT_SENT
    assert "had ended" in first.message or "has ended" in first.message
    assert first.request == second.request
    assert len(demo.instance("harbor-prod").outbox) == 1


async def test_somebody_else_who_sends_while_the_password_is_typed_stops_the_second_try(demo, tmp_path):
    def send_elsewhere(prepared):
        with HistoryStore(tmp_path / "history.db") as other:
            other.record_request(resets._build_request(prepared.profile, "T-2"))

    async with service(demo, tmp_path) as (resets, store):
        with pytest.raises(ResetBlockedError, match="Nothing was sent"):
            await renewing_late(demo, resets, store, send_elsewhere)
        assert [entry.outcome for entry in store.search()] == [Outcome.UNKNOWN, Outcome.NOT_SENT]
    assert not demo.instance("harbor-prod").outbox


async def test_a_send_given_up_while_the_password_is_asked_for_is_not_sent(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        asked = asyncio.Event()

        async def renew():
            asked.set()
            await asyncio.Event().wait()

        demo.instance("harbor-prod").expire_sessions()
        renewing = ResetService(demo_instance(demo), resets._client, store, renew_session=renew)
        sending = asyncio.create_task(renewing.send(prepared))
        await asked.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        row = await renewing.read_begun()
        assert [row] == store.search()
    assert interrupted_lines(row)[0] == "The history has the outcome: not sent. It is row 1 of the history."


async def test_a_first_try_whose_outcome_cannot_be_recorded_is_the_last(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, store):
        store.record_outcome = failing_to_record
        result = await renewing_late(demo, resets, store, lambda _: pytest.fail("the session was renewed"))
    assert (result.entry.outcome, result.record_error.advice) == (Outcome.NOT_SENT, NOT_RECORDED_ADVICE)
    assert not demo.instance("harbor-prod").outbox


async def test_the_log_has_each_step_of_a_send_with_its_row_and_its_error(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    harbor.person("odd.garcia").roleid = "No Access"
    log_file = tmp_path / "events.log"
    async with service(demo, tmp_path) as (resets, store):
        start_log(log_file)
        try:
            prepared = await resets.prepare(record_id(demo, "odd.garcia"))
            await resets.send(prepared, allowed={"role"})
            harbor.faults.drop_connection("action")
            await resets.send(prepared, allowed={"role", *RESEND_CODES})
            store.record_outcome = failing_to_record
            harbor.faults.drop_connection("action")
            result = await resets.send(prepared, allowed={"role", *RESEND_CODES})
        finally:
            stop_log()
    events = [json.loads(line) for line in log_file.read_text().splitlines()]
    assert type(result.error) is errors.ConnectionLostError
    assert str(result.record_error) == "The disk is full. Row 3 still says “unknown”."
    steps = [
        {key: value for key, value in event.items() if key not in {"at", "trace"}}
        for event in events
        if event["event"] in {"checked", "send", "sent", "not recorded"}
    ]
    assert steps == [
        {"event": "checked", "findings": ["role"]},
        {"event": "send", "history_id": 1},
        {"event": "sent", "history_id": 1, "outcome": "sent"},
        {"event": "send", "history_id": 2},
        {"event": "sent", "history_id": 2, "outcome": "unknown", "error": "ConnectionLostError"},
        {"event": "send", "history_id": 3},
        {"event": "sent", "history_id": 3, "outcome": "unknown", "error": "ConnectionLostError"},
        {"event": "not recorded", "error": "HistoryError"},
    ]


def failing_to_record(*_):
    raise HistoryError("The disk is full.", advice="Try again.")


async def test_a_session_that_cannot_be_renewed_means_not_sent(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    instance = demo_instance(demo)
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))

        async def renew():
            await resets._client.sign_in(instance.username, SecretStr("changed meanwhile"))

        harbor.expire_sessions()
        result = await ResetService(instance, resets._client, store, renew_session=renew).send(prepared)
        [row] = store.search()
    assert (result.entry.id, row.outcome, result.entry.outcome) == (row.id, *[Outcome.NOT_SENT] * 2)
    assert result.entry.message == str(result.error)
    assert isinstance(result.error, errors.SignInError)
    assert (harbor.outbox, harbor.sign_in_attempts) == ([], 2)


@pytest.mark.parametrize(
    ("body", "kind", "advice"),
    [
        (
            '{"success":false,"error":{"code":"Illegal request","message":"Illegal request"}}',
            errors.SiteUrlMismatchError,
            "site_URL",
        ),
        ("Illegal request", errors.SiteUrlMismatchError, "site_URL"),
        ("Invalid request", errors.SignedOutError, "trying again will not help"),
    ],
)
async def test_the_same_refusal_after_a_new_sign_in_is_not_an_ended_session(
    demo, tmp_path, body, kind, advice
):
    harbor = demo.instance("harbor-prod")
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))

        async def renew():
            await resets._client.sign_in("demo.admin", SecretStr(harbor.password))

        harbor.faults.inject("action", Fault(body=body), times=None)
        result = await ResetService(demo_instance(demo), resets._client, store, renew_session=renew).send(
            prepared
        )
    assert type(result.error) is kind
    assert result.entry.outcome is Outcome.NOT_SENT
    assert re.search(r"\S It happened again right after a new sign-in\.$", result.entry.message)
    assert str(result.error) == result.entry.message
    assert advice in result.advice
    assert "signed in first" not in result.advice
    assert (action_requests(harbor), harbor.sign_in_attempts, harbor.outbox) == (2, 2, [])


@pytest.mark.parametrize(
    "arm",
    [
        lambda faults: faults.drop_connection("action"),
        lambda faults: faults.drop_connection("action", runs=True),
        lambda faults: faults.answer_with("action", "", status=502),
        lambda faults: faults.answer_with("action", "<html>maintenance</html>"),
    ],
)
async def test_a_request_that_may_have_run_is_never_repeated(demo, tmp_path, arm):
    harbor = demo.instance("harbor-prod")
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))

        async def renew():
            pytest.fail("the session was opened again")

        arm(harbor.faults)
        result = await ResetService(demo_instance(demo), resets._client, store, renew_session=renew).send(
            prepared
        )
    assert result.entry.outcome is Outcome.UNKNOWN
    assert action_requests(harbor) == 1


async def test_a_send_that_waits_for_the_history_does_not_block_the_loop(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as other:
            with HistoryStore(tmp_path / "history.db") as store:
                store.require_writable()
            other.execute("BEGIN IMMEDIATE")
            sending = asyncio.create_task(resets.send(prepared))
            turns = 0
            while turns < 200:
                await asyncio.sleep(0)
                turns += 1
            assert not sending.done()
            other.execute("ROLLBACK")
            assert (await sending).entry.outcome is Outcome.SENT


async def test_a_send_given_up_while_the_history_is_busy_leaves_its_row_and_sends_nothing(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        assert await resets.read_begun() is None
        with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as other:
            store.require_writable()
            other.execute("BEGIN IMMEDIATE")
            begun = threading.Event()
            store.record_request = reporting(store.record_request, begun)
            sending = asyncio.create_task(resets.send(prepared))
            assert await asyncio.to_thread(begun.wait, patience(5))
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            other.execute("ROLLBACK")
        row = await resets.read_begun()
        assert [row] == store.search()
        assert (row.outcome, row.finished_at) == (Outcome.UNKNOWN, None)
        assert not action_requests(demo.instance("harbor-prod"))


async def test_a_send_given_up_before_its_record_is_not_mistaken_for_an_earlier_one(demo, tmp_path, capsys):
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        await resets.send(prepared)
        sending = asyncio.create_task(resets.send(prepared, allowed=RESEND_CODES))
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert await resets.read_begun() is None
    assert interrupted_lines(None) == ["Nothing was sent."]
    SendReport("", as_json=True).write_interrupted(prepared, None)
    written = json.loads(capsys.readouterr().out)
    assert (written["outcome"], written["history_id"]) == ("not sent", None)


async def test_a_send_that_was_refused_before_it_began_is_not_mistaken_for_an_earlier_one(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        await resets.send(prepared)
        elsewhere = replace(prepared, instance=demo_instance(demo, "harbor-sandbox"))
        with pytest.raises(ResetBlockedError):
            await resets.send(elsewhere)
        assert await resets.read_begun() is None
        await resets.send(prepared, allowed=RESEND_CODES)
        with pytest.raises(ResetBlockedError):
            await resets.enable_login(prepared.profile)
        assert await resets.read_begun() is None


async def test_the_row_of_a_send_that_was_given_up_is_known_if_the_history_fails_meanwhile(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        demo.instance("harbor-prod").faults.delay("action", 60)
        sending = asyncio.create_task(resets.send(prepared))
        async with asyncio.timeout(patience(5)):
            while not await asyncio.to_thread(store.search):
                pass
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        [begun] = store.search()
        store.read_again = cannot_be_read
        assert await resets.read_begun() == begun


async def test_the_row_of_a_send_that_was_given_up_has_the_outcome_that_arrived_later(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, store):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        begun, given_up, record = threading.Event(), threading.Event(), store.record_outcome

        def record_late(*outcome):
            begun.set()
            assert given_up.wait(patience(5))
            return record(*outcome)

        store.record_outcome = record_late
        sending = asyncio.create_task(resets.send(prepared))
        assert await asyncio.to_thread(begun.wait, patience(5))
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        given_up.set()
        async with asyncio.timeout(patience(5)):
            known = "The history has the outcome: sent. It is row 1 of the history."
            while known not in interrupted_lines(await resets.read_begun()):
                pass


def cannot_be_read(_):
    raise HistoryError("It cannot be read.", advice="")


def reporting(work, event):
    """Return `work`, with an event that is set when it begins."""

    def begin(*args, **kwargs):
        event.set()
        return work(*args, **kwargs)

    return begin


async def test_without_a_record_nothing_is_sent(demo, tmp_path):
    async with service(demo, tmp_path / "state") as (resets, _):
        (tmp_path / "state").write_text("in the way")
        with pytest.raises(HistoryError):
            await resets.send(await resets.prepare(record_id(demo, "odd.garcia")))
    assert not demo.instance("harbor-prod").outbox


async def test_an_answer_that_cannot_be_recorded_is_still_reported(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        mail = harbor.mail_reset_link

        def mail_then_break(person):
            with closing(sqlite3.connect(tmp_path / "history.db")) as other:
                other.execute("DROP TABLE resets")
            return mail(person)

        harbor.mail_reset_link = mail_then_break
        result = await resets.send(prepared)
        assert result.entry.outcome is Outcome.SENT
        assert result.record_error is not None
        assert re.search(r"history\.db .* Row 1 still says “unknown”\.$", str(result.record_error))
        assert result.record_error.advice == NOT_RECORDED_ADVICE
    assert len(harbor.outbox) == 1


async def test_a_history_that_was_replaced_meanwhile_has_no_row_that_could_be_named(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        mail = harbor.mail_reset_link

        def move_then_mail(person):
            (tmp_path / "history.db").rename(tmp_path / "moved.db")
            return mail(person)

        harbor.mail_reset_link = move_then_mail
        result = await resets.send(prepared)
    assert (result.entry.outcome, result.entry.message) == (
        Outcome.SENT,
        "Reset Password Instruction has been sent successfully!",
    )
    assert result.record_error is not None
    assert "still says" not in str(result.record_error)
    assert str(result.record_error).endswith(".")
    assert result.record_error.advice == NOT_RECORDED_ADVICE


def test_every_error_of_the_crm_has_its_outcome():
    refused = {errors.PermissionDeniedError}
    unknown = {errors.ConnectionLostError, errors.UnclearAnswerError}
    family = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.CrmError)
    ]
    for kind in family:
        expected = (
            Outcome.REFUSED if kind in refused else Outcome.UNKNOWN if kind in unknown else Outcome.NOT_SENT
        )
        assert outcome_of(kind("x")) is expected
