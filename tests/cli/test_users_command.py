import json
import os
import unicodedata
from collections import Counter
from pathlib import Path
from subprocess import PIPE

import pytest

from dazos_tui.demo.faults import Fault
from dazos_tui.text.cells import cell_width
from tests.support import eventually


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_everybody_is_listed_once_with_role_and_status(desk, harbor):
    done = desk.call("users", "-i", "harbor-prod", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    people = records(done)
    assert len(people) == len({person["id"] for person in people}) == 453
    assert all(
        list(person) == ["id", "user_name", "name", "email", "role", "status", "admin"] for person in people
    )
    assert all(person["role"] for person in people)
    assert Counter(person["status"] for person in people) == {"active": 389, "inactive": 64}
    assert {person["user_name"] for person in people} == {person.user_name for person in harbor.people}
    (admin,) = [person for person in people if person["user_name"] == "demo.admin"]
    assert (admin["admin"], admin["email"]) == (True, "demo.admin@harbor.example.com")


def test_the_instance_can_be_named_before_the_command(desk):
    assert len(records(desk.call("-i", "summit-prod", "users", "--json"))) == 60


@pytest.mark.parametrize(("status", "count"), [("active", 389), ("inactive", 64), ("all", 453)])
def test_one_status_can_be_asked_for(desk, status, count):
    assert len(records(desk.call("users", "-i", "harbor-prod", "--status", status, "--json"))) == count


def test_a_query_narrows(desk):
    people = records(desk.call("users", "-i", "harbor-prod", "anna", "beacon", "--json"))
    assert [person["user_name"] for person in people] == ["anna.beacon"]
    people = records(desk.call("users", "-i", "harbor-prod", "anna status:inactive", "--json"))
    assert [person["user_name"] for person in people] == ["anna.ivory"]


def test_an_address_is_found_in_pasted_text(desk):
    pasted = '"Anna" <anna.beacon@harbor.example.com>;'
    (person,) = records(desk.call("users", "-i", "harbor-prod", pasted, "--json"))
    assert person["user_name"] == "anna.beacon"
    (found,) = records(desk.call("find", pasted, "--json"))
    assert found["user_name"] == "anna.beacon"


def test_an_unknown_field_is_reported(desk):
    for command in (("users", "-i", "harbor-prod"), ("find",)):
        done = desk.call(*command, "mail:anna")
        assert (done.returncode, done.stdout) == (4, "")
        assert "There is no field “mail” (did you mean “email”?)" in done.stderr


def test_the_table_has_aligned_columns(desk):
    done = desk.call("users", "-i", "harbor-prod", "anna")
    titles, *rows = done.stdout.splitlines()
    assert titles == (
        "ID   NAME         USER NAME    E-MAIL                          ROLE                  STATUS    ADMIN"
    )
    assert [row[5:] for row in rows] == [
        "Anna Beacon  anna.beacon  anna.beacon@harbor.example.com  Admissions            active",
        "Anna Ivory   anna.ivory   anna.ivory@harbor.example.com   Business Development  inactive",
        "Anna Nettle  anna.nettle  anna.nettle@harbor.example.com  Disabled Reps         active",
    ]
    ids = [one["id"] for one in records(desk.call("users", "-i", "harbor-prod", "anna", "--json"))]
    assert [row[:5].rstrip() for row in rows] == ids


def test_a_long_name_is_cut_on_a_terminal(desk, harbor, monkeypatch):
    harbor.person("anna.beacon").last_name = "Beacon " + "長" * 60
    harbor.user_list.invalidate()
    whole = desk.call("users", "-i", "harbor-prod", "anna.beacon").stdout
    assert "長" * 60 in whole
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    seen = desk.look("users", "-i", "harbor-prod", "anna.beacon")
    assert f"Anna Beacon {'長' * 5}" in seen
    assert "…  anna.beacon  anna.beacon@harbor.example.com  " in seen
    assert all(cell_width(line) <= 120 for line in seen.splitlines())
    assert "長" * 60 in desk.look("users", "-i", "harbor-prod", "anna.beacon", "--json")


def test_a_similar_name_is_suggested_but_not_listed(desk):
    result = desk.call("users", "-i", "harbor-prod", "gracia", "--json")
    assert (result.returncode, result.stdout) == (4, "")
    assert "Similar spellings: Elena García (odd.garcia)" in result.stderr


def test_no_match_is_reported(desk):
    done = desk.call("users", "-i", "harbor-prod", "no-such-person\x1b[31m")
    assert (done.returncode, done.stdout) == (4, "")
    assert "Nobody in harbor-prod matches “no-such-person�[31m”." in done.stderr


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_name_can_control_the_terminal(desk, form):
    done = desk.call("users", "-i", "harbor-prod", *form)
    assert done.stdout.count("\n") == 453 + (not form)
    obeyed = {char for char in done.stdout if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"}}
    assert obeyed == {"\n"}


def test_a_page_cut_short_is_reported_after_the_people_read(desk, harbor):
    harbor.faults.cut_page(3, rendered=2)
    done = desk.call("users", "-i", "harbor-prod", "--status", "active", "--json")
    assert done.returncode == 8
    assert len(records(done)) == 389 - 18
    assert "Page 3 of the active accounts was cut short: 18 of 20 people are missing." in done.stderr
    assert "The list is incomplete" in done.stderr


def test_a_connection_that_breaks_once_is_retried(desk, harbor):
    harbor.faults.drop_connection("list")
    assert len(records(desk.call("users", "-i", "harbor-prod", "--json"))) == 453
    assert harbor.faults.is_empty


def test_a_list_that_never_comes_shows_nobody(desk, harbor):
    harbor.faults.inject("list", Fault(drop=True), times=None)
    done = desk.call("users", "-i", "harbor-prod")
    assert (done.returncode, done.stdout) == (8, "")
    assert "broke" in done.stderr


def test_a_session_that_ends_meanwhile_is_renewed_with_a_message(desk, harbor):
    harbor.faults.expire_before = "list"
    done = desk.call("users", "-i", "harbor-prod")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1 + len(harbor.people)
    assert "The session has ended. Signing in to harbor-prod again." in done.stderr
    assert harbor.sign_in_attempts == 2


def test_a_session_that_ends_again_is_renewed_only_once(desk, harbor):
    harbor.faults.inject("list", Fault(body="Invalid request"), times=None)
    done = desk.call("users", "-i", "harbor-prod")
    assert (done.returncode, done.stdout) == (5, "")
    assert "The session has ended" in done.stderr
    assert harbor.sign_in_attempts == 2


def test_it_signs_out_at_the_end_whatever_happened(desk, harbor):
    for code in (0, 4):
        assert desk.call("users", "-i", "harbor-prod", *["nobody-at-all"] * bool(code)).returncode == code
    assert eventually(lambda: sum("action=Logout" in request.query for request in harbor.requests) == 2)


def test_a_reader_that_goes_away_ends_it_quietly(desk):
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = desk.run("users", "-i", "harbor-prod", capture_output=False, stdout=write_end, stderr=PIPE)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, "")


def test_output_that_cannot_be_written_is_reported(desk):
    with Path("/dev/full").open("w") as full:
        done = desk.run("users", "-i", "harbor-prod", capture_output=False, stdout=full, stderr=PIPE)
    assert done.returncode == 2
    assert "Could not write the output: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plain_terminal_encoding_is_no_obstacle(desk):
    desk.environment["PYTHONIOENCODING"] = "ascii"
    done = desk.run("users", "-i", "harbor-prod", "odd.garcia")
    assert "  Elena Garc?a  " in done.stdout
    (person,) = records(desk.run("users", "-i", "harbor-prod", "odd.garcia", "--json"))
    assert person["name"] == "Elena García"


def test_progress_is_shown_only_on_a_terminal(desk):
    terminal = desk.start("users", "-i", "harbor-prod", "--json")
    code, stdout = terminal.end()
    assert code == 0
    assert len(stdout.splitlines()) == 453
    assert "Reading the people of harbor-prod … 453 of 453" in terminal.seen
    assert terminal.seen.endswith("\r\033[K")


def test_a_pause_that_the_crm_asks_for_is_shown_and_the_list_is_complete(desk, harbor):
    harbor.faults.limit_rate("list", 8, window=1, ban=2)
    terminal = desk.start("users", "-i", "harbor-prod", "--json", "anna.beacon")
    terminal.wait_for("harbor-prod asked for a pause: 2 s …")
    terminal.wait_for("Reading the people of harbor-prod …")
    code, stdout = terminal.end()
    assert code == 0
    assert '"anna.beacon"' in stdout
    assert harbor.faults.sent_away


def test_a_pause_that_is_too_long_is_reported_with_the_setting_that_helps(desk, harbor):
    harbor.faults.limit_rate("list", 0, window=1, ban=300)
    done = desk.call("users", "-i", "harbor-prod", "anna")
    assert done.returncode == 8
    assert (
        "accepts no requests for now (HTTP 429). It asks to wait 5 min before the next request."
        in done.stderr
    )
    assert "requests_per_second" in done.stderr
