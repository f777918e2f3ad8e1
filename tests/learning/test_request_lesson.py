"""What is kept of one request, what is filled in for each person, and what cannot be repeated."""

import json
from typing import Any

import pytest

from dazos_tui.config.models import Instance
from dazos_tui.crm.request_template import RequestTemplate
from dazos_tui.learning.config_changes import request_changes
from dazos_tui.learning.curl import parse_curl
from dazos_tui.learning.recording import RecordedResponse, RecordingError
from dazos_tui.learning.request_fields import KnownPerson, RecordedSession
from dazos_tui.learning.request_lesson import learn_request

BASE = "https://crm.example.com/crm/"
ACME = Instance(name="acme", url=BASE, username="admin", environment="sandbox")
SEND = f"{BASE}index.php?module=Users&action=SendLink&record=4711"
SENT = RecordedResponse(200, '{"success": true, "result": {"message": "Sent"}}')


def learn(command, response=SENT, **options) -> Any:
    return learn_request(ACME, parse_curl(command), response, **options)


def json_command(body, address="api/users/reset"):
    return f"curl '{BASE}{address}' -H 'Content-Type: application/json' --data-raw '{json.dumps(body)}'"


def test_a_form_with_the_token_in_it():
    lesson = learn(
        f"curl '{SEND}' -H 'X-Requested-With: XMLHttpRequest' -H 'User-Agent: x' -H 'Referer: {BASE}' "
        "-b PHPSESSID=x --data-raw '__vtrftk=sid%3Aabc%2C12'"
    )
    assert lesson.template == {
        "path": "index.php?module=Users&action=SendLink&record={id}",
        "form": {"__vtrftk": "{csrf}"},
        "headers": {"X-Requested-With": "XMLHttpRequest"},
    }
    assert (
        lesson.summary == "POST index.php  module=Users  action=SendLink  record=◂person▸  __vtrftk=◂token▸"
    )
    assert lesson.kept == ("path", "4 fields", "which one is the person", "1 header")
    assert lesson.dropped == ("cookie", "token", "2 headers")


@pytest.mark.parametrize(
    ("body", "template"),
    [
        ({"userId": "4711", "notify": True}, {"userId": "{id}", "notify": True}),
        ({"userId": 4711, "type": "reset"}, {"userId": "{id:number}", "type": "reset"}),
        (
            {"ids": ["4711"], "user": {"email": "ann@example.com"}},
            {"ids": ["{id}"], "user": {"email": "{email}"}},
        ),
        ({"record": "19x4711", "nothing": None}, {"record": "19x{id}"}),
        ({"email": "ann@example.com"}, {"email": "{email}"}),
        ({"userName": "ann.bell", "count": 3}, {"userName": "{user_name}", "count": 3}),
        ({"id": "4711", "_": 1732872222, "csrf": "zzz"}, {"id": "{id}", "csrf": "{csrf}"}),
        ({"id": "4711", "a": {}, "b": [None], "c": {"d": []}}, {"id": "{id}"}),
        ({"data": {"record": "4711", "empty": ""}}, {"data": {"record": "{id}", "empty": ""}}),
    ],
)
def test_json_bodies(body, template):
    assert learn(json_command(body)).template == {"path": "api/users/reset", "json": template}


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (f"curl -X POST '{BASE}api/users/4711/reset'", "api/users/{id}/reset"),
        (f"curl -X POST '{BASE}api/users/ann%40example.com/send_link'", "api/users/{email}/send_link"),
        (f"curl -X POST '{SEND}&_=1732872222'", "index.php?module=Users&action=SendLink&record={id}"),
        (
            f"curl '{SEND}' -d selected_ids=%5B%224711%22%5D",
            "index.php?module=Users&action=SendLink&record={id}",
        ),
    ],
)
def test_addresses(command, path):
    assert learn(command).template["path"] == path


def test_a_list_with_one_id_in_it():
    lesson = learn(f"""curl '{BASE}index.php' -d 'module=Users&action=SendLink&selected_ids=["4711"]'""")
    assert lesson.template["form"]["selected_ids"] == '["{id}"]'


def test_a_form_in_parts_is_said():
    lesson = learn(f"curl '{BASE}index.php' -F module=Users -F action=SendLink -F record=4711")
    assert lesson.template["form"] == {"module": "Users", "action": "SendLink", "record": "{id}"}
    assert "multipart" in lesson.notes[0]


def test_a_token_in_the_address_moves_into_the_form():
    lesson = learn(f"curl -X POST '{SEND}&__vtrftk=sid:0123'")
    assert lesson.template["form"] == {"__vtrftk": "{csrf}"}
    assert "sid" not in str(lesson)


def test_a_token_of_the_page_under_another_name():
    session = RecordedSession(tokens=frozenset({"Abc123Abc123"}))
    lesson = learn(f"curl '{SEND}' -d 'proof=Abc123Abc123'", session=session)
    assert lesson.template["form"] == {"proof": "{csrf}"}


@pytest.mark.parametrize("header", ["X-CSRF-Token", "x-xsrf-token", "X-CSRFToken"])
def test_a_token_in_a_header(header):
    template = learn(f"curl -X POST '{SEND}' -H '{header}: Abc123'").template
    assert {name.lower(): value for name, value in template["headers"].items()} == {header.lower(): "{csrf}"}


def test_put_and_patch_keep_their_method():
    assert learn(f"curl -X PATCH '{SEND}'").template["method"] == "PATCH"


def test_two_numbers_that_could_be_the_person():
    command = json_command({"target": "4711", "sender": "17"})
    lesson = learn(command)
    assert lesson.template is None
    assert [(one.name, one.number) for one in lesson.candidates] == [("target", "4711"), ("sender", "17")]
    assert "4711" not in repr(lesson)
    chosen = learn(json_command({"target": "4711", "sender": 17}), person_field="target")
    assert chosen.template["json"] == {"target": "{id}", "sender": 17}


def test_a_number_with_another_name_is_asked_about():
    command = f"curl '{BASE}index.php' -d 'module=Users&action=SendLink&step=2'"
    lesson = learn(command)
    assert lesson.template is None
    assert [one.name for one in lesson.candidates] == ["step"]
    with pytest.raises(RecordingError, match="No number of the request has the name"):
        learn(command, person_field="record")


def test_the_profile_that_the_browser_showed_decides():
    referer = f"-H 'Referer: {BASE}index.php?module=Users&view=Detail&record=4711'"
    lesson = learn(f"{json_command({'target': '4711', 'kind': 2})} {referer}")
    assert lesson.template["json"] == {"target": "{id}", "kind": 2}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"curl '{SEND}'", "is a GET"),
        (f"curl -X POST '{BASE}api/token/planted0123456789/users/4711'", "address has a value"),
        (f"curl -X POST '{BASE}api/_/17320000000/users/4711'", "address has a value"),
        (json_command({"id": "4711"}, "api?csrf=planted"), "its token in the address"),
        (json_command({"planted@example.com": {"id": "4711"}}), "a field whose name"),
        (json_command({"id": "4711", "planted@example.com": {}}), "a field whose name"),
        (json_command({"Planted Person": [{"id": "4711"}]}), "a field whose name"),
        (f"curl -X DELETE '{SEND}'", "does not send anything"),
        (
            f"curl '{SEND.replace('crm.example', 'other.example')}' -X POST",
            "another site than crm.example.com",
        ),
        (f"curl '{SEND.replace('https', 'http')}' -X POST", "another site"),
        (f"curl '{SEND.replace('example.com', 'example.com:8443')}' -X POST", "another site"),
        ("curl -X POST 'https://crm.example.com/api?record=4711'", "does not go to /crm/"),
        (f"curl '{SEND}' -d record=4712", "names two different records"),
        (
            f"curl -X POST '{SEND}' -H 'Referer: {BASE}index.php?module=Users&view=Detail&record=4712'",
            "another record than the profile",
        ),
        (json_command({"userId": 4711, "user": {"id": 4712}}), "names two different records"),
        (f"curl '{SEND}' -d email=ann@example.com -d cc=bob@example.com", "about another person"),
        (f"curl '{BASE}index.php?module=Users&action=SendLink' -d __vtrftk=sid:1", "does not say whom"),
        (f"curl '{BASE}index.php' -d 'username=admin&password=planted-pass'", "is the sign-in"),
        (f"curl '{SEND}' -d 'new_password=Planted1'", "a secret in its field “new_password”"),
        (f"curl '{SEND}' -d 'session_id=planted'", "a secret in its field “session_id”"),
        (f"curl '{SEND}' -d 'why=Planted Person'", "field “why” has a value that is not the same each time"),
        (f"curl '{SEND}' -d 'first_name=planted'", "field “first_name” has a value"),
        (f"curl '{SEND}' -d 'key=planted0123456789planted'", "field “key” has a value"),
        (f"curl '{SEND}' -d 'sum=1234.5'", "field “sum” has a value"),
        (f"curl '{SEND}' -d 'planted person=1'", "a field whose name is not that of a form's field"),
        (f"curl '{SEND}' -d 'a=1&a=2'", "“a” twice"),
        (f"curl -X POST '{SEND}&a=1' -d a=2", "the same parameter twice"),
        (
            f"curl -X POST '{BASE}index.php?module=Users&action=DeleteAjax&record=4711'",
            "would delete, change or save",
        ),
        (
            f"curl -X POST '{BASE}index.php?module=Users&action=Save&record=4711'",
            "would delete, change or save",
        ),
        (f"curl '{SEND}' -d status=1", "would change the account"),
        (
            f"curl -X POST '{BASE}index.php?module=Contacts&action=SendLink&record=4711'",
            "another module's record",
        ),
        (f"curl '{SEND}' -H 'Content-Type: text/xml' -d '<a/>'", "neither a form nor a JSON object"),
        (
            f"curl '{SEND}' -H 'Content-Type: application/json' -d '[4711]'",
            "neither a form nor a JSON object",
        ),
        (f"curl '{SEND}' -d '{'&'.join(f'f{number}=1' for number in range(200))}'", "far more fields"),
    ],
)
def test_what_cannot_be_repeated_is_said_in_a_sentence(command, words):
    with pytest.raises(RecordingError) as caught:
        learn(command)
    assert words in str(caught.value)
    assert caught.value.advice
    assert not {"planted", "4711", "4712", "@example.com"} & set(str(caught.value).split())
    assert (
        "planted" not in str(caught.value).casefold().replace("planted person", "")
        or "a field whose" in words
    )


@pytest.mark.parametrize("text", ["not the same", "another person"])
def test_data_of_a_person_in_the_recording_is_recognised(text):
    person = KnownPerson("4711", "ann.bell", "ann@example.com", frozenset({"bell", "staff"}))
    session = RecordedSession((person,))
    command = {
        "not the same": f"curl '{SEND}' -d team=staff",
        "another person": f"curl '{SEND}' -d email=bob@example.com",
    }[text]
    with pytest.raises(RecordingError, match=text):
        learn(command, session=session)
    assert learn(f"curl '{SEND}' -d who=ann.bell", session=session).template["form"] == {"who": "{user_name}"}


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ('{"success": true, "result": {"message": "x"}}', None),
        ('<br />\n<b>Warning</b>:  x in <b>f.php</b> on line <b>3</b><br />\n{"success": true}', None),
        ('{"status": "ok", "data": {"sent": 1}}', ("/status", "ok")),
        ('{"data": {"sent": true}}', ("/data/sent", True)),
        ('{"code": 200, "text": "Ann"}', ("/code", 200)),
        ('{"Result": "Success"}', ("/Result", "Success")),
        ('{"Result": {"ok": true}}', ("/Result/ok", True)),
    ],
)
def test_what_proves_success(answer, rule):
    lesson = learn(f"curl -X POST '{SEND}'", RecordedResponse(200, answer))
    expected = {"pointer": rule[0], "equals": rule[1]} if rule else None
    assert lesson.template.get("success") == expected
    assert lesson.notes == ()


@pytest.mark.parametrize(
    "answer",
    ["<html>Done, Planted</html>", "[1]", '{"text": "Planted"}', '{"status": "ok", "error": "x"}', "{"],
)
def test_an_answer_that_proves_nothing_is_said(answer):
    lesson = learn(f"curl -X POST '{SEND}'", RecordedResponse(200, answer))
    assert "success" not in lesson.template
    assert "does not say in a known way" in lesson.notes[0]
    assert "Planted" not in repr(lesson)


@pytest.mark.parametrize("response", [None, RecordedResponse(200)])
def test_no_answer_is_said(response):
    assert "not in the recording" in learn(f"curl -X POST '{SEND}'", response).notes[0]


@pytest.mark.parametrize("text", [None, "", "<html>Planted</html>"])
def test_a_send_that_was_redirected_is_not_learned_from(text):
    """Browsers do not record what a redirect says, such as “Login is required”."""
    with pytest.raises(RecordingError, match="as it does when the session has ended") as caught:
        learn(f"curl -X POST '{SEND}'", RecordedResponse(302, text, location="index.php"))
    assert "Planted" not in str(caught.value)


@pytest.mark.parametrize(
    "response",
    [
        RecordedResponse(200, '{"success": false, "error": {"code": "x", "message": "Planted"}}'),
        RecordedResponse(200, '{"success": false, "error": {"message": "Permission denied"}}'),
        RecordedResponse(200, "Invalid request"),
        RecordedResponse(200, '{"status": "failed", "data": {"text": "Planted"}}'),
        RecordedResponse(200, '{"data": {"sent": false}}'),
        RecordedResponse(500, "<html>Planted</html>"),
        RecordedResponse(0),
    ],
)
def test_a_send_that_failed_is_not_learned_from(response):
    with pytest.raises(RecordingError, match="The send failed in the recording") as caught:
        learn(f"curl -X POST '{SEND}'", response)
    assert "Planted" not in str(caught.value)
    assert "worked" in caught.value.advice


def test_the_config_key_follows_from_the_action():
    def key_of(command, instance=ACME):
        request = parse_curl(command)
        return request_changes(instance, request, learn_request(instance, request).template or {})

    enable = f"curl -X POST '{BASE}index.php?module=Users&action=SaveAjax&mode=enableLogin&record=4711'"
    assert list(key_of(enable)) == [("enable_login_request",)]
    [(key, template)] = key_of(f"curl -X POST '{SEND}'").items()
    assert key == ("reset_request",)
    known = ACME.model_copy(update={"reset_request": RequestTemplate.model_validate(template)})
    assert key_of(f"curl -X POST '{SEND}'", known) == {}


ANN = RecordedSession((KnownPerson("4711", "ann.bell", "ann@example.com", frozenset({"ann", "bell"})),))


@pytest.mark.parametrize(
    "command",
    [
        json_command({"userId": 4711, "ann.bell": True}),
        json_command({"userId": 4711, "for": {"AnnBell": {"notify": True}}}),
        json_command({"users": {"bell": {"id": 4711}}}),
        f"curl '{SEND}' -d 'data[bell]=1'",
        f"curl '{SEND}&annbell=1' -d a=1",
    ],
)
def test_no_name_of_a_field_is_a_persons(command):
    with pytest.raises(RecordingError, match="name of a field of the request is a person's") as caught:
        learn(command, session=ANN)
    assert "bell" not in f"{caught.value} {caught.value.advice}".lower()


@pytest.mark.parametrize("name", ["record", "userId", "__vtrftk", "selected_ids"])
def test_somebody_may_be_called_like_a_usual_field(name):
    person = KnownPerson("4711", texts=frozenset({"record", "user", "userid", "selected", "vtrftk", "ids"}))
    session = RecordedSession((person,))
    assert learn(f"curl '{BASE}index.php' -d 'record=4711&{name}=4711'", session=session).template


@pytest.mark.parametrize("body", ["a=1&hunterSecret", "hunterSecret", "hunterSecret&a=1"])
def test_a_value_without_a_name_is_not_taken_for_a_name(body):
    for command in (f"curl '{SEND}' -d '{body}'", f"curl '{SEND}&{body}' -d a=1"):
        with pytest.raises(RecordingError, match="or has none") as caught:
            learn(command)
        assert "hunter" not in f"{caught.value} {caught.value.advice}"


@pytest.mark.parametrize("value", ["type=AnnBell", "mode=sendAnnBell", "action=annbell", "type=HunterPhrase"])
def test_a_name_in_a_value_of_a_technical_field_is_recognised(value):
    with pytest.raises(RecordingError, match="not the same each time"):
        learn(f"curl '{BASE}index.php' -d 'record=4711&{value}'", session=ANN)


def test_the_part_of_the_crm_in_a_menu_is_kept_but_not_a_word_that_may_be_a_name():
    address = f"{SEND}&app={{}}"
    assert learn(f"curl '{address.format('TOOLS')}' -X POST").template["path"].endswith("&app=TOOLS")
    with pytest.raises(RecordingError, match="“app” has a value that is not the same each time"):
        learn(f"curl '{address.format('Bea')}' -X POST")


def test_the_number_of_another_person_is_recognised():
    session = RecordedSession((KnownPerson("13"), KnownPerson("1"), *ANN.people))
    with pytest.raises(RecordingError, match="“who” has a value"):
        learn(f"curl '{SEND}' -d 'who=13'", session=session)
    assert learn(f"curl '{SEND}' -d 'notify=1'", session=session).template["form"] == {"notify": "1"}


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"])
def test_a_request_that_is_run_with_another_method_is_refused(header):
    with pytest.raises(RecordingError, match="another method"):
        learn(f"curl '{SEND}' -d a=1 -H '{header}: DELETE'")
    assert learn(f"curl '{SEND}' -d a=1 -H '{header}: post'").template


@pytest.mark.parametrize("name", ["hunterSecret", "ann.bell"])
def test_a_part_of_an_answer_with_an_unknown_name_is_not_kept(name):
    response = RecordedResponse(200, json.dumps({name: {"status": "sent"}}))
    lesson = learn(f"curl '{SEND}' -d a=1", response)
    assert "success" not in lesson.template
    assert name not in str(lesson)


def test_what_one_request_does_not_show_stays_as_it_was_written():
    written = {"path": "old?r={id}", "offered": "always", "success": {"pointer": "/status", "equals": "ok"}}
    known = Instance.model_validate(
        {"name": "acme", "url": BASE, "username": "admin", "environment": "sandbox", "reset_request": written}
    )
    request = parse_curl(f"curl '{SEND}' -d a=1")
    template: Any = learn_request(known, request).template
    [(keys, change)] = request_changes(known, request, template).items()
    assert keys == ("reset_request",)
    assert change == written | {"path": template["path"], "form": {"a": "1"}}
