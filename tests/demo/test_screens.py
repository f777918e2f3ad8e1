"""An administrator's path through the pages."""

import pytest

from tests.demo.visitor import INACTIVE, LIST, PJAX, row_menu


@pytest.fixture
def admin(demo, signed_in):
    return signed_in(demo.instances[0])


def links(page):
    return {link.text(strip=True): link.attributes.get("href") or "" for link in page.css("a")}


def test_gear_user_management_users(admin):
    dashboard = admin.page("index.php?module=Home&view=DashBoard")
    gear = dashboard.css_first("a[title=Settings]")
    assert gear is not None
    settings = admin.page(gear.attributes["href"])
    users = admin.page(links(settings)["Users"])
    assert "Inactive Users" in links(users)
    inactive = admin.page(links(users)["Inactive Users"])
    assert len(inactive.css("tr.listViewEntries")) == 20
    following = inactive.css_first("#NextPageButton")
    assert following is not None
    last = admin.page(following.attributes["href"].replace("page=2", "page=4"))
    assert len(last.css("tr.listViewEntries")) == 4


def test_an_ordinary_user_sees_no_gear(demo, visit):
    instance = demo.instances[0]
    rep = visit(instance)
    rep.sign_in(instance.non_admin.username, instance.non_admin.password)
    assert not rep.page("index.php?module=Home&view=DashBoard").css("a[title=Settings]")
    assert "Permission denied" in rep.get("index.php?module=Vtiger&parent=Settings&view=Index").text


def test_a_signed_in_user_skips_the_login_page(admin):
    response = admin.get("index.php?module=Users&parent=Settings&view=Login")
    assert response.headers["location"] == "index.php?module=Home&view=DashBoard"


def test_restoring_an_inactive_user(demo, admin):
    instance = demo.instances[0]
    person = instance.person("odd.inactive-markup")
    table = admin.page(f"{LIST}&orderby=user_name{INACTIVE}&page=3", headers=PJAX)
    menu = row_menu(table, person.id)
    assert list(menu) == ["Restore", "Delete Permanently"]
    assert admin.post(menu["Restore"], admin.token()).json()["success"] is True
    assert person.active
    assert person.id in admin.ids("&orderby=user_name")


def test_the_login_history_can_be_a_fragment(admin):
    response = admin.get("index.php?module=LoginHistory&parent=Settings&view=List", headers=PJAX)
    assert "<html" not in response.text
    assert "Demo Administrator" in response.text


def test_a_page_that_the_demo_does_not_have_says_so(admin):
    response = admin.get("index.php?module=Users&parent=Settings&view=Edit&record=1")
    assert (response.status_code, "not part of the demo" in response.text) == (200, True)
