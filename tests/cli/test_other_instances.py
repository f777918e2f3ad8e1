"""Instances with other lists: one list for all people, another language, fewer columns."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import (
    MISLABELLED,
    NO_INACTIVE_SWITCH,
    ONE_LIST,
    ONE_LIST_WITH_STATUS,
    SCRIPTED,
    SPANISH,
)

WITHOUT_NAMES = replace(HARBOR, name="nameless", users=40, columns=("user_name", "roleid"))
SHAPES = (
    ONE_LIST,
    ONE_LIST_WITH_STATUS,
    SPANISH,
    replace(NO_INACTIVE_SWITCH, users=60),
    SCRIPTED,
    MISLABELLED,
    WITHOUT_NAMES,
)


LOCKED = ("--allow", "locked")


@pytest.fixture(scope="module")
def demo():
    with DemoServer(*SHAPES) as server:
        yield server


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def statuses(done):
    return Counter(person["status"] for person in records(done))


@pytest.mark.parametrize("name", ["one-list", "one-list-status", "spanish-prod"])
@pytest.mark.parametrize(
    ("status", "count"),
    [("all", {"active": 389, "inactive": 64}), ("active", {"active": 389}), ("inactive", {"inactive": 64})],
)
def test_all_people_have_their_status(desk, name, status, count):
    done = desk.call("users", "-i", name, "--status", status, "--json")
    assert (done.returncode, done.stderr, statuses(done)) == (0, "", count)


def test_a_status_that_is_not_shown_is_null(desk):
    done = desk.call("users", "-i", "no-switch", "--json")
    assert (done.returncode, statuses(done)) == (0, {None: 60})
    assert "The list does not show whether 60 people are active." in done.stderr
    assert statuses(desk.call("users", "-i", "no-switch", "status:unknown", "--json")) == {None: 60}
    assert "status not known" in desk.call("users", "-i", "no-switch").stdout


@pytest.mark.parametrize("name", ["one-list", "no-switch", "spanish-prod"])
def test_the_fresh_profile_decides_before_a_send(desk, demo, name):
    crm = demo.instance(name)
    mine = {crm.username, crm.non_admin.username}
    active, inactive = (
        next(one for one in crm.people if one.active is wanted and one.email1 and one.user_name not in mine)
        for wanted in (True, False)
    )
    done = desk.call("send", "-i", name, "--yes", active.user_name, "--allow", "role", *LOCKED, "--json")
    assert done.returncode == 0, done.stderr
    assert crm.outbox[-1].user_name == active.user_name
    mails = len(crm.outbox)
    done = desk.call("send", "-i", name, "--yes", inactive.user_name)
    assert done.returncode == 3
    assert "inactive" in done.stderr
    assert len(crm.outbox) == mails


def test_another_language_changes_no_status_or_role(desk, demo):
    people = records(desk.call("users", "-i", "spanish-prod", "--json"))
    assert {person["admin"] for person in people} == {None, False}
    config = desk.config.read_text()
    desk.config.write_text(config + '\n[instances.spanish-prod.labels]\nyes = "Sí"\n')
    people = records(desk.call("users", "-i", "spanish-prod", "--json"))
    admins = {person["user_name"] for person in people if person["admin"]}
    assert admins == {one.user_name for one in demo.instance("spanish-prod").people if one.is_admin}


def test_a_refusal_in_another_language_is_recognised(desk, demo):
    other = demo.instance("spanish-prod").non_admin
    desk.configure(demo, username=other.username, password_command=["echo", other.password])
    done = desk.call("doctor", "-i", "spanish-prod", "--json")
    assert done.returncode == 6
    step = records(done)[-1]
    assert (step["step"], step["ok"]) == ("admin rights", False)
    assert "Permiso denegado" in step["words"]


def test_a_list_without_names_is_not_reported_as_missing_rights(desk):
    done = desk.call("doctor", "-i", "nameless", "--json")
    *before, last = records(done)
    assert [step["step"] for step in before][-1] == "admin rights"
    assert (last["step"], last["ok"], done.returncode) == ("list", False, 8)
    assert "no name cell" in last["words"]
    assert "column with the name" in last["advice"]


@pytest.mark.parametrize(
    ("name", "words", "advice"),
    [
        ("scripted-prod", "has no address", "browser"),
        ("mislabelled-prod", "action=DeleteAjax", "Tell the server's administrator"),
    ],
)
def test_doctor_fails_where_the_item_cannot_be_run(desk, demo, name, words, advice):
    done = desk.call("doctor", "-i", name, "--json")
    last = records(done)[-1]
    assert (done.returncode, last["step"], last["ok"]) == (3, "menu item", False)
    assert words in last["words"]
    assert advice in last["advice"]
    crm = demo.instance(name)
    person = next(one for one in crm.people if one.active and one.email1 and one.id > 5)
    done = desk.call("send", "-i", name, "--yes", "--allow", "role", person.user_name)
    assert done.returncode == 3
    assert words in done.stderr
    assert (crm.actions_run, crm.deleted, crm.outbox) == ([], [], [])
