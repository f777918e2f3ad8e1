"""The profile page."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.demo.visitor import PJAX, more_menu, profile_url


@pytest.fixture
def instance(untouched):
    return untouched.instances[0]


@pytest.fixture
def admin(instance, signed_in):
    return signed_in(instance)


def value(profile: LexborHTMLParser, name: str) -> str:
    field = profile.css_first(f"#Users_detailView_fieldValue_{name} .value")
    assert field is not None, name
    return field.text(strip=True)


def test_fields_are_found_by_their_ids(instance, admin):
    person = instance.person("odd.obrien")
    profile = admin.profile(person.id)
    assert value(profile, "last_name") == "O'Brien"
    assert value(profile, "email1") == "nora.o'brien@harbor.example.com"
    assert value(profile, "roleid") == person.roleid
    assert value(profile, "status") == "Active"
    assert value(profile, "is_admin") == "No"
    label = profile.css_first("#Users_detailView_fieldLabel_email1")
    assert label is not None
    assert label.text(strip=True) == "Primary Email"


def test_blocks_have_headings(instance, admin):
    profile = admin.profile(instance.person("odd.zoe").id)
    headings = [heading.text(strip=True) for heading in profile.css(".block[data-block] > h4")]
    assert headings[0] == "User Login & Role"
    assert headings[-1] == "User Advanced Options"


def test_the_access_key_is_shown_in_clear(instance, admin):
    person = instance.person("odd.zoe")
    assert value(admin.profile(person.id), "accesskey") == person.accesskey
    assert len(person.accesskey) == 16


def test_the_more_menu_has_unquoted_targets_with_entities(instance, admin):
    person = instance.person("odd.zoe")
    response = admin.get(profile_url(person.id))
    raw = (
        "<a href=javascript:Users_Detail_Js.triggerSendResetLink(&#039;index.php?module=Users&amp;"
        f"parent=Settings&amp;action=SendResetLink&amp;record={person.id}&#039;)>Send Reset Link</a>"
    )
    assert raw in response.text
    assert list(more_menu(LexborHTMLParser(response.text))) == [
        "Delete",
        "Change Username",
        "Change Password",
        "Change Access Key",
        "Send Reset Link",
    ]


def test_other_menus_of_the_page_are_not_the_more_menu(instance, admin):
    profile = admin.profile(instance.person("odd.zoe").id)
    assert len(profile.css("ul.dropdown-menu > li > a")) > 100


def test_an_inactive_users_profile_lacks_the_more_menu(instance, admin):
    person = next(person for person in instance.people if not person.active)
    profile = admin.profile(person.id)
    assert value(profile, "status") == "Inactive"
    assert more_menu(profile) == {}
    assert "moreAction" not in (profile.html or "")


def test_asked_for_by_pjax_the_body_is_empty(admin):
    response = admin.get(profile_url(1), headers=PJAX)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("record", ["999999", "", "x"])
def test_nobodys_profile_is_a_small_page(admin, record):
    response = admin.get(f"index.php?module=Users&view=Detail&parent=Settings&record={record}")
    assert response.status_code == 200
    assert "has been deleted" in response.text


def test_the_page_is_as_large_as_on_a_real_server(admin):
    assert 170_000 < len(admin.get(profile_url(1)).content) < 200_000
