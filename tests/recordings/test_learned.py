"""``dazos-tui learn`` from what a real browser recorded, and a real link sent with the config that it wrote.

The demo's instances have each shape that a menu item or a list may have. The config of each begins with
nothing but its address and account (and, for a request copied as cURL, the list in JSON).
"""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w

from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import HASH_MARK, KEY_MARK, Person
from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.demo.trap_presets import JSON_BODY, JSON_LIST, OTHER_ANSWER, SCRIPT_ITEM
from tests.cli.conftest import Desk
from tests.json_list import ONE_LIST
from tests.recordings.chromium import Chromium
from tests.recordings.devtools import NetworkEntry, copy_as_curl, write_har
from tests.recordings.needs import needs_chromium
from tests.recordings.walk import reset_request, walk

pytestmark = needs_chromium

STOCK = (HARBOR, JSON_LIST)
"""Instances whose item has an address that can be run: no request has to be learned."""
SCRIPTS = (SCRIPT_ITEM, JSON_BODY, OTHER_ANSWER)
"""Instances whose item is a script: nothing can be sent before its request is learned."""
SHAPES = (*STOCK, *SCRIPTS)
by_shape = pytest.mark.parametrize("name", [preset.name for preset in SHAPES])

Walk = tuple[Person, list[NetworkEntry]]


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(*SHAPES) as server:
        yield server


@pytest.fixture(scope="module")
def walks(demo: DemoServer, tmp_path_factory) -> dict[str, Walk]:
    """Return the walk on each instance: the person who got a link, and what was requested."""
    with Chromium(tmp_path_factory.mktemp("chromium")) as browser:
        return {instance.name: walk(browser, instance) for instance in demo.instances}


@pytest.fixture
def desk(demo: DemoServer, tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    text = "# My instances.\n" + tomli_w.dumps(demo_config(demo.instances))
    desk.config.write_text(text)
    for instance in demo.instances:
        instance.outbox.clear()
        instance.requests.clear()
    return desk


def table_of(desk: Desk, name: str) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads(desk.config.read_text())["instances"][name]
    return found


def somebody_else(instance: DemoInstance, person: Person) -> Person:
    return next(
        other
        for other in reversed(instance.people)
        if other.active and other is not person and other.user_name.replace(".", "").isalnum()
        and other.email1 == f"{other.user_name}@{instance.preset.domain}"
    )  # fmt: skip


def send(desk: Desk, instance: DemoInstance, person: Person) -> None:
    """Send a link to somebody else than the person of the recording, and check the demo's outbox."""
    other = somebody_else(instance, person)
    done = desk.call("send", "-i", instance.name, other.email1, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "sent"
    assert [mail.user_name for mail in instance.outbox] == [other.user_name]


def assert_harmless(text: str, instance: DemoInstance, entries: list[NetworkEntry]) -> None:
    """Check that a text has nothing of the recorded session, and of nobody in the instance."""
    cookies = [entry.headers.get("Cookie", "").partition("=")[2] for entry in entries]
    tokens = [entry.request.get("postData", "")[-40:] for entry in entries if entry.request.get("postData")]
    people = [
        word
        for person in instance.people
        if person.user_name not in {instance.username, instance.non_admin.username}
        for word in (person.user_name, person.email1, person.full_name)
    ]
    for word in {*cookies, *tokens, *people, KEY_MARK, HASH_MARK}:
        assert len(word) < 4 or word not in text


def learn(desk: Desk, instance: DemoInstance, *source: str) -> str:
    done = desk.call("learn", "-i", instance.name, *source, "--yes")
    assert done.returncode == 0, done.stderr + done.stdout
    assert not instance.requests, "it contacted the CRM"
    assert desk.config.read_text().startswith("# My instances.\n")
    return done.stdout + done.stderr + desk.config.read_text()


@pytest.mark.parametrize("name", [preset.name for preset in (JSON_LIST, *SCRIPTS)])
def test_before_anything_is_learned_nothing_can_be_sent(desk, demo, walks, name):
    instance = demo.instance(name)
    other = somebody_else(instance, walks[name][0])
    done = desk.call("send", "-i", name, other.email1, "--yes")
    assert done.returncode != 0
    assert instance.outbox == []


@by_shape
@pytest.mark.parametrize("sensitive", [True, False], ids=["sensitive", "sanitized"])
def test_a_har_file_of_the_walk(desk, demo, walks, tmp_path, name, sensitive):
    instance, (person, entries) = demo.instance(name), walks[name]
    write_har(tmp_path / "walk.har", entries, sensitive=sensitive)
    shown = learn(desk, instance, "--har", str(tmp_path / "walk.har"))
    assert ("reset_request" in table_of(desk, name)) == (name in {preset.name for preset in SCRIPTS})
    assert_harmless(shown, instance, entries)
    send(desk, instance, person)


def test_the_list_in_json_is_learned_from_a_har_file(desk, demo, walks, tmp_path):
    instance, (_, entries) = demo.instance("json-list"), walks["json-list"]
    write_har(tmp_path / "walk.har", entries)
    shown = learn(desk, instance, "--har", str(tmp_path / "walk.har"))
    assert table_of(desk, "json-list")["user_list"] == ONE_LIST
    assert "JSON from api/users?page={page}; with id, user_name, email" in shown
    done = desk.call("doctor", "-i", "json-list")
    assert done.returncode == 0
    assert "The list is complete: 52 active, 8 inactive." in done.stdout


@pytest.mark.parametrize("name", [preset.name for preset in (HARBOR, *SCRIPTS)])
def test_a_har_file_without_bodies(desk, demo, walks, tmp_path, name):
    instance, (person, entries) = demo.instance(name), walks[name]
    write_har(tmp_path / "walk.har", entries, bodies=False, sensitive=False)
    shown = learn(desk, instance, "--har", str(tmp_path / "walk.har"))
    assert_harmless(shown, instance, entries)
    if name == OTHER_ANSWER.name:
        # What proves success is in the answer only.
        assert "success" not in str(table_of(desk, name)["reset_request"])
        return
    send(desk, instance, person)


@by_shape
def test_a_request_copied_as_curl(desk, demo, walks, tmp_path, name):
    instance, (person, entries) = demo.instance(name), walks[name]
    if name == JSON_LIST.name:
        tables = tomllib.loads(desk.config.read_text())
        tables["instances"][name]["user_list"] = ONE_LIST
        desk.config.write_text("# My instances.\n" + tomli_w.dumps(tables))
    command = tmp_path / "request.txt"
    command.write_text(copy_as_curl(reset_request(entries)))
    shown = learn(desk, instance, "--curl", str(command))
    assert_harmless(shown, instance, entries)
    if name == OTHER_ANSWER.name:
        add_success_rule(desk, name)
    send(desk, instance, person)


def add_success_rule(desk: Desk, name: str) -> None:
    """Add by hand what a request without its answer cannot show."""
    tables = tomllib.loads(desk.config.read_text())
    tables["instances"][name]["reset_request"]["success"] = {"pointer": "/status", "equals": "ok"}
    desk.config.write_text(tomli_w.dumps(tables))
