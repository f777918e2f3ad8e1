"""Items without an address: what their pages look like, and what their scripts' requests do."""

import json
import re

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import JSON_BODY, NO_ITEM, OTHER_ANSWER, SCRIPT_ITEM
from tests.demo.visitor import AJAX, LIST, PJAX, profile_url

SHAPES = (SCRIPT_ITEM, JSON_BODY, OTHER_ANSWER, NO_ITEM)
SENT = "Reset Password Instruction has been sent successfully!"


@pytest.fixture
def server():
    with DemoServer(*SHAPES) as server:
        yield server


def any_person(crm):
    mine = {crm.username, crm.non_admin.username}
    return next(one for one in crm.people if one.active and one.email1 and one.user_name not in mine)


def form(person, token):
    target = {"module": "Users", "parent": "Settings", "action": "SendResetLink", "record": str(person.id)}
    return {"__vtrftk": token, **target}


@pytest.mark.parametrize("name", ["script-item", "json-body", "other-answer"])
def test_the_item_is_a_handler_and_no_address_is_in_the_menus(server, signed_in, name):
    crm = server.instance(name)
    person, admin = any_person(crm), signed_in(crm)
    profile = admin.get(profile_url(person.id)).text
    handler = f'onclick="Users_Detail_Js.sendResetLink({person.id})"'
    assert f'<a href="javascript:void(0);" {handler}>Send Reset Link</a>' in profile
    table = admin.get(f"{LIST}&orderby=user_name&page=1", headers=PJAX).text
    assert 'onclick="Users_Detail_Js.sendResetLink(' in table
    for page in (profile, table):
        assert not re.search(r"SendResetLink(?:&amp;|&)record", page)


def test_the_page_has_what_its_script_requests(server, signed_in):
    crm = server.instance("json-body")
    page = signed_in(crm).get(profile_url(any_person(crm).id)).text
    found = re.search(r"const itemRequests = (\{.*\});", page)
    assert found
    assert json.loads(found[1])["sendResetLink"] == {
        "address": "api/users/reset",
        "fields": {"notify": True},
        "recordField": "userId",
        "body": "json",
    }


def test_a_form_with_everything_in_it_sends_a_link(server, signed_in):
    crm = server.instance("script-item")
    person, admin = any_person(crm), signed_in(crm)
    answer = admin.http.post("index.php", data=form(person, admin.token()), headers=AJAX)
    assert answer.json() == {"success": True, "result": {"message": SENT}}
    assert [mail.user_name for mail in crm.outbox] == [person.user_name]


def post_json(visitor, body, token, **headers):
    sent = {"X-CSRF-Token": token, **headers} if token else headers
    return visitor.http.post("api/users/reset", json=body, headers=AJAX | sent)


def test_json_with_the_token_in_a_header_sends_a_link(server, signed_in):
    crm = server.instance("json-body")
    person, admin = any_person(crm), signed_in(crm)
    answer = post_json(admin, {"userId": str(person.id), "notify": True}, admin.token())
    assert answer.json() == {"success": True, "result": {"message": SENT}}
    assert [run.person for run in crm.actions_run] == [person]


def test_json_is_refused_with_other_fields_without_a_token_and_without_a_session(server, signed_in, visit):
    crm = server.instance("json-body")
    admin = signed_in(crm)
    good = {"userId": str(any_person(crm).id), "notify": True}
    for body in ({"userId": good["userId"]}, {"notify": True}, {**good, "also": 1}):
        assert post_json(admin, body, admin.token()).status_code == 422
    assert post_json(admin, [good], admin.token()).status_code == 400
    assert admin.http.post("api/users/reset", data=good, headers=AJAX).status_code == 415
    assert post_json(admin, good, "").text == "Invalid request"
    answer = post_json(admin, good, admin.token(), Referer="https://evil.example/")
    assert answer.json()["error"]["code"] == "Illegal request"
    stranger = visit(crm)
    answer = post_json(stranger, good, stranger.token())
    assert (answer.status_code, answer.json()["error"]["code"]) == (302, "Login is required")
    assert crm.actions_run == []
    assert (
        signed_in(server.instance("script-item")).http.post("api/users/reset", json=good).status_code == 404
    )


def test_an_account_without_rights_may_not(server, visit):
    crm = server.instance("json-body")
    visitor = visit(crm)
    visitor.sign_in(crm.non_admin.username, crm.non_admin.password)
    answer = post_json(visitor, {"userId": str(any_person(crm).id), "notify": True}, visitor.token())
    assert answer.json()["error"]["code"] == "Permission denied"


def test_an_answer_may_have_another_form(server, signed_in):
    crm = server.instance("other-answer")
    person, admin = any_person(crm), signed_in(crm)
    answer = admin.http.post("index.php", data=form(person, admin.token()), headers=AJAX)
    assert answer.json() == {"status": "ok", "data": {"sent": 1, "text": SENT}}
    person.email1 = ""
    answer = admin.http.post("index.php", data=form(person, admin.token()), headers=AJAX)
    text = "The user has no email address."
    assert answer.json() == {"status": "failed", "data": {"sent": 0, "text": text}, "code": "Mail not sent"}


def test_a_request_may_work_although_no_menu_has_its_item(server, signed_in):
    crm = server.instance("no-item")
    person, admin = any_person(crm), signed_in(crm)
    assert "Send Reset Link" not in admin.get(profile_url(person.id)).text
    answer = admin.http.post("index.php", data=form(person, admin.token()), headers=AJAX)
    assert answer.json()["success"]
