"""``dazos-tui note``."""

import json
import os
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest
import tomli_w

from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from tests.cli.conftest import Desk
from tests.cli.test_commands import modules_of
from tests.cli.test_history_command import request

TEMPLATE = "{history_id} {user_name} {email} {ticket}\nsecond line\n"


@pytest.fixture
def filled(tmp_path) -> Desk:
    """Three resets in two instances, without a CRM."""
    desk = Desk(tmp_path)
    with HistoryStore(desk.state / "history.db", clock=lambda: datetime.now(UTC)) as store:
        store.record_outcome(store.record_request(request("Zoe", ticket="T-1")).id, Outcome.SENT, "Success")
        store.record_outcome(
            store.record_request(request("Bob", instance="beta")).id, Outcome.SENT, "Success"
        )
        store.record_outcome(store.record_request(request("Cy")).id, Outcome.SENT, "Success")
    return desk


@pytest.fixture
def configure(filled) -> Callable[..., None]:
    def configure(**keys: object) -> None:
        filled.config.write_text(tomli_w.dumps({"note_template": TEMPLATE} | keys))

    configure()
    return configure


@pytest.mark.usefixtures("configure")
@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        ([], "3 cy cy@acme.example —"),
        (["3"], "3 cy cy@acme.example —"),
        (["2"], "2 bob bob@acme.example —"),
        (["1"], "1 zoe zoe@acme.example T-1"),
        (["-i", "beta"], "2 bob bob@acme.example —"),
        (["-i", "acme", "1"], "1 zoe zoe@acme.example T-1"),
        (["--ticket", "HELP-2"], "3 cy cy@acme.example HELP-2"),
        (["1", "--ticket", "a\x1b[31m\nb"], "1 zoe zoe@acme.example a\ufffd[31m b"),
        (["1", "--ticket", ""], "1 zoe zoe@acme.example —"),
        (["1", "--mask"], "1 zoe z***@acme.example T-1"),
    ],
)
def test_the_note_of_a_row_is_printed(filled, arguments, first):
    done = filled.call("note", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{first}\nsecond line\n", "")


@pytest.mark.usefixtures("configure")
def test_the_instance_before_the_command_narrows_too(filled):
    assert filled.call("-i", "beta", "note").stdout.startswith("2 bob ")


def test_the_config_masks_unless_the_option_says_otherwise(filled, configure):
    configure(note_mask_address=True)
    assert "c***@acme.example" in filled.call("note").stdout
    assert "cy@acme.example" in filled.call("note", "--no-mask").stdout


def test_the_ticket_of_a_note_is_not_kept(filled, configure):
    configure()
    filled.call("note", "1", "--ticket", "T-2")
    assert filled.call("note", "1").stdout.startswith("1 zoe zoe@acme.example T-1")


def noted_at(desk, entry_id):
    with HistoryStore(desk.state / "history.db") as store:
        entry = store.get(entry_id)
        assert entry is not None
        return entry.noted_at


@pytest.mark.usefixtures("configure")
def test_a_note_that_is_printed_is_recorded_once(filled):
    assert noted_at(filled, 1) is None
    assert filled.call("note", "1", "--ticket", "T-9").returncode == 0
    first = noted_at(filled, 1)
    assert first is not None
    assert filled.call("note", "1").returncode == 0
    assert noted_at(filled, 1) == first
    assert noted_at(filled, 2) is noted_at(filled, 3) is None
    assert filled.call("db", "check").returncode == 0
    assert json.loads(filled.call("history", "--json", "noted:yes").stdout)["history_id"] == 1
    assert filled.call("history", "--json", "noted:no").stdout.count("\n") == 2


@pytest.mark.parametrize(("code", "is_noted"), [(0, True), (1, False)])
def test_a_note_is_recorded_if_the_command_accepted_it(filled, configure, code, is_noted):
    configure(note_command=["sh", "-c", f"exit {code}"])
    filled.call("note", "1", "--hand-over")
    assert (noted_at(filled, 1) is not None) is is_noted


@pytest.mark.usefixtures("configure")
def test_a_note_is_made_although_the_history_cannot_be_written(filled):
    with closing(sqlite3.connect(filled.state / "history.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = filled.call("note", "1")
    assert (done.returncode, done.stdout) == (0, "1 zoe zoe@acme.example T-1\nsecond line\n")
    assert done.stderr.startswith("The history could not record that the note was made. The history ")
    assert "has been in use by another program" in done.stderr
    assert noted_at(filled, 1) is None


@pytest.mark.parametrize("arguments", [["9"], ["-i", "acme", "2"], ["-i", "nowhere"], ["-i", "acme", "9"]])
@pytest.mark.usefixtures("configure")
def test_a_row_that_is_not_there(filled, arguments):
    done = filled.call("note", *arguments)
    assert (done.returncode, done.stdout) == (4, "")
    assert "There is no" in done.stderr
    assert "history --json" in done.stderr


def test_a_missing_history_is_reported_and_not_created(tmp_path):
    desk = Desk(tmp_path)
    desk.config.write_text("")
    done = desk.call("note")
    assert (done.returncode, done.stdout) == (4, "")
    assert f"There is no row in the history {desk.state / 'history.db'}." in done.stderr
    assert not desk.state.exists()


@pytest.mark.parametrize("arguments", [["0"], ["-1"], ["x"], ["99999999999999999999"], ["1", "2"]])
@pytest.mark.usefixtures("configure")
def test_invalid_arguments_are_refused(filled, arguments):
    done = filled.call("note", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_a_wrong_template_is_reported(filled, configure):
    configure(note_template="{emial}")
    done = filled.call("note")
    assert (done.returncode, done.stdout) == (2, "")
    assert "note_template: has an unknown field in line 1 (did you mean “email”?)" in done.stderr


def test_hand_over_needs_a_note_command(filled, configure):
    configure()
    done = filled.call("note", "--hand-over")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no note_command in the config" in done.stderr


def test_the_note_is_passed_to_the_command(filled, configure, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_PW", "hunter2")
    kept = tmp_path / "kept"
    seen = "(sys.argv[1:], sys.stdin.read(), os.getenv('CRM_PW'))"
    code = f"import os, sys; open({str(kept)!r}, 'w').write(repr({seen}))"
    table = {"url": "https://a.example", "username": "u", "environment": "staging"}
    instance = table | {"password_env": "CRM_PW"}
    configure(note_command=[sys.executable, "-c", code, "{ticket}", "{email}"], instances={"acme": instance})
    done = filled.call("note", "1", "--hand-over", "--mask", "--ticket", "#88")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"The note was passed to “{sys.executable}”.\n"
    text = "1 zoe z***@acme.example #88\nsecond line\n"
    assert kept.read_text() == repr((["#88", "z***@acme.example"], text, None))


def test_ctrl_c_ends_the_command(filled, configure, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    configure(note_command=["sh", "-c", f"exec 3>{pipe}; echo ready >&3; exec sleep 600"])
    terminal = filled.start("note", "--hand-over")
    terminal.wait_for("Passing the note to “sh” …")
    with pipe.open("rb") as ready:
        assert ready.readline() == b"ready\n"
        terminal.interrupt()
        assert ready.read() == b""
    assert terminal.end() == (130, "")
    assert "Interrupted." in terminal.seen


@pytest.mark.usefixtures("configure")
def test_a_note_needs_only_config_and_history(filled):
    code, modules = modules_of(filled, "note")
    assert (code, modules & {"textual", "httpx", "starlette", "uvicorn", "selectolax"}) == (0, set())


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        (["no-such-program-anywhere"], [], "“no-such-program-anywhere” could not be started: No such file"),
        (["sh", "-c", "echo 'no issue' >&2; exit 1"], [], "“sh” ended with exit code 1: no issue"),
        (["sh", "{ticket}"], [], "“sh” was not run: it needs the ticket, which is missing."),
        (["sh", "{ticket}"], ["--ticket", "-x"], "it would take a value that starts with “-” for an option."),
    ],
)
def test_a_command_that_fails_is_reported(filled, configure, command, arguments, said):
    configure(note_command=command)
    before = filled.call("history", "--json").stdout
    done = filled.call("note", "--hand-over", *arguments)
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert "What was sent is not affected." in done.stderr
    assert filled.call("history", "--json").stdout == before


def test_config_show_leaves_out_the_arguments_of_the_command(filled, configure):
    configure(note_command=["tool", "--key", "hunter2"])
    shown = filled.call("config", "show").stdout
    assert "hunter2" not in shown
    rows = {tuple(re.split(r"  +", line)) for line in shown.splitlines()}
    assert {("note_template", "2 lines", "config"), ("note_command", "tool", "config")} <= rows
    assert ("note_mask_address", "false", "default") in rows
    assert ("sign_in_check_seconds", "60", "default") in rows
