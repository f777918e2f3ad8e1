"""A batch on the demo CRM: one link after another, stopped and continued, by one process or by two."""

import asyncio
import re
import sqlite3
import threading
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from dazos_tui.config.batch_table import BatchTable
from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.models import Status, User
from dazos_tui.demo.faults import Fault
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.factory import create_client
from dazos_tui.resets.accounts import UserSnapshot
from dazos_tui.resets.batch import BatchRun, OtherInstanceError, batch_state, new_batch_id
from dazos_tui.resets.batch_plan import PlanVerdict, picked_people, plan_batch
from dazos_tui.resets.batch_report import NOT_ASKED, StopReason, plan_report
from dazos_tui.resets.findings import RESEND_CODES
from dazos_tui.resets.service import NOT_RECORDED_ADVICE, UNKNOWN_OUTCOME_ADVICE, ResetService
from tests.faults.scenario import ordinary
from tests.patience import patience
from tests.support import demo_instance, eventually

INTERRUPTED = "Interrupted while the link was being requested: it may have been sent."
FAST = BatchTable(links_per_minute=6000)


def user_of(person):
    return User(
        str(person.id), person.user_name, person.full_name, person.email1, "", Status.ACTIVE, None
    )  # fmt: skip


class Office:
    """A signed-in instance with a history, where batches are sent."""

    def __init__(self, demo, store, instance, client):
        self.demo, self.store, self.instance, self.client = demo, store, instance, client
        self.service = ResetService(instance, client, store)

    @property
    def crm(self):
        return self.demo.instance(self.instance.name)

    def some(self, count):
        people = [one for one in self.crm.people if ordinary(one) and "," not in one.email1][:count]
        return [user_of(one) for one in people]

    async def check(self, user):
        return await self.service.prepare(user.id, snapshot=UserSnapshot.from_user(user))

    async def plan(self, users, batch_id="b1", **options):
        done = batch_state(self.store, batch_id, self.instance)
        found = picked_people(users)
        return await plan_batch(self.instance, found, self.check, batch_id=batch_id, done=done, **options)

    def run_of(self, plan, limits=FAST, **options):
        return BatchRun(plan, self.service, self.store, self.check, limits=limits, **options)


@asynccontextmanager
async def office_of(demo, state, name="harbor-prod"):
    instance = demo_instance(demo, name)
    with HistoryStore(state / "history.db") as store:
        async with create_client(instance) as client:
            await client.sign_in(instance.username, SecretStr(demo.instance(name).password))
            yield Office(demo, store, instance, client)


@pytest.fixture
async def office(demo, tmp_path):
    async with office_of(demo, tmp_path) as office:
        yield office


def outcomes(report):
    return [result.outcome for result in report.results]


async def test_each_change_is_reported_while_it_runs(office):
    plan = await office.plan(office.some(3))
    seen = []
    report = await office.run_of(plan, ticket="T-1").run(
        lambda run: seen.append(
            (run.current and run.current.user.id, len(run.results), run.count(Outcome.SENT))
        )
    )
    ids = [user.id for user in office.some(3)]
    assert seen == [
        (ids[0], 0, 0), (None, 1, 1), (ids[1], 1, 1), (None, 2, 2), (ids[2], 2, 2), (None, 3, 3),
    ]  # fmt: skip
    assert report.stopped is None
    assert outcomes(report) == [Outcome.SENT] * 3
    assert {(row.request.batch, row.request.ticket) for row in office.store.search()} == {("b1", "T-1")}


async def test_who_is_not_a_link_is_not_asked_for_and_is_in_the_report(office):
    plan = await office.plan(office.some(3))
    report = await office.run_of(plan.without({office.some(1)[0].id})).run()
    assert len(report.results) == len(office.crm.outbox) == 2


async def test_cancelling_stops_after_the_one_under_way(office):
    run = office.run_of(await office.plan(office.some(3)))
    report = await run.run(lambda run: run.cancel() if run.current is None else None)
    assert (report.stopped, report.message) == (StopReason.CANCELLED, "You stopped the batch.")
    assert outcomes(report) == [Outcome.SENT, Outcome.NOT_SENT, Outcome.NOT_SENT]
    assert [result.was_asked for result in report.results] == [True, False, False]
    assert len(report.unsent) == 2


async def test_cancelling_before_the_link_is_requested_requests_none(office):
    run = office.run_of(await office.plan(office.some(2)))
    report = await run.run(lambda run: run.cancel())
    assert (report.stopped, report.message) == (StopReason.CANCELLED, "You stopped the batch.")
    assert office.store.search() == office.crm.outbox == []


async def test_a_paused_batch_waits(office):
    run = office.run_of(await office.plan(office.some(2)))
    first, looks = asyncio.Event(), []

    class Watched(asyncio.Event):
        def clear(self):
            looks.append("the run looks whether it may continue")
            super().clear()

    run._changed = Watched()

    def pause(run):
        if len(run.results) == 1 and not first.is_set():
            run.pause()
            first.set()

    task = asyncio.create_task(run.run(pause))
    await first.wait()
    done, _ = await asyncio.wait({task}, timeout=0.2)
    assert not done
    assert run.is_paused
    assert len(looks) <= 2
    run.resume()
    assert outcomes(await task) == [Outcome.SENT] * 2


async def test_the_rate_limit_holds(office):
    loop = asyncio.get_running_loop()
    plan, began = await office.plan(office.some(3)), loop.time()
    await office.run_of(plan, BatchTable(links_per_minute=300)).run()
    assert loop.time() - began >= 0.4


async def test_nobody_is_asked_for_before_their_turn(office):
    run = office.run_of(await office.plan(office.some(2)), BatchTable(links_per_minute=1))
    first = asyncio.Event()
    task = asyncio.create_task(run.run(lambda run: first.set() if run.results else None))
    await first.wait()
    done, _ = await asyncio.wait({task}, timeout=0.2)
    assert not done
    assert (run.current, run.seconds_left) == (None, 60)
    run.cancel()
    assert outcomes(await task) == [Outcome.SENT, Outcome.NOT_SENT]


async def test_a_cancelled_task_leaves_the_one_under_way_unknown(office):
    office.crm.faults.inject("action", Fault(delay=3))
    run = office.run_of(await office.plan(office.some(2)))
    task = asyncio.create_task(run.run())
    assert await asyncio.to_thread(eventually, lambda: office.store.reopen().search())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    report = await run.interrupted()
    assert report.stopped is StopReason.INTERRUPTED
    assert outcomes(report) == [Outcome.UNKNOWN, Outcome.NOT_SENT]
    first, second = report.results
    assert first.entry == office.store.search()[0]
    assert (first.person, second.person) == run.plan.people
    assert (first.message, first.advice) == (INTERRUPTED, UNKNOWN_OUTCOME_ADVICE)
    assert (second.message, report.message) == (NOT_ASKED, "You interrupted the batch.")
    again = await office.plan(office.some(2))
    assert [one.verdict for one in again.people] == [PlanVerdict.DONE, PlanVerdict.LINK]
    assert again.people[0].reason == (
        f"A link may have been sent in this batch (row {first.entry.id} of the history): look in the mailbox "
        "and in the login history."
    )


async def test_whose_request_never_began_when_the_batch_was_interrupted_got_nothing(office):
    """Not *unknown*, and not the outcome of the one before: the page with the token did not come."""

    async def check(user):
        prepared = await office.check(user)
        if run.results:
            office.client._token = None
            office.crm.faults.delay("profile", 60)
            checked.append(user)
        return prepared

    checked: list[User] = []
    run = BatchRun(await office.plan(office.some(2)), office.service, office.store, check, limits=FAST)
    task = asyncio.create_task(run.run())
    assert await asyncio.to_thread(eventually, lambda: checked and office.crm.faults.is_empty)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    report = await run.interrupted()
    assert (report.stopped, outcomes(report)) == (StopReason.INTERRUPTED, [Outcome.SENT, Outcome.NOT_SENT])
    second = report.results[1]
    assert (second.message, second.entry, second.advice) == (
        "Interrupted before anything was sent.",
        None,
        "",
    )
    assert not second.was_asked
    assert len(office.store.search()) == len(office.crm.outbox) == 1
    office.crm.faults.clear()
    again = await office.plan(office.some(2))
    assert [one.verdict for one in again.people] == [PlanVerdict.DONE, PlanVerdict.LINK]


async def test_an_interrupted_send_whose_outcome_was_recorded_has_it(office):
    begun, given_up, recorded = threading.Event(), threading.Event(), threading.Event()
    record = office.store.record_outcome

    def record_late(*outcome):
        begun.set()
        assert given_up.wait(patience(5))
        entry = record(*outcome)
        recorded.set()
        return entry

    office.store.record_outcome = record_late
    run = office.run_of(await office.plan(office.some(1)))
    task = asyncio.create_task(run.run())
    assert await asyncio.to_thread(begun.wait, patience(5))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    given_up.set()
    assert await asyncio.to_thread(recorded.wait, patience(5))
    [result] = (await run.interrupted()).results
    [row] = office.store.search()
    assert (result.outcome, result.message, result.entry, result.advice) == (
        Outcome.SENT,
        row.message,
        row,
        "",
    )


async def test_interrupted_between_two_nobody_is_unknown(office):
    run = office.run_of(await office.plan(office.some(2)))
    report = await run.interrupted()
    assert (report.stopped, outcomes(report)) == (StopReason.INTERRUPTED, [Outcome.NOT_SENT] * 2)


async def test_the_same_batch_again_knows_who_has_a_link(office):
    users = office.some(3)
    await office.run_of(await office.plan(users[:1])).run()
    plan = await office.plan([*users, users[2]])
    done = plan.people[0]
    [row] = office.store.search()
    assert done.reason == f"A link was sent in this batch (row {row.id} of the history)."
    assert (done.verdict, done.user.id, done.entry) == (PlanVerdict.DONE, users[0].id, row)
    assert (plan.links, plan.having(PlanVerdict.DONE)) == (plan.people[1:3], (done,))
    refused = plan_report(plan, "You said no.")
    repeated = f"The same person as “{users[2].user_name}”."
    assert [(one.outcome, one.message) for one in refused.results] == [
        (Outcome.SENT, done.reason),
        (Outcome.NOT_SENT, "You said no."),
        (Outcome.NOT_SENT, "You said no."),
        (Outcome.NOT_SENT, repeated),
    ]
    assert (refused.results[0].entry, refused.results[1].entry, refused.plan) == (row, None, plan)
    assert [refused.count(one) for one in (Outcome.SENT, Outcome.NOT_SENT, Outcome.UNKNOWN)] == [1, 3, 0]
    assert len(refused.unsent) == 2
    report = await office.run_of(plan).run()
    assert outcomes(report) == [Outcome.SENT] * 3 + [Outcome.NOT_SENT]
    assert [one.outcome for one in report.failures_first] == [Outcome.NOT_SENT] + [Outcome.SENT] * 3
    assert (report.results[0].entry, report.results[3].message) == (row, repeated)
    assert len(office.crm.outbox) == 3


def test_a_new_batch_is_named_by_its_time_and_at_random():
    now = datetime(2026, 3, 9, 8, 7, tzinfo=UTC)
    first, second = new_batch_id(now), new_batch_id(now)
    assert re.fullmatch(r"20260309-0807-[0-9a-f]{4}", first)
    assert first != second or new_batch_id(now) != first


async def test_two_processes_with_the_same_batch_ask_for_everybody_once(demo, office, tmp_path):
    users = office.some(6)
    async with office_of(demo, tmp_path) as other:
        plans = [await one.plan(users, allowed=RESEND_CODES) for one in (office, other)]
        runs = [one.run_of(plan) for one, plan in zip((office, other), plans, strict=True)]
        reports = await asyncio.gather(*(run.run() for run in runs))
    assert sorted(mail.user_name for mail in office.crm.outbox) == sorted(user.user_name for user in users)
    assert len(office.store.entries_of_batch("b1")) == len(users)
    for report in reports:
        assert not report.unsent
        assert {result.person.verdict for result in report.results} <= {PlanVerdict.LINK, PlanVerdict.DONE}
        rows = {row.request.user_id: row.id for row in office.store.entries_of_batch("b1")}
        # The row as it was: what the other process asked for may not have had its answer yet.
        assert [result.entry.id for result in report.results] == [rows[user.id] for user in users]


async def test_a_guard_that_stops_only_now_concerns_only_this_person(office):
    users = office.some(4)
    plan = await office.plan(users)
    changed = office.crm.person(users[1].user_name)
    changed.email1, changed.roleid = "new.address@example.com", "No Access"
    office.crm.person(users[2].user_name).status = "Inactive"
    report = await office.run_of(plan).run()
    assert outcomes(report) == [Outcome.SENT, Outcome.NOT_SENT, Outcome.NOT_SENT, Outcome.SENT]
    stopped, skipped = report.results[1], report.results[2]
    assert [one.person.verdict for one in (stopped, skipped)] == [PlanVerdict.STOPPED, PlanVerdict.SKIPPED]
    assert [one.code for one in stopped.person.findings] == ["email_changed", "role"]
    assert "it is now new.address@example.com. The role “No Access” may not sign in" in stopped.message
    assert stopped.person.reason == stopped.message
    assert [one.code for one in skipped.person.findings] == ["inactive"]
    assert report.unsent == (stopped, skipped)


async def test_a_person_who_is_gone_or_a_server_that_fails_is_not_sent_and_counts_as_failure(office):
    plan = await office.plan(office.some(6))
    office.crm.faults.inject("profile", Fault(body="", status=503), times=None)
    report = await office.run_of(plan).run()
    assert report.stopped is StopReason.FAILURES
    assert outcomes(report) == [Outcome.NOT_SENT] * 6
    last = report.results[2]
    assert (type(last.error), last.message) == (UnexpectedPageError, str(last.error))
    assert report.message == f"3 in a row failed, the last one with: {last.message}"
    assert report.advice == last.advice != ""
    assert not last.was_asked


async def test_only_failures_in_a_row_stop_it(office):
    def fail_every_second(run):
        if run.current is not None and len(run.results) % 2 == 0:
            office.crm.faults.answer_with("action", '{"success":false}')

    run = office.run_of(
        await office.plan(office.some(4)), BatchTable(links_per_minute=6000, stop_after_failures=2)
    )
    report = await run.run(fail_every_second)
    assert report.stopped is None
    assert outcomes(report) == [Outcome.REFUSED, Outcome.SENT] * 2
    assert [result.entry for result in report.results] == office.store.entries_of_batch("b1")
    assert [result.message for result in report.results] == [
        row.message for row in office.store.entries_of_batch("b1")
    ]


async def test_an_unknown_outcome_stops_it_with_what_helps(office):
    office.crm.faults.drop_connection("action")
    report = await office.run_of(await office.plan(office.some(2))).run()
    unknown = report.results[0]
    [row] = office.store.search()
    assert (report.stopped, outcomes(report)) == (
        StopReason.UNKNOWN_OUTCOME, [Outcome.UNKNOWN, Outcome.NOT_SENT],
    )  # fmt: skip
    assert (unknown.entry, unknown.was_asked) == (row, True)
    assert (report.message, report.advice) == (row.message, UNKNOWN_OUTCOME_ADVICE)


async def test_an_outcome_that_cannot_be_recorded_stops_it(office, tmp_path):
    mail = office.crm.mail_reset_link

    def mail_then_break(person):
        with closing(sqlite3.connect(tmp_path / "history.db")) as other:
            other.execute("DROP TABLE resets")
        return mail(person)

    office.crm.mail_reset_link = mail_then_break
    report = await office.run_of(await office.plan(office.some(2))).run()
    assert (report.stopped, outcomes(report)) == (StopReason.HISTORY, [Outcome.SENT, Outcome.NOT_SENT])
    assert "still says “unknown”" in report.message
    assert report.advice == report.results[0].advice == NOT_RECORDED_ADVICE


async def test_a_history_that_cannot_be_read_stops_it_before_anything_is_requested(office, tmp_path):
    plan = await office.plan(office.some(2))
    office.store.require_writable()
    with closing(sqlite3.connect(tmp_path / "history.db")) as other:
        other.execute("DROP TABLE resets")
    report = await office.run_of(plan).run()
    assert (report.stopped, outcomes(report)) == (StopReason.HISTORY, [Outcome.NOT_SENT] * 2)
    assert "history.db" in report.message
    assert report.advice.startswith(f"Nothing was requested for {plan.people[0].wanted.text}. ")
    assert office.crm.outbox == []


async def test_a_session_that_cannot_be_renewed_stops_at_once(office):
    plan = await office.plan(office.some(3))
    office.crm.faults.expire_before = "action"
    report = await office.run_of(plan).run()
    assert report.stopped is StopReason.SESSION
    assert (report.message, report.advice) == (report.results[0].message, report.results[0].advice)
    assert report.message == office.store.search()[0].message
    assert report.advice
    assert len(office.store.search()) == 1
    assert office.crm.outbox == []


async def test_a_batch_of_another_instance_is_refused(demo, office, tmp_path):
    await office.run_of(await office.plan(office.some(1))).run()
    async with office_of(demo, tmp_path, "summit-prod") as other:
        with pytest.raises(OtherInstanceError, match="begun in harbor-prod, not in summit-prod"):
            batch_state(other.store, "b1", other.instance)
