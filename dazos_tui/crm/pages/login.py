"""The login page, and what comes after it."""

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from dazos_tui.crm.errors import UnexpectedPage
from dazos_tui.crm.pages.html import attribute, csrf_token, form_with, parse, text_of
from dazos_tui.crm.pages.traceback_scrub import forgetful

_SINGLE_SIGN_ON = re.compile(
    r"\b(?:saml2?|sso|oauth2?|openid|oidc|adfs|shibboleth|okta|single[- ]?sign[- ]?on"
    r"|(?:sign|log)[- ]?in with (?!.*password))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LoginForm:
    """A form of the login page: where it goes, and the hidden fields, such as the token, to go with it."""

    action: str
    hidden: dict[str, str] = field(repr=False)


def parse_login(html: str) -> LoginForm | None:
    """Return the sign-in form of a page, or None if this is not the login page.

    As seen on a vtiger 8.0 server: the form holds `module=Users`, `action=Login` and the token as hidden
    inputs; the token also stands in a script.
    """
    tree = parse(html)
    form = form_with(tree, "username", "password")
    if form is None:
        return None
    hidden = {"module": "Users", "action": "Login", "__vtrftk": csrf_token(tree), **hidden_fields(form)}
    return LoginForm(attribute(form, "action"), {name: value for name, value in hidden.items() if value})


def parse_forgotten(html: str) -> LoginForm | None:
    """Return the form of the login page that mails a link to whoever forgot a password, or None.

    As seen on a vtiger 8.0 server: it asks for `username` and `emailId`, and goes to forgotPassword.php.
    """
    form = form_with(parse(html), "username", "emailId")
    return LoginForm(attribute(form, "action"), hidden_fields(form)) if form is not None else None


def has_single_sign_on(html: str) -> bool:
    """Return whether a page leads to a single sign-on: by the words or the address of a link or button.

    How a Dazos instance words it is unknown; the names are those of the usual ways (SAML, OpenID Connect). A
    page with links to the CRM's views is one of somebody who is signed in.
    """
    tree = parse(html)
    if any("view=" in attribute(link, "href") for link in tree.css("a[href]")):
        return False
    for node in tree.css("a[href], form[action], button"):
        said = (text_of(node), attribute(node, "href"), attribute(node, "action"))
        if any(_SINGLE_SIGN_ON.search(words.replace("_", " ")) for words in said):
            return True
    return False


def hidden_fields(form: LexborNode) -> dict[str, str]:
    """Return the hidden fields of a form, by name."""
    nodes = form.css("input[type=hidden][name]")
    return {attribute(node, "name"): attribute(node, "value") for node in nodes}


def refusal_words(html: str) -> str:
    """Return what the login page says about the failed attempt, as in vtiger's template; empty if nothing."""
    return text_of(parse(html).css_first(".failureMessage"))


@forgetful
def parse_landing(html: str) -> str:
    """Return the CSRF token of the page after a good sign-in.

    Raises UnexpectedPage if it is no page of the CRM at all.
    """
    token = csrf_token(parse(html))
    if not token:
        raise UnexpectedPage("The page after the sign-in is none of the CRM: it has no csrfMagicToken.")
    return token
