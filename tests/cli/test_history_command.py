import csv
import io
import json
import os
import re
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dazos_tui.history.models import BackIn, BackInProof, CrmAction, Outcome
from dazos_tui.history.store import HistoryStore
from tests import reset_requests
from tests.support import raw_connection


def request(name, **changes):
    """Return a request to a person of this name."""
    user_name = name.lower()
    texts = {"user_id": name, "user_name": user_name, "email": f"{user_name}@acme.example", "ticket": ""}
    return reset_requests.request(name=name, **(texts | changes))


@pytest.fixture
def filled(desk):
    """Three resets: from five days ago, three hours ago, and now."""
    desk.environment["TZ"] = "America/New_York"
    now = datetime.now(UTC)
    ages = iter([timedelta(days=5)] * 2 + [timedelta(hours=3)] * 2 + [timedelta(0)])
    with HistoryStore(desk.state / "history.db", clock=lambda: now - next(ages)) as store:
        store.record_outcome(store.record_request(request("Zoë", ticket="=HD-1")).id, Outcome.SENT, "Success")
        store.record_outcome(
            store.record_request(request("Bob", instance="beta")).id, Outcome.NOT_SENT, "No connection"
        )
        store.record_request(request("Cy"))
    return desk


def names(done):
    return [json.loads(line)["user"]["name"] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("option", [["--operator", "ROB"], ["by:rob"], ["operator:ki"]])
def test_who_was_at_the_keyboard_is_found_and_shown(filled, option):
    keyboard = {"os_user": "kim", "os_host": "desk", "sudo_user": "rob", "batch": "spring"}
    with HistoryStore(filled.state / "history.db") as store:
        store.record_request(request("Dee", **keyboard))
    done = filled.call("history", "--json", *option)
    [row] = map(json.loads, done.stdout.splitlines())
    assert keyboard.items() <= row.items()
    page = filled.folder / "report.html"
    assert filled.call("history", "--html", str(page), "batch:spring").returncode == 0
    assert "admin from kim@desk (sudo: rob)" in page.read_text()
    assert "Zoë" not in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ["Cy", "Bob", "Zoë"]),
        (["zoe"], ["Zoë"]),
        (["acme", "success"], ["Zoë"]),
        (["--instance", "beta"], ["Bob"]),
        (["--since", "2h"], ["Cy"]),
        (["--since", "90min"], ["Cy"]),
        (["--since", "3d"], ["Cy", "Bob"]),
        (["--since", "1w"], ["Cy", "Bob", "Zoë"]),
        (["--since", "2000-01-01"], ["Cy", "Bob", "Zoë"]),
        (["--since", "2999-01-01T00:00:00Z"], []),
        (["--outcome", "sent"], ["Zoë"]),
        (["--outcome", "not-sent"], ["Bob"]),
        (["--outcome", "not sent"], ["Bob"]),
        (["--outcome", "unknown"], ["Cy"]),
        (["--limit", "2"], ["Cy", "Bob"]),
        (["--since", "yesterday"], ["Cy", "Bob"]),
        (["--outcome", "sent,not-sent"], ["Bob", "Zoë"]),
        (["--until", "1d"], ["Zoë"]),
        (["--until", "today"], ["Cy", "Bob", "Zoë"]),
        (["--on", "5d"], ["Zoë"]),
        (["--on", "5d", "--until", "6d"], []),
        (["--operator", "ADM"], ["Cy", "Bob", "Zoë"]),
        (["--operator", "kim"], []),
        (["--user", "zoë"], ["Zoë"]),
        (["--user", "zo"], []),
        (["--user", "BOB@acme.example"], ["Bob"]),
        (["--user", "Cy"], ["Cy"]),
        (["--ticket", "hd-1"], ["Zoë"]),
        (["outcome:sent,unknown"], ["Cy", "Zoë"]),
        (["person:zoe", "ticket:hd"], ["Zoë"]),
        (["by:admin", "instance:be"], ["Bob"]),
        (["since:1d", "back:no"], ["Cy"]),
        (["waiting:yes"], ["Cy", "Zoë"]),
        (["--", "-zoe"], ["Cy", "Bob"]),
        (["acme -cy"], ["Bob", "Zoë"]),
        (['"=hd-1"'], ["Zoë"]),
        (["until:1d", "--instance", "acme"], ["Zoë"]),
    ],
)
def test_matching_resets_are_shown_newest_first(filled, arguments, found):
    done = filled.call("history", "--json", *arguments)
    assert (done.returncode, names(done)) == (0, found)


def test_the_instance_before_the_command_narrows_too(filled):
    assert names(filled.call("-i", "beta", "history", "--json")) == ["Bob"]


def test_the_table_has_local_times(filled):
    titles, row = filled.run("history", "zoe").stdout.splitlines()
    assert titles.split() == ["ID", "REQUESTED", "OUTCOME", "INSTANCE", "PERSON", "TICKET", "MESSAGE"]
    (entry,) = [json.loads(line) for line in filled.run("history", "zoe", "--json").stdout.splitlines()]
    local = datetime.fromisoformat(entry["requested_at"]) - timedelta(hours=5)
    minute, rest = row[4:20], row[20:].split()
    assert row[:4] == f"{entry['history_id']}   "
    assert minute in {f"{local - timedelta(hours=dst):%Y-%m-%d %H:%M}" for dst in (0, -1)}
    assert rest == ["sent", "acme", "Zoë", "<zoë@acme.example>", "=HD-1", "Success"]


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [(Outcome.SENT, "enabled"), (Outcome.NOT_SENT, "not done"), (Outcome.REFUSED, "refused")],
)
def test_an_enabled_login_is_not_shown_as_a_send(desk, outcome, shown):
    with HistoryStore(desk.state / "history.db") as store:
        row = store.record_request(request("Ann"), action=CrmAction.ENABLE_LOGIN)
        store.record_outcome(row.id, outcome, "Done")
    _, row = desk.call("history").stdout.splitlines()
    assert re.split("  +", row[20:]) == ["", shown, "acme", "Ann <ann@acme.example>", "Done"]
    (row,) = [json.loads(line) for line in desk.call("history", "--json").stdout.splitlines()]
    assert (row["action"], row["outcome"]) == ("enable login", outcome)


def test_a_spreadsheet_gets_no_formula(filled):
    (row,) = csv.DictReader(io.StringIO(filled.call("history", "zoe", "--csv").stdout))
    assert (row["name"], row["ticket"], row["outcome"]) == ("Zoë", "'=HD-1", "sent")


def test_an_empty_history_says_so(desk):
    done = desk.run("history")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"No resets recorded yet in {desk.state / 'history.db'}.\n"
    assert not desk.state.exists()


def test_a_history_that_cannot_be_read_is_not_shown_as_empty(desk):
    desk.state.touch()
    done = desk.call("history")
    assert (done.returncode, done.stdout) == (3, "")
    assert "cannot be created: Not a directory" in done.stderr
    assert "No resets recorded yet" not in done.stderr


def test_a_person_without_a_name_is_shown_by_user_name(desk):
    with HistoryStore(desk.state / "history.db") as store:
        for person in (request("Ann"), request("Bob", email="")):
            store.record_request(replace(person, name=""))
    lines = desk.call("history").stdout.splitlines()
    assert [re.split("  +", line)[4] for line in lines[1:]] == ["bob", "ann <ann@acme.example>"]


def test_a_field_that_does_not_exist_is_named_with_the_one_that_was_meant(filled):
    done = filled.call("history", "mail:zoe", "zoe")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[0].startswith(
        "There is no field “mail” (did you mean “email”?); there are"
    )
    assert done.stderr.splitlines()[1:] == ["No reset matches."]


def test_an_ambiguous_age_is_refused_with_what_could_be_meant(filled):
    for arguments in (["--since", "3m"], ["--until", "3m"], ["--on", "3m"], ["since:3m"]):
        assert "could mean months or minutes: use 3mo or 3min" in filled.call("history", *arguments).stderr


COPY = """
INSERT INTO resets (uid, sort_key, instance, environment, host, operator, user_id, user_name, name, email,
    ticket, requested_at, finished_at, outcome, message, folded)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :times)
SELECT 'copy ' || i, sort_key, instance, environment, host, operator, user_id, user_name, name, email,
    ticket, requested_at, finished_at, outcome, message, folded
FROM resets, n WHERE id = 1
"""
"""Copies the first row of a history."""


def test_a_thousand_rows_and_more_are_shown(desk):
    with HistoryStore(desk.state / "history.db") as store:
        store.record_outcome(store.record_request(request("Ann")).id, Outcome.SENT, "Done")
    with closing(sqlite3.connect(desk.state / "history.db")) as database, database:
        database.execute(COPY, {"times": 2_200})
    assert len(desk.call("history", "--json").stdout.splitlines()) == 2201
    assert len(desk.call("history", "--csv").stdout.splitlines()) == 2202
    # The titles are shown once, however many rows there are.
    assert len(desk.call("history").stdout.splitlines()) == 2202
    assert len(desk.call("history", "--limit", "1500").stdout.splitlines()) == 1501


def test_the_statistics_as_text_and_as_json(filled):
    with HistoryStore(filled.state / "history.db") as store:
        [zoe] = store.search("zoe")
        store.record_back_in(zoe.id, BackIn(zoe.requested_at + timedelta(minutes=14), BackInProof.SIGN_IN))
    done = filled.call("history", "--stats")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0] == "Links per day                             Outcome                              3"
    assert max(map(len, lines)) <= 80
    assert any("✓ sent" in line and line.endswith("1  33 %") for line in lines)
    assert any("half of them within 14 min" in line for line in lines), done.stdout
    [line] = filled.call("history", "--stats", "--json").stdout.splitlines()
    found = json.loads(line)
    assert found["links"] == 3
    assert found["outcomes"] == {"sent": 1, "refused": 0, "not sent": 1, "unknown": 1}
    assert sum(day["sent"] + day["refused"] + day["not sent"] + day["unknown"] for day in found["days"]) == 3
    assert (len(found["days"]), sum(found["hours"]), len(found["hours"])) == (6, 3, 24)
    assert found["back_in"]["median_minutes"] == 14
    assert found["back_in"]["buckets"][0] == {"up_to_minutes": 15, "count": 1}
    assert found["back_in"]["not_seen"] == 1
    assert {"name": "Zoë", "email": "zoë@acme.example", "count": 1} in found["people"]
    assert {"name": "acme", "count": 2} in found["instances"]
    narrowed = json.loads(
        filled.call("history", "--stats", "--json", "--since", "1d", "instance:acme").stdout
    )
    assert narrowed["links"] == 1


def test_statistics_of_nothing_say_so(filled, desk):
    done = filled.call("history", "--stats", "nobody")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No reset matches.\n")


def test_statistics_without_block_elements_are_drawn_with_signs(filled):
    filled.environment["PYTHONIOENCODING"] = "ascii"
    shown = filled.run("history", "--stats").stdout
    assert "#" in shown
    assert "█" not in shown
    assert "+ sent" in shown
    assert "<= 15 min" in shown


def test_a_report_is_written_for_its_owner_and_never_over_another_file(filled):
    file = filled.folder / "report.html"
    done = filled.run("history", "--html", str(file), "acme")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"3 links reported in {file}.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text(encoding="utf-8")
    assert all(name in text for name in ("Zoë", "Bob", "Cy", "=HD-1", "No connection"))
    file.write_text("mine")
    again = filled.run("history", "--html", str(file))
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.splitlines()[0] == f"{file} exists and was left as it is."
    assert file.read_text() == "mine"


def test_a_report_replaces_a_file_if_the_user_says_so(filled):
    file = filled.folder / "report.html"
    file.write_text("mine")
    for answer, kept in (("n", True), ("y", False)):
        terminal = filled.start("history", "--html", str(file))
        terminal.wait_for("exists. Replace it?")
        terminal.type(f"{answer}\n")
        assert terminal.end() == (2 if kept else 0, "")
        assert ("left as it is" if kept else "reported in") in terminal.seen
        assert (file.read_text() == "mine") is kept
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in filled.folder.iterdir() if "report" in path.name] == ["report.html"]


@pytest.mark.parametrize("name", ["none/report.html", "", "."])
def test_a_report_that_cannot_be_written_is_an_error(filled, name):
    done = filled.call("history", "--html", str(filled.folder / name) if name else name)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_a_report_of_nothing_says_so(filled):
    done = filled.call("history", "--html", str(filled.folder / "r.html"), "nobody")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "No reset matches.")


def test_no_match_is_reported(filled):
    done = filled.call("history", "nobody")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No reset matches.\n")


def test_an_empty_csv_still_has_its_header(desk):
    assert desk.call("history", "--csv").stdout.startswith("history_id,requested_at,")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "once"],
        ["--since", ""],
        ["--since", "12x"],
        ["--until", "1m"],
        ["--on", "1m"],
        ["since:1m"],
        ["outcome:lost"],
        ["--outcome", ""],
        ["--outcome", ","],
        ["--stats", "--csv"],
        ["--html", "x", "--json"],
        ["--html", "x", "--limit", "1"],
        ["--stats", "--limit", "3"],
        ["--since", "999999w"],
        ["--since", "0001-01-01"],
        ["--outcome", "maybe"],
        ["--limit", "0"],
        ["--json", "--csv"],
        ["--nonsense\x1b[31m"],
    ],
)
def test_invalid_arguments_are_refused(desk, arguments):
    done = desk.call("history", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: " in done.stderr
    assert "\x1b" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_config_that_is_a_pipe_is_not_waited_for(desk, tmp_path):
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe, 0o600)
    done = desk.run("--config", str(pipe), "history")
    assert done.returncode == 2
    assert "is a pipe, a device or a socket" in done.stderr


def test_a_history_of_a_newer_version_is_not_changed(desk):
    with HistoryStore(desk.state / "history.db") as store:
        store.record_request(request("Ann"))
        raw_connection(store).execute("PRAGMA user_version = 9")
    done = desk.call("history")
    assert done.returncode == 3
    assert "made by a newer dazos-tui" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_the_table_shows_who_is_back_in(filled):
    with HistoryStore(filled.state / "history.db") as store:
        [zoe] = store.search("zoe")
        store.record_back_in(zoe.id, BackIn(zoe.requested_at + timedelta(minutes=14), BackInProof.SIGN_IN))
        [cy] = store.search("cy")
        store.record_back_in(cy.id, BackIn(cy.requested_at, BackInProof.PERSON))
    lines = filled.call("history").stdout.splitlines()
    assert [line for line in lines if "Zoë" in line and "  back in 14 min later  Success" in line]
    assert [line for line in lines if "Cy" in line and line.endswith("  back in, they say")]
    assert not [line for line in lines if "Bob" in line and "back in" in line]
