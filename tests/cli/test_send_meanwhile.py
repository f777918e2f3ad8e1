"""Changes between the check and the confirmation: nothing is sent twice, unrecorded, or to somebody else."""

import json
import shutil
import tomllib

import pytest
import tomli_w

from dazos_tui.demo.faults import Fault
from dazos_tui.history.store import HistoryStore
from tests.cli.test_send_command import SEND, record, records, refusal
from tests.crm.html import more, profile
from tests.support import eventually


@pytest.fixture
def store(desk):
    with HistoryStore(desk.state / "history.db") as store:
        yield store


# -- somebody else sends between the check and the confirmation -------------------------------------------


def meanwhile(desk, harbor, user_name, *arguments):
    """Run a send, and confirm it after a colleague has sent to this person. Return code, stdout, terminal."""
    terminal = desk.start("send", "-i", "harbor-prod", *arguments)
    terminal.wait_for("[y/N]: ")
    assert desk.call(*SEND, user_name).returncode == 0
    terminal.type("y\n")
    code, stdout = terminal.end()
    assert "Traceback" not in terminal.seen + stdout
    return code, stdout, terminal.seen


def test_a_concurrent_send_stops_the_command_with_a_line_for_each(desk, harbor, store):
    people = ("cara.beacon", "ben.linden", "arlo.orchard")
    code, stdout, seen = meanwhile(desk, harbor, "ben.linden", *people)
    assert code == 3
    first, second, third = stdout.splitlines()
    assert first.startswith("sent  Cara Beacon")
    assert second.startswith("not sent  Ben Linden <ben.linden@harbor.example.com>  demo.admin requested a")
    assert third.startswith("not sent  Arlo Orchard")
    assert third.endswith("Not requested: an earlier send stopped this command.")
    assert "demo.admin requested a link for this person just now (sent)." in seen
    assert [mail.to for mail in harbor.outbox] == [
        "ben.linden@harbor.example.com", "cara.beacon@harbor.example.com",
    ]  # fmt: skip
    assert len(store.search()) == 2


def test_a_concurrent_send_stops_the_command_with_a_json_line_for_each(desk, harbor):
    code, stdout, _ = meanwhile(desk, harbor, "cara.beacon", "--json", "cara.beacon", "ben.linden")
    assert code == 3
    held, after = map(json.loads, stdout.splitlines())
    assert (held["outcome"], held["user"]["user_name"]) == ("not sent", "cara.beacon")
    assert "just now (sent)" in held["message"]
    assert (after["outcome"], after["user"]["user_name"]) == ("not sent", "ben.linden")
    assert len(harbor.outbox) == 1


# -- JSON has a line for each person even if nothing was requested ----------------------------------------


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"password_command": ["echo", "wrong"]}, 5, "Invalid credentials"),
        ({"password_command": ["false"]}, 5, "false"),
        ({"url": "http://127.0.0.1:1/"}, 8, "127.0.0.1:1"),
        ({"url": "https://127.0.0.1:{port}/"}, 8, "127.0.0.1"),
    ],
    ids=["sign-in", "no password", "address", "certificate"],
)
def test_json_has_lines_before_anybody_was_found(desk, demo, changes, code, words):
    harbor = demo.instance("harbor-prod")
    port = harbor.url.split("/")[2].partition(":")[2]
    desk.configure(demo, **{key: _with_port(value, port) for key, value in changes.items()})
    done = desk.call(*SEND, "--json", "--ticket", "HD-7", "cara.beacon", "ben.linden")
    assert (done.returncode, harbor.outbox) == (code, [])
    first, second = records(done)
    assert (first["argument"], second["argument"]) == ("cara.beacon", "ben.linden")
    for one in (first, second):
        assert (one["outcome"], one["instance"], one["ticket"]) == ("not sent", "harbor-prod", "HD-7")
        assert (one["history_id"], one["user"]["id"], one["findings"]) == (None, None, [])
        assert words in one["message"]
        assert one["message"] in done.stderr


def _with_port(value, port):
    return value.format(port=port) if isinstance(value, str) else value


def test_json_has_lines_for_no_match_and_for_a_broken_history(desk, harbor):
    done = desk.call(*SEND, "--json", "nobody")
    assert (done.returncode, record(done)["outcome"], record(done)["argument"]) == (4, "not sent", "nobody")
    (desk.state / "history.db").write_bytes(b"no database" * 100)
    done = desk.call(*SEND, "--json", "cara.beacon")
    assert (done.returncode, record(done)["outcome"]) == (3, "not sent")
    assert "damaged or not a database" in record(done)["message"]


def test_json_has_a_line_if_the_user_declines(desk, harbor):
    terminal = desk.start("send", "-i", "harbor-prod", "--json", "cara.beacon")
    terminal.wait_for("[y/N]: ")
    terminal.type("n\n")
    code, stdout = terminal.end()
    assert (code, harbor.outbox) == (3, [])
    (line,) = map(json.loads, stdout.splitlines())
    assert (line["outcome"], line["user"]["user_name"]) == ("not sent", "cara.beacon")


# -- a history that is replaced meanwhile -----------------------------------------------------------------


def test_a_history_that_is_moved_away_before_the_confirmation_stops_the_send(desk, harbor):
    terminal = desk.start("send", "-i", "harbor-prod", "--json", "cara.beacon", "ben.linden")
    terminal.wait_for("[y/N]: ")
    desk.state.rename(desk.state.with_name("elsewhere"))
    terminal.type("y\n")
    code, stdout = terminal.end()
    assert (code, harbor.outbox) == (3, [])
    first, second = map(json.loads, stdout.splitlines())
    assert "was removed, moved, linked or replaced while dazos-tui had it open" in first["message"]
    assert [one["outcome"] for one in (first, second)] == ["not sent", "not sent"]
    assert "quit and start dazos-tui again" in terminal.seen
    assert not (desk.state / "history.db").exists()


def test_a_history_moved_away_during_the_send_is_reported_besides_the_outcome(desk, harbor):
    harbor.faults.inject("action", Fault(delay=1))
    terminal = desk.start(*SEND, "cara.beacon", "ben.linden")
    assert eventually((desk.state / "history.db").exists)
    with HistoryStore(desk.state / "history.db") as store:
        assert eventually(store.search)
    desk.state.rename(desk.state.with_name("elsewhere"))
    code, stdout = terminal.end()
    assert (code, len(harbor.outbox)) == (3, 1)
    assert [line.split("  ")[0] for line in stdout.splitlines()] == ["sent", "not sent"]
    assert "was removed, moved, linked or replaced" in terminal.seen
    assert "Keep this outcome in the ticket, and do not send again because of it." in terminal.seen


def test_the_history_file_has_all_rows_while_another_process_has_it_open(desk, harbor, store):
    desk.run(*SEND, "cara.beacon")
    assert len(store.search()) == 1
    desk.run(*SEND, "ben.linden")
    copied = desk.folder / "copied"
    copied.mkdir()
    shutil.copy(desk.state / "history.db", copied)
    with HistoryStore(copied / "history.db") as copy:
        assert copy.search() == store.search()
        assert len(copy.search()) == 2


# -- one account, whatever it is called -------------------------------------------------------------------


def test_two_instances_of_the_config_with_one_address_are_one_crm(desk, demo, harbor, store):
    tables = tomllib.loads(desk.config.read_text())
    tables["instances"]["harbor-again"] = tables["instances"]["harbor-prod"]
    desk.config.write_text(tomli_w.dumps(tables))
    terminal = desk.start("send", "-i", "harbor-again", "cara.beacon")
    terminal.wait_for("[y/N]: ")
    assert desk.run(*SEND, "cara.beacon").returncode == 0
    terminal.type("y\n")
    assert terminal.end()[0] == 3
    assert "requested a link for this person just now" in terminal.seen
    held = desk.run("send", "-i", "harbor-again", "--yes", "--json", "cara.beacon")
    assert (held.returncode, record(held)["findings"]) == (3, ["sent_recently"])
    assert "in harbor-prod, which is the same CRM" in held.stderr
    assert (len(harbor.outbox), len(store.search())) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"user_name": "mallory"}, "other_user"),
        ({"user_name": "cara.beacon", "first_name": "Mallory", "last_name": "Marsh"}, "name_changed"),
    ],
)
def test_nothing_is_sent_if_the_profile_differs_from_the_person_found(desk, harbor, fields, code):
    user_id = str(harbor.person("cara.beacon").id)
    target = f"index.php?module=Users&parent=Settings&action=SendIt&record={user_id}"
    email = "cara.beacon@harbor.example.com"
    page = profile(user_id, more("Send Reset Link", target), email1=email, **fields)
    harbor.faults.answer_with("profile", page)
    done = desk.call(*SEND, "--json", "cara.beacon")
    assert (done.returncode, harbor.outbox) == (3, [])
    assert code in record(done)["findings"]


def test_the_last_attempt_is_shown_if_nothing_was_sent(desk, harbor):
    harbor.faults.answer_with("action", refusal("no"))
    desk.call(*SEND, "cara.beacon")
    shown = desk.call(*SEND, "cara.beacon").stderr.splitlines()
    assert "  last reset    none known" in shown
    assert any(line.startswith("  last attempt  20") and line.endswith("  refused") for line in shown)
