"""A user's profile page."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import (
    CrmError,
    PermissionDeniedError,
    SignedOutError,
    UnexpectedPageError,
    UserNotFoundError,
)
from dazos_tui.crm.models import MenuItemKind, Profile, Status, User
from dazos_tui.crm.pages.profile import parse_profile
from dazos_tui.text.sanitize import safe_text
from tests.crm.html import DENIED, KEY, LOGIN, block, more, profile

TARGET = "index.php?module=Users&parent=Settings&action=SendIt&record=7"

LABELS = Labels()


def read(html: str, labels: Labels = LABELS) -> Profile:
    return parse_profile(html, user_id="7", labels=labels)


def test_the_user_of_a_profile() -> None:
    user = read(profile()).user
    assert (user.id, user.user_name, user.name) == ("7", "ann", "Ann García")
    assert (user.email, user.role, user.status, user.admin) == ("ann@x.test", "Sales", Status.ACTIVE, False)


def test_what_the_crm_stores_is_kept_beside_what_can_be_shown() -> None:
    user = read(profile()).user
    assert (user.raw_user_name, user.raw_email) == ("", "")
    hidden = "ann\u200b@x.test"
    user = read(profile(user_name=" a\u200bnn\n", email1=hidden)).user
    assert (user.user_name, user.exact_user_name) == ("ann", "a\u200bnn")
    assert (user.email, user.exact_email) == ("ann@x.test", hidden)
    assert read(profile(user_name="\u2003Xa\u200bnnX\n")).user.exact_user_name == "\u2003Xa\u200bnnX"
    link = f'<a class="emailField" data-rawvalue="{hidden}">Ann</a> <i>mail</i>'
    assert read(profile(email1=link)).user.exact_email == hidden
    link = f'<a class="emailField">{hidden}</a> <i>mail</i>'
    assert read(profile(email1=link)).user.exact_email == hidden


def test_a_first_name_can_be_empty() -> None:
    assert read(profile(first_name="")).user.name == "García"


def test_blocks_keep_the_pages_order_and_text() -> None:
    found = read(profile(extra=block("LBL_MORE", "More Information", {"title": "Boss", "phone_work": ""})))
    assert [one.title for one in found.blocks] == ["User Login & Role", "More Information"]
    assert [(one.name, one.label, one.value) for one in found.blocks[1].fields] == [
        ("title", "Title", "Boss"),
        ("phone_work", "Phone Work", ""),
    ]


def test_the_more_menu_is_read_from_unquoted_attributes_with_entities() -> None:
    found = read(
        profile(menu=more("Delete", "index.php?action=Delete&record=7") + more("Send Reset Link", TARGET))
    )
    assert [(one.label, one.kind) for one in found.menu] == [
        ("Delete", MenuItemKind.OTHER),
        ("Send Reset Link", MenuItemKind.SEND_RESET_LINK),
    ]
    assert found.menu[1].href == TARGET
    assert found.menu[1].user_id == "7"


def test_other_drop_down_menus_are_not_the_more_menu() -> None:
    found = read(
        profile(extra=f'<ul class="dropdown-menu"><li><a href="{TARGET}">Send Reset Link</a></li></ul>')
    )
    assert found.menu == ()


def test_an_inactive_persons_profile() -> None:
    found = read(profile(status="Inactive"))
    assert (found.user.status, found.menu, found.is_locked) == (Status.INACTIVE, (), False)


@pytest.mark.parametrize(
    ("key", "title", "fields"),
    [
        ("LBL_X", "API", {"accesskey": KEY}),
        ("LBL_X", "API", {"access_key": KEY}),
        ("LBL_X", "API", {"cf_token": KEY}),
        ("LBL_X", "API", {"user_password": KEY, "confirm_password": KEY}),
        ("LBL_X", "Access Keys", {"cf_1": KEY}),
        ("LBL_ACCESS_KEY", "Other", {"cf_1": KEY}),
        ("LBL_X", "Other", {"cf_api_key": KEY}),
    ],
)
def test_secrets_are_dropped(key: str, title: str, fields: dict[str, str]) -> None:
    assert KEY not in repr(read(profile(extra=block(key, title, fields))))


def test_a_secret_is_recognized_by_its_label_too() -> None:
    html = profile(extra=block("LBL_X", "Other", {"cf_12": KEY})).replace(
        ">Cf 12<", ">Webservice Access Key<"
    )
    assert KEY not in repr(read(html))


def marks(**values: str) -> str:
    """Return the hidden inputs with the database values."""
    return "".join(
        f'<input type="hidden" class="fieldBasicData" data-name="{name}" data-value="{value}">'
        for name, value in values.items()
    )


def test_database_values_are_read_in_every_language() -> None:
    raw = marks(status="Active", is_admin="1", email1="ann@x.test", accesskey=KEY)
    found = read(profile(status="Activo", is_admin="Sí", email1="", extra=raw))
    assert (found.user.status, found.user.admin, found.user.email) == (Status.ACTIVE, True, "ann@x.test")
    assert KEY not in repr(found)
    raw = marks(status="Inactive", is_admin="0")
    found = read(profile(status="Activo", is_admin="Sí", extra=raw))
    assert (found.user.status, found.user.admin) == (Status.INACTIVE, False)


@pytest.mark.parametrize(
    ("labels", "words", "admin"),
    [
        ({}, "Yes", True),
        ({}, "No", False),
        ({}, "Sí", None),
        ({}, "", None),
        ({"yes": "Sí"}, "Sí", True),
        ({"yes": "Sí"}, "Yes", True),
        ({"yes": "Ja"}, "Nein", False),
    ],
)
def test_admin_is_known_only_from_known_words(labels: dict[str, str], words: str, admin: bool | None) -> None:
    assert read(profile(is_admin=words), Labels(**labels)).user.admin is admin


def test_the_english_status_is_recognized_besides_the_label() -> None:
    labels = Labels(active="Activo", inactive="Inactivo")
    for words, status in (
        ("Inactive", Status.INACTIVE),
        ("inactivo", Status.INACTIVE),
        ("Active", Status.ACTIVE),
    ):
        assert read(profile(status=words), labels).user.status is status


@pytest.mark.parametrize(
    ("missing", "changed"),
    [
        ("first_name", {"name": "García"}),
        ("last_name", {"name": "Ann"}),
        ("roleid", {"role": ""}),
        ("is_admin", {"admin": None}),
        ("title", {}),
    ],
)
def test_a_profile_need_not_have_every_field(missing: str, changed: dict[str, Any]) -> None:
    whole = User("7", "ann", "Ann García", "ann@x.test", "Sales", Status.ACTIVE, admin=False)
    html = profile().replace(f"_fieldValue_{missing}", "_other")
    found = read(html)
    assert found.user == replace(whole, **changed)
    shown = {one.name: one.value for block in found.blocks for one in block.fields}
    assert shown.get(missing, "") == ""


def test_a_field_without_a_shown_value_is_empty() -> None:
    html = profile().replace('class="value textOverflowEllipsis"', "")
    assert [
        one.value for one in read(html.replace("<span >ann<", "<span class=value>ann<")).blocks[0].fields
    ] == [
        "ann",
        *[""] * 6,
    ]


@pytest.mark.parametrize(
    ("raw", "words", "status", "admin"),
    [
        ({"status": " ACTIVE ", "is_admin": " ON "}, "Sí", Status.ACTIVE, True),
        ({"status": "inactive", "is_admin": "Off"}, "Yes", Status.INACTIVE, False),
        ({"status": "other", "is_admin": "2"}, "Yes", Status.ACTIVE, True),
        ({"status": "", "is_admin": ""}, "No", Status.ACTIVE, False),
    ],
)
def test_a_database_value_counts_if_it_is_known(
    raw: dict[str, str], words: str, status: Status, *, admin: bool
) -> None:
    user = read(profile(is_admin=words, extra=marks(**raw))).user
    assert (user.status, user.admin) == (status, admin)


def test_the_stored_address_is_used_only_for_a_missing_one() -> None:
    raw = marks(email1="other@x.test\x1b")
    assert read(profile(extra=raw)).user.email == "ann@x.test"
    assert read(profile(email1="")).user.email == ""
    assert read(profile(extra=raw, email1="")).user.email == "other@x.test\ufffd"


def test_the_first_cell_of_a_field_counts() -> None:
    html = profile(extra=block("LBL_AGAIN", "Again", {"user_name": "bob", "status": "Inactive"}))
    found = read(html)
    assert (found.user.user_name, found.user.status) == ("ann", Status.ACTIVE)
    assert [one.value for one in found.blocks[1].fields] == ["ann", "Active"]


def test_a_profile_has_a_largest_number_of_blocks_and_fields() -> None:
    many = "".join(block(f"LBL_{number}", f"Block {number}", {"title": "x"}) for number in range(101))
    found = read(profile(extra=many)).blocks
    assert [one.title for one in found] == ["User Login & Role", *(f"Block {number}" for number in range(99))]
    fields = {f"cf_{number}": "x" for number in range(600)}
    twice = read(profile(extra=block("LBL_1", "One", fields) + block("LBL_2", "Two", fields))).blocks
    assert [len(one.fields) for one in twice] == [7, 600, 393]
    hidden = block("LBL_1", "Access Keys", fields) + block("LBL_2", "Two", fields)
    assert [len(one.fields) for one in read(profile(extra=hidden)).blocks] == [7, 600]


WITHOUT_ID = "The CRM shows a profile without a record id instead of that of record 7."


@pytest.mark.parametrize(
    ("page", "error", "said"),
    [
        (
            "<p>Record 7 does not exist</p>",
            UserNotFoundError,
            "The CRM says that this record does not exist.",
        ),
        ("<p>LBL_RECORD_NOT_FOUND</p>", UserNotFoundError, "The CRM says that this record does not exist."),
        (profile(user_name=""), UserNotFoundError, "The CRM has no user with the record id 7."),
        (
            profile("8"),
            UnexpectedPageError,
            "The CRM shows another profile instead of that of record 7.",
        ),
        (profile(""), UnexpectedPageError, WITHOUT_ID),
        (profile(" "), UnexpectedPageError, WITHOUT_ID),
        (profile().replace("recordId", "recordNo"), UnexpectedPageError, WITHOUT_ID),
        (
            profile().replace("_fieldValue_status", "_other"),
            UnexpectedPageError,
            "The CRM sent an unexpected page: the profile's field status is missing.",
        ),
        ("", UnexpectedPageError, "The CRM sent an empty page: the profile's field user_name is missing."),
    ],
    ids=["record", "label", "name", "another", "empty id", "blank id", "no id", "field", "empty"],
)
def test_an_unreadable_profile_says_why(page: str, error: type[CrmError], said: str) -> None:
    with pytest.raises(error) as caught:
        read(page)
    assert (type(caught.value), str(caught.value)) == (error, said)


REFUSAL = (
    '<!DOCTYPE html><img src="layouts/v7/skins/images/denied.gif"><span class="genHeaderSmall">{}</span>'
)


def test_the_access_denied_page_is_recognized_in_every_language() -> None:
    with pytest.raises(PermissionDeniedError, match="Permiso denegado"):
        read(REFUSAL.format("Permiso denegado."))
    with pytest.raises(UserNotFoundError):
        read(REFUSAL.format("The record you are trying to view has been deleted."))
    with pytest.raises(SignedOutError):
        read(REFUSAL.format("Invalid request"))
    with pytest.raises(UnexpectedPageError):
        read(REFUSAL.format("").replace("denied", "other"))


def test_a_status_in_unknown_words_is_unknown() -> None:
    assert read(profile(status="Aktiv")).user.status is Status.UNKNOWN
    assert read(profile(status="aktiv"), Labels(active="Aktiv")).user.status is Status.ACTIVE


@pytest.mark.parametrize("field", ["user_name", "email1", "status"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(UnexpectedPageError, match=field):
        read(profile().replace(f"_fieldValue_{field}", "_other"))


@pytest.mark.parametrize(
    ("html", "error"),
    [
        (DENIED, PermissionDeniedError),
        (LOGIN, SignedOutError),
        (LOGIN + "<script>'The record has been deleted'</script>", SignedOutError),
        ("Invalid request", SignedOutError),
        ("<p>The record you are trying to view has been deleted.</p>", UserNotFoundError),
        ("<p>Record you are trying to access is not found</p>", UserNotFoundError),
        (profile(user_name=""), UserNotFoundError),
        ("", UnexpectedPageError),
    ],
)
def test_each_missing_profile_has_its_error(html: str, error: type[CrmError]) -> None:
    with pytest.raises(error):
        read(html)


@given(st.text())
def test_any_text_gives_a_profile_or_a_crm_error(text: str) -> None:
    for html in (text, profile(extra=text), profile(menu=more(text, text), last_name=text, roleid=text)):
        try:
            found = read(html)
        except CrmError:
            continue
        for shown in (found.user.name, found.user.role, *(item.label for item in found.menu)):
            assert shown == safe_text(shown)
        assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("index.php?module=Users&record=7&at=12:30", True),
        ("http://crm.example.com/index.php?record=7", True),
        ("HTTPS://crm.example.com/index.php?record=7&at=12:30", True),
        ("data:text/html,7", False),
        ("MAILTO:ann@example.com", False),
    ],
)
def test_only_an_address_of_the_web_is_taken_from_a_menu(address: str, kept: bool) -> None:
    item = read(profile(menu=more("Send Reset Link", address))).menu_item(MenuItemKind.SEND_RESET_LINK)
    assert item is not None
    assert item.href == (address if kept else "")
