"""The traps of presets that are only for tests."""

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import NO_INACTIVE_SWITCH, ONE_LIST_WITH_STATUS, SCRIPTED, SPANISH
from tests.demo.visitor import INACTIVE, LIST, PJAX, profile_url, row_ids


@pytest.fixture(scope="module")
def server():
    with DemoServer(ONE_LIST_WITH_STATUS, NO_INACTIVE_SWITCH, SCRIPTED, SPANISH) as server:
        yield server


def test_one_list_shows_both_and_the_switch_only_the_inactive(server, signed_in):
    instance = server.instance("one-list-status")
    admin = signed_in(instance)
    pages = [admin.page(f"{LIST}&orderby=user_name&page={number}", headers=PJAX) for number in range(1, 24)]
    assert {one for page in pages for one in row_ids(page)} == {one.id for one in instance.people}
    assert pages[0].css_first("th a[data-columnname=status]") is not None
    inactive = {one.id for one in instance.people if not one.active}
    assert set(row_ids(admin.page(LIST + INACTIVE, headers=PJAX))) < inactive


def test_a_server_may_ignore_the_switch(server, signed_in):
    admin = signed_in(server.instance("no-switch"))
    listed = [
        row_ids(admin.page(f"{LIST}{switch}&orderby=user_name", headers=PJAX)) for switch in ("", INACTIVE)
    ]
    assert listed[0] == listed[1]


def test_an_item_may_have_no_address(server, signed_in):
    instance = server.instance("scripted-prod")
    person = next(one for one in instance.people if one.active)
    text = signed_in(instance).get(profile_url(person.id)).text
    assert f"<a href=javascript:Users_Detail_Js.sendResetLink({person.id})>Send Reset Link</a>" in text


def test_only_an_active_profile_has_raw_values_in_every_language(server, signed_in):
    instance = server.instance("spanish-prod")
    admin = signed_in(instance)
    page = admin.profile(instance.person(instance.username).id)
    raw = {
        node.attributes["data-name"]: node.attributes["data-value"]
        for node in page.css("input.fieldBasicData")
    }
    assert (raw["status"], raw["is_admin"]) == ("Active", "1")
    assert "Activo" in page.body.text()
    gone = next(one for one in instance.people if not one.active)
    page = admin.profile(gone.id)
    assert page.css("input.fieldBasicData") == []
    assert "Inactive" in page.body.text()


def test_a_refusal_is_recognisable_in_every_language(server, visit):
    instance = server.instance("spanish-prod")
    visitor = visit(instance)
    visitor.sign_in(instance.non_admin.username, instance.non_admin.password)
    text = visitor.get(LIST).text
    assert "Permiso denegado" in text
    assert "denied.gif" in text
    assert "genHeaderSmall" in text
