"""An instance that asks for a one-time code after the password."""

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from dazos_tui.demo.server import DemoServer
from tests.demo.visitor import LIST, profile_url

SETUP = "index.php?module=Users&parent=Settings&view=SystemSetup"
DASHBOARD = "index.php?module=Home&view=DashBoard"
LOGIN = "index.php?module=Users&parent=Settings&view=Login"
SEND = "index.php?module=Users&parent=Settings&action=SendResetLink&record=1"


@pytest.fixture
def ridge(demo):
    return demo.instance("ridge-prod")


@pytest.fixture
def halfway(ridge, visit):
    """Somebody who has given the right password, and no code yet."""
    visitor = visit(ridge)
    visitor.code_page = visitor.sign_in(ridge.username, ridge.password).headers["location"]
    return visitor


def form_of(html):
    (form,) = LexborHTMLParser(html).css("form")
    fields = {
        field.attributes["name"] or "": field.attributes.get("value") or "" for field in form.css("input")
    }
    return form, fields


def give(visitor, code):
    form, fields = form_of(visitor.get(visitor.code_page).text)
    return visitor.http.post(form.attributes["action"] or "", data=fields | {"otp_code": code})


def wrong(ridge):
    return "000000" if ridge.one_time_code != "000000" else "111111"


def test_it_is_a_production_instance_of_about_60_people(ridge):
    assert ridge.environment == "production"
    assert len(ridge.people) == 60


def test_the_code_is_six_digits_and_depends_on_the_seed(ridge, clock):
    assert len(ridge.one_time_code) == 6
    assert ridge.one_time_code.isdigit()
    codes = {DemoServer(seed=seed, clock=clock).instance("ridge-prod").one_time_code for seed in (1, 1, 2)}
    assert len(codes) == 2
    assert ridge.one_time_code in codes


def test_no_other_instance_asks_for_one(demo):
    asking = [instance.name for instance in demo.instances if instance.one_time_code is not None]
    assert asking == ["ridge-prod"]
    told = [instance.name for instance in demo.instances if "one_time_code" in instance.describe()]
    assert told == asking


def test_whoever_is_to_try_it_is_told_the_code(demo, ridge):
    assert ridge.describe()["one_time_code"] == ridge.one_time_code
    assert ridge.one_time_code in httpx.get(f"{demo.url}/").text


def test_the_page_after_the_password_is_neither_the_login_page_nor_one_of_the_crm(ridge, halfway):
    assert "view=Login" not in halfway.code_page
    text = halfway.get(halfway.code_page).text
    page = LexborHTMLParser(text)
    form, fields = form_of(text)
    assert form.attributes["method"] == "post"
    assert list(fields) == ["__vtrftk", "module", "action", "otp_code"]
    seen = [field.attributes["name"] for field in form.css("input:not([type=hidden])")]
    assert seen == ["otp_code"]
    label = form.css_first("label[for=otp_code]")
    assert label is not None
    assert label.text() == "One-time code"
    assert f"in this demo it is {ridge.one_time_code}" in text
    assert page.css("a") == []
    assert page.css("input[name=password]") == []


def test_the_right_code_completes_the_sign_in(ridge, halfway):
    before = halfway.http.cookies["PHPSESSID"]
    assert ridge.accounts.history == []
    answer = give(halfway, ridge.one_time_code)
    assert (answer.status_code, answer.headers["location"]) == (302, SETUP)
    assert halfway.http.cookies["PHPSESSID"] != before
    assert "Welcome, Demo Administrator" in halfway.get(SETUP, follow_redirects=True).text
    assert "otp_code" not in halfway.get(halfway.code_page).text
    assert [record.person.user_name for record in ridge.accounts.history] == ["demo.admin"]
    assert (ridge.sign_in_attempts, ridge.code_attempts) == (1, 1)


def test_a_token_from_before_the_code_fits_no_longer(ridge, halfway):
    _, fields = form_of(halfway.get(halfway.code_page).text)
    give(halfway, ridge.one_time_code)
    assert halfway.post(SEND, fields["__vtrftk"]).text == "Invalid request"


def test_everybody_is_asked_for_it(ridge, visit):
    visitor = visit(ridge)
    visitor.code_page = visitor.sign_in(ridge.non_admin.username, ridge.non_admin.password).headers[
        "location"
    ]
    assert give(visitor, ridge.one_time_code).headers["location"] == SETUP


def test_a_wrong_password_is_answered_as_ever(ridge, visit):
    assert visit(ridge).sign_in(ridge.username, "wrong").headers["location"] == f"{LOGIN}&error=login"
    assert ridge.code_attempts == 0


@pytest.mark.parametrize("url", [LIST, DASHBOARD, SETUP, profile_url(1)])
def test_the_half_session_opens_no_other_page(halfway, url):
    answer = halfway.get(url)
    assert (answer.status_code, answer.headers["location"]) == (302, "index.php")


def test_the_half_session_runs_no_action(ridge, halfway):
    answer = halfway.post(SEND, halfway.token())
    assert (answer.status_code, answer.headers["location"]) == (302, "index.php")
    assert answer.json()["error"]["code"] == "Login is required"
    assert ridge.outbox == []


def test_the_login_page_is_still_there_and_starts_anew(ridge, halfway):
    give(halfway, wrong(ridge))
    assert "Sign in" in halfway.get("index.php").text
    halfway.sign_in(ridge.username, ridge.password)
    for _ in range(2):
        assert give(halfway, wrong(ridge)).status_code == 200
    assert give(halfway, ridge.one_time_code).headers["location"] == SETUP


def test_a_wrong_code_brings_the_form_again_with_a_word(ridge, halfway):
    _, first = form_of(halfway.get(halfway.code_page).text)
    answer = give(halfway, wrong(ridge))
    assert answer.status_code == 200
    assert "This code is not right." in answer.text
    _, again = form_of(answer.text)
    assert again == first, "what was typed is not shown again"
    assert give(halfway, ridge.one_time_code).headers["location"] == SETUP
    assert ridge.code_attempts == 2


def test_three_wrong_codes_end_the_half_session(ridge, halfway):
    old = {"PHPSESSID": halfway.http.cookies["PHPSESSID"]}
    give(halfway, wrong(ridge))
    _, fields = form_of(give(halfway, "").text)
    answer = give(halfway, wrong(ridge))
    assert (answer.status_code, answer.headers["location"]) == (302, f"{LOGIN}&error=login")
    assert halfway.get(halfway.code_page).headers["location"] == "index.php"
    late = httpx.post(f"{ridge.url}index.php", data=fields | {"otp_code": ridge.one_time_code}, cookies=old)
    assert late.text == "Invalid request"
    assert ridge.code_attempts == 3
    assert ridge.accounts.history == []


def test_nobody_is_asked_for_a_code_without_a_password(ridge, visit):
    visitor = visit(ridge)
    form = {
        "__vtrftk": visitor.token(),
        "module": "Users",
        "action": "OneTimeCode",
        "otp_code": ridge.one_time_code,
    }
    answer = visitor.http.post("index.php", data=form)
    assert answer.json()["error"]["code"] == "Login is required"
    assert (ridge.code_attempts, ridge.accounts.history) == (0, [])


def test_the_answer_to_the_code_can_get_lost(ridge, halfway):
    ridge.faults.drop_connection("one-time-code", runs=True)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        give(halfway, ridge.one_time_code)
    assert ridge.code_attempts == 1


def test_the_page_that_asks_can_be_another_one(ridge, halfway):
    ridge.faults.answer_with("one-time-code-page", "<p>Out of order</p>", status=503)
    assert halfway.get(halfway.code_page).status_code == 503
    assert halfway.get(halfway.code_page).status_code == 200
