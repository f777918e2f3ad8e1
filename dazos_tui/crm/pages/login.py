"""Parses the login page and the page after it."""

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.pages.html import attribute, csrf_token, find_form, parse_html, text_of
from dazos_tui.crm.pages.traceback_scrub import scrub_traceback

_SINGLE_SIGN_ON = re.compile(
    r"\b(?:saml2?|sso|oauth2?|openid|oidc|adfs|shibboleth|okta|single[- ]?sign[- ]?on"
    r"|(?:sign|log)[- ]?in with (?!.{0,200}password))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class HtmlForm:
    """A form: the URL it is sent to, and the hidden fields to send with it, such as the token."""

    action: str
    hidden_fields: dict[str, str] = field(repr=False)


def parse_login_form(html: str) -> HtmlForm | None:
    """Return the sign-in form of a page, or None if this is not the login page.

    As seen on a vtiger 8.0 server: the form has `module=Users`, `action=Login` and the token as hidden
    inputs; the token is also in a script.
    """
    tree = parse_html(html)
    form = find_form(tree, "username", "password")
    if form is None:
        return None
    hidden = {"module": "Users", "action": "Login", "__vtrftk": csrf_token(tree), **hidden_fields_of(form)}
    return HtmlForm(attribute(form, "action"), {name: value for name, value in hidden.items() if value})


def parse_forgot_password_form(html: str) -> HtmlForm | None:
    """Return the login page's form for a forgotten password, which mails a link; None if it has none.

    As seen on a vtiger 8.0 server: it asks for `username` and `emailId`, and is sent to forgotPassword.php.
    """
    form = find_form(parse_html(html), "username", "emailId")
    return HtmlForm(attribute(form, "action"), hidden_fields_of(form)) if form is not None else None


def has_single_sign_on(html: str) -> bool:
    """Return whether a page leads to a single sign-on, judging by the text and URLs of links and buttons.

    The wording of Dazos instances is unknown; the names are those of common methods (SAML, OpenID Connect). A
    page with links to the CRM's views is not the login page: the user is signed in.
    """
    tree = parse_html(html)
    if any("view=" in attribute(link, "href") for link in tree.css("a[href]")):
        return False
    for node in tree.css("a[href], form[action], button"):
        texts = (text_of(node), attribute(node, "href"), attribute(node, "action"))
        if any(_SINGLE_SIGN_ON.search(text.replace("_", " ")) for text in texts):
            return True
    return False


def hidden_fields_of(form: LexborNode) -> dict[str, str]:
    """Return the hidden fields of a form, by name."""
    nodes = form.css("input[type=hidden][name]")
    return {attribute(node, "name"): attribute(node, "value") for node in nodes}


def refusal_text(html: str) -> str:
    """Return what the login page says about a failed attempt, as in vtiger's template; empty if nothing."""
    return text_of(parse_html(html).css_first(".failureMessage"))


@scrub_traceback
def parse_landing_token(html: str) -> str:
    """Return the CSRF token of the page after a successful sign-in.

    Raises UnexpectedPageError if it is not a page of the CRM.
    """
    token = csrf_token(parse_html(html))
    if not token:
        raise UnexpectedPageError(
            "The page after the sign-in is not a page of the CRM: it has no csrfMagicToken."
        )
    return token
