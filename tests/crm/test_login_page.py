"""The login page, and the page after the sign-in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.errors import CrmError, UnexpectedPageError
from dazos_tui.crm.pages.login import (
    HtmlForm,
    has_single_sign_on,
    parse_forgot_password_form,
    parse_landing_token,
    parse_login_form,
    refusal_text,
)
from tests.crm.html import DENIED, HOME, LOGIN, TOKEN, TOKEN_SCRIPT


def test_the_form_is_found_by_its_fields() -> None:
    form = parse_login_form(LOGIN)
    assert form is not None
    assert form.action == "index.php"
    assert form.hidden_fields == {"__vtrftk": TOKEN, "module": "Users", "action": "Login"}
    assert TOKEN not in repr(form)


def test_the_token_may_be_only_in_the_script() -> None:
    form = parse_login_form(f"{TOKEN_SCRIPT}<form><input name=username><input name=password></form>")
    assert form is not None
    assert form.hidden_fields["__vtrftk"] == TOKEN


@pytest.mark.parametrize(
    "html",
    [
        "",
        HOME,
        DENIED,
        "<form><input name=password></form>",
        "<form><input name=username><input name=emailId></form>",
    ],
)
def test_other_pages_are_not_login_pages(html: str) -> None:
    assert parse_login_form(html) is None


def test_the_landing_page_has_the_token() -> None:
    assert parse_landing_token(HOME) == TOKEN


def test_a_page_without_a_token_is_not_a_crm_page() -> None:
    with pytest.raises(UnexpectedPageError) as caught:
        parse_landing_token("<p>Welcome</p>")
    assert str(caught.value) == (
        "The page after the sign-in is not a page of the CRM: it has no csrfMagicToken."
    )


def test_a_forms_own_hidden_fields_come_first_and_empty_ones_are_left_out() -> None:
    inside = (
        "<input type=hidden name=module value=Portal><input type=hidden name=a><input type=hidden value=x>"
    )
    form = parse_login_form(f"<form action=in.php><input name=username><input name=password>{inside}</form>")
    assert form == HtmlForm("in.php", {"module": "Portal", "action": "Login"})


def test_the_form_for_a_forgotten_password_has_its_own_fields() -> None:
    assert parse_forgot_password_form(LOGIN) == HtmlForm("forgotPassword.php", {"__vtrftk": TOKEN})
    assert parse_forgot_password_form("<form><input name=username><input name=emailId></form>") == HtmlForm(
        "", {}
    )
    for other in (HOME, "<form><input name=emailId></form>"):
        assert parse_forgot_password_form(other) is None


def test_the_text_of_a_refusal() -> None:
    assert (
        refusal_text('<!DOCTYPE html><p class="failureMessage">Invalid credentials') == "Invalid credentials"
    )
    assert refusal_text(LOGIN) == ""


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for html in (text, LOGIN + text, f"<form method=post>{text}<input name='{text}'></form>"):
        parse_login_form(html)
        refusal_text(html)
        try:
            parse_landing_token(html)
        except CrmError as error:
            assert str(error).isprintable()  # noqa: PT017 - most texts raise, and none has to


@pytest.mark.parametrize(
    ("page", "leads"),
    [
        ('<a href="/saml/login">Continue</a>', True),
        ('<a href="/go?to=adfs">Continue</a>', True),
        ('<form action="/oauth2/start"><button>Continue</button></form>', True),
        ("<button>Single sign-on</button>", True),
        ("<button>use_single_sign_on</button>", True),
        ("<a href='#'>Log in with Example</a>", True),
        ("<a href='#'>Log in with your password</a>", False),
        ("<button>Send</button><a href='/help'>Help</a>", False),
        ("<p>saml sso</p>", False),
        # With links to the CRM's views, the user is signed in.
        ('<a href="index.php?module=Home&view=DashBoard">Home</a><a href="/saml/logout">Leave</a>', False),
        ('<a href="/help">Help</a><a href="/saml/login">Continue</a>', True),
    ],
)
def test_a_page_that_leads_to_a_single_sign_on(page, leads):
    assert has_single_sign_on(page) is leads
