"""Signing in and out, tokens, and locks."""

import pytest
from selectolax.lexbor import LexborHTMLParser

SETUP = "index.php?module=Users&parent=Settings&view=SystemSetup"
BAD = "index.php?module=Users&parent=Settings&view=Login&error=login"


def test_the_login_page_has_two_forms_and_the_first_is_not_for_signing_in(untouched, visit):
    page = visit(untouched.instance("harbor-prod")).page("index.php")
    fields = [[field.attributes["name"] for field in form.css("input")] for form in page.css("form")]
    assert fields == [
        ["__vtrftk", "username", "emailId"],
        ["__vtrftk", "module", "action", "username", "password"],
    ]
    assert page.css("form")[0].attributes["action"] == "forgotPassword.php"


def test_another_instance_has_its_forms_the_other_way_round(untouched, visit):
    page = visit(untouched.instance("summit-prod")).page("index.php")
    assert [bool(form.css("input[name=password]")) for form in page.css("form")] == [True, False]


def test_the_token_of_the_page_is_that_of_the_forms(untouched, visit):
    visitor = visit(untouched.instances[0])
    response = visitor.get("index.php")
    field = LexborHTMLParser(response.text).css_first("#loginForm input[name=__vtrftk]")
    assert field is not None
    assert f'csrfMagicToken = "{field.attributes["value"]}"' in response.text


def test_a_successful_sign_in_changes_the_session_id(untouched, visit):
    instance = untouched.instances[0]
    visitor = visit(instance)
    visitor.get("index.php")
    before = visitor.http.cookies["PHPSESSID"]
    response = visitor.sign_in(instance.username, instance.password)
    assert response.status_code == 302
    assert response.headers["location"] == SETUP
    assert visitor.http.cookies["PHPSESSID"] != before
    assert f"Path=/{instance.name}/" in response.headers["set-cookie"]


def test_a_token_from_before_the_sign_in_is_no_longer_accepted(untouched, visit):
    instance = untouched.instances[0]
    visitor = visit(instance)
    old = visitor.token()
    visitor.sign_in(instance.username, instance.password)
    assert visitor.post("index.php?module=Users&action=SendResetLink", old).text == "Invalid request"


def test_an_ordinary_user_signs_in_and_lands_on_a_dashboard(untouched, visit):
    instance = untouched.instances[0]
    visitor = visit(instance)
    visitor.sign_in(instance.non_admin.username, instance.non_admin.password)
    response = visitor.get(SETUP, follow_redirects=True)
    assert "Welcome, Demo Representative" in response.text


def _inactive(instance):
    return next(person for person in instance.people if not person.active)


def test_wrong_password_unknown_and_inactive_look_alike(demo, visit):
    instance = demo.instances[0]
    gone = _inactive(instance)
    instance.accounts.set_password(gone, "known")
    tries = [(instance.username, "wrong"), ("no.such.user", "x"), (gone.user_name, "known")]
    answers = [visit(instance).sign_in(*pair) for pair in tries]
    assert {answer.status_code for answer in answers} == {302}
    assert {answer.headers["location"] for answer in answers} == {BAD}
    assert "Invalid credentials" in visit(instance).get(BAD).text
    assert instance.sign_in_attempts == 3


@pytest.mark.parametrize("role", ["No Access", "Disabled Reps"])
def test_a_barred_role_may_not_sign_in(demo, visit, role):
    instance = demo.instances[0]
    person = next(person for person in instance.people if person.roleid == role and person.active)
    instance.accounts.set_password(person, "known")
    assert visit(instance).sign_in(person.user_name, "known").headers["location"] == BAD
    person.roleid = "Billing"
    assert visit(instance).sign_in(person.user_name, "known").headers["location"] == SETUP


def test_five_failures_lock_a_login_for_an_hour(demo, visit, clock):
    instance = demo.instances[0]
    for _ in range(5):
        visit(instance).sign_in(instance.username, "wrong")
    assert visit(instance).sign_in(instance.username, instance.password).headers["location"] == BAD
    clock.advance(3599)
    assert visit(instance).sign_in(instance.username, instance.password).headers["location"] == BAD
    clock.advance(1)
    assert visit(instance).sign_in(instance.username, instance.password).headers["location"] == SETUP


def test_four_failures_do_not_lock(demo, visit):
    instance = demo.instances[0]
    for _ in range(4):
        visit(instance).sign_in(instance.username, "wrong")
    assert visit(instance).sign_in(instance.username, instance.password).headers["location"] == SETUP


def test_signing_out_ends_the_session(untouched, signed_in):
    visitor = signed_in(untouched.instances[0])
    response = visitor.get("index.php?module=Users&action=Logout")
    assert (response.status_code, response.headers["location"]) == (302, "index.php")
    assert visitor.get("index.php?module=Home&view=DashBoard").status_code == 302


def test_signing_in_needs_a_token(untouched, visit):
    instance = untouched.instances[0]
    form = {"module": "Users", "action": "Login", "username": instance.username, "password": "x"}
    response = visit(instance).http.post("index.php", data=form)
    assert (response.status_code, response.text) == (200, "Invalid request")


def test_a_session_of_one_instance_is_nothing_to_another(untouched, signed_in, visit):
    first, second = untouched.instances[:2]
    visitor = visit(second)
    visitor.http.cookies.set("PHPSESSID", signed_in(first).http.cookies["PHPSESSID"], domain="127.0.0.1")
    assert visitor.get("index.php?module=Home&view=DashBoard").status_code == 302
