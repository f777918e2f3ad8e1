"""Sending a reset link in the app, and everything that must not go wrong."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from dazos_tui.config.load import load_config
from dazos_tui.demo.faults import Fault
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import write_demo_config
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import INTERRUPTED_MESSAGES, HistoryStore, utc_now
from dazos_tui.tui.dialogs.message import MessageDialog
from tests.reset_requests import request
from tests.support import config_of, demo_config_of, demo_instance
from tests.tui.app_driver import at_desk


@pytest.fixture
def demo():
    with DemoServer(users=45) as server:
        yield server


def history(state):
    with HistoryStore(state / "history.db") as store:
        return [(entry.request.user_name, str(entry.outcome)) for entry in store.search()]


async def test_the_whole_job_with_only_the_keyboard(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.type("garcia")
        await desk.open()
        await desk.sees("odd.garcia@harbor.example.com", "active · Case Manager")
        await desk.press("s")
        await desk.sees("Send a reset link?", "PRODUCTION", "Elena García", "never from here")
        assert not harbor.outbox
        await desk.confirm()
        await desk.sees("✓ Success", "Reset Password Instruction has been sent", "successfully!", "< 1 min")
    assert [mail.user_name for mail in harbor.outbox] == ["odd.garcia"]
    assert history(tmp_path) == [("odd.garcia", "sent")]


async def test_the_history_is_there_after_a_restart(demo, tmp_path):
    config = config_of(demo_instance(demo))
    async with at_desk(config, tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.sees("Success")
    async with at_desk(config, tmp_path) as desk:
        await desk.sees("< 1 min", "Elena García")
        await desk.press("escape")
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("last link: sent", "A link was requested less than")


@pytest.mark.parametrize("keys", [["escape"], ["enter"], ["n"], ["q"]])
async def test_nothing_is_sent_unless_it_is_confirmed(demo, tmp_path, keys):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("Send a reset link?", "never from here")
        await desk.press(*keys)
        await desk.sees_no("Send a reset link?")
    assert not demo.instance("harbor-prod").outbox
    assert history(tmp_path) == []


async def test_a_key_pressed_before_the_target_is_shown_sends_nothing(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        faults = demo.instance("harbor-prod").faults
        faults.delay("profile", 60)
        await desk.press("tab", "s", "y", "y")
        await desk.sees("Reading the profile")
        await desk.pauses()
        faults.clear()
        await desk.sees("never from here")
        assert not demo.instance("harbor-prod").outbox
        await desk.confirm()
        await desk.sees("Success")
    assert len(demo.instance("harbor-prod").outbox) == 1


async def test_a_yes_typed_ahead_in_one_burst_sends_nothing(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.press(*"garcia", "enter", "s", "y", "y")
        await desk.armed()
        assert not demo.instance("harbor-prod").outbox


async def test_the_next_name_typed_after_a_send_goes_into_the_filter(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.confirm()
        await desk.type("stacy casey")
        await desk.sees("stacy casey", "Nobody matches")
        await desk.sees("Success")
    assert len(demo.instance("harbor-prod").outbox) == 1


@pytest.mark.parametrize("name", ["casey", "kyle", "jytte", "yvonne", "y y v"])
async def test_a_name_typed_into_the_confirm_dialog_cancels_it(demo, tmp_path, name):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.armed()
        await desk.press(*name)
        await desk.sees("Nothing was sent")
        await desk.sees_no("Send a reset link?")
    assert not demo.instance("harbor-prod").outbox


async def test_a_late_check_does_not_affect_another_instance(demo, tmp_path):
    harbor, sandbox = demo.instance("harbor-prod"), demo.instance("harbor-sandbox")
    async with at_desk(demo_config_of(demo), tmp_path) as desk:
        await desk.pick("harbor-prod")
        await desk.loaded()
        await desk.look_for("garcia")
        harbor.faults.delay("profile", 60)
        await desk.press("tab", "s", "escape", "f2")
        await desk.pick("harbor-sandbox")
        await desk.loaded()
        sandbox.faults.delay("profile", 60)
        person = desk.current
        await desk.press("tab", "s")
        await desk.sees("Reading the profile")
        harbor.faults.clear()
        sandbox.faults.clear()
        await desk.sees("last link")
        assert person.email in desk.text
        assert "García" not in desk.text
        await desk.confirm()
        await desk.sees("Success")
    assert [mail.to for mail in sandbox.outbox] == [person.email]
    assert not harbor.outbox
    with HistoryStore(tmp_path / "history.db") as store:
        [row] = store.search()
    assert (row.request.instance, row.request.email) == ("harbor-sandbox", person.email)


async def test_send_in_a_pane_means_the_person_shown_there(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.confirm()
        await desk.sees("Success")
        await desk.look_for("nguyen")
        await desk.press("tab", "s")
        await desk.asked("odd.nguyen@", "last link: never")
        # The card beside the list shows the person under the cursor.
        await desk.press("escape", "tab")
        await desk.sees("odd.nguyen · ● active")
        await desk.press("s")
        await desk.asked("odd.nguyen@")
        await desk.press("escape")
        await desk.look_for("zoe")
        await desk.open()
        await desk.press("f3", "s")
        await desk.asked("odd.garcia@", "last link: sent")


async def test_showing_a_profile_again_does_not_make_it_fresh(demo, tmp_path):
    def reads():
        return sum("view=Detail" in request.query for request in demo.instance("harbor-prod").requests)

    later = timedelta(0)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        desk.work.panes.profile._clock = lambda: utc_now() + later
        await desk.look_for("garcia")
        await desk.open()
        for seconds in (40, 80):
            later = timedelta(seconds=seconds)
            await desk.press("s")
            await desk.sees("Send a reset link?", "never from here")
            await desk.press("escape")
            await desk.sees_no("Send a reset link?")
        assert reads() == 2


async def test_quitting_warns_again_for_a_later_send(demo, tmp_path):
    faults = demo.instance("harbor-prod").faults
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        for name in ("garcia", "nguyen"):
            await desk.look_for(name)
            await desk.press("enter", "s")
            faults.delay("action", 60)
            await desk.confirm()
            await desk.press("f10")
            await desk.sees("has not answered yet")
            faults.clear()
            await desk.sees("Success")
            await desk.press("escape")
    assert len(demo.instance("harbor-prod").outbox) == 2


@pytest.mark.parametrize("size", [(45, 20), (40, 15)])
async def test_target_warning_and_keys_are_visible_on_a_small_terminal(demo, tmp_path, size):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=size) as desk:
        await desk.loaded()
        await desk.look_for("user:odd.garcia")
        await desk.press("enter", "s")
        await desk.confirm()
        await desk.sees("Success")
        await desk.press("tab", "s")
        await desk.asked("Elena García", "odd.garcia@", "harbor-prod · 127.0.0.1", "PRODUCTION")
        await desk.asked(
            "■ STOP  A link was requested", "Send despite 1 warning?", "A send anyway", "Esc cancel"
        )


async def test_a_name_that_leaves_no_room_for_the_rest_blocks_the_send(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(40, 15)) as desk:
        await desk.loaded()
        await desk.look_for("user:odd.long")
        await desk.press("enter", "s")
        await desk.asked("Maximiliana", "PRODUCTION", "Esc cancel  make the window larger")
        await desk.press("y", "A")
        await desk.sees_no("make the window larger")
    assert not demo.instance("harbor-prod").outbox


async def test_one_confirmation_makes_one_request_however_often_y_is_pressed(demo, tmp_path):
    faults = demo.instance("harbor-prod").faults
    faults.delay("action", 60)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.press("tab", "s", "y", "y")
        await desk.sees("sending …", "Wait until the CRM has answered")
        faults.clear()
        await desk.sees("Success")
    assert len(demo.instance("harbor-prod").outbox) == 1
    assert history(tmp_path) == [("odd.garcia", "sent")]


async def test_the_link_goes_to_the_person_in_the_dialog_from_the_list_too(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.open()
        await desk.filter("nguyen")
        await desk.press("tab", "s")
        await desk.sees("Send a reset link?", "odd.nguyen@")
        await desk.confirm()
        await desk.sees("Success")
    assert [mail.user_name for mail in demo.instance("harbor-prod").outbox] == ["odd.nguyen"]


async def test_the_more_menu_sends_too_and_runs_nothing_else(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.open()
        await desk.press("m")
        await desk.sees("More · Elena García", "Delete  (in the browser)", "Send Reset Link")
        await desk.press("home", "enter")
        await desk.sees("cannot be run from here", f"record={harbor.person('odd.garcia').id}")
        await desk.press("escape", "m", "enter")
        await desk.sees("Send a reset link?", "never from here")
        await desk.confirm()
        await desk.sees("Success")
    assert [run.action for run in harbor.actions_run] == ["reset"]
    assert not harbor.deleted


async def test_an_item_only_in_the_row_menu_in_odd_case_is_found(demo, tmp_path):
    summit = demo.instance("summit-prod")
    person = next(
        person for person in summit.people if person.status == "Active" and person.user_name != "demo.admin"
    )
    async with at_desk(config_of(demo_instance(demo, "summit-prod")), tmp_path) as desk:
        await desk.loaded()
        await desk.filter(person.user_name)
        await desk.press("enter", "s")
        await desk.sees("Send a reset link?", person.email1)
        await desk.confirm()
        await desk.sees("Success")
    assert [mail.user_name for mail in summit.outbox] == [person.user_name]


async def test_an_inactive_account_gets_no_link_and_the_box_says_why(demo, tmp_path):
    person = next(person for person in demo.instance("harbor-prod").people if person.status == "Inactive")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter(person.user_name)
        await desk.open()
        await desk.press("m")
        await desk.sees("must be restored in the browser")
        await desk.press("s")
        await desk.sees("No link can be sent", "This account is inactive")
        assert "y send" not in desk.text
        await desk.press("y")
    assert not demo.instance("harbor-prod").outbox
    assert history(tmp_path) == []


REFUSED = '{"success":false,"error":{"code":"MAIL","message":"The mail server said no."}}'


async def test_after_a_new_sign_in_the_link_is_sent_once(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        harbor.faults.expire_before = "action"
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.sees("✓ Success")
    assert (len(harbor.outbox), harbor.sign_in_attempts) == (1, 2)


async def test_a_session_that_ends_again_at_once_sends_nothing(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    for _ in range(2):
        harbor.faults.answer_with("action", "Invalid request")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.sees("Not sent", "Nothing was changed")
    assert (harbor.outbox, harbor.sign_in_attempts) == ([], 2)


async def test_an_interrupted_send_is_explained_once_at_the_next_start(demo, tmp_path):
    begun = request(instance="harbor-prod", name="Ann Bell")
    with HistoryStore(tmp_path / "history.db", clock=lambda: utc_now() - timedelta(minutes=6)) as earlier:
        earlier.record_request(begun)
    with HistoryStore(tmp_path / "history.db") as store:
        store.record_request(replace(begun, name="Under Way"))
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.sees(
            "Unknown whether it was sent", "Ann Bell", "These links may or", "Look in the mailbox"
        )
        assert "Under Way" not in desk.text.partition("These links may or")[2].partition("Look in")[0]
    with HistoryStore(tmp_path / "history.db") as store:
        [cut_off] = [entry for entry in store.search() if entry.request.name == "Ann Bell"]
    assert (cut_off.outcome, cut_off.message) == (Outcome.UNKNOWN, INTERRUPTED_MESSAGES[cut_off.action])
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        assert "Unknown whether it was sent" not in desk.text


@pytest.mark.parametrize(
    ("body", "status", "outcome", "words"),
    [
        (REFUSED, 200, "refused", ("Refused by the CRM", "The mail server said no.")),
        ("<html>Oops</html>", 200, "unknown", ("Unknown whether it was sent", "mailbox")),
        ('{"success":tr', 200, "unknown", ("Unknown whether it was sent",)),
        ("", 502, "unknown", ("Unknown whether it was sent",)),
    ],
)
async def test_only_a_clear_success_is_called_sent(demo, tmp_path, body, status, outcome, words):
    demo.instance("harbor-prod").faults.answer_with("action", body, status=status)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.sees(*words)
        assert "Success" not in desk.text
    assert history(tmp_path) == [("odd.garcia", outcome)]


async def test_a_connection_that_drops_after_the_request_leaves_it_unknown(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    harbor.faults.inject("action", Fault(drop=True, runs=True))
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.sees("Unknown whether it was sent", "Look in the mailbox")
    assert len(harbor.outbox) == 1
    assert history(tmp_path) == [("odd.garcia", "unknown")]


async def test_quitting_during_a_send_warns_first(demo, tmp_path):
    faults = demo.instance("harbor-prod").faults
    faults.delay("action", 60)
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        await desk.confirm()
        await desk.press("f10")
        await desk.sees("has not answered yet")
        faults.clear()
        await desk.sees("Success")
    assert history(tmp_path) == [("odd.garcia", "sent")]


async def test_a_history_that_cannot_be_written_stops_the_send(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path / "state") as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("never from here")
        shutil.rmtree(tmp_path / "state", ignore_errors=True)
        (tmp_path / "state").write_text("a file where the folder should be")
        await desk.confirm()
        await desk.sees("Not sent", "history")
    assert not demo.instance("harbor-prod").outbox


async def test_the_whole_job_in_a_narrow_split(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path, size=(45, 20)) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.asked("Send?", "Elena García", "odd.garcia@", "never from here")
        await desk.confirm()
        await desk.sees("Success", "has been sent")
        await desk.press("f3")
        await desk.sees("History", "< 1 min")


async def test_a_history_that_breaks_is_reported_and_nothing_is_sent(demo, tmp_path):
    with HistoryStore(tmp_path / "history.db") as store:
        store.record_request(request())
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        with closing(sqlite3.connect(tmp_path / "history.db")) as other:
            other.execute("DROP TABLE resets")
        await desk.filter("garcia")
        await desk.press("enter")
        await desk.sees("The history cannot be read", "no such table")
        await desk.press("s")
        await desk.sees("No link can be sent", "no such table")
    assert not demo.instance("harbor-prod").outbox


@pytest.mark.parametrize("keys", [["m", "enter", "enter"], ["m", "enter", "escape", "escape"]])
async def test_a_key_pressed_twice_closes_only_what_it_opened(demo, tmp_path, keys):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.look_for("garcia")
        await desk.open()
        await desk.press(*keys)
        await desk.until(lambda: desk.work in desk.app.screen_stack, "the work screen is gone")
        await desk.press("escape", "escape")
        await desk.sees("Elena García", "odd.garcia@")


async def test_without_a_menu_item_the_form_is_offered_once_and_remembered(demo, tmp_path):
    valley = demo.instance("valley-staging")
    config, mine = tmp_path / "config.toml", {valley.username, valley.non_admin.username}
    write_demo_config(config, [valley])
    person, other = [one for one in valley.people if one.active and one.user_name not in mine][:2]
    async with at_desk(load_config(config), tmp_path, config_path=config) as desk:
        await desk.loaded()
        await desk.look_for(person.user_name)
        await desk.press("enter", "s")
        await desk.sees("No menu sends links here", "forgot-password form may", "f form from now on")
        await desk.choose_route("f")
        await desk.sees("Send a reset link?", "forgot-password form is", "y send")
        assert not valley.outbox
        await desk.confirm()
        await desk.sees("Success", "forgot-password form says", "< 1 min")
        await desk.until(lambda: "reset_route" in config.read_text(), "it was not remembered")
        await desk.look_for(other.user_name)
        await desk.press("enter", "s")
        await desk.sees("Send a reset link?", "forgot-password form is")
    assert [mail.to for mail in valley.outbox] == [person.email1]
    assert load_config(config).instance("valley-staging").reset_route == "forgot_password"


@pytest.mark.parametrize("key", ["x", "f"])
async def test_f_does_nothing_where_the_form_is_not_offered(demo, tmp_path, key):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("y send")
        await desk.press(key)
        await desk.sees("Nothing was sent: a key other than y was pressed.")
    assert not demo.instance("harbor-prod").outbox


async def test_a_session_that_cannot_be_renewed_is_shown_as_ended(demo, tmp_path):
    harbor = demo.instance("harbor-prod")
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.sees("y send")
        harbor.accounts.set_password(harbor.person(harbor.username), "changed meanwhile")
        harbor.expire_sessions()
        await desk.confirm()
        await desk.sees("Not sent", "did not accept this user name and password", "NOT SIGNED IN")
    assert history(tmp_path) == [("odd.garcia", "not sent")]
    assert harbor.sign_in_attempts == 2
    assert not harbor.outbox


async def test_never_here_is_remembered_too_and_the_form_not_offered_again(demo, tmp_path):
    valley = demo.instance("valley-staging")
    config, mine = tmp_path / "config.toml", {valley.username, valley.non_admin.username}
    write_demo_config(config, [valley])
    person = next(one for one in valley.people if one.active and one.user_name not in mine)
    async with at_desk(load_config(config), tmp_path, config_path=config) as desk:
        await desk.loaded()
        await desk.look_for(person.user_name)
        await desk.press("enter", "s")
        await desk.sees("v never here")
        await desk.choose_route("v")
        await desk.sees("You will not be asked again")
        await desk.press("s")
        await desk.sees("No link can be sent", "does not offer “Send Reset Link”")
        assert "Form from now on" not in desk.text
        await desk.until(lambda: 'reset_route = "menu"' in config.read_text(), "it was not remembered")
        assert desk.app.context.config.instance("valley-staging").reset_route == "menu"
    assert not valley.outbox


async def test_a_box_that_covers_the_confirmation_cancels_the_yes(demo, tmp_path):
    async with at_desk(config_of(demo_instance(demo)), tmp_path) as desk:
        await desk.loaded()
        await desk.filter("garcia")
        await desk.press("enter", "s")
        await desk.armed()
        desk.send("y")
        await desk.app.push_screen(MessageDialog("Something else", "It came in between."))
        await desk.settled()
        assert not demo.instance("harbor-prod").outbox
        await desk.press("escape")
        await desk.sees("y send")
        await desk.confirm()
        await desk.sees("Success")
    assert len(demo.instance("harbor-prod").outbox) == 1
