"""The login page, and what comes after it."""

from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.errors import UnexpectedPage
from dazos_tui.crm.pages.markup import attribute, csrf_token, form_with, parse, text_of
from dazos_tui.text import safe_text

_UNSEEN = frozenset({"hidden", "submit", "button", "image", "reset"})


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
    hidden = {"module": "Users", "action": "Login", "__vtrftk": csrf_token(tree), **_hidden(form)}
    return LoginForm(attribute(form, "action"), {name: value for name, value in hidden.items() if value})


def parse_forgotten(html: str) -> LoginForm | None:
    """Return the form of the login page that mails a link to whoever forgot a password, or None.

    As seen on a vtiger 8.0 server: it asks for `username` and `emailId`, and goes to forgotPassword.php.
    """
    form = form_with(parse(html), "username", "emailId")
    return LoginForm(attribute(form, "action"), _hidden(form)) if form is not None else None


def _hidden(form: LexborNode) -> dict[str, str]:
    nodes = form.css("input[type=hidden][name]")
    return {attribute(node, "name"): attribute(node, "value") for node in nodes}


def refusal_words(html: str) -> str:
    """Return what the login page says about the failed attempt, as in vtiger's template; empty if nothing."""
    return text_of(parse(html).css_first(".failureMessage"))


def parse_landing(html: str) -> str:
    """Return the CSRF token of the page after a good sign-in.

    Raises UnexpectedPage if it is another form to fill in (a second factor, a new password), or no page
    of the CRM at all.
    """
    tree = parse(html)
    if asked := _asked_for(tree):
        raise UnexpectedPage(
            f"After the sign-in the CRM asks for something more: {', '.join(asked)}.",
            advice="Sign in once with a browser and do what it asks. It cannot be answered from here.",
        )
    token = csrf_token(tree)
    if not token:
        raise UnexpectedPage("The page after the sign-in is none of the CRM: it has no csrfMagicToken.")
    return token


def _asked_for(tree: LexborHTMLParser) -> list[str]:
    """Return the labels of the fields to fill in, if this page is there for nothing else.

    Every page of the CRM itself has links to its views, besides any forms.
    """
    links = [attribute(link, "href") for link in tree.css("a[href]")]
    if any("view=" in link and "view=Login" not in link for link in links):
        return []
    forms = [form for form in tree.css("form") if attribute(form, "method").lower() == "post"]
    nodes = [node for form in forms for node in form.css("input, select, textarea")]
    seen = [node for node in nodes if attribute(node, "type").lower() not in _UNSEEN]
    return [_label(tree, node) for node in seen][:6]


def _label(tree: LexborHTMLParser, node: LexborNode) -> str:
    identifier = attribute(node, "id")
    labels = (label for label in tree.css("label[for]") if attribute(label, "for") == identifier)
    spoken = text_of(next(labels, None)) if identifier else ""
    named = (attribute(node, name) for name in ("placeholder", "aria-label", "name"))
    return spoken or safe_text(next(filter(None, named), "a field without a name"))
