"""Sending to several people in the app: the plan, the run, the report."""

import time

import pytest

from dazos_tui.config.batch_table import BatchTable
from dazos_tui.config.models import Config
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.tui.dialogs.batch_plan import PlanDialog
from dazos_tui.tui.dialogs.batch_progress import ProgressDialog
from dazos_tui.tui.dialogs.batch_report import ReportDialog
from dazos_tui.tui.dialogs.confirm_guard import READING_SECONDS
from dazos_tui.tui.dialogs.message import MessageDialog
from dazos_tui.tui.idle_lock import clock
from tests.support import config_of, demo_instance
from tests.tui.app_driver import Desk, at_desk

REFUSED = '{"success":false,"error":{"code":"MAIL","message":"The mail server said no."}}'


@pytest.fixture
def demo():
    with DemoServer(users=60) as server:
        yield server


@pytest.fixture
def harbor(demo):
    return demo.instance("harbor-prod")


def config(demo, *, links_per_minute: int = 6000) -> Config:
    limits = BatchTable(links_per_minute=links_per_minute)
    return config_of(demo_instance(demo)).model_copy(update={"batch": limits})


@pytest.fixture
async def desk(demo, tmp_path):
    async with at_desk(config(demo), tmp_path) as desk:
        await desk.loaded()
        yield desk


async def pick(desk: Desk, *names: str) -> None:
    """Pick whom each of these texts finds, and stay in the list."""
    for name in names:
        await desk.filter(name)
        await desk.sees(" match")
        await desk.press("tab", " ")
    await desk.filter("")
    await desk.press("tab")


async def planned(desk):
    """Open the plan, and wait until its keys count."""
    await desk.press("s")
    await armed(desk)
    return screen(desk, PlanDialog)


def screen(desk, kind):
    assert isinstance(desk.app.screen, kind), desk.text
    return desk.app.screen


async def armed(desk: Desk) -> None:
    def holds() -> bool:
        box = desk.app.screen
        return isinstance(box, PlanDialog) and box.guard.is_armed

    await desk.until(holds, "the plan is never ready")


async def send(desk: Desk, number: int) -> None:
    """Confirm the plan with this number."""
    await desk.type(str(number))
    await armed(desk)
    await desk.press("enter")
    await desk.until(lambda: not isinstance(desk.app.screen, PlanDialog), "the plan stays")


async def begun(desk: Desk, harbor: DemoInstance, *names: str) -> None:
    """Pick these people, and send to them until the CRM is asked for the first.

    It answers once its faults are cleared.
    """
    await pick(desk, *names)
    await planned(desk)
    harbor.faults.delay("action", 60)
    await send(desk, len(names))
    await desk.until(lambda: harbor.faults.is_empty, "the CRM is asked for nobody")
    await desk.sees("Sending", "asking")


async def reported(desk):
    await desk.until(lambda: isinstance(desk.app.screen, ReportDialog), "no report comes")
    return screen(desk, ReportDialog)


async def close_report(desk: Desk) -> None:
    """Close the report, which takes a moment to accept the key."""
    box = await reported(desk)
    await desk.until(lambda: time.monotonic() - box._opened_at > READING_SECONDS, "no time passes")
    await desk.press("escape")
    await desk.until(lambda: desk.app.screen is desk.work, "the report stays")


def rows(desk: Desk) -> list[HistoryEntry]:
    """Return the rows of the history, oldest first."""
    return list(reversed(desk.app.context.store.search()))


def mailed(harbor) -> list[str]:
    """Return who got a mail."""
    return [mail.user_name for mail in harbor.outbox]


# -- the plan -----------------------------------------------------------------------------------------


async def test_three_people_are_picked_planned_confirmed_by_number_and_sent_one_after_another(desk, harbor):
    await pick(desk, "elena", "marco juniper", "jo anvil")
    await planned(desk)
    await desk.sees("3 picked · plan", "PRODUCTION", "harbor-prod", "3 get a link", "number of links, 3")
    await send(desk, 3)
    await reported(desk)
    await desk.sees("Done", "3 ✓ sent", "Elena García", "Marco Juniper", "Jo Anvil")
    assert len(mailed(harbor)) == 3
    entries = rows(desk)
    assert [entry.outcome for entry in entries] == [Outcome.SENT] * 3
    assert len({entry.request.batch for entry in entries}) == 1
    assert entries[0].request.batch in desk.text
    await close_report(desk)
    assert not desk.work.panes.users.picks


async def test_people_who_cannot_get_a_link_come_first_with_the_reason(desk, harbor):
    await pick(desk, "elena", "lars sample")
    box = await planned(desk)
    assert [row.name for row in box._rows] == ["Lars Sample", "Elena García"]
    await desk.sees("skip", "This account is inactive", "1 gets a link · 1 skipped")
    await send(desk, 1)
    await close_report(desk)
    assert mailed(harbor) == ["odd.garcia"]
    assert not desk.work.panes.users.picks


async def test_x_leaves_a_person_out_and_the_number_follows(desk, harbor):
    await pick(desk, "elena", "marco juniper")
    await planned(desk)
    await desk.press("x")
    await desk.sees("left out", "1 gets a link · 1 left out", "number of links, 1,")
    await send(desk, 1)
    await reported(desk)
    assert mailed(harbor) == ["marco.juniper"]
    await close_report(desk)
    assert [user.name for user in desk.work.panes.users.picks.users] == ["Elena García"]


async def test_a_stopped_person_is_sent_to_only_if_taken_in(desk, harbor):
    await desk.ask_to_send("elena").confirm()
    await desk.sees("Success")
    await pick(desk, "elena", "marco juniper")
    await planned(desk)
    await desk.sees("■ STOP", "1 gets a link · 1 stopped")
    await desk.press("A")
    await desk.sees("2 get a link")
    await desk.press("x")
    await desk.sees("1 gets a link · 1 stopped")
    await desk.press("A")
    await desk.sees("2 get a link")
    await send(desk, 2)
    await reported(desk)
    assert sorted(mailed(harbor)) == ["marco.juniper", "odd.garcia", "odd.garcia"]


async def test_a_person_who_cannot_get_a_link_cannot_be_taken_in(desk):
    await pick(desk, "elena", "lars sample")
    await planned(desk)
    await desk.press("A")
    await desk.sees("Only a person with ■ STOP can be taken in", "1 gets a link")


async def test_another_number_sends_nothing(desk, harbor):
    await pick(desk, "elena", "marco juniper")
    await planned(desk)
    await desk.press("1", "enter")
    await desk.sees("1 is not the number of links")
    await desk.press("enter")
    await desk.sees("Type 2, then Enter.")
    screen(desk, PlanDialog)
    assert mailed(harbor) == []


async def test_a_choice_erases_the_number_typed_before(desk):
    await pick(desk, "elena", "marco juniper", "jo anvil")
    box = await planned(desk)
    await desk.press("2", "x")
    await desk.sees("2 get a link")
    assert box._typed == ""


async def test_a_number_and_enter_typed_ahead_send_nothing(desk, harbor):
    await pick(desk, "elena", "marco juniper")
    for key in ("s", "2", "enter"):
        desk.send(key)
    await armed(desk)
    assert screen(desk, PlanDialog)._typed == ""
    await desk.press("enter")
    await desk.sees("Type 2, then Enter.")
    assert mailed(harbor) == []


async def test_a_pasted_number_is_none(desk, harbor):
    await pick(desk, "elena", "marco juniper")
    await planned(desk)
    desk.paste("2\n")
    await desk.sees("Pasted text confirms nothing")
    await desk.press("enter")
    screen(desk, PlanDialog)
    assert mailed(harbor) == []


async def test_a_name_typed_where_s_opens_the_plan_closes_it_and_keeps_the_picks(desk, harbor):
    harbor.faults.delay("profile", 0.5, times=None)
    await pick(desk, "elena", "marco juniper")
    await desk.type("sarah")
    await desk.sees("Nothing was sent", "The picks are kept")
    assert len(desk.work.panes.users.picks) == 2


async def test_a_letter_in_the_plan_only_says_what_sends(desk):
    await pick(desk, "elena")
    await planned(desk)
    await desk.press("b")
    await desk.sees("Nothing was sent: type 1, then Enter.")
    screen(desk, PlanDialog)


async def test_a_letter_just_after_enter_takes_it_back(desk, harbor):
    await pick(desk, "elena")
    await planned(desk)
    for key in ("1", "enter", "b"):
        desk.send(key)
    await desk.sees("Nothing was sent")
    assert mailed(harbor) == []


async def test_the_profiles_are_looked_at_one_after_another_and_esc_stops_that(desk, harbor):
    harbor.faults.delay("profile", 0)
    harbor.faults.delay("profile", 60, times=None)
    await pick(desk, "elena", "marco juniper", "jo anvil")
    await desk.press("s")
    await desk.sees("looking 2 of 3")
    await desk.press("escape")
    harbor.faults.clear()
    assert len(desk.work.panes.users.picks) == 3
    jobs = [worker for worker in desk.app.workers if worker.group == "plan" and not worker.is_finished]
    await desk.until(lambda: not [one for one in jobs if not one.is_finished], "it goes on reading")


async def test_a_plan_that_cannot_be_made_says_why(desk, harbor):
    harbor.faults.inject("profile", Fault(body="", status=503), times=None)
    await pick(desk, "elena")
    await desk.press("s")
    await desk.sees("No plan could be made", "the picks are kept")
    await desk.press("escape")
    assert len(desk.work.panes.users.picks) == 1


async def test_the_ticket_goes_with_every_link(desk):
    await pick(desk, "elena", "marco juniper")
    await planned(desk)
    await desk.press("t")
    await desk.type("T-1050")
    await desk.press("enter")
    await desk.sees("ticket T-1050 (t)")
    await send(desk, 2)
    await reported(desk)
    assert [entry.request.ticket for entry in rows(desk)] == ["T-1050"] * 2


async def test_the_plan_opens_from_the_filter_and_without_picks_says_how_to_pick(desk):
    await desk.press("ctrl+o")
    await desk.sees("Nobody is picked")
    await desk.press(" ", "ctrl+o")
    await armed(desk)


async def test_in_the_profile_s_means_the_person_shown(desk):
    await pick(desk, "marco juniper")
    await desk.filter("elena")
    await desk.open()
    await desk.press("s")
    await desk.asked("Elena García", "y send")


@pytest.mark.parametrize("size", [(120, 40), (45, 20), (40, 15)], ids=str)
async def test_a_plan_can_be_confirmed_at_every_size(demo, harbor, tmp_path, size):
    async with at_desk(config(demo), tmp_path, size=size) as desk:
        await desk.loaded()
        await pick(desk, "elena", "lars sample")
        await planned(desk)
        await desk.press("end")
        await desk.sees("odd.garcia@harbor.example.com", "1 gets a link")
        await send(desk, 1)
        await reported(desk)
    assert mailed(harbor) == ["odd.garcia"]


# -- the run ------------------------------------------------------------------------------------------


async def test_esc_stops_after_the_one_under_way_and_r_plans_the_rest_in_the_same_batch(desk, harbor):
    await begun(desk, harbor, "elena", "marco juniper", "jo anvil")
    await desk.press("escape")
    await desk.sees("Stopping after this one")
    harbor.faults.clear()
    await reported(desk)
    await desk.sees("Done · stopped by you", "1 ✓ sent · 2 not asked")
    await desk.press("r")
    await armed(desk)
    await desk.sees("2 not asked or not sent · plan")
    await send(desk, 2)
    await reported(desk)
    assert sorted(mailed(harbor)) == ["jo.anvil", "marco.juniper", "odd.garcia"]
    assert len({entry.request.batch for entry in rows(desk)}) == 1


async def test_who_was_not_asked_stays_picked(desk, harbor):
    await begun(desk, harbor, "elena", "marco juniper")
    await desk.press("escape")
    await desk.sees("Stopping after this one")
    harbor.faults.clear()
    await close_report(desk)
    await desk.sees("1 picked")


async def test_p_pauses_and_goes_on(desk, harbor):
    await begun(desk, harbor, "elena", "marco juniper")
    await desk.press("p")
    await desk.sees("Paused")
    harbor.faults.clear()
    await desk.sees("Paused", "1 of 2")
    await desk.press("p")
    await reported(desk)
    assert len(mailed(harbor)) == 2


async def test_a_refusal_comes_first_in_the_report_with_the_words_of_the_crm(desk, harbor):
    await pick(desk, "elena", "marco juniper")
    await planned(desk)
    harbor.faults.answer_with("action", REFUSED)
    await send(desk, 2)
    box = await reported(desk)
    await desk.sees("1 ✓ sent · 1 ✗ refused", "The mail server said no.")
    outcomes = [row.result and row.result.outcome for row in box._rows]
    assert outcomes == [Outcome.REFUSED, Outcome.SENT]


async def test_the_first_unknown_stops_it_and_is_never_planned_again(desk, harbor):
    await pick(desk, "elena", "marco juniper", "jo anvil")
    await planned(desk)
    harbor.faults.drop_connection("action", runs=True)
    await send(desk, 3)
    await reported(desk)
    await desk.sees("Done · stopped: unknown", "1 ? unknown · 2 not asked")
    unknown = [entry.request.user_id for entry in rows(desk)]
    await desk.press("r")
    await armed(desk)
    people = screen(desk, PlanDialog)._choices.plan.people
    assert len(people) == 2
    assert not {person.user.id for person in people} & set(unknown)


async def test_the_note_lists_them_all_and_the_rows_can_be_exported(desk, tmp_path):
    await pick(desk, "elena", "marco juniper")
    await planned(desk)
    await send(desk, 2)
    await reported(desk)
    await desk.press("n")
    await desk.sees("for 2 people in harbor-prod", "Sent (2):", "marco.juniper@harbor.example.com")
    await desk.press("m")
    await desk.sees("m***@harbor.example.com")
    await desk.press("y")
    await desk.until(lambda: all(entry.noted_at for entry in rows(desk)), "that it was taken is not recorded")
    await desk.press("escape", "e")
    await desk.sees("All 2 rows go to a new file")
    await desk.press("enter")
    await desk.sees("2 rows exported")
    [file] = (tmp_path / "exports").iterdir()
    assert len(file.read_text().splitlines()) == 3


async def test_an_esc_meant_to_stop_the_batch_does_not_close_the_report_unseen(desk):
    await pick(desk, "elena")
    await planned(desk)
    await send(desk, 1)
    box = await reported(desk)
    box._opened_at = time.monotonic()
    await desk.press("escape")
    assert desk.app.screen is box


async def test_a_question_over_the_run_when_it_ends_leaves_no_screen_behind(desk, harbor):
    await begun(desk, harbor, "elena")
    question = MessageDialog("Another job", "It has a question.", "")
    desk.app.push_screen(question)
    harbor.faults.clear()
    box = await reported(desk)
    await desk.until(lambda: time.monotonic() - box._opened_at > READING_SECONDS, "no time passes")
    await desk.press("escape")
    await desk.until(lambda: desk.app.screen is question, "the report stays")
    await desk.press("escape")
    await desk.until(lambda: desk.app.screen is desk.work, "a screen stays")


# -- leaving ------------------------------------------------------------------------------------------


async def test_quitting_asks_while_it_is_sent(desk, harbor):
    await begun(desk, harbor, "elena", "marco juniper")
    await desk.press("f10")
    await desk.sees("Links are being sent: 0 of 2", "Esc stops after this one", "Quit again to leave anyway")
    screen(desk, ProgressDialog)
    await desk.press("escape")
    harbor.faults.clear()
    await reported(desk)


@pytest.fixture
def wait_idly(monkeypatch):
    """Let minutes pass on the app's clock, and run the check of the lock."""

    def let_pass(desk, minutes):
        monkeypatch.setattr("dazos_tui.tui.idle_lock.clock", lambda: clock() + minutes * 60)
        desk.app.idle_lock.check()

    return let_pass


def signed_in_count(instance) -> int:
    return sum(bool(one.person_id) for one in instance.sessions._sessions.values())


async def test_behind_the_lock_it_goes_on_and_then_the_session_ends(desk, harbor, wait_idly):
    await begun(desk, harbor, "elena", "marco juniper", "jo anvil")
    wait_idly(desk, 31)
    await desk.sees("Locked", "Sending goes on: ", " of 3", "Esc stops after this one")
    assert "García" not in desk.text
    await desk.press("enter")
    await desk.sees("Wait until the links are sent")
    harbor.faults.clear()
    await desk.sees("Sending has ended: 3 of 3   3 ✓", "batch:")
    assert len(mailed(harbor)) == 3
    await desk.until(lambda: not signed_in_count(harbor), "the session stays open")
    await desk.press("enter")
    await desk.loaded()
    assert not desk.work.panes.users.picks


async def test_the_lock_can_stop_it(desk, harbor, wait_idly):
    await begun(desk, harbor, "elena", "marco juniper", "jo anvil")
    wait_idly(desk, 31)
    await desk.sees("Sending goes on")
    await desk.press("escape")
    harbor.faults.clear()
    await desk.sees("Sending has ended: ")
    assert len(mailed(harbor)) == 1


async def test_the_lock_ends_a_batch_that_is_paused(desk, harbor, wait_idly):
    await begun(desk, harbor, "elena", "marco juniper")
    await desk.press("p")
    await desk.sees("Paused")
    harbor.faults.clear()
    await desk.sees("Paused", "1 of 2")
    wait_idly(desk, 31)
    await desk.sees("Sending has ended: 1 of 2")
    assert len(mailed(harbor)) == 1
    await desk.press("enter")
    await desk.loaded()


async def test_the_lock_drops_a_plan_and_the_picks(desk, harbor, wait_idly):
    await pick(desk, "elena")
    await planned(desk)
    wait_idly(desk, 31)
    await desk.sees("Signed out")
    await desk.press("enter")
    await desk.loaded()
    assert not desk.work.panes.users.picks
    assert mailed(harbor) == []


async def test_more_people_than_a_batch_may_have_are_not_planned(desk, monkeypatch):
    monkeypatch.setattr("dazos_tui.tui.screens.picking.MAX_PEOPLE", 1)
    await pick(desk, "elena", "marco juniper")
    await desk.press("s")
    await desk.sees("At most 1 people can be sent to at once")
    assert desk.app.screen is desk.work
