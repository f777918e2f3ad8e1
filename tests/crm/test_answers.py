"""What an action's answer proves, and what it does not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import CrmError, PermissionDenied, SignedOut, UnclearAnswer
from dazos_tui.crm.models import Answer
from dazos_tui.crm.pages.answers import parse_answer
from dazos_tui.text import safe_text
from tests.crm.html import DENIED, LOGIN


def read(text: str, status: int = 200) -> Answer:
    return parse_answer(status, text, Labels())


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
def test_success_in_the_crms_words(result: object, message: str | None) -> None:
    expected = message or "Reset Password Instruction has been sent successfully!"
    assert read("\n" + json.dumps({"success": True, "result": result})) == Answer(
        success=True, message=expected
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (no("Mail not sent", "The mail server failed."), "The mail server failed."),
        (no("Mail not sent"), "Mail not sent"),
        (no(17), "The CRM said no, and not why."),
        ('{"success":false,"error":"Nope"}', "Nope"),
        ('{"success":false}', "The CRM said no, and not why."),
        (no("Mail", "Permission denied by the mail server"), "Permission denied by the mail server"),
        (no("Mail", "Invalid request to the mail server"), "Invalid request to the mail server"),
    ],
)
def test_no_in_the_crms_words(answer: str, message: str) -> None:
    assert read(answer) == Answer(success=False, message=message)


@pytest.mark.parametrize("answer", [no("Permission denied", "You may not"), no("", "PERMISSION DENIED!")])
def test_permission_denied(answer: str) -> None:
    with pytest.raises(PermissionDenied):
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
    with pytest.raises(SignedOut):
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
        ("Invalid request: the mail was sent all the same", 200),
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
        ("[" * 100_000, 200),
        ("1" * 5_000, 200),
    ],
)
def test_all_else_is_unclear(answer: str, status: int) -> None:
    with pytest.raises(UnclearAnswer):
        read(answer, status)


@given(
    st.text() | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps),
    st.integers(100, 599),
)
def test_any_text_is_an_answer_or_an_error_of_the_family(text: str, status: int) -> None:
    try:
        answer = read(text, status)
    except CrmError:
        return
    assert answer.message == safe_text(answer.message) != ""


@given(
    st.dictionaries(st.sampled_from(["success", "result", "error"]), st.booleans() | st.text() | st.none())
)
def test_success_needs_a_true_success(envelope: dict[str, object]) -> None:
    try:
        answer = read(json.dumps(envelope))
    except CrmError:
        return
    assert answer.success is envelope["success"]


@pytest.mark.parametrize("success", ["true", "false"])
@pytest.mark.parametrize("control", ["\x1b[31m", "\x07", "\n", "\x00"])
def test_an_answer_with_bare_control_characters_proves_nothing(success: str, control: str) -> None:
    with pytest.raises(UnclearAnswer):
        read(f'{{"success":{success},"result":{{"message":"Sent to {control}Red"}}}}')
