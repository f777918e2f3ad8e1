"""What an action's answer proves and does not prove."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import (
    CrmError,
    IllegalRequestError,
    PermissionDeniedError,
    SignedOutError,
    UnclearAnswerError,
)
from dazos_tui.crm.models import ActionResult
from dazos_tui.crm.pages.action_results import page_excerpt, parse_action_result
from dazos_tui.crm.pages.php_notices import strip_php_notices
from dazos_tui.crm.request_template import ENVELOPE, SuccessRule
from dazos_tui.text.sanitize import safe_text
from tests.crm.html import DENIED, LOGIN

SENT = '{"success":true,"result":{"message":"Sent!"}}'
AS_HTML = '<br />\n<b>%s</b>:  Undefined array key "x" in <b>/srv/crm/a.php</b> on line <b>12</b><br />\n'
AS_TEXT = "\n%s: Undefined array key in {closure}() in /srv/crm/a b.php on line 12\n"


def read(text: str, status: int = 200) -> ActionResult:
    return parse_action_result(status, text, Labels())


def no(code: object, message: object = None) -> str:
    return json.dumps({"success": False, "error": {"code": code, "message": message}})


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({"message": "Reset Password Instruction has been sent successfully!"}, None),
        ("Done", "Done"),
        ({}, "Success"),
        ({"message": None}, "Success"),
        (None, "Success"),
        (["x"], "Success"),
        ({"message": "\x1b[31mred\u202e"}, "\ufffd[31mred\ufffd"),
    ],
)
def test_success_keeps_the_crms_words(result: object, message: str | None) -> None:
    expected = message or "Reset Password Instruction has been sent successfully!"
    assert read("\n" + json.dumps({"success": True, "result": result})) == ActionResult(
        success=True, message=expected
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (no("Mail not sent", "The mail server failed."), "The mail server failed."),
        (no("Mail not sent"), "Mail not sent"),
        (no(17), "The CRM refused without giving a reason."),
        ('{"success":false,"error":"Nope"}', "Nope"),
        ('{"success":false}', "The CRM refused without giving a reason."),
        (no("Mail", "Permission denied by the mail server"), "Permission denied by the mail server"),
        (no("Mail", "Invalid request to the mail server"), "Invalid request to the mail server"),
    ],
)
def test_a_refusal_keeps_the_crms_message(answer: str, message: str) -> None:
    assert read(answer) == ActionResult(success=False, message=message)


@pytest.mark.parametrize("answer", [no("Permission denied", "You may not"), no("", "PERMISSION DENIED!")])
def test_permission_denied(answer: str) -> None:
    with pytest.raises(PermissionDeniedError):
        read(answer)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (no("Login is required"), 302),
        (no("Login is required"), 200),
        (no("Invalid request"), 200),
        (no("Illegal request"), 200),
        ("Invalid request", 200),
        (" invalid  REQUEST\n", 200),
    ],
)
def test_signed_out(answer: str, status: int) -> None:
    with pytest.raises(SignedOutError):
        read(answer, status)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("", 200),
        ("", 302),
        (LOGIN, 200),
        (DENIED, 200),
        ("<p>Success</p>", 200),
        ("<html><p>Invalid request</p> and more</html>", 200),
        ("Invalid request", 500),
        ("Invalid request: the mail was sent anyway", 200),
        ("Mail sent. Login is required", 200),
        ("Illegal request\n\nSuccess", 200),
        ('{"success":true,"result":{"message":"Rese', 200),
        ('Warning: x{"success":true}', 200),
        ('{"success":true}', 500),
        ('{"success":true}', 302),
        ('{"success":"true"}', 200),
        ('{"success":1}', 200),
        ('{"success":null}', 200),
        ("true", 200),
        ('[{"success":true}]', 200),
        ('{"result":{"success":true}}', 200),
        (no("Something broke"), 500),
        (no("Invalid request"), 500),
        (no("Login is required"), 500),
        (no("Login is required"), 403),
        (no("Invalid request"), 302),
        (no("Permission denied"), 403),
        ('{"success":true,"error":{"code":"Mail not sent"}}', 200),
        ('{"success":true,"errors":["Mail not sent"]}', 200),
        ('{"success":true,"result":{"sent":false}}', 200),
        ('{"success":true,"result":{"ok":false}}', 200),
        ('{"success":false,"error":{"code":"x"},"result":{"sent":true}}', 200),
        ('{"success":true,"error":"Nope","result":{"message":"Sent"}}', 200),
        ('{"success":true,"error":{}}', 200),
        ('{"success":true,"result":{"success":false,"message":"No"}}', 200),
        ('{"success":true,"result":{"success":"true"}}', 200),
        ('{"success":true,"result":{"success":1}}', 200),
        ('{"success":true,"result":[{"mail":{"success":false}}]}', 200),
        ('{"success":true,"result":{"error":"The mail server failed"}}', 200),
        ('{"success":false,"result":{"success":true}}', 200),
        ('{"success":true,"result":{"sent":false},"x":1}', 200),
        ('{"success":true,"result":{"sent":false},"x":{"y":1}}', 200),
        ('{"success":false,"error":{"code":"Invalid request"},"result":{"success":true}}', 200),
        (SENT + "<!-- seen by proxy 7 -->", 200),
        (SENT + SENT, 200),
        ("[" * 100_000, 200),
        ("1" * 5_000, 200),
    ],
)
def test_every_other_answer_is_unclear(answer: str, status: int) -> None:
    with pytest.raises(UnclearAnswerError):
        read(answer, status)


@pytest.mark.parametrize("form", [AS_HTML, AS_TEXT, "PHP " + AS_TEXT.lstrip()])
@pytest.mark.parametrize("kind", ["Warning", "Notice", "Deprecated", "Strict Standards"])
def test_php_warnings_before_an_answer_change_nothing(form: str, kind: str) -> None:
    before = form % kind
    assert read(before + SENT) == ActionResult(success=True, message="Sent!")
    assert read(f"\ufeff{before}{before} \n{SENT} \n".lstrip("\ufeff")).success
    assert not read(before + no("Mail not sent")).success
    with pytest.raises(SignedOutError):
        read(before + no("Login is required"), 302)
    with pytest.raises(UnclearAnswerError):
        read(before + SENT, 500)


@pytest.mark.parametrize(
    "text",
    [
        AS_HTML % "Fatal error" + SENT,
        AS_HTML % "Warning" + "The mail was not sent. " + SENT,
        AS_HTML % "Warning" + no("Mail not sent") + SENT,
        AS_HTML % "Warning" + SENT + AS_HTML % "Warning",
        AS_HTML % "Warning" + SENT[:-1],
        AS_HTML % "Warning" + "Invalid request",
        AS_HTML % "Warning" + "true",
        AS_TEXT % "Warning" + AS_TEXT % "Fatal error" + SENT,
        (AS_TEXT % "Warning").rstrip() + SENT,
        "<br />" + SENT,
        "<br /><b>Warning</b>: <form>sign in</form><br />" + SENT,
        '<br /><b>Warning</b>: {"success":false}<br />' + SENT,
        "<html><body>" + AS_HTML % "Warning" + SENT,
        "Warning: it failed\n" + SENT,
    ],
)
def test_any_other_text_before_an_answer_leaves_it_unclear(text: str) -> None:
    with pytest.raises(UnclearAnswerError):
        read(text)


NOTE = "Notice: x in a.php on line 12\n"
BIG = 49_000


@pytest.mark.parametrize(
    ("before", "is_skipped"),
    [
        (NOTE, True),
        (" \n" + NOTE + "\t\n" + NOTE, True),
        ("PHP " + NOTE, True),
        ("Notice: in b in a.php on line 1\r\n", True),
        ("Notice: x on line 3 in a.php on line 1\n", True),
        ("Notice:  in a.php on line 123456789\n", True),
        ("Notice: x in a.php on line 1234567890\n", False),
        ("Notice: x in a.php on line 12 {}\n", False),
        ("Notice: x in  on line 12\n", False),
        ("Notice: in a.php on line 12\n", True),
        ("Notice: x at a.php on line 12\n", False),
        ("notice: x in a.php on line 12\n", False),
        ("x" + NOTE, False),
        ("Notice: success in a.php on line 12\n", False),
        ("Notice: SUCCESS in a.php on line 12\n", False),
        ("<br><b>Notice</b>: x<br>", True),
        ("<br/><b>Notice</b>: <i>x</i> <a href=x>y</a><br/>", True),
        ("<br><b>Notice</b>: <p>x<br>", False),
        ("<br><b>Notice</b>: <a href=" + "x" * 495 + ">y</a><br>", True),
        ("<br><b>Notice</b>: <a href=" + "x" * 496 + ">y</a><br>", False),
        ("Notice: " + "x" * BIG + " in a.php on line 1\n", True),
        (
            "Notice: " + "x" * BIG + " in a.php on line 1\n" + "Notice: " + "y" * 990 + " in a on line 1\n",
            False,
        ),
        ("Notice: " + "x" * 50_000 + " in a.php on line 1\n", False),
        ("<br><b>Notice</b>: " + "x" * BIG + "<br>", True),
        ("<br><b>Notice</b>: " + "x" * 50_000 + "<br>", False),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_counts_as_a_php_warning(before: str, *, is_skipped: bool) -> None:
    assert strip_php_notices(before + SENT) == (SENT if is_skipped else before + SENT)
    assert strip_php_notices(before + "\n" + SENT) == (SENT if is_skipped else before + "\n" + SENT)


def test_warnings_are_skipped_up_to_a_length() -> None:
    note = "Notice: " + "x" * 24_973 + " in a on line 1\n"
    exact = note + "Notice: " + "x" * (50_000 - len(note) - 24) + " in a on line 1\n"
    assert len(exact) == 50_000
    assert strip_php_notices(exact + SENT) == SENT
    assert strip_php_notices(" " + exact + SENT) == " " + exact + SENT


@pytest.mark.parametrize("text", ["", " ", SENT, " " + SENT, NOTE, NOTE[:-1] + SENT, NOTE + "[]", NOTE + " "])
def test_other_answers_stay_unchanged(text: str) -> None:
    assert strip_php_notices(text) == text


@given(
    st.text() | st.sampled_from(["<br />", "<b>Warning</b>:", AS_HTML % "Notice"]), st.booleans(), st.data()
)
def test_no_text_around_a_refusal_makes_it_a_success(text: str, after: bool, data: st.DataObject) -> None:
    refused = no("Mail not sent")
    place = len(refused) if after else data.draw(st.integers(0, len(refused)))
    warned = data.draw(st.sampled_from(["", AS_HTML % "Warning", AS_TEXT % "Notice"]))
    try:
        assert not read(warned + refused[:place] + text + refused[place:]).success
    except CrmError:
        return


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html><head><title>Just a moment…</title></head><p>x</p></html>", "Just a moment…"),
        ("<h1>503</h1><script>var a = 1</script><p>Try later</p>", "503 Try later"),
        (SENT + "<!-- p -->", '{"success":true,"result":{"message":"Sent!"}}'),
        ("red \x1b[31m" + " x" * 500, "red \ufffd[31m" + " x" * 55 + "…"),
        ("key k3yThatMustNeverBeSeen sid:0a1b2c3d4e,1790000000", "key … …,1790000000"),
    ],
)
def test_the_first_words_of_an_unclear_answer_are_quoted(text: str, words: str) -> None:
    with pytest.raises(UnclearAnswerError) as caught:
        read(text)
    assert str(caught.value).endswith(f"It begins: “{words}”.")


@given(
    st.text() | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps),
    st.integers(100, 599),
)
def test_any_text_is_an_answer_or_a_crm_error(text: str, status: int) -> None:
    try:
        answer = read(text, status)
    except CrmError:
        return
    assert answer.message == safe_text(answer.message) != ""


@given(
    st.dictionaries(
        st.sampled_from(["success", "result", "error"]),
        st.booleans()
        | st.text()
        | st.none()
        | st.dictionaries(st.sampled_from(["success", "error", "message"]), st.booleans() | st.text()),
    )
)
def test_success_requires_success_to_be_true(envelope: dict[str, object]) -> None:
    try:
        answer = read(json.dumps(envelope))
    except CrmError:
        return
    assert answer.success is envelope["success"]
    if answer.success:
        assert not envelope.get("error")
        result = envelope.get("result")
        assert not isinstance(result, dict) or result.get("success", True) is True


@pytest.mark.parametrize("success", ["true", "false"])
@pytest.mark.parametrize("control", ["\x1b[31m", "\x07", "\n", "\x00"])
def test_an_answer_with_unescaped_control_characters_is_unclear(success: str, control: str) -> None:
    with pytest.raises(UnclearAnswerError):
        read(f'{{"success":{success},"result":{{"message":"Sent to {control}Red"}}}}')


def rule(pointer: str, equals: object) -> SuccessRule:
    return SuccessRule.model_validate({"pointer": pointer, "equals": equals})


STATUS_OK = rule("/status", "ok")


@pytest.mark.parametrize(
    ("answer", "found", "message"),
    [
        ('{"status":"ok","data":{"text":"Sent!"}}', STATUS_OK, "Sent!"),
        ('{"status":"ok","message":"Sent!"}', STATUS_OK, "Sent!"),
        ('{"status":"ok","result":"Sent!"}', STATUS_OK, "Sent!"),
        ('{"status":"ok","text":"\\u001b[31mred"}', STATUS_OK, "\ufffd[31mred"),
        ('{"status":"ok"}', STATUS_OK, "Success"),
        ('{"status":"ok","errors":[],"failed":0,"sent":1}', STATUS_OK, "Success"),
        ('{"data":{"sent":1}}', rule("/data/sent", 1), "Success"),
        ('{"data":[{"sent":true}]}', rule("/data/0/sent", True), "Success"),
        ('{"a/b":{"c~d":"x"}}', rule("/a~1b/c~0d", "x"), "Success"),
        ('{"":{"":1}}', rule("//", 1), "Success"),
        ('{"data":[{"success":"yes"}]}', rule("/data/0/success", "yes"), "Success"),
        ('{"error":0}', rule("/error", 0), "Success"),
        ('{"error":"none"}', rule("/error", "none"), "Success"),
        ('{"success":"yes"}', rule("/success", "yes"), "Success"),
        ("true", rule("", True), "Success"),
        ('"sent"', rule("", "sent"), "Success"),
    ],
)
def test_success_may_be_elsewhere_in_the_answer(answer: str, found: SuccessRule, message: str) -> None:
    for status in (200, 201, 202):
        result = parse_action_result(status, answer, Labels(), found)
        assert result == ActionResult(success=True, message=message)


@pytest.mark.parametrize(
    ("answer", "found", "message"),
    [
        ('{"status":"failed","data":{"text":"No mail."}}', STATUS_OK, "No mail."),
        ('{"status":"error: x","error":{"code":"E1"}}', STATUS_OK, "E1"),
        ('{"status":"FAILED","error":"Why"}', STATUS_OK, "Why"),
        ('{"status":"not_sent"}', STATUS_OK, "The CRM refused without giving a reason."),
        ('{"status":"No"}', STATUS_OK, "The CRM refused without giving a reason."),
        ('{"status":"error 503"}', STATUS_OK, "The CRM refused without giving a reason."),
        ('{"sent":false,"message":"No mail."}', rule("/sent", True), "No mail."),
        ("false", rule("", True), "The CRM refused without giving a reason."),
        ('{"sent":0}', rule("/sent", 1), "The CRM refused without giving a reason."),
    ],
)
def test_a_value_that_means_no_is_a_refusal(answer: str, found: SuccessRule, message: str) -> None:
    assert parse_action_result(200, answer, Labels(), found) == ActionResult(success=False, message=message)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ('{"status":"queued"}', STATUS_OK),
        ('{"status":"OK"}', STATUS_OK),
        ('{"status":"success"}', STATUS_OK),
        ('{"status":true}', STATUS_OK),
        ('{"status":null}', STATUS_OK),
        ('{"status":["ok"]}', STATUS_OK),
        ("{}", STATUS_OK),
        ("[]", STATUS_OK),
        ("ok", STATUS_OK),
        ("", STATUS_OK),
        (LOGIN, STATUS_OK),
        ('{"status":"failed","status":"ok"}', STATUS_OK),
        (SENT, STATUS_OK),
        ('{"sent":2}', rule("/sent", 1)),
        ('{"sent":true}', rule("/sent", 1)),
        ('{"sent":1}', rule("/sent", True)),
        ('{"sent":"1"}', rule("/sent", 1)),
        ('{"error":5}', rule("/error", 0)),
        ('{"data":[1]}', rule("/data/01", 1)),
        ('{"data":[1]}', rule("/data/-", 1)),
        ('{"data":[1]}', rule("/data/1", 1)),
        ('{"status":"ok","success":false}', STATUS_OK),
        ('{"status":"ok","data":{"success":false}}', STATUS_OK),
        ('{"status":"ok","data":[{"error":"No"}]}', STATUS_OK),
        ('{"status":"failed","success":true}', STATUS_OK),
        ('{"status":"ok","errors":["No mail"]}', STATUS_OK),
        ('{"status":"ok","data":{"Failed":1}}', STATUS_OK),
        ('{"status":"ok","exception":{"type":"x"}}', STATUS_OK),
        ('{"status":"ok","sent":false}', STATUS_OK),
        ('{"status":"ok","result":{"sent":0}}', STATUS_OK),
        ('{"status":"failed","result":{"sent":1}}', STATUS_OK),
        ('{"data":{"sent":1,"failed":1}}', rule("/data/sent", 1)),
        ('{"status":"no error"}', STATUS_OK),
        ('{"status":"No problems"}', STATUS_OK),
        ('{"status":"not yet sent"}', STATUS_OK),
        ('{"status":"not queued"}', STATUS_OK),
        ('{"status":"error: none"}', STATUS_OK),
        ('{"status":"failed: 0"}', STATUS_OK),
    ],
)
def test_any_other_value_leaves_open_whether_it_was_done(answer: str, found: SuccessRule) -> None:
    with pytest.raises(UnclearAnswerError):
        parse_action_result(200, answer, Labels(), found)


@pytest.mark.parametrize("status", [204, 302, 400, 401, 403, 404, 500])
def test_a_rule_needs_an_answer_with_a_status_of_success(status: int) -> None:
    body = "" if status == 204 else '{"status":"ok"}'
    with pytest.raises(UnclearAnswerError):
        parse_action_result(status, body, Labels(), STATUS_OK)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("Invalid request", SignedOutError),
        ("Illegal request", SignedOutError),
        (no("Invalid request"), SignedOutError),
        (no("Permission denied", "No"), PermissionDeniedError),
        ('{"status":"failed","message":"Login is required"}', SignedOutError),
        ('{"status":"failed","error":{"code":"Permission denied"}}', PermissionDeniedError),
    ],
)
def test_an_ended_session_and_a_denial_are_recognised_before_the_rule(
    answer: str, error: type[CrmError]
) -> None:
    with pytest.raises(error):
        parse_action_result(200, answer, Labels(), STATUS_OK)


def test_a_redirect_that_asks_to_sign_in_proves_it_also_under_a_rule() -> None:
    with pytest.raises(SignedOutError):
        parse_action_result(302, no("Login is required"), Labels(), STATUS_OK)


def test_an_unclear_answer_names_where_the_config_looks() -> None:
    with pytest.raises(UnclearAnswerError, match="at /status, where the config looks for it"):
        parse_action_result(200, "{}", Labels(), STATUS_OK)


EXPLAINED = "The CRM's answer (HTTP %d) does not say whether it was done"
CONTRADICTS = "The CRM's answer (HTTP %d) contradicts itself: it says both success and failure."


@pytest.mark.parametrize(
    ("status", "answer", "found", "error", "said"),
    [
        (
            200,
            "Illegal request",
            None,
            IllegalRequestError,
            "The CRM did not accept the request: it calls it illegal.",
        ),
        (
            200,
            "Invalid request",
            None,
            SignedOutError,
            "The session has ended: the CRM did not accept the request.",
        ),
        (
            200,
            no("Invalid request", "Try again"),
            None,
            SignedOutError,
            "The session has ended: the CRM says “Try again”.",
        ),
        (
            302,
            no("x", "Login is required"),
            None,
            SignedOutError,
            "The session has ended: the CRM says “Login is required”.",
        ),
        (
            200,
            no("Illegal request", "Try again"),
            None,
            IllegalRequestError,
            "The CRM did not accept the request: it says “Try again”.",
        ),
        (
            200,
            no("x", "Illegal request"),
            None,
            IllegalRequestError,
            "The CRM did not accept the request: it says “Illegal request”.",
        ),
        (200, no("Permission denied"), None, PermissionDeniedError, "The CRM says: Permission denied"),
        (
            200,
            no("Permission denied", "You may not"),
            None,
            PermissionDeniedError,
            "The CRM says: You may not",
        ),
        (
            200,
            '{"status":"failed","data":"Permission denied"}',
            STATUS_OK,
            PermissionDeniedError,
            "The CRM says: Permission denied",
        ),
        (
            503,
            '{"success":true}',
            None,
            UnclearAnswerError,
            "The CRM's answer contradicts itself: success, but with HTTP 503.",
        ),
        (200, '{"success":true,"error":"x"}', None, UnclearAnswerError, CONTRADICTS % 200),
        (404, '{"success":false,"ok":true}', None, UnclearAnswerError, CONTRADICTS % 404),
        (201, '{"status":"ok","ok":false}', STATUS_OK, UnclearAnswerError, CONTRADICTS % 201),
        (204, "", None, UnclearAnswerError, EXPLAINED % 204 + ". It is empty."),
        (500, no("x", "Broken"), None, UnclearAnswerError, EXPLAINED % 500 + ". It begins: “Broken”."),
        (
            302,
            '{"status":"ok"}',
            STATUS_OK,
            UnclearAnswerError,
            EXPLAINED % 302 + ' at /status, where the config looks for it. It begins: “{"status":"ok"}”.',
        ),
        (
            200,
            "false",
            rule("", "sent"),
            UnclearAnswerError,
            EXPLAINED % 200 + " at its top, where the config looks for it. It begins: “false”.",
        ),
        (
            201,
            '{"status":"queued"}',
            STATUS_OK,
            UnclearAnswerError,
            EXPLAINED % 201 + ' at /status, where the config looks for it. It begins: “{"status":"queued"}”.',
        ),
    ],
)
def test_each_error_says_what_the_crm_said(
    status: int, answer: str, found: SuccessRule | None, error: type[CrmError], said: str
) -> None:
    with pytest.raises(error) as caught:
        parse_action_result(status, answer, Labels(), found or ENVELOPE)
    assert (type(caught.value), str(caught.value)) == (error, said)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ('{"status":"%s","result":{"message":"a","text":"b"},"message":"c"}', "a"),
        ('{"status":"%s","result":{"text":"b","msg":"c"}}', "b"),
        ('{"status":"%s","result":{"msg":"c"},"data":{"message":"d"}}', "c"),
        ('{"status":"%s","result":{"other":"c"},"data":"d","message":"e"}', "d"),
        ('{"status":"%s","data":{"message":["x"]},"message":"e","text":"f"}', "e"),
        ('{"status":"%s","data":[1],"text":"f","msg":"g"}', "f"),
        ('{"status":"%s","msg":"g"}', "g"),
    ],
)
def test_the_first_message_of_an_answer_counts(answer: str, message: str) -> None:
    for word, success in (("ok", True), ("failed", False)):
        result = parse_action_result(200, answer % word, Labels(), STATUS_OK)
        assert result == ActionResult(success=success, message=message)


def test_only_the_start_of_an_unknown_answer_is_searched() -> None:
    assert page_excerpt("<p>" + "<i>" * 7_000 + "late</p>") == ""
    assert page_excerpt("<p>" + " " * 19_993 + "soon</p>") == "soon"
    assert page_excerpt("<title></title><p>a</p><p>b</p>") == "a b"


@given(
    st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")),
    st.integers(100, 599),
)
def test_no_answer_breaks_a_rule(answer: str, status: int) -> None:
    with suppress(CrmError):
        assert not parse_action_result(status, answer, Labels(), STATUS_OK).success
