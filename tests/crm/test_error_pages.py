"""What a page that lacks its content says, and what all page parsers share: sizes, texts and forms."""

import pytest

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import CrmError, PermissionDeniedError, SignedOutError, UnexpectedPageError
from dazos_tui.crm.pages.error_pages import (
    error_code_and_message,
    is_denial,
    is_illegal_request,
    is_login_required,
    is_stale_request,
    message_in,
    missing_content_error,
    read_envelope,
    read_json,
)
from dazos_tui.crm.pages.html import (
    attribute,
    csrf_token,
    find_form,
    is_record_id,
    page_text,
    parse_html,
    text_of,
    title_of,
)
from tests.crm.html import DENIED, LOGIN, TOKEN

REFUSED = "<!DOCTYPE html><img src='a/denied.gif'><span class=genHeaderSmall>{}</span>"
TOO_LARGE = "The CRM sent a page far larger than any of its own: it was not read."


@pytest.mark.parametrize(
    ("page", "error", "said"),
    [
        (LOGIN, SignedOutError, "The session has ended: the CRM shows its login page."),
        (
            "<p>Login is required.</p>",
            SignedOutError,
            "The session has ended: the CRM no longer accepts its requests.",
        ),
        (DENIED, PermissionDeniedError, "The CRM says: Permission denied."),
        ("Permission denied!", PermissionDeniedError, "The CRM says: Permission denied."),
        (REFUSED.format("No entry.."), PermissionDeniedError, "The CRM says: No entry."),
        (
            REFUSED.format("\x1b" + "x" * 499),
            PermissionDeniedError,
            "The CRM says: \ufffd" + "x" * 499 + ".",
        ),
        (REFUSED.format("x" * 501), PermissionDeniedError, "The CRM says: " + "x" * 499 + "…."),
        (
            REFUSED.format("").replace("<span class=genHeaderSmall></span>", "Oops"),
            UnexpectedPageError,
            "The CRM sent an unexpected page: the list is missing.",
        ),
        ("", UnexpectedPageError, "The CRM sent an empty page: the list is missing."),
        (
            "<form><input name=username></form><form><input name=password></form>",
            UnexpectedPageError,
            "The CRM sent an empty page: the list is missing.",
        ),
        (REFUSED.format("Room X."), PermissionDeniedError, "The CRM says: Room X."),
        (
            "<title>Busy\x1b</title><script>var a</script><style>p {}</style>",
            UnexpectedPageError,
            "The CRM sent an empty page: the list is missing.",
        ),
        (
            "<title> Busy\x1b\n</title><p>Later</p>",
            UnexpectedPageError,
            "The CRM sent an unexpected page, “Busy\ufffd”: the list is missing.",
        ),
        (
            f"<title>{'x' * 81}</title><p>Later</p>",
            UnexpectedPageError,
            f"The CRM sent an unexpected page, “{'x' * 79}…”: the list is missing.",
        ),
        (
            "<p>Permission denied for <b>somebody</b></p>",
            UnexpectedPageError,
            "The CRM sent an unexpected page: the list is missing.",
        ),
    ],
)
def test_a_page_without_its_content_is_explained(page: str, error: type[CrmError], said: str) -> None:
    found = missing_content_error(parse_html(page), Labels(), "the list")
    assert (type(found), str(found)) == (error, said)


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("Login is required", (True, True, False, False)),
        ("Invalid request", (True, False, False, False)),
        (" illegal REQUEST!. ", (True, False, True, False)),
        ("Permission denied", (False, False, False, True)),
        ("XPermission deniedX", (False, False, False, False)),
        ("Permission", (False, False, False, False)),
    ],
)
def test_each_phrase_has_its_meaning_in_english_and_in_the_instances_words(
    text: str, answers: tuple[bool, ...]
) -> None:
    own = Labels(login_required="Bitte X!", permission_denied="Verboten.")
    questions = (is_stale_request, is_login_required, is_illegal_request, is_denial)
    for labels in (Labels(), own):
        assert tuple(question(text, labels) for question in questions) == answers
    assert is_login_required("bitte x", own)
    assert is_denial("Verboten", own)


@pytest.mark.parametrize(
    ("text", "value", "lenient"),
    [
        ("[1]", [1], [1]),
        ('["a\nb"]', None, ["a\nb"]),
        ('{"a": 1, "a": 1}', None, None),
        ('{"a": {"b": 1, "b": 2}}', None, None),
        ("NaN", None, None),
        ("[-Infinity]", None, None),
        ("{", None, None),
        ("[" * 100_000, None, None),
    ],
)
def test_only_plain_json_is_read(text: str, value: object, lenient: object) -> None:
    assert read_json(text) == value
    assert read_json(text, strict=False) == lenient


def test_json_is_read_up_to_a_limit() -> None:
    assert (read_json("1234", limit=4), read_json("12345", limit=4)) == (1234, None)
    longest = '"' + "x" * 1_999_998 + '"'
    assert (read_json(longest) is None, read_json(longest + " ")) == (False, None)


def test_an_envelope_says_whether_it_was_done() -> None:
    assert read_envelope('{"success": false}') == {"success": False}
    assert read_envelope('{"success": true, "a": "\n"}', strict=False) == {"success": True, "a": "\n"}
    for other in ('{"success": true, "a": "\n"}', '{"success": 1}', "[]", '{"a": true}', ""):
        assert read_envelope(other) is None


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ({"code": "E\x1b", "message": "Why"}, "E\ufffd", "Why"),
        ({"code": "E"}, "E", ""),
        ({"message": "Why"}, "", "Why"),
        ("Why", "", "Why"),
        ({"code": 7, "message": ["a"]}, "", ""),
        (None, "", ""),
        ({"code": "c" * 501, "message": "m" * 501}, "c" * 499 + "…", "m" * 499 + "…"),
    ],
)
def test_an_errors_code_and_message(error: object, code: str, message: str) -> None:
    assert error_code_and_message({"success": False, "error": error}) == (code, message)
    assert message_in(error) == message


def test_a_page_has_a_largest_size() -> None:
    assert parse_html("x" * 1_000_000).body is not None
    assert parse_html("<" * 20_000).body is not None
    for page in ("x" * 1_000_001, "<" * 20_001):
        with pytest.raises(UnexpectedPageError) as caught:
            parse_html(page)
        assert str(caught.value) == TOO_LARGE


def words(count: int, separator: str) -> str:
    return separator.join(f"{number:x}" for number in range(0x10000, 0x10000 + count))


@pytest.mark.parametrize("separator", [" ", "/", "=", "\n"])
def test_a_large_page_has_a_largest_number_of_words(separator: str) -> None:
    assert parse_html(words(20_000, separator)).body is not None
    with pytest.raises(UnexpectedPageError):
        parse_html(words(20_001, separator))


def test_a_small_page_may_have_any_words() -> None:
    small = " ".join(f"{number:x}" for number in range(0x100, 0x100 + 20_001)).ljust(100_000)
    assert parse_html(small).body is not None
    with pytest.raises(UnexpectedPageError):
        parse_html(small + " ")


@pytest.mark.parametrize(("tags", "bold"), [(2_000, 1_000), (2_001, 0)])
def test_in_a_page_with_many_tags_formatting_counts_as_spans(tags: int, bold: int) -> None:
    tree = parse_html("<b>x</b>" * 1_000 + "<p>" * (tags - 2_000))
    assert (len(tree.css("b")), len(tree.css("span"))) == (bold, 1_000 - bold)


def test_parts_of_a_page() -> None:
    tree = parse_html(
        "<title>\nA  b\n</title><p id=x hidden>&lt;i&gt;\x1b</p><script>no</script><style>no</style><b>c</b>d"
    )
    node = tree.css_first("#x")
    assert [attribute(node, name) for name in ("id", "hidden", "class")] == ["x", "", ""]
    assert (attribute(None, "id"), text_of(None)) == ("", "")
    assert (text_of(node), title_of(tree)) == ("<i>\ufffd", "A b")
    assert text_of(parse_html("<p>\r\n\tX Xaver X \t</p>").css_first("p")) == "X Xaver X"
    assert page_text(tree) == "<i>\ufffd c d"
    assert page_text(parse_html("x" * 20_001)) == "x" * 19_999 + "…"
    assert title_of(parse_html("")) == ""
    assert page_text(parse_html("<frameset><frame>")) == ""


def test_the_token_and_the_form_of_a_page() -> None:
    tree = parse_html("<script>var a</script>" + LOGIN)
    assert csrf_token(tree) == TOKEN
    assert csrf_token(parse_html("<script>var a</script>")) == ""
    for names, action in ((("username",), "forgotPassword.php"), (("username", "password"), "index.php")):
        form = find_form(tree, *names)
        assert attribute(form, "action") == action
    assert find_form(tree, "username", "other") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", True), ("19x12", True), ("9" * 20, True), ("9" * 21, False), ("x12", False), ("12\n", False)],
)
def test_record_ids(text: str, expected: bool) -> None:
    assert is_record_id(text) is expected
