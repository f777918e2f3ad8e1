"""The page after a sign-in: set-up pages or the code's page. And what pages show about the signed-in user."""

from dataclasses import replace

import pytest
from selectolax.lexbor import LexborHTMLParser

from dazos_tui.demo.presets import HARBOR, RIDGE
from dazos_tui.demo.server import DemoServer
from tests.demo.visitor import LIST

SETUP = "index.php?module=Users&parent=Settings&view=SystemSetup"
USER_SETUP = "index.php?module=Users&parent=Settings&view=UserSetup"
CODE_PAGE = "index.php?module=Users&parent=Settings&view=OneTimeCode"


@pytest.fixture
def fresh():
    """Return an instance whose administrator never answered the set-up pages."""
    with DemoServer(replace(HARBOR, users=20, set_up=False)) as server:
        yield server.instance("harbor-prod")


def test_answered_set_up_pages_redirect(untouched, signed_in):
    visitor = signed_in(untouched.instance("harbor-prod"))
    assert visitor.get(SETUP).headers["location"] == USER_SETUP
    assert visitor.get(USER_SETUP).headers["location"] == "index.php?module=Home&view=DashBoard"


def test_set_up_pages_show_a_form_to_a_signed_in_user(fresh, signed_in):
    visitor = signed_in(fresh)
    page = LexborHTMLParser(visitor.get(SETUP).text)
    assert page.css("form input[name=action]")[0].attributes["value"] == "SystemSetupSave"
    ticks = page.css("form input[type=checkbox]")
    assert {tick.attributes["name"] for tick in ticks} >= {"packages[Sales]", "packages[Support]"}
    assert LexborHTMLParser(visitor.get(LIST).text).css("tr.listViewEntries")


def test_submitting_the_first_form_unticked_hides_modules_from_the_whole_company(fresh, signed_in):
    visitor = signed_in(fresh)
    said = visitor.post(
        "index.php?module=Users&action=SystemSetupSave&packages[Sales]=Sales", visitor.token()
    )
    assert said.headers["location"] == USER_SETUP
    assert "Leads" in fresh.hidden_modules
    assert "Quotes" not in fresh.hidden_modules
    assert "currency_name" in visitor.get(USER_SETUP).text
    visitor.post("index.php?module=Users&action=UserSetupSave", visitor.token())
    assert [said["action"] for said in fresh.setups_saved] == ["SystemSetupSave", "UserSetupSave"]
    assert fresh.set_up


def test_the_code_may_be_asked_for_in_place_of_every_page(visit):
    with DemoServer(replace(RIDGE, code_asked="on every page")) as server:
        ridge = server.instance("ridge-prod")
        visitor = visit(ridge)
        assert visitor.sign_in(ridge.username, ridge.password).headers["location"] == SETUP
        assert [visitor.get(page).headers["location"] for page in (SETUP, LIST)] == [CODE_PAGE] * 2
        assert "One-time code" in visitor.get(CODE_PAGE).text


def test_every_page_has_the_time_format_and_the_user(untouched, signed_in):
    visitor = signed_in(untouched.instance("summit-prod"))
    body = visitor.page("index.php").body
    own = untouched.instance("summit-prod").population.admin.id
    assert body.attributes["data-user-dateformat"] == "dd-mm-yyyy"
    assert body.attributes["data-user-hourformat"] == "24"
    assert f"'id' : \"{own}\"" in visitor.get("index.php").text
    calendar = "index.php?module=Users&parent=Settings&view=Calendar"
    settings = visitor.page(f"{calendar}&record={own}")
    zone = settings.css_first("#Users_detailView_fieldValue_time_zone .value")
    assert zone.text(strip=True) == "America/Denver"
    assert "Permission denied" in visitor.get(f"{calendar}&record={own - 1}").text


def test_calendar_settings_of_8_3_are_only_under_the_settings(untouched, signed_in):
    for name, is_shown in (("summit-prod", False), ("harbor-prod", True)):
        visitor = signed_in(untouched.instance(name))
        own = untouched.instance(name).population.admin.id
        page = visitor.get(f"index.php?module=Users&view=Calendar&record={own}").text
        assert ("fieldValue_time_zone" in page, "Unable to load template" in page) == (is_shown, not is_shown)


def test_a_single_sign_on_has_a_link_in_place_of_the_form(visit):
    with DemoServer(replace(HARBOR, users=5, single_sign_on=True)) as server:
        page = visit(server.instance("harbor-prod")).page("index.php")
    assert not page.css("form")
    assert "saml" in page.css_first("a").attributes["href"]
