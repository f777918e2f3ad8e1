import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dazos_tui.history.models import BackIn, BackInProof, CrmAction, Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from tests.support import raw_connection


def request(name, **changes):
    texts = {
        "instance": "acme", "environment": "production", "host": "h", "operator": "admin", "user_id": name,
        "user_name": name.lower(), "name": name, "email": f"{name.lower()}@acme.example", "ticket": "",
    }  # fmt: skip
    return ResetRequest(**(texts | changes))


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


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ["Cy", "Bob", "Zoë"]),
        (["zoe"], ["Zoë"]),
        (["acme", "success"], ["Zoë"]),
        (["--instance", "beta"], ["Bob"]),
        (["--since", "2h"], ["Cy"]),
        (["--since", "90m"], ["Cy"]),
        (["--since", "3d"], ["Cy", "Bob"]),
        (["--since", "1w"], ["Cy", "Bob", "Zoë"]),
        (["--since", "2000-01-01"], ["Cy", "Bob", "Zoë"]),
        (["--since", "2999-01-01T00:00:00Z"], []),
        (["--outcome", "sent"], ["Zoë"]),
        (["--outcome", "not-sent"], ["Bob"]),
        (["--outcome", "not sent"], ["Bob"]),
        (["--outcome", "unknown"], ["Cy"]),
        (["--limit", "2"], ["Cy", "Bob"]),
    ],
)
def test_matching_resets_are_shown_newest_first(filled, arguments, found):
    done = filled.call("history", *arguments, "--json")
    assert (done.returncode, names(done)) == (0, found)


def test_the_instance_before_the_command_narrows_too(filled):
    assert names(filled.call("-i", "beta", "history", "--json")) == ["Bob"]


def test_the_table_has_local_times(filled):
    done = filled.run("history", "zoe")
    (entry,) = [json.loads(line) for line in filled.run("history", "zoe", "--json").stdout.splitlines()]
    local = datetime.fromisoformat(entry["requested_at"]) - timedelta(hours=5)
    minute, rest = done.stdout[:16], done.stdout[16:]
    assert minute in {f"{local - timedelta(hours=dst):%Y-%m-%d %H:%M}" for dst in (0, -1)}
    assert rest == "  sent  acme  Zoë <zoë@acme.example>  =HD-1  Success\n"


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [(Outcome.SENT, "enabled"), (Outcome.NOT_SENT, "not done"), (Outcome.REFUSED, "refused")],
)
def test_an_enabled_login_is_not_shown_as_a_send(desk, outcome, shown):
    with HistoryStore(desk.state / "history.db") as store:
        row = store.record_request(request("Ann"), action=CrmAction.ENABLE_LOGIN)
        store.record_outcome(row.id, outcome, "Done")
    assert desk.call("history").stdout[16:] == f"  {shown}  acme  Ann <ann@acme.example>    Done\n"
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
    assert [line.split("  ")[3] for line in lines] == ["bob", "ann <ann@acme.example>"]


def test_no_match_is_reported(filled):
    done = filled.call("history", "nobody")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No reset matches.\n")


def test_an_empty_csv_still_has_its_header(desk):
    assert desk.call("history", "--csv").stdout.startswith("history_id,requested_at,")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "yesterday"],
        ["--since", ""],
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
