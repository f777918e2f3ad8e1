"""What a real browser records on the demo's instances, as HAR and as cURL.

Chromium is driven through each instance as an administrator walks it. These tests need Debian's ``chromium``,
and are skipped without it and in CI.
"""

import json
import shlex
from collections.abc import Iterator

import pytest

from dazos_tui.demo.presets import HARBOR
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import JSON_BODY, JSON_LIST, OTHER_ANSWER, SCRIPT_ITEM
from tests.recordings.chromium import Chromium
from tests.recordings.devtools import NetworkTab, copy_as_curl, write_har
from tests.recordings.needs import needs_chromium
from tests.recordings.walk import reset_request, sign_in, walk

pytestmark = needs_chromium

SHAPES = (HARBOR, JSON_LIST, SCRIPT_ITEM, JSON_BODY, OTHER_ANSWER)
by_shape = pytest.mark.parametrize("name", [preset.name for preset in SHAPES])


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer(*SHAPES) as server:
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@by_shape
def test_the_walk(browser, demo, name, tmp_path):
    instance = demo.instance(name)
    instance.outbox.clear()
    person, entries = walk(browser, instance)
    assert [mail.user_name for mail in instance.outbox] == [person.user_name]
    write_har(tmp_path / "walk.har", entries)
    har = json.loads((tmp_path / "walk.har").read_text())["log"]["entries"]
    sign_in, sent = [entry for entry in har if entry["request"]["method"] == "POST"]
    assert (sign_in["response"]["status"], sign_in["response"]["content"].get("text")) == (302, None)
    assert instance.password in sign_in["request"]["postData"]["text"]
    assert "Set-Cookie" in str(sign_in["response"]["headers"]).replace("set-cookie", "Set-Cookie")
    assert str(person.id) in sent["request"]["url"] + sent["request"]["postData"]["text"]
    assert json.loads(sent["response"]["content"]["text"])
    assert any("text" in entry["response"]["content"] and "Users" in entry["request"]["url"] for entry in har)


@by_shape
def test_a_sanitized_recording_without_bodies(browser, demo, name, tmp_path):
    instance = demo.instance(name)
    _, entries = walk(browser, instance)
    write_har(tmp_path / "walk.har", entries, bodies=False, sensitive=False)
    text = (tmp_path / "walk.har").read_text()
    assert "PHPSESSID" not in text
    assert all("text" not in entry["response"]["content"] for entry in json.loads(text)["log"]["entries"])


@by_shape
def test_a_request_copied_as_curl(browser, demo, name):
    _, entries = walk(browser, demo.instance(name))
    words = shlex.split(copy_as_curl(reset_request(entries)).replace("\\\n", ""))
    assert words[:2] == ["curl", reset_request(entries).request["url"]]
    assert "-b" in words
    data = words[words.index("--data-raw") + 1]
    assert data.startswith("{") if name == JSON_BODY.name else "__vtrftk=sid" in data


def test_the_list_in_json_is_turned_and_opened_by_hand(browser, demo):
    instance = demo.instance("json-list")
    page = NetworkTab(browser).page
    page.go_to(f"{instance.url}index.php")
    sign_in(page, instance)
    page.click("nav a", "Users")
    page.sees("#shownRange", "page 1, 60 people")
    page.click("#NextPageButton")
    page.sees("#shownRange", "page 2, 60 people")
    page.click("#NextPageButton")
    page.sees("#shownRange", "page 3, 60 people")
    page.until("document.querySelector('#NextPageButton').hidden", "the end of the list")
    last = max(instance.people, key=lambda person: person.user_name)
    page.click("#users-table tbody tr:last-child td:nth-child(2)", last.user_name)
    page.sees("h1.userName")
    assert page.evaluate("location.search").endswith(f"record={last.id}")
