"""A whole walk through the demo, recorded over real HTTP, and what is learned from it."""

import json
from dataclasses import replace
from urllib.parse import urljoin

import httpx
import pytest

from dazos_tui.demo.presets import HARBOR, InstancePreset
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import (
    JSON_BODY,
    JSON_LIST,
    NO_ITEM,
    ONE_LIST_WITH_STATUS,
    OTHER_ANSWER,
    SCRIPT_ITEM,
)
from dazos_tui.learning.har import read_har
from dazos_tui.learning.recording import RecordingError
from dazos_tui.learning.walk import LearnedWalk, crm_addresses, learn_walk
from tests.json_list import ONE_LIST
from tests.learning.recorder import LIST, Browser, entry_of, profile_path, send_path
from tests.support import demo_instance

FORM = {
    "__vtrftk": "{csrf}",
    "module": "Users",
    "parent": "Settings",
    "action": "SendResetLink",
    "record": "{id}",
}
AJAX = {"X-Requested-With": "XMLHttpRequest"}


@pytest.fixture
def recorded(tmp_path):
    """Return a function that lets a browser walk through an instance, and learns from its recording."""

    def learn(preset: InstancePreset, walk, *, flavour=None, **changes) -> LearnedWalk:
        with DemoServer(replace(preset, users=60)) as server:
            [instance] = server.instances
            browser = Browser(instance)
            try:
                walk(browser)
            finally:
                browser.close()
            path = browser.save(tmp_path / "walk.har", **(flavour or {}))
            return learn_walk(demo_instance(server, instance.name, **changes), read_har(path))

    return learn


def words_of(walk: LearnedWalk) -> dict[str, str]:
    return {part.topic: part.words for part in walk.recognised}


def missing_from(walk: LearnedWalk) -> set[str]:
    return {part.topic for part in walk.missing}


def person_of(browser: Browser, number: int = 5) -> int:
    return [person.id for person in browser.instance.people if person.active][number]


def whole_walk(send):
    def walk(browser: Browser) -> None:
        record = person_of(browser)
        browser.walk(record)
        send(browser, record)

    return walk


@pytest.mark.parametrize("browser", ["chrome", "firefox"])
def test_an_item_that_is_a_script(recorded, browser):
    walk = recorded(SCRIPT_ITEM, whole_walk(Browser.send_form), flavour={"browser": browser})
    assert walk.changes == {("reset_request",): {"path": "index.php", "form": FORM, "headers": AJAX}}
    said = words_of(walk)
    assert said["sign-in"] == "user name and password"
    assert said["list of users"].endswith("is_admin, phone_work, 20 a page")
    assert said["inactive accounts"] == "a list of their own, by the status"
    assert said["profile"] == "a page with the usual fields"
    assert said["reset request"].startswith("POST index.php  __vtrftk=◂token▸  module=Users")
    assert missing_from(walk) == {"signed-out answer"}


def test_a_request_in_json(recorded):
    walk = recorded(JSON_BODY, whole_walk(Browser.send_json))
    body = {"userId": "{id}", "notify": True}
    headers = {**AJAX, "X-CSRF-Token": "{csrf}"}
    assert walk.changes == {("reset_request",): {"path": "api/users/reset", "json": body, "headers": headers}}


def test_an_answer_of_another_form(recorded):
    walk = recorded(OTHER_ANSWER, whole_walk(Browser.send_form))
    template = walk.changes["reset_request",]
    assert isinstance(template, dict)
    assert template["success"] == {"pointer": "/status", "equals": "ok"}
    assert words_of(walk)["success answer"] == "/status is ok"


def test_no_menu_has_the_item(recorded):
    walk = recorded(NO_ITEM, whole_walk(Browser.send_form))
    template = walk.changes["reset_request",]
    assert isinstance(template, dict)
    assert template["offered"] == "always"
    assert "menu item" in missing_from(walk)


def test_an_item_with_an_address_needs_no_configuration(recorded):
    walk = recorded(HARBOR, whole_walk(Browser.send))
    assert walk.changes == {}
    assert "not needed" in words_of(walk)["request in the config"]


def test_inactive_accounts_in_the_same_list(recorded):
    def walk(browser: Browser) -> None:
        browser.sign_in()
        for page in (1, 2, 3):
            browser.load(f"{LIST}&page={page}")

    assert words_of(recorded(ONE_LIST_WITH_STATUS, walk))["inactive accounts"] == "in the same list"


@pytest.mark.parametrize("encoded", [True, False])
def test_another_label(recorded, encoded):
    items = tuple(
        replace(item, label="Enviar enlace") if item.label == "Send Reset Link" else item
        for item in SCRIPT_ITEM.profile_menu
    )
    preset = replace(SCRIPT_ITEM, profile_menu=items, row_menu=items[:1])
    walk = recorded(preset, whole_walk(Browser.send_form), flavour={"encoded": encoded})
    assert walk.changes["labels", "send_reset_link"] == "Enviar enlace"
    assert ("reset_request",) in walk.changes
    template = walk.changes["reset_request",]
    assert isinstance(template, dict)
    assert "offered" not in template


@pytest.mark.parametrize("href", ["http://[", "https://crm.example.com:port/", "//[x"])
def test_an_item_with_a_damaged_address_does_no_harm(recorded, href):
    items = tuple(
        replace(item, label="Enviar enlace") if item.label == "Send Reset Link" else item
        for item in SCRIPT_ITEM.profile_menu
    )

    def walk(browser: Browser) -> None:
        whole_walk(Browser.send_form)(browser)
        for one in browser.entries:
            content = one["response"]["content"]
            content["text"] = content["text"].replace(
                "</ul></span>",
                f"<li id=Users_detailView_moreAction_Help><a href='{href}'>Help</a></li></ul></span>",
            )

    changes = recorded(replace(SCRIPT_ITEM, profile_menu=items, row_menu=items[:1]), walk).changes
    assert changes["labels", "send_reset_link"] == "Enviar enlace"


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_an_item_at_another_origin_does_not_suffice(recorded, scheme):
    """As the client, which runs no address of another origin: the same host without encryption is one."""

    def walk(browser: Browser) -> None:
        whole_walk(Browser.send)(browser)
        url = f"{scheme}://{browser.instance.url.partition('://')[2]}"
        for one in browser.entries:
            content = one["response"]["content"]
            for start in ("&quot;", "&#039;", "'", '"'):
                content["text"] = content["text"].replace(f"{start}index.php", f"{start}{url}index.php")

    assert (("reset_request",) in recorded(HARBOR, walk).changes) == (scheme == "https")


def test_further_fields_of_the_sign_in(recorded):
    def walk(browser: Browser) -> None:
        browser.load("index.php")

    said = words_of(recorded(replace(HARBOR, asks_at_sign_in=True), walk))
    assert said["sign-in"].startswith("user name and password, and further fields: ")


def test_pages_at_other_addresses(recorded):
    """The recorded addresses are changed, as the demo serves its pages only where vtiger does."""

    def walk(browser: Browser) -> None:
        whole_walk(Browser.send_form)(browser)
        for one in browser.entries:
            url = one["request"]["url"]
            url = url.replace("module=Users&parent=Settings&view=List", "module=Staff&view=All")
            one["request"]["url"] = url.replace("view=Detail&parent=Settings", "view=Card")

    changes = recorded(SCRIPT_ITEM, walk).changes
    assert changes["paths", "users"] == "index.php?module=Staff&view=All"
    assert changes["paths", "profile"] == "index.php?module=Users&view=Card"


def test_a_signed_out_answer(recorded):
    def walk(browser: Browser) -> None:
        browser.load(LIST)
        whole_walk(Browser.send_form)(browser)

    assert words_of(recorded(SCRIPT_ITEM, walk))["signed-out answer"] == "a page leads to the sign-in page"


def test_enable_login_is_learned_too(recorded):
    def walk(browser: Browser) -> None:
        record = person_of(browser)
        browser.walk(record)
        fields = {"module": "Users", "action": "SaveAjax", "mode": "enableLogin", "record": str(record)}
        browser.request("POST", "index.php", data={"__vtrftk": browser.token} | fields, headers=AJAX)
        browser.send_form(record)

    changes = recorded(SCRIPT_ITEM, walk).changes
    assert set(changes) == {("reset_request",), ("enable_login_request",)}
    template = changes["enable_login_request",]
    assert isinstance(template, dict)
    assert template["form"] == {
        "__vtrftk": "{csrf}",
        "module": "Users",
        "action": "SaveAjax",
        "mode": "enableLogin",
        "record": "{id}",
    }


def test_without_bodies_the_request_is_still_learned(recorded):
    walk = recorded(SCRIPT_ITEM, whole_walk(Browser.send_form), flavour={"bodies": False})
    template = walk.changes["reset_request",]
    assert isinstance(template, dict)
    assert template["form"] == FORM
    assert "offered" not in template
    assert {"list of users", "profile"} <= missing_from(walk)
    assert all(
        "Record it with the answers" in part.advice for part in walk.missing if part.topic == "profile"
    )
    assert walk.reset is not None
    assert "not in the recording" in walk.reset.notes[0]


def test_a_failed_send_before_one_that_worked(recorded):
    def walk(browser: Browser) -> None:
        record = person_of(browser)
        browser.walk(record)
        token, browser.token = browser.token, "sid:0000,1"
        browser.send_form(record)
        browser.token = token
        browser.send_form(record)

    assert ("reset_request",) in recorded(SCRIPT_ITEM, walk).changes


def test_unrelated_requests_do_no_harm(recorded):
    """Whatever a page sends besides: odd fields, uploads, statistics of another site."""

    def walk(browser: Browser) -> None:
        whole_walk(Browser.send_form)(browser)
        for body in ("{}", "a b=1&ä[=2", "&".join(f"f{number}=1" for number in range(500))):
            browser.request("POST", "index.php?module=Home&action=Track", content=body, headers=AJAX)
        browser.request("POST", "modules/Mobile/api.php?module=Home&action=Ping", headers=AJAX)
        for one in browser.entries[-4:]:
            one["response"]["status"] = 200

    assert set(recorded(SCRIPT_ITEM, walk).changes) == {("reset_request",)}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("forgotPassword.php", "public form for a forgotten password"),
        ("https://mailer.example.com/api/reset", "went to another site"),
    ],
)
def test_a_link_sent_in_another_way_is_named(recorded, url, words):
    def walk(browser: Browser) -> None:
        browser.walk(person_of(browser))
        form = {"username": "ann.bell", "emailId": "ann.bell@example.com"}
        request = httpx.Request("POST", urljoin(browser.instance.url, url), data=form)
        browser.entries.append(entry_of(httpx.Response(200, text="", request=request)))

    [part] = [part for part in recorded(SCRIPT_ITEM, walk).missing if part.topic == "reset request"]
    assert words in part.words


def refused(browser: Browser) -> None:
    browser.walk(person_of(browser))
    browser.token = "sid:0000,1"
    browser.send_form(person_of(browser))


def two_people(browser: Browser) -> None:
    browser.walk(person_of(browser))
    browser.send_form(person_of(browser))
    browser.load(profile_path(person_of(browser, 6)))
    browser.send_form(person_of(browser, 6))


def two_requests(browser: Browser) -> None:
    browser.walk(person_of(browser))
    browser.send_form(person_of(browser))
    browser.send(person_of(browser))


def by_get(browser: Browser) -> None:
    browser.walk(person_of(browser))
    browser.request("GET", send_path(person_of(browser)))


def somebody_else(browser: Browser) -> None:
    browser.walk(person_of(browser))
    fields = {"__vtrftk": browser.token, "record": str(person_of(browser, 6))}
    browser.request("POST", send_path(person_of(browser)), data=fields, headers=AJAX)


def nobody(browser: Browser) -> None:
    browser.walk(person_of(browser))
    fields = {"__vtrftk": browser.token, "module": "Users", "action": "SendResetLink"}
    browser.request("POST", "index.php", data=fields, headers=AJAX)


def no_page_of_it(browser: Browser) -> None:
    browser.load(
        "http://127.0.0.1:9/other/index.php".replace("127.0.0.1:9", browser.instance.url.split("/")[2])
    )


@pytest.mark.parametrize(
    ("walk", "words"),
    [
        (refused, "The send failed in the recording (signed out)"),
        (two_people, "links to several people"),
        (two_requests, "Several different requests"),
        (by_get, "with a GET"),
        (somebody_else, "names two different records: “record” in the query and “record” in the form"),
        (nobody, "does not say whom the link is for"),
        (no_page_of_it, "no request to http://127.0.0.1"),
    ],
)
def test_what_cannot_be_learned_is_said_in_a_sentence(recorded, walk, words):
    with pytest.raises(RecordingError) as caught:
        recorded(SCRIPT_ITEM, walk)
    assert words in str(caught.value)
    assert caught.value.advice.endswith(".")


def test_two_instances_in_one_recording(tmp_path):
    with DemoServer(SCRIPT_ITEM, JSON_BODY) as server:
        entries = []
        for instance in server.instances:
            browser = Browser(instance)
            browser.sign_in()
            entries += browser.entries
            browser.close()
        path = browser.save(tmp_path / "walk.har")
        path.write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8")
        with pytest.raises(RecordingError, match="shows 2 different CRMs"):
            learn_walk(demo_instance(server, "script-item"), read_har(path))
        assert crm_addresses(read_har(path)) == tuple(sorted(one.url for one in server.instances))


def test_a_walk_without_a_send(recorded):
    walk = recorded(SCRIPT_ITEM, lambda browser: browser.walk(person_of(browser)))
    assert walk.changes == {}
    assert walk.reset is None
    assert "reset request" in missing_from(walk)


@pytest.mark.parametrize("from_json", [ONE_LIST, None], ids=["new", "configured"])
def test_a_list_in_json(recorded, from_json):
    def walk(browser: Browser) -> None:
        browser.sign_in()
        for number in (1, 2, 3):
            browser.load(f"api/users?page={number}")
        browser.load(profile_path(person_of(browser)))
        browser.send(person_of(browser))

    lesson = recorded(JSON_LIST, walk, **({} if from_json else {"user_list": ONE_LIST}))
    assert lesson.changes == ({("user_list",): ONE_LIST} if from_json else {})
    assert words_of(lesson)["list of users"].startswith(
        "JSON from api/users?page={page}; with id, user_name,"
    )
    assert words_of(lesson)["inactive accounts"] == "in the same list"


def test_a_list_in_json_that_shows_too_little_is_named(recorded):
    def walk(browser: Browser) -> None:
        browser.sign_in()
        browser.load("api/users?page=1")
        answer = json.loads(browser.entries[-1]["response"]["content"]["text"])
        text = json.dumps({"people": answer["data"]["users"]})
        browser.entries[-1]["response"]["content"]["text"] = text

    lesson = recorded(JSON_LIST, walk)
    [part] = [part for part in lesson.missing if part.topic == "list of users"]
    assert part.words.startswith("a list of people in JSON, but it does not show how many people there are")
    assert "go to its second page" in part.advice
    assert ("user_list",) not in lesson.changes


def test_what_was_written_by_hand_and_not_recorded_stays(recorded):
    written = {"path": "old?r={id}", "offered": "always", "success": {"pointer": "/status", "equals": "ok"}}

    def walk(browser: Browser) -> None:
        browser.walk(5)
        browser.send_form(5)

    learned = recorded(SCRIPT_ITEM, walk, reset_request=written)
    change = learned.changes["reset_request",]
    assert change == {"path": "index.php", "form": FORM, "headers": AJAX, "offered": "always"}
    learned = recorded(SCRIPT_ITEM, walk, reset_request=written, flavour={"bodies": False})
    assert learned.changes["reset_request",]["success"] == written["success"]


@pytest.mark.parametrize(
    "further", ["PHPSESSID=hunterSecret", "owner=hunterSecret", "hunterSecret=yes", "hunterSecret"]
)
def test_an_address_of_a_page_with_a_secret_or_a_name_in_it_is_not_kept(recorded, further):
    def walk(browser: Browser) -> None:
        browser.sign_in()
        browser.load(f"{LIST}&{further}")
        browser.load(f"{profile_path(5)}&{further}")
        browser.send_form(5)

    learned = recorded(SCRIPT_ITEM, walk)
    assert ("paths", "users") not in learned.changes
    assert "hunter" not in f"{learned.recognised} {learned.missing} {learned.changes}"
