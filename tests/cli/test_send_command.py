import json
import os
import re
import shlex
import signal
import subprocess
import time
from subprocess import PIPE

import pytest

from dazos_tui.demo.faults import Fault
from dazos_tui.history.store import HistoryError, HistoryStore
from tests.patience import patience
from tests.support import eventually

SEND = ("send", "-i", "harbor-prod", "--yes")
SUCCESS = "Reset Password Instruction has been sent successfully!"


@pytest.fixture
def store(desk):
    with HistoryStore(desk.state / "history.db") as store:
        yield store


def record(done):
    (line,) = done.stdout.splitlines()
    return json.loads(line)


def test_a_link_is_sent_recorded_and_reported(desk, harbor):
    done = desk.run(*SEND, "cara.beacon", "--ticket", "HD-7", "--json")
    assert done.returncode == 0
    sent = record(done)
    assert list(sent) == [
        "outcome", "message", "instance", "user", "ticket", "history_id", "requested_at", "finished_at",
        "findings",
    ]  # fmt: skip
    assert (sent["outcome"], sent["message"], sent["instance"], sent["ticket"]) == (
        "sent", SUCCESS, "harbor-prod", "HD-7",
    )  # fmt: skip
    assert sent["user"] == {
        "id": str(harbor.person("cara.beacon").id),
        "user_name": "cara.beacon",
        "name": "Cara Beacon",
        "email": "cara.beacon@harbor.example.com",
    }
    assert sent["requested_at"] <= sent["finished_at"]
    assert sent["finished_at"].endswith("Z")
    assert [mail.to for mail in harbor.outbox] == ["cara.beacon@harbor.example.com"]
    (entry,) = [json.loads(line) for line in desk.run("history", "--json").stdout.splitlines()]
    assert sent.pop("findings") == []
    assert sent.items() <= entry.items()
    assert (entry["operator"], entry["environment"]) == ("demo.admin", "production")


@pytest.mark.parametrize(
    "text",
    [
        "Cara.Beacon",
        "CARA.BEACON@harbor.example.com",
        " cara.beacon ",
        "record id",
        '"Cara" <cara.beacon@harbor.example.com>',
        "mailto:cara.beacon@harbor.example.com",
        "cara.beacon\u200b@harbor.example.com;",
    ],
)
def test_a_person_is_given_by_user_name_email_or_record_id(desk, harbor, text):
    user_id = str(harbor.person("cara.beacon").id)
    done = desk.call(*SEND, "--json", user_id if text == "record id" else text)
    assert record(done)["user"]["id"] == user_id
    assert len(harbor.outbox) == 1


def test_the_text_output_shows_the_target_and_the_outcome(desk, harbor):
    desk.call(*SEND, "cara.beacon")
    done = desk.call(*SEND, "cara.beacon", "--again")
    assert done.stdout == f"sent  Cara Beacon <cara.beacon@harbor.example.com>  {SUCCESS}\n"
    shown = done.stderr.splitlines()
    assert f"  instance    harbor-prod  PRODUCTION  {harbor.url.split('/')[2]}" in shown
    assert "  name        Cara Beacon" in shown
    assert "  user name   cara.beacon" in shown
    assert "  e-mail      cara.beacon@harbor.example.com" in shown
    assert "  role        Case Manager" in shown
    assert "  status      active" in shown
    assert any(line.startswith("  last reset  20") and line.endswith("  sent") for line in shown)


@pytest.mark.parametrize("text", ["front.desk@harbor.example.com"])
def test_more_than_one_match_sends_nothing_and_lists_them(desk, harbor, text):
    done = desk.call(*SEND, text)
    assert (done.returncode, done.stdout, harbor.outbox) == (4, "", [])
    assert f"2 people match “{text}”." in done.stderr
    assert "Use a user name or record id: people may share an e-mail." in done.stderr
    assert "arlo.orchard" in done.stderr
    assert "arlo.candle" in done.stderr


@pytest.mark.parametrize("text", ["anna", "nobody@x.example", "999999999", "%", "red\x1b[31m"])
def test_no_match_sends_nothing(desk, harbor, text):
    done = desk.call(*SEND, text)
    assert (done.returncode, done.stdout, harbor.outbox) == (4, "", [])
    assert "Nobody matches “" in done.stderr
    assert "\x1b" not in done.stderr


def test_all_must_match_before_any_is_sent(desk, harbor):
    done = desk.call(*SEND, "cara.beacon", "nobody", "front.desk@harbor.example.com", "nobody-else")
    assert (done.returncode, done.stdout, harbor.outbox) == (4, "", [])
    for said in ("Nobody matches “nobody”.", "Nobody matches “nobody-else”.", "2 people match “front.desk"):
        assert said in done.stderr


def test_several_are_sent_one_after_the_other_each_once(desk, harbor):
    done = desk.run(*SEND, "--json", "cara.beacon", "ben.linden", "cara.beacon@harbor.example.com")
    assert done.returncode == 0
    assert [json.loads(line)["user"]["user_name"] for line in done.stdout.splitlines()] == [
        "cara.beacon", "ben.linden",
    ]  # fmt: skip
    assert len(harbor.outbox) == 2


def test_an_inactive_account_stops_the_sends_to_all(desk, harbor, store):
    done = desk.call(*SEND, "cara.beacon", "anna.ivory")
    assert (done.returncode, done.stdout, harbor.outbox, store.search()) == (3, "", [], [])
    assert "Anna Ivory <anna.ivory@harbor.example.com>: This account is inactive" in done.stderr
    assert done.stderr.endswith("\nNothing was sent to anybody.\n")


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_json_has_a_line_for_each_person_if_nothing_was_sent(desk, harbor, store):
    done = desk.call(*SEND, "--json", "--ticket", "HD-7", "ben.linden", "anna.ivory")
    assert (done.returncode, harbor.outbox, store.search()) == (3, [], [])
    named_with, inactive = records(done)
    assert [one["user"]["user_name"] for one in (named_with, inactive)] == ["ben.linden", "anna.ivory"]
    for one in (named_with, inactive):
        assert (one["outcome"], one["history_id"], one["ticket"]) == ("not sent", None, "HD-7")
    assert named_with["message"] == "Not requested: another person in this command cannot get a link."
    assert inactive["message"].startswith("This account is inactive: ")
    assert (named_with["findings"], inactive["findings"]) == ([], ["inactive"])


def test_a_second_link_soon_after_the_first_needs_again(desk, harbor, store):
    assert desk.call(*SEND, "ben.linden").returncode == 0
    done = desk.call(*SEND, "--json", "ben.linden", "cara.beacon")
    assert (done.returncode, len(harbor.outbox), len(store.search())) == (3, 1, 1)
    held, named_with = records(done)
    assert held["message"].startswith("A link was requested less than a minute ago by demo.admin (sent).")
    assert (held["findings"], held["history_id"]) == (["sent_recently"], None)
    assert (named_with["outcome"], named_with["findings"]) == ("not sent", [])
    assert done.stderr.endswith(
        "Ben Linden <ben.linden@harbor.example.com>: "
        "A link was requested less than a minute ago by demo.admin (sent). Send again only if you mean to.\n"
        "Nothing was sent to anybody. Use --again to send anyway.\n"
    )
    done = desk.call(*SEND, "--json", "ben.linden", "--again")
    assert (done.returncode, record(done)["outcome"], len(harbor.outbox)) == (0, "sent", 2)


def test_a_link_that_may_have_been_sent_blocks_the_next_too(desk, harbor):
    harbor.faults.drop_connection("action", runs=True)
    assert desk.call(*SEND, "ben.linden").returncode == 7
    done = desk.call(*SEND, "ben.linden")
    assert (done.returncode, done.stdout, len(harbor.outbox)) == (3, "", 1)
    assert "A link was requested less than a minute ago by demo.admin (unknown)." in done.stderr


def test_no_option_overrides_an_inactive_account(desk, harbor):
    desk.call(*SEND, "ben.linden")
    done = desk.call(*SEND, "ben.linden", "anna.ivory", "--again")
    assert (done.returncode, len(harbor.outbox)) == (3, 1)
    assert "--again" not in done.stderr
    assert "ben.linden@harbor.example.com>: " not in done.stderr


def refusal(words):
    return json.dumps({"success": False, "error": {"code": "x", "message": words}})


def test_a_refusal_keeps_the_crms_words(desk, harbor):
    harbor.faults.answer_with("action", refusal("Mail server says no"))
    done = desk.call(*SEND, "--json", "cara.beacon")
    assert (done.returncode, record(done)["outcome"], record(done)["message"]) == (
        3, "refused", "Mail server says no",
    )  # fmt: skip


def test_a_refusal_for_one_does_not_stop_the_others(desk, harbor):
    harbor.faults.answer_with("action", refusal("no"))
    done = desk.call(*SEND, "cara.beacon", "ben.linden")
    assert done.returncode == 3
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["refused", "sent"]


def test_a_lost_answer_is_unknown_and_stops_the_command(desk, harbor, store):
    harbor.faults.drop_connection("action", runs=True)
    done = desk.call(*SEND, "--json", "cara.beacon", "ben.linden")
    assert done.returncode == 7
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["outcome"], first["user"]["user_name"]) == ("unknown", "cara.beacon")
    assert (second["outcome"], second["history_id"], second["user"]["user_name"]) == (
        "not sent", None, "ben.linden",
    )  # fmt: skip
    assert list(first) == list(second)
    assert [entry.outcome for entry in store.search()] == ["unknown"]
    assert len(harbor.outbox) == 1
    assert "Look in the mailbox" in done.stderr
    assert "try again" not in done.stderr


def test_an_answer_without_a_result_is_unknown(desk, harbor):
    harbor.faults.answer_with("action", "<html>oops</html>")
    done = desk.call(*SEND, "--json", "cara.beacon")
    assert (done.returncode, record(done)["outcome"]) == (7, "unknown")
    assert "Look in the mailbox" in done.stderr


def test_a_session_that_ended_is_opened_again_once_and_the_link_sent_once(desk, harbor, store):
    harbor.faults.expire_before = "action"
    done = desk.call(*SEND, "--json", "cara.beacon")
    assert (done.returncode, record(done)["outcome"], len(harbor.outbox)) == (0, "sent", 1)
    assert harbor.sign_in_attempts == 2
    assert [str(entry.outcome) for entry in store.search()] == ["sent", "not sent"]


def test_a_session_that_cannot_be_renewed_is_not_sent(desk, harbor, store):
    harbor.faults.answer_with("action", "Invalid request")
    harbor.faults.answer_with("action", "Invalid request")
    done = desk.call(*SEND, "--json", "cara.beacon")
    assert (done.returncode, record(done)["outcome"], harbor.outbox) == (3, "not sent", [])
    assert harbor.sign_in_attempts == 2
    assert "Nothing was changed, and trying again will not help." in done.stderr


def test_a_permission_denied_at_the_last_moment(desk, harbor):
    body = json.dumps(
        {"success": False, "error": {"code": "Permission denied", "message": "Permission denied"}}
    )
    harbor.faults.answer_with("action", body)
    done = desk.call(*SEND, "--json", "cara.beacon")
    assert (done.returncode, record(done)["outcome"]) == (6, "refused")


def test_without_a_terminal_yes_is_required(desk, harbor):
    done = desk.call("send", "-i", "harbor-prod", "cara.beacon")
    assert (done.returncode, harbor.sign_in_attempts) == (2, 0)
    assert "use --yes" in done.stderr


@pytest.mark.parametrize("people", [[], [""], ["cara.beacon", " "]])
def test_a_person_is_required(desk, harbor, people):
    done = desk.call(*SEND, *people)
    assert (done.returncode, harbor.sign_in_attempts) == (2, 0)
    assert "USER" in done.stderr


def test_a_yes_at_the_terminal_sends(desk, harbor):
    terminal = desk.start("send", "-i", "harbor-prod", "cara.beacon")
    terminal.wait_for("Send this reset link in harbor-prod (PRODUCTION)? [y/N]: ")
    assert "cara.beacon@harbor.example.com" in terminal.seen
    assert harbor.outbox == []
    terminal.type("y\n")
    code, stdout = terminal.end()
    assert (code, len(harbor.outbox)) == (0, 1)
    assert stdout.startswith("sent  Cara Beacon")


@pytest.mark.parametrize("answer", ["\n", "n\n"])
def test_anything_but_yes_sends_nothing(desk, harbor, store, answer):
    terminal = desk.start("send", "-i", "harbor-prod", "cara.beacon", "ben.linden")
    terminal.wait_for("Send these 2 reset links in harbor-prod (PRODUCTION)? [y/N]: ")
    terminal.type(answer)
    code, stdout = terminal.end()
    assert (code, stdout, harbor.outbox, store.search()) == (3, "", [], [])
    assert "Nothing was sent." in terminal.seen


def test_an_interrupt_at_the_question_sends_nothing(desk, harbor):
    terminal = desk.start("send", "-i", "harbor-prod", "cara.beacon")
    terminal.wait_for("[y/N]: ")
    terminal.interrupt()
    assert terminal.end() == (130, "")
    assert harbor.outbox == []
    assert "Traceback" not in terminal.seen


def test_an_interrupt_while_it_is_sent_leaves_it_unknown(desk, harbor, store):
    harbor.faults.inject("action", Fault(delay=30))
    terminal = desk.start(*SEND, "cara.beacon")
    while not store.search():
        assert terminal.process.poll() is None
    terminal.interrupt()
    code, stdout = terminal.end()
    assert (code, stdout) == (130, "")
    (entry,) = store.search()
    assert "The outcome is unknown: it may have been sent." in terminal.seen
    assert f"row {entry.id} of the history" in terminal.seen
    assert "Traceback" not in terminal.seen
    assert (entry.outcome, entry.finished_at) == ("unknown", None)


@pytest.mark.without_coverage
def test_two_interrupts_show_no_traceback(desk, harbor, store):
    harbor.faults.inject("action", Fault(delay=30))
    terminal = desk.start(*SEND, "cara.beacon")
    while not store.search():
        assert terminal.process.poll() is None
    while terminal.process.poll() is None:
        terminal.process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    terminal.end()
    assert "Traceback" not in terminal.seen
    (entry,) = store.search()
    assert (entry.outcome, entry.finished_at) == ("unknown", None)


def test_an_interrupt_does_not_wait_for_a_hanging_server(desk, harbor):
    harbor.faults.inject("profile", Fault(delay=30))
    harbor.faults.inject("sign-out", Fault(delay=30))
    terminal = desk.start(*SEND, "cara.beacon")
    assert eventually(lambda: any("search_params" in request.query for request in harbor.requests))
    # Once: a second Ctrl-C would end anything.
    terminal.process.send_signal(signal.SIGINT)
    terminal.process.wait(timeout=patience(3))
    assert terminal.end() == (130, "")
    assert "Interrupted." in terminal.seen
    assert not any("Logout" in request.query for request in harbor.requests)


def test_the_progress_line_is_cleared_before_other_output(desk):
    terminal = desk.start("send", "-i", "harbor-prod", "cara.beacon")
    terminal.wait_for("[y/N]: ")
    terminal.type("n\n")
    terminal.end()
    assert "as demo.admin …\r\033[KReset link\r\n" in terminal.seen


def shell(desk, redirections, *arguments):
    """Run a command with its streams closed or redirected, as a shell does."""
    line = f"{shlex.join(desk.command(*arguments))} {redirections}"
    done = subprocess.run(
        ["sh", "-c", line], env=desk.all_environment(), stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, timeout=patience(60),
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    "redirections", [">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>/dev/full"]
)
def test_a_stream_that_cannot_be_written_changes_nothing(desk, harbor, redirections):
    done = shell(desk, redirections, *SEND, "--json", "cara.beacon", "ben.linden")
    assert (done.returncode, len(harbor.outbox)) == (0, 2)
    if redirections.startswith("2"):
        assert [one["outcome"] for one in records(done)] == ["sent", "sent"]
    elif "2" not in redirections:
        assert done.stderr.count("Could not write the output: ") == 1
        for name in ("cara.beacon", "ben.linden"):
            assert re.search(rf"^sent  .* <{name}@harbor.example.com>  {SUCCESS}$", done.stderr, flags=re.M)


@pytest.mark.parametrize("redirections", ["<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
def test_a_stream_that_cannot_be_written_does_not_change_the_exit_code(desk, harbor, redirections):
    harbor.faults.drop_connection("action", runs=True)
    done = shell(desk, redirections, *SEND, "cara.beacon", "ben.linden")
    assert (done.returncode, len(harbor.outbox)) == (7, 1)


@pytest.mark.parametrize(("redirections", "code"), [(">&-", 2), ("2>&-", 0), ("<&- >&- 2>&-", 2)])
def test_a_list_that_cannot_be_written_is_an_error(desk, redirections, code):
    assert shell(desk, redirections, "users", "-i", "harbor-prod").returncode == code


def test_a_history_that_fails_meanwhile_stops_the_sends_with_a_line_for_each(desk, harbor, monkeypatch):
    begin = HistoryStore.record_request

    def fail_later(store, request, **known):
        if harbor.outbox:
            raise HistoryError("The disk is full.", advice="Make room.")
        return begin(store, request, **known)

    monkeypatch.setattr(HistoryStore, "record_request", fail_later)
    done = desk.call(*SEND, "--json", "cara.beacon", "ben.linden", "arlo.orchard")
    assert (done.returncode, len(harbor.outbox)) == (3, 1)
    assert [one["outcome"] for one in records(done)] == ["sent", "not sent", "not sent"]
    assert done.stderr.endswith("The disk is full.\nMake room.\n")


def test_a_history_that_cannot_be_written_is_noticed_before_the_sign_in(desk, harbor):
    desk.state.touch()
    done = desk.call(*SEND, "cara.beacon")
    assert (done.returncode, done.stdout, harbor.sign_in_attempts) == (3, "", 0)
    assert "cannot be created: Not a directory" in done.stderr
    assert "\nNothing was sent. Check the permissions" in done.stderr


def test_the_path_of_a_new_history_is_shown_once(desk):
    line = f"Starting a new history: {desk.state / 'history.db'}\n"
    assert desk.call(*SEND, "cara.beacon").stderr.startswith(line)
    assert "Starting a new history" not in desk.call(*SEND, "ben.linden").stderr


def test_without_a_history_nothing_is_sent(desk, harbor):
    desk.state.mkdir()
    (desk.state / "history.db").write_bytes(b"no database" * 100)
    done = desk.call(*SEND, "cara.beacon")
    assert (done.returncode, done.stdout, harbor.outbox) == (3, "", [])
    assert "damaged or not a database" in done.stderr
    assert "move it away" in done.stderr


def test_an_outcome_that_cannot_be_recorded_is_still_shown(desk, harbor, monkeypatch):
    def fail(*_):
        raise HistoryError("The disk is full.", advice="Make room.")

    monkeypatch.setattr(HistoryStore, "record_outcome", fail)
    people = ["cara.beacon", "ben.linden"]
    done = desk.call(*SEND, *people)
    assert (done.returncode, len(harbor.outbox)) == (3, 1)
    assert [line.split("  ")[0] for line in done.stdout.splitlines()] == ["sent", "not sent"]
    assert done.stderr.endswith(
        "The disk is full. Row 1 still says “unknown”.\n"
        "Keep this outcome in the ticket, and do not send again because of it.\n"
    )


def test_a_reader_that_goes_away_does_not_stop_the_sends(desk, harbor):
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = desk.run(*SEND, "cara.beacon", "ben.linden", capture_output=False, stdout=write_end, stderr=PIPE)
    os.close(write_end)
    assert (done.returncode, len(harbor.outbox)) == (0, 2)
    assert len(re.findall("^sent  ", done.stderr, flags=re.M)) == 2


def test_a_ticket_is_made_safe(desk):
    done = desk.call(*SEND, "--json", "cara.beacon", "--ticket", "HD\x1b[31m\n7")
    assert record(done)["ticket"] == "HD\ufffd[31m 7"


def test_an_instance_that_names_things_differently(desk, demo):
    summit = demo.instance("summit-prod")
    person = next(
        p for p in summit.people if p.status == "Active" and p.user_name not in {"demo.admin", "demo.rep"}
    )
    done = desk.call("send", "-i", "summit-prod", "--yes", "--json", person.user_name)
    assert (done.returncode, record(done)["outcome"]) == (0, "sent")


def test_a_finding_names_the_option_that_overrides_it(desk, harbor):
    held = desk.call(*SEND, "--json", "anna.nettle")
    assert (held.returncode, len(harbor.outbox)) == (3, 0)
    assert records(held)[0]["findings"] == ["role"]
    assert "The role “Disabled Reps” may not sign in" in held.stderr
    assert "Use --allow role to send anyway" in held.stderr
    meant = desk.call(*SEND, "--allow", "role", "anna.nettle")
    assert (meant.returncode, len(harbor.outbox)) == (0, 1)


def test_only_known_findings_can_be_overridden(desk, harbor):
    done = desk.call(*SEND, "--allow", "everything", "cara.beacon")
    assert (done.returncode, harbor.sign_in_attempts) == (2, 0)
    assert (
        "'everything' is not one of 'role', 'invalid_email', 'email_changed', 'name_changed', 'locked'"
        in done.stderr
    )


# -- no menu has the item ---------------------------------------------------------------------------------


def person_of(instance):
    mine = {instance.username, instance.non_admin.username}
    return next(one for one in instance.people if one.active and one.user_name not in mine)


def test_without_the_item_the_config_line_is_named(desk, demo):
    valley = demo.instance("valley-staging")
    done = desk.call("send", "-i", "valley-staging", person_of(valley).user_name, "--yes", "--json")
    assert done.returncode == 3
    assert record(done)["outcome"] == "not sent"
    assert 'set reset_route = "forgot_password" under [instances.valley-staging]' in done.stderr
    assert not valley.outbox


def test_the_terminal_asks_once_whether_to_use_the_form(desk, demo):
    valley = demo.instance("valley-staging")
    person = person_of(valley)
    terminal = desk.start("send", "-i", "valley-staging", person.user_name)
    terminal.wait_for("Use the CRM's forgot-password form instead, for this instance from now on? [y/N]: ")
    terminal.type("y\n")
    terminal.wait_for("Send this reset link in valley-staging (STAGING)? [y/N]: ")
    terminal.type("y\n")
    code, stdout = terminal.end()
    assert (code, stdout.split()[0]) == (0, "sent")
    assert [mail.to for mail in valley.outbox] == [person.email1]
    again = desk.call("send", "-i", "valley-staging", person.user_name, "--yes", "--again")
    assert again.returncode == 0
    assert len(valley.outbox) == 2


def test_a_no_to_the_form_sends_nothing_and_changes_no_config(desk, demo):
    valley, before = demo.instance("valley-staging"), desk.config.read_text()
    terminal = desk.start("send", "-i", "valley-staging", person_of(valley).user_name)
    terminal.wait_for("from now on? [y/N]: ")
    terminal.type("\n")
    code, _ = terminal.end()
    assert code == 3
    assert not valley.outbox
    assert desk.config.read_text() == before


def test_giving_up_at_the_second_password_is_recorded_as_not_sent(desk, demo, harbor, store):
    desk.configure(demo, password_command=None, keyring=False)
    terminal = desk.start("send", "-i", "harbor-prod", "cara.beacon")
    terminal.wait_for("Password of demo.admin in harbor-prod: ")
    terminal.type(f"{harbor.password}\n")
    terminal.wait_for("[y/N]: ")
    harbor.expire_sessions()
    terminal.seen = ""
    terminal.type("y\n")
    terminal.wait_for("Password of demo.admin in harbor-prod: ")
    assert "The session has ended. Signing in to harbor-prod again." in terminal.seen
    terminal.interrupt()
    terminal.end()
    assert not harbor.outbox
    assert [str(entry.outcome) for entry in store.search()] == ["not sent"]


def test_the_form_is_not_offered_if_it_would_not_be_enough(desk, demo):
    valley = demo.instance("valley-staging")
    asleep = next(one for one in valley.people if not one.active)
    before = desk.config.read_text()
    terminal = desk.start("send", "-i", "valley-staging", person_of(valley).user_name, asleep.user_name)
    code, _ = terminal.end()
    assert code == 3
    assert "from now on?" not in terminal.seen
    assert desk.config.read_text() == before
