"""After a send: who is back in, troubleshooting, and what is done about it."""

import os
import re
import time
from datetime import timedelta

import pytest

from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import BackInProof, CrmAction, Outcome
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.tui.widgets.reflowed_rows import ReflowedRows
from tests.browser_user import signs_in
from tests.reset_requests import request_to
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.app_driver import at_desk
from tests.tui.test_ticket import send

PASSWORD = "brand-new-password"


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


@pytest.fixture
def harbor(demo):
    return demo.instance("harbor-prod")


def sign_in_as(harbor, user_name="odd.garcia"):
    """Let the person sign in."""
    harbor.accounts.set_password(harbor.person(user_name), PASSWORD)
    assert signs_in(harbor.url, user_name, PASSWORD)


def rows(state):
    with HistoryStore(state / "history.db") as store:
        return store.search()


async def send_and_record_baseline(desk, harbor):
    """Send Elena García a link, and wait until the earlier sign-ins are recorded."""
    before = len(harbor.requests)
    await send(desk, "garcia")
    looked = lambda: any("LoginHistory" in one.query for one in list(harbor.requests)[before:])  # noqa: E731
    await desk.until(looked, "nobody looked who had signed in before")
    await desk.settled()


async def test_a_second_link_does_not_cancel_what_proves_the_sign_in_after_the_first(desk, harbor, tmp_path):
    for name in ("garcia", "obrien"):
        await send(desk, name)
        await desk.press("escape", "escape")
    await desk.settled()
    flow, service = desk.work._flows.follow_up, desk.work.jobs._back_in
    service._baselines.clear()
    harbor.faults.delay("login-history", 60)
    for entry in rows(tmp_path):
        flow.after(entry)
    await desk.until(lambda: harbor.faults.is_empty, "nobody looks who signed in before")
    harbor.faults.clear()
    await desk.settled()
    assert service._baselines.keys() == {1, 2}


async def test_a_person_who_signed_in_after_the_link_is_back_in(desk, harbor, tmp_path):
    await send_and_record_baseline(desk, harbor)
    sign_in_as(harbor)
    await desk.press("f8")
    await desk.sees("Back in", "Elena García (odd.garcia): back in less")
    await desk.press("escape", "f3")
    await desk.sees("in < 1 min", "back in < 1 min")
    [entry] = rows(tmp_path)
    assert entry.back_in is not None
    assert entry.back_in.proof is BackInProof.SIGN_IN


async def test_a_person_not_back_in_is_named_with_the_key_to_record_it(desk, harbor, tmp_path):
    await send_and_record_baseline(desk, harbor)
    await desk.press("f8")
    await desk.sees(
        "Not everybody is back in",
        "Elena García (odd.garcia): not back in yet",
        "To record that a person is back in",
    )
    await desk.press("escape", "f3", "enter", "c")
    await desk.sees("Has this person said", "odd.garcia")
    await desk.confirm()
    await desk.sees("Noted", "Elena García is back in: the person said so.", "in (said)")
    [entry] = rows(tmp_path)
    assert entry.back_in is not None
    assert entry.back_in.proof is BackInProof.PERSON


def config_with_checks(demo, seconds=1):
    """Return a config that checks the login history every `seconds`."""
    return config_of(demo_instance(demo)).model_copy(update={"sign_in_check_seconds": seconds})


def count_checks(harbor):
    """Return how often the login history was requested."""
    return sum("LoginHistory" in one.query for one in list(harbor.requests))


async def test_a_person_who_comes_back_is_noticed_without_a_key(demo, harbor, tmp_path):
    async with at_desk(config_with_checks(demo), tmp_path) as desk:
        await send_and_record_baseline(desk, harbor)
        sign_in_as(harbor)
        await desk.sees("Back in", "Elena García (odd.garcia): back in less")
        seen = count_checks(harbor)
        # Nobody is waiting any more: nothing is requested.
        await desk.until(desk.work.history.nobody_waits, "somebody waits")
        await desk.settled()
    assert count_checks(harbor) - seen <= 1


async def test_zero_seconds_disables_the_checks(demo, harbor, tmp_path):
    async with at_desk(config_with_checks(demo, 0), tmp_path) as desk:
        await send(desk, "garcia")
        await desk.settled()
    assert count_checks(harbor) == 0


async def test_background_checks_report_an_ended_session_but_do_not_sign_in(demo, harbor, tmp_path):
    async with at_desk(config_with_checks(demo), tmp_path) as desk:
        await send_and_record_baseline(desk, harbor)
        harbor.sessions.end_all()
        await desk.sees("SESSION ENDED · F5")
        asked = len(harbor.requests)
        await desk.settled()
        assert len(harbor.requests) == asked
        assert harbor.sign_in_attempts == 1
        # With the key named there, the checks start again.
        await desk.press("f5")
        await desk.signed_in()
        before = count_checks(harbor)
        await desk.until(lambda: count_checks(harbor) > before, "it never checks again")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (45, 20), (40, 15)])
async def test_the_key_that_signs_in_again_is_visible_at_every_size(demo, harbor, tmp_path, size):
    async with at_desk(config_with_checks(demo), tmp_path, size=size) as desk:
        await send(desk, "garcia")
        harbor.sessions.end_all()
        await desk.sees("SESSION ENDED · F5")


async def test_an_age_changes_when_its_minute_is_over(demo, tmp_path):
    add_history_row(tmp_path, demo, ago=timedelta(seconds=20))
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.open()
        await desk.sees("waiting < 1 min", "< 1 min…")
        for pane in (desk.work.panes.history, desk.work.panes.profile):
            pane._clock = lambda: utc_now() + timedelta(seconds=60)
        await desk.sees("waiting 1 min", "  1 min…")


async def test_an_unchanged_age_causes_no_layout(demo, tmp_path, monkeypatch):
    monkeypatch.setattr("dazos_tui.tui.screens.instance.AGES_SECONDS", 0.05)
    shown = []
    refresh = ReflowedRows.refresh

    def watched(card, *regions, **how):
        shown.append(card)
        return refresh(card, *regions, **how)

    monkeypatch.setattr(ReflowedRows, "refresh", watched)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await send(desk, "garcia")
        await desk.sees("waiting < 1 min")
        await desk.settled()
        shown.clear()
        await desk.settled()
        assert not shown


async def test_nobody_is_reported_missing_while_the_list_is_loading(demo, harbor, tmp_path):
    harbor.faults.delay("list", 0.5, times=None)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.signed_in()
        await desk.type("zzzz")
        await desk.press("f9")
        await desk.sees("The list is not complete yet")
        harbor.faults.clear()


async def test_no_check_runs_when_nobody_is_waiting(desk, harbor):
    before = len(harbor.requests)
    await desk.press("f8")
    await desk.sees("Nobody is waiting")
    assert len(harbor.requests) == before


async def test_a_login_history_error_is_shown_and_the_row_stays(desk, harbor, tmp_path):
    await send_and_record_baseline(desk, harbor)
    harbor.faults.inject("login-history", Fault(body="Fatal error", status=500), times=None)
    await desk.press("f8")
    await desk.sees("The login history cannot be read", "HTTP 500", "To record that a person is back in")
    assert [(str(entry.outcome), entry.back_in) for entry in rows(tmp_path)] == [("sent", None)]


async def test_the_waiting_list_says_what_to_do_next(desk, harbor):
    await send_and_record_baseline(desk, harbor)
    await desk.press("f7")
    await desk.sees("Waiting · 1 not back in yet", "Elena García", "Give the mail a few minutes.")
    await desk.press("enter")
    await desk.sees("Back in      not seen yet")
    await desk.press("escape", "f7", "c")
    await desk.confirm()
    await desk.sees("the person said so")
    await desk.press("f7")
    await desk.sees("Nobody is waiting")


async def test_a_locked_login_is_found_and_enabled_and_recorded(desk, harbor, tmp_path):
    person = harbor.person("odd.garcia")
    harbor.accounts.lock(person, time.time())
    await desk.filter("garcia")
    await desk.press("enter", "w")
    await desk.sees("Still can't get in · Elena García", "e enables the login")
    await desk.press("e")
    await desk.sees("Enable Login?", "odd.garcia")
    await desk.confirm()
    await desk.sees("Success", "Login has been enabled")
    await desk.sees_no("login locked")
    assert not harbor.accounts.is_locked(person, time.time())
    [entry] = rows(tmp_path)
    assert (entry.action, str(entry.outcome)) == (CrmAction.ENABLE_LOGIN, "sent")
    await desk.press("escape", "f3")
    told = re.compile(r" ✓ \d\d:\d\d +Elena García .* enabled ")
    await desk.until(lambda: told.search(desk.text), "the history does not say so")


async def test_enabling_can_come_first_in_the_confirm_dialog(desk, harbor):
    person = harbor.person("odd.garcia")
    harbor.accounts.lock(person, time.time())
    await desk.filter("garcia")
    await desk.press("enter", "s")
    await desk.sees("This login is locked", "e enable login first")
    await desk.armed()
    await desk.press("e")
    await desk.sees("Enable Login?")
    await desk.confirm()
    await desk.sees("Login has been enabled")
    assert [run.action for run in harbor.actions_run] == ["enable"]


async def test_enabling_from_the_more_menu_asks_first(desk, harbor):
    harbor.accounts.lock(harbor.person("odd.garcia"), time.time())
    await desk.filter("garcia")
    await desk.press("enter")
    await desk.until(lambda: desk.app.screen.panes.profile.profile, "no profile")
    await desk.press("m")
    await desk.sees("Enable Login")
    await desk.press("end", "enter")
    await desk.sees("Enable Login?")
    await desk.press("escape")
    await desk.sees_no("Enable Login?")
    assert harbor.actions_run == []


async def test_a_name_typed_into_the_enable_box_does_nothing(desk, harbor):
    harbor.accounts.lock(harbor.person("odd.garcia"), time.time())
    await desk.filter("garcia")
    await desk.press("enter", "w")
    await desk.sees("e enables the login")
    await desk.press("e")
    await desk.armed()
    await desk.press(*"yvonne")
    await desk.sees("Nothing was done: a key other than y was pressed.")
    assert harbor.actions_run == []


async def test_a_missing_person_is_found_in_another_instance_and_opened(demo, tmp_path):
    summit = demo.instance("summit-prod")
    person = next(one for one in summit.people[3:] if one.active and not one.user_name.startswith("odd"))
    async with at_desk(demo_config_of(demo), tmp_path, instance="harbor-sandbox") as desk:
        await desk.loaded()
        await desk.look_for(person.email1)
        await desk.sees("Nobody matches")
        await desk.press("f9")
        await desk.sees("Still can't get in", "f looks in the other instances")
        await desk.press("f")
        await desk.sees("in the other instances", "summit-prod", person.user_name)
        await desk.press("enter")
        await desk.sees(" summit-prod  PRODUCTION", "1 match", person.full_name)


async def test_the_troubleshooter_ends_in_a_note(desk):
    await desk.filter("garcia")
    await desk.press("enter")
    await desk.sees("active · Case Manager")
    await desk.press("w")
    await desk.sees("n makes a note for the ticket")
    await desk.press("n")
    await desk.sees("Note for the ticket", "Copy (y)")


async def test_over_ssh_the_address_of_the_profile_is_shown_and_copied(desk, harbor, monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    monkeypatch.setenv("DISPLAY", ":0")
    await desk.filter("garcia")
    await desk.press("enter")
    await desk.sees("active · Case Manager")
    await desk.press("o")
    await desk.sees(
        "Open in your browser", f"record={harbor.person('odd.garcia').id}", "terminal's clipboard"
    )


@pytest.mark.parametrize("name", ["lucia", "claire", "lycia"])
async def test_typing_a_name_in_the_list_records_nobody_as_back_in(desk, harbor, tmp_path, name):
    await send_and_record_baseline(desk, harbor)
    await desk.press("escape", "tab")
    await desk.type(name)
    await desk.settled()
    [entry] = rows(tmp_path)
    assert entry.back_in is None


async def test_after_a_resize_the_confirm_dialog_has_to_be_seen_again(desk, harbor, tmp_path):
    await send_and_record_baseline(desk, harbor)
    await desk.press("escape", "f3", "enter", "c")
    await desk.armed()
    attempts = desk.app.screen.guard._attempt
    await desk.pilot.resize_terminal(100, 30)
    await desk.until(lambda: desk.app.screen.size == (100, 30), "it keeps its size")
    assert desk.app.screen.guard._attempt > attempts
    await desk.confirm()
    await desk.sees("back in: the person said so")


async def test_another_box_waits_for_the_confirm_dialog(desk, harbor):
    await send_and_record_baseline(desk, harbor)
    harbor.faults.delay("login-history", 1.0, times=None)
    await desk.press("f8")
    await desk.filter("o'brien")
    await desk.press("enter", "s")
    await desk.armed()
    await desk.sees_no("Checking sign-ins")
    harbor.faults.clear()
    await desk.settled()
    assert "Send a reset link?" in desk.text
    await desk.confirm()
    await desk.sees("Success")
    assert len(harbor.outbox) == 2


async def test_a_login_already_enabled_by_another_admin_is_not_enabled_again(desk, harbor, tmp_path):
    person = harbor.person("odd.garcia")
    harbor.accounts.lock(person, time.time())
    await desk.filter("garcia")
    await desk.press("enter")
    await desk.until(lambda: desk.app.screen.panes.profile.profile, "no profile")
    await desk.press("m")
    await desk.sees("Enable Login")
    harbor.accounts.unlock(person)
    await desk.press("end", "enter")
    await desk.sees("Enable Login?")
    await desk.confirm()
    await desk.sees("Not done", "The login may no longer be locked")
    assert harbor.actions_run == []
    assert rows(tmp_path) == []


async def test_the_ticket_typed_before_enabling_is_recorded_with_it(desk, harbor, tmp_path):
    harbor.accounts.lock(harbor.person("odd.garcia"), time.time())
    await desk.filter("garcia")
    await desk.press("enter", "s")
    await desk.armed()
    await desk.press("t", *"T-777", "enter", "e")
    await desk.sees("Enable Login?", "T-777")
    await desk.confirm()
    await desk.sees("Success")
    assert [entry.request.ticket for entry in rows(tmp_path)] == ["T-777"]


async def test_a_masked_troubleshooting_note_shows_no_address(demo, harbor, tmp_path):
    harbor.person("odd.garcia").email1 = "elena.garcia@gmail.con"
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "w")
        await desk.sees("elena.garcia@gmail.com")
        await desk.press("n")
        await desk.sees("Note for the ticket", "elena.garcia@gmail.com", "(m)")
        await desk.press("m")
        await desk.sees("***@gmail.com", "Show (m)")
        note = desk.app.screen.query_one("#text").render()
        assert "elena" not in str(note)


def add_history_row(state, demo, *, ago=timedelta(), **changes):
    """Add an earlier send to Elena García to the history, with these changes."""
    instance = demo_instance(demo)
    person = demo.instance("harbor-prod").person("odd.garcia")
    with HistoryStore(state / "history.db", clock=lambda: utc_now() - ago) as store:
        begun = store.record_request(request_to(person, instance, **changes))
        store.record_outcome(begun.id, Outcome.SENT, "")


@pytest.mark.parametrize("key", ["w", "s", "o", "v"])
async def test_a_row_of_another_host_is_not_used_for_this_host(demo, harbor, tmp_path, key):
    add_history_row(tmp_path, demo, host="old.example.com")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.press("f3", "enter", key)
        await desk.sees("Another server", "old.example.com")
    assert not harbor.outbox


@pytest.mark.parametrize("key", ["w", "s"])
async def test_a_record_that_belongs_to_another_person_is_reported(demo, harbor, tmp_path, key):
    add_history_row(tmp_path, demo, user_name="old.name", name="Olga Other", email="olga@example.com")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.press("f3", "enter", key)
        if key == "s":
            await desk.sees("This record now belongs to “odd.garcia”")
        else:
            await desk.sees("Nobody here matches “old.name”")
    assert not harbor.outbox


async def test_a_browser_that_fails_leaves_the_address_on_screen(desk, harbor, monkeypatch, tmp_path):
    program = tmp_path / "bin" / "xdg-open"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    await desk.filter("garcia")
    await desk.press("enter")
    await desk.sees("active · Case Manager")
    await desk.press("o")
    await desk.sees("Open in your browser", f"record={harbor.person('odd.garcia').id}")
    program.write_text("#!/bin/sh\nexit 0\n")
    await desk.press("escape", "o")
    await desk.sees("Opened in the browser")
