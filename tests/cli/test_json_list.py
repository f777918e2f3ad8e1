"""An instance whose list is JSON, configured by hand: every command that needs people works on it."""

import json

import pytest
import tomli_w

from dazos_tui.demo.presets import SANDBOX
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.demo.trap_presets import JSON_LIST, TWO_JSON_LISTS
from tests.cli.conftest import Desk
from tests.json_list import ONE_LIST, TWO_LISTS


@pytest.fixture
def demo():
    with DemoServer(JSON_LIST, TWO_JSON_LISTS, SANDBOX) as server:
        yield server


@pytest.fixture
def crm(demo):
    return demo.instance("json-list")


@pytest.fixture
def desk(tmp_path, demo):
    desk = Desk(tmp_path)
    tables = demo_config(demo.instances)
    tables["instances"]["json-list"]["user_list"] = ONE_LIST
    tables["instances"]["two-json-lists"]["user_list"] = TWO_LISTS
    desk.config.write_text(tomli_w.dumps(tables))
    return desk


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def someone(crm, *, active=True):
    return next(one for one in crm.people if one.active is active and one.user_name.isascii())


@pytest.mark.parametrize("name", ["json-list", "two-json-lists"])
def test_users(desk, demo, name):
    done = desk.call("users", "-i", name, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    people = demo.instance(name).people
    assert {one["id"]: one["status"] for one in records(done)} == {
        str(one.id): one.status.lower() for one in people
    }
    assert {one["id"] for one in records(done) if one["admin"]} == {
        str(one.id) for one in people if one.is_admin
    }


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_users_of_one_status(desk, crm, status):
    done = desk.call("users", "-i", "json-list", "--status", status, "--json")
    assert {one["id"] for one in records(done)} == {
        str(one.id) for one in crm.people if one.status.lower() == status
    }


def test_users_with_a_gap(desk, crm):
    crm.faults.cut_page(2, rendered=3)
    done = desk.call("users", "-i", "json-list")
    assert done.returncode == 8
    assert "22 of 25 people are missing" in done.stderr


def test_send(desk, crm):
    person = someone(crm)
    done = desk.call("send", "-i", "json-list", person.email1, "--yes", "--json")
    assert (done.returncode, records(done)[0]["outcome"]) == (0, "sent")
    assert [mail.user_name for mail in crm.outbox] == [person.user_name]


def test_send_to_an_inactive_account_is_stopped(desk, crm):
    done = desk.call("send", "-i", "json-list", someone(crm, active=False).user_name, "--yes", "--json")
    assert done.returncode != 0
    assert crm.outbox == []


def test_send_to_nobody_in_the_list(desk, crm):
    done = desk.call("send", "-i", "json-list", "nobody@json-list.example.com", "--yes")
    assert (done.returncode, crm.outbox) == (4, [])


def test_send_is_not_done_if_the_list_has_a_gap(desk, crm):
    crm.faults.cut_page(1, rendered=3)
    done = desk.call("send", "-i", "json-list", "nobody@json-list.example.com", "--yes")
    assert "Somebody may be missing from the list." in done.stderr
    assert (done.returncode, crm.outbox) == (8, [])


def test_find_looks_in_it_too(desk, crm):
    person = someone(crm)
    done = desk.call("find", person.user_name, "--json")
    assert {"json-list"} <= {one["instance"] for one in records(done) if one["id"] == str(person.id)}


def test_doctor(desk):
    done = desk.call("doctor", "-i", "json-list", "--json")
    assert done.returncode == 0
    assert all(one["ok"] for one in records(done))
    assert "The list is complete: 52 active, 8 inactive." in done.stdout


def test_doctor_of_pages_that_show_nobody(desk, demo):
    desk.configure(demo)
    done = desk.call("doctor", "-i", "json-list", "--json")
    last = records(done)[-1]
    assert (done.returncode, last["step"]) == (8, "admin rights")
    assert "dazos-tui learn" in last["advice"]


def test_doctor_names_what_points_nowhere(desk, demo):
    desk.configure(demo, user_list={**ONE_LIST, "rows": "/users"})
    done = desk.call("doctor", "-i", "json-list", "--json")
    last = records(done)[-1]
    assert (done.returncode, last["step"]) == (8, "list")
    assert "no list of people where rows points" in last["words"]
    assert "[instances.NAME.user_list]" in last["advice"]


def test_an_account_without_rights(desk, demo, crm):
    login = {"username": crm.non_admin.username, "password_command": ["echo", crm.non_admin.password]}
    desk.configure(demo, user_list=ONE_LIST, **login)
    done = desk.call("doctor", "-i", "json-list", "--json")
    assert (done.returncode, records(done)[-1]["step"]) == (6, "admin rights")


def test_config_show_and_its_messages(desk, demo):
    shown = desk.call("config", "show").stdout
    assert "instances.json-list.user_list.fields.email" in shown
    assert "/contact/email" in shown
    desk.configure(demo, user_list={**ONE_LIST, "fields": {"id": 7, "mail": "/mail"}, "page_size": "ten"})
    done = desk.call("config", "check")
    key = "instances.json-list.user_list"
    for words in (
        f"{key}.fields.id: is not valid; expected a JSON pointer within a row",
        f"{key}.fields.mail: unknown key (did you mean “email”?)",
        f"{key}.page_size: is not valid; expected how many people a full page has, from 1 to 10000",
    ):
        assert words in done.stderr


def test_find_reads_the_whole_list_once_whatever_the_words_are(desk, crm):
    person = someone(crm)
    person.roleid = "Clinical Superintendent"
    done = desk.call("find", f"{person.user_name} superintendent", "--json")
    assert [one["user_name"] for one in records(done)] == [person.user_name]
    first_pages = [one for one in crm.requests if one.query == "page=1"]
    assert len(first_pages) == 1
    done = desk.call("find", "superintendent", "--json")
    assert [one["user_name"] for one in records(done)] == [person.user_name]
