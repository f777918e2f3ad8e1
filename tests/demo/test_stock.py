"""An instance that is a stock vtiger: no menu sends a link, the public form does."""

from dataclasses import replace

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.demo.visitor import INACTIVE, LIST, PJAX, hidden, more_menu, row_ids, row_menu


@pytest.fixture
def valley(demo):
    return demo.instance("valley-staging")


def test_it_is_a_staging_instance_of_about_120_people(valley, signed_in):
    admin = signed_in(valley)
    assert valley.environment == "staging"
    assert len(admin.ids("&orderby=user_name")) + len(admin.ids(f"{INACTIVE}&orderby=user_name")) == 120
    assert '<span class="badge staging">STAGING</span>' in admin.get(LIST).text


def test_no_menu_of_anybody_sends_a_link_or_enables_a_login(valley, signed_in):
    admin = signed_in(valley)
    labels: set[str] = set()
    for query in (LIST, LIST + INACTIVE):
        for number in range(1, 7):
            table = admin.page(f"{query}&orderby=user_name&page={number}", headers=PJAX)
            for record in row_ids(table):
                labels |= {*row_menu(table, record), *more_menu(admin.profile(record))}
        assert hidden(table, "nextPageExist") == ""
    assert labels == {
        "Delete",
        "Delete Permanently",
        "Restore",
        "Change Username",
        "Change Password",
        "Change Access Key",
    }


def test_nobody_can_run_what_no_menu_holds(valley, signed_in):
    admin = signed_in(valley)
    for target in ("parent=Settings&action=SendResetLink", "action=SaveAjax&mode=enableLogin"):
        refused = admin.post(f"index.php?module=Users&{target}&record=5", admin.token())
        assert refused.json()["success"] is False
    assert valley.outbox == []
    assert valley.actions_run == []


def test_wrong_passwords_never_lock_a_login(valley, visit):
    assert not any(valley.accounts.is_locked(person, valley.clock()) for person in valley.people)
    for _ in range(10):
        visit(valley).sign_in(valley.username, "wrong")
    assert "error=login" not in visit(valley).sign_in(valley.username, valley.password).headers["location"]


def fill_in(valley, user_name, email):
    """Do as a browser does: open the login page, fill in the form that has these fields, send it."""
    with httpx.Client(base_url=valley.url) as browser:
        page = LexborHTMLParser(browser.get("index.php").text)
        (form,) = [form for form in page.css("form") if form.css_first("input[name=emailId]")]
        fields = {
            field.attributes["name"] or "": field.attributes.get("value") for field in form.css("input")
        }
        assert form.attributes["method"] == "POST"
        action = form.attributes["action"] or ""
        answer = browser.post(action, data=fields | {"username": user_name, "emailId": email})
        return answer, browser.get(answer.headers["location"]).text


def test_the_form_of_the_login_page_mails_a_link(valley):
    person = next(person for person in valley.people if person.email1)
    answer, page = fill_in(valley, person.user_name, person.email1)
    assert answer.status_code == 302
    assert answer.headers["location"].endswith("view=Login&mailStatus=success")
    assert "Mail was sent" in page
    assert [(mail.instance, mail.to) for mail in valley.outbox] == [("valley-staging", person.email1)]


def test_the_form_of_the_login_page_knows_no_such_pair(valley):
    answer, page = fill_in(valley, "demo.admin", "somebody.else@example.com")
    assert answer.headers["location"].endswith("view=Login&error=fpError")
    assert "Invalid Username or Email address" in page


def test_the_form_says_when_the_mail_server_failed(valley):
    valley.shape = replace(valley.shape, mail_server_works=False)
    answer, page = fill_in(valley, "demo.admin", valley.person("demo.admin").email1)
    assert answer.headers["location"].endswith("view=Login&error=statusError")
    assert "Outgoing mail server" in page
    assert valley.outbox == []


def ask(valley):
    """Post the form's two fields alone: no page before, no cookie, no token."""
    form = {"username": "demo.admin", "emailId": valley.person("demo.admin").email1}
    return httpx.post(f"{valley.url}forgotPassword.php", data=form)


def test_the_form_needs_neither_session_nor_token(valley):
    answer = ask(valley)
    assert answer.headers["location"].endswith("mailStatus=success")
    assert "set-cookie" not in answer.headers
    assert len(valley.sessions) == 0


@pytest.mark.parametrize("runs", [True, False])
def test_the_answer_to_the_form_can_get_lost(valley, runs):
    valley.faults.drop_connection("forgot-password", runs=runs)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        ask(valley)
    assert len(valley.outbox) == runs
    assert valley.requests[-1].status == 0
    assert ask(valley).status_code == 302, "a fault strikes once"


def test_the_form_knows_nobody_with_an_apostrophe_nor_does_the_login_history(valley, signed_in):
    person = next(one for one in valley.people if one.active and not one.is_admin)
    valley.accounts.record_sign_in(person, "198.51.100.7", valley.clock())
    search = f"search_key=user_name&search_value={person.user_name}"
    history = f"index.php?module=LoginHistory&parent=Settings&view=List&{search}"
    assert person.full_name in signed_in(valley).get(history).text
    person.email1 = f"o'{person.email1}"
    answer, _ = fill_in(valley, person.user_name, person.email1)
    assert "error=fpError" in answer.headers["location"]
    assert person.full_name not in signed_in(valley).get(history).text
