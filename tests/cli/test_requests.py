"""The number of requests for one link, for the list, for many people, and after the session has ended."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dazos_tui.demo.server import DemoServer
from tests.support import eventually

_SCRIPT = Path(__file__).parents[2] / "benchmarks" / "bare_send.py"
BARE = 5
"""The fewest requests of the protocol: sign in (2), search, profile, send."""


NOT_FOR_A_SEND = {
    "textual", "rich", "pygments", "keyring", "psycopg", "tomlkit", "truststore", "starlette", "jinja2",
    "dazos_tui.crm.reader", "dazos_tui.crm.webservice", "dazos_tui.history.query", "dazos_tui.resets.batch",
    "dazos_tui.resets.batch_plan", "dazos_tui.resets.people_file", "dazos_tui.cli._support.send_batch",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo():
    with DemoServer(users=453) as server:
        yield server


@pytest.fixture
def harbor(demo):
    found = demo.instance("harbor-prod")
    found.requests.clear()
    found.outbox.clear()
    found.actions_run.clear()
    yield found
    found.faults.clear()


def colleagues(harbor):
    mine = {harbor.username, harbor.non_admin.username}
    emails = [one.email1.casefold() for one in harbor.people]
    return [
        one
        for one in harbor.people
        if one.active
        and one.user_name not in mine
        and emails.count(one.email1.casefold()) == 1
        and one.email1.endswith(f"@{harbor.preset.domain}")
        and not harbor.accounts.is_locked(one, harbor.clock())
        and one.roleid not in {"No Access", "Disabled Reps"}
    ]


def signed_out(harbor):
    return any("action=Logout" in one.query for one in harbor.requests)


def asked(harbor, part):
    return [one for one in harbor.requests if part in one.query]


@pytest.mark.parametrize(("by", "most"), [("user_name", BARE + 1), ("email1", BARE + 2)])
def test_one_link_costs_at_most_two_requests_more_than_the_protocol_needs(desk, harbor, by, most):
    person = next(one for one in colleagues(harbor) if "@" not in one.user_name)
    done = desk.call("send", "-i", "harbor-prod", getattr(person, by), "--yes", "--again")
    assert done.returncode == 0, done.stderr
    assert [mail.to for mail in harbor.outbox] == [person.email1]
    assert eventually(lambda: signed_out(harbor))
    assert eventually(lambda: len(harbor.requests) == most)


def test_a_send_imports_nothing_that_takes_time_and_is_not_needed(desk, harbor):
    person = next(one for one in colleagues(harbor) if "@" not in one.user_name)
    desk.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    done = desk.run("send", "-i", "harbor-prod", person.user_name, "--yes", "--again")
    imported = set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert {"httpx", "pydantic", "dazos_tui.resets.service"} <= imported
    assert imported & NOT_FOR_A_SEND == set()


def test_the_script_that_a_send_is_measured_against_makes_the_fewest_requests(harbor):
    person = next(one for one in colleagues(harbor) if "@" not in one.user_name)
    script = [sys.executable, _SCRIPT, harbor.url, harbor.username, person.email1]
    subprocess.run(script, env={**os.environ, "CRM_PASSWORD": harbor.password}, check=True)
    assert [mail.to for mail in harbor.outbox] == [person.email1]
    assert len(harbor.requests) == BARE


def test_a_locked_login_is_found_without_another_request(desk, harbor):
    person = next(one for one in colleagues(harbor) if "@" not in one.user_name)
    harbor.accounts.lock(person, harbor.clock())
    try:
        done = desk.call("send", "-i", "harbor-prod", person.user_name, "--yes", "--again", "--json")
    finally:
        harbor.accounts.unlock(person)
    assert done.returncode == 3
    assert "locked" in json.loads(done.stdout)["findings"]
    assert len(asked(harbor, "view=List")) == 1


def test_a_list_of_24_pages_takes_25_requests(desk, harbor):
    done = desk.call("users", "-i", "harbor-prod", "--json")
    people = [json.loads(line) for line in done.stdout.splitlines()]
    assert {person["id"] for person in people} == {str(one.id) for one in harbor.people}
    assert len(asked(harbor, "view=List")) <= 25


def test_forty_people_are_found_with_a_handful_of_requests(desk, harbor):
    people = colleagues(harbor)[:40]
    named = [one.email1 if place % 2 else one.user_name for place, one in enumerate(people)]
    done = desk.call("send", "-i", "harbor-prod", *named, "--yes", "--again")
    assert done.returncode == 0, done.stderr
    assert sorted(mail.to for mail in harbor.outbox) == sorted(one.email1 for one in people)
    assert len(asked(harbor, "view=List")) <= 8
    assert len(asked(harbor, "view=Detail")) == 40


@pytest.mark.parametrize(
    ("place", "command"),
    [("list", ("send", "--yes", "--again")), ("profile", ("send", "--yes", "--again")), ("list", ("users",))],
)
def test_a_session_that_ended_while_people_are_looked_up_is_opened_again_once(desk, harbor, place, command):
    person = next(one for one in colleagues(harbor) if "@" not in one.user_name)
    harbor.faults.expire_before = place
    before = harbor.sign_in_attempts
    name, *options = command
    done = desk.call(name, "-i", "harbor-prod", person.user_name, *options)
    assert done.returncode == 0, done.stderr
    assert "Signing in to harbor-prod again" in done.stderr
    assert harbor.sign_in_attempts == before + 2
    assert len(harbor.outbox) == (1 if name == "send" else 0)


def test_an_address_of_an_active_and_an_inactive_person_is_ambiguous(desk, harbor):
    person = colleagues(harbor)[-1]
    gone = next(one for one in harbor.people if not one.active)
    before, gone.email1 = gone.email1, person.email1.upper()
    harbor.user_list.invalidate()
    try:
        done = desk.call("send", "-i", "harbor-prod", person.email1, "--yes", "--again")
    finally:
        gone.email1 = before
        harbor.user_list.invalidate()
    assert done.returncode == 4
    assert gone.user_name in done.stderr
    assert harbor.outbox == []
