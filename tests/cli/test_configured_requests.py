"""Instances whose item has no address, with a config written by hand: doctor, send and config on them."""

import json
import tomllib

import pytest
import tomli_w

from dazos_tui.demo.server import DemoServer
from tests.configured_requests import REQUESTS, SHAPES

NAMES = tuple(SHAPES)
SENT = "Reset Password Instruction has been sent successfully!"


@pytest.fixture(scope="module")
def demo():
    with DemoServer(*SHAPES.values()) as server:
        yield server


@pytest.fixture
def desk(desk):
    """Return a desk whose config has the requests of each instance."""
    table = tomllib.loads(desk.config.read_text())
    for name, requests in REQUESTS.items():
        table["instances"][name] |= requests
    desk.config.write_text(tomli_w.dumps(table))
    return desk


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def people(crm):
    mine = {crm.username, crm.non_admin.username}
    return [one for one in crm.people if one.active and one.email1 and one.user_name not in mine]


@pytest.mark.parametrize("name", NAMES)
def test_a_link_is_sent(desk, demo, name):
    crm = demo.instance(name)
    person = people(crm)[0]
    done = desk.call("send", "-i", name, "--yes", "--allow", "role", "--json", person.user_name)
    [record] = records(done)
    assert (done.returncode, record["outcome"], record["message"]) == (0, "sent", SENT)
    assert record["findings"] == (["by_request"] if name == "no-item" else [])
    assert [run.person for run in crm.actions_run] == [person]


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_proves_nothing_is_unknown_and_sent_once(desk, demo, name):
    crm = demo.instance(name)
    person, before = people(crm)[1], len(crm.actions_run)
    crm.faults.answer_with("action", '{"status":"queued"}', runs=True)
    done = desk.call("send", "-i", name, "--yes", "--allow", "role", "--json", person.user_name)
    assert (done.returncode, records(done)[0]["outcome"]) == (7, "unknown")
    assert len(crm.actions_run) == before + 1


@pytest.mark.parametrize("name", NAMES)
def test_the_doctor_passes_and_says_what_is_used(desk, demo, name):
    done = desk.call("doctor", "-i", name, "--json")
    last = records(done)[-1]
    assert (done.returncode, last["step"], last["ok"]) == (0, "menu item", True)
    assert "the configured request is used" in last["words"]


def test_without_the_request_the_doctor_says_how_to_learn_it(desk, demo):
    desk.configure(demo)
    done = desk.call("doctor", "-i", "json-body")
    assert done.returncode == 3
    assert "“Send Reset Link” has no address" in done.stdout
    assert "“dazos-tui learn -i json-body --curl -”" in done.stderr
    done = desk.call("doctor", "-i", "no-item")
    assert "--curl" not in done.stderr


def test_the_settings_in_force_show_the_requests(desk):
    shown = desk.call("config", "show").stdout
    rows = {row.split()[0]: row.split(maxsplit=1)[1] for row in shown.splitlines()}
    assert rows["instances.json-body.reset_request"].startswith("POST api/users/reset")
    assert "offered always" in rows["instances.no-item.reset_request"]
    assert rows["instances.no-item.enable_login_request"].split() == ["-", "default"]


def test_a_request_that_would_do_something_else_is_refused_when_the_config_is_read(desk):
    table = tomllib.loads(desk.config.read_text())
    table["instances"]["script-item"]["reset_request"]["form"]["action"] = "DeleteAjax"
    desk.config.write_text(tomli_w.dumps(table))
    done = desk.call("send", "-i", "script-item", "--yes", "jo")
    assert done.returncode == 2
    assert "instances.script-item.reset_request.form: would delete, change or save something" in done.stderr
