"""Parses the sign-in form, including the further fields that forks and add-ons of vtiger have.

A browser sends some of them without the user: hidden fields, selected options, ticked boxes, prefilled text
and the button (“constructing the entry list” in the HTML standard). The rest the user must answer.
"""

import re
from dataclasses import dataclass, field, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.models import Challenge, ChallengeField, ChallengeFieldKind
from dazos_tui.crm.pages.challenge import challenge_fields, submit_buttons
from dazos_tui.crm.pages.html import attribute, find_form, parse_html
from dazos_tui.crm.pages.login import HtmlForm, parse_login_form
from dazos_tui.crm.pages.traceback_scrub import scrub_traceback

_CREDENTIAL_FIELDS = ("username", "password")
_MAX_FIELDS, _MAX_DEPTH = 200, 40
_BUTTON_TYPES = frozenset({"submit", "button", "image", "reset", "file"})
_HIDING_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_HIDING_CLASSES = frozenset({"hide", "hidden", "d-none"})
"""Classes that hide an element in the styles of vtiger and of Bootstrap."""

_CAPTCHA_SELECTOR = (
    "[data-sitekey], .g-recaptcha, .h-captcha, .cf-turnstile, [name=g-recaptcha-response], "
    "[name=h-captcha-response], img[src*=captcha i], iframe[src*=captcha i], canvas[id*=captcha i]"
)
"""Elements of a captcha: the widgets of reCAPTCHA, hCaptcha and Turnstile, and pictures named so."""


@dataclass(frozen=True, slots=True)
class SignInForm:
    """The sign-in form. `form.hidden_fields` are sent unchanged; `challenge` is what the user must answer.

    `has_captcha` is whether it asks for something that only a browser can show.
    """

    form: HtmlForm = field(repr=False)
    challenge: Challenge | None
    has_captcha: bool


@scrub_traceback
def parse_sign_in_form(html: str) -> SignInForm | None:
    """Return the sign-in form of a page, or None if this is not the login page."""
    login = parse_login_form(html)
    tree = parse_html(html)
    form = find_form(tree, *_CREDENTIAL_FIELDS)
    if login is None or form is None:
        return None
    defaults, required = _default_values(form), _visible_fields(form)
    fields = tuple(
        replace(field, is_optional=not required[field.name])
        for field in _challenge_fields(tree, form)
        if field.name in required and field.name not in defaults
    )
    with_defaults = replace(login, hidden_fields={**login.hidden_fields, **defaults})
    has_captcha = any(map(_is_visible, form.css(_CAPTCHA_SELECTOR)))
    return SignInForm(with_defaults, Challenge("", fields) if fields else None, has_captcha)


def _challenge_fields(tree: LexborHTMLParser, form: LexborNode) -> list[ChallengeField]:
    """Return the form's fields, leaving out choices without a value, which mean “Choose …”."""
    return [
        replace(field, choices=tuple(choice for choice in field.choices if choice[0]))
        if field.kind is ChallengeFieldKind.CHOICE
        else field
        for field in challenge_fields(tree, form).values()
    ]


def _input_nodes(form: LexborNode) -> list[LexborNode]:
    nodes = form.css("input[name], select[name], textarea[name]")[:_MAX_FIELDS]
    return [
        node
        for node in nodes
        if attribute(node, "name") not in _CREDENTIAL_FIELDS
        and "disabled" not in node.attributes
        and _input_type(node) not in _BUTTON_TYPES
    ]


def _input_type(node: LexborNode) -> str:
    return attribute(node, "type").lower() if node.tag == "input" else node.tag or ""


def _default_values(form: LexborNode) -> dict[str, str]:
    """Return what a browser sends, by name, if the user leaves the further fields unchanged."""
    defaults: dict[str, str] = {}
    for node in _input_nodes(form):
        value = _default_value(node)
        if value is not None:
            defaults[attribute(node, "name")] = value
    button = next(iter(submit_buttons(form)), None)
    return defaults | (button.form_data if button is not None else {})


def _default_value(node: LexborNode) -> str | None:
    """Return what is sent for one field; None if nothing is, or if the user must fill it in."""
    match _input_type(node):
        case "checkbox" | "radio":
            value = attribute(node, "value") if "value" in node.attributes else "on"
            return value if "checked" in node.attributes else None
        case "select":
            return _default_option(node)
        case "textarea":
            value = node.text()
        case _:
            value = attribute(node, "value")
    return value if value or not _is_visible(node) or "readonly" in node.attributes else None


def _default_option(node: LexborNode) -> str | None:
    """Return the option that the page preselects, or the only one, or the first if the field is hidden."""
    options = [option for option in node.css("option") if "disabled" not in option.attributes]
    values = [
        attribute(option, "value") if "value" in option.attributes else option.text().strip()
        for option in options
    ]
    selected = [
        value for option, value in zip(options, values, strict=True) if "selected" in option.attributes
    ]
    if selected and (selected[-1] or not _is_visible(node)):
        return selected[-1]
    return values[0] if values and (len(values) == 1 or not _is_visible(node)) else None


def _visible_fields(form: LexborNode) -> dict[str, bool]:
    """Return the names of the visible fields, and whether each must be filled in.

    Optional checkboxes are left out.
    """
    visible: dict[str, bool] = {}
    for node in _input_nodes(form):
        name, kind = attribute(node, "name"), _input_type(node)
        is_required = "required" in node.attributes or attribute(node, "aria-required") == "true"
        if kind != "hidden" and _is_visible(node) and (kind != "checkbox" or is_required):
            visible[name] = is_required or visible.get(name, False)
    return visible


def _is_visible(node: LexborNode) -> bool:
    """Return whether nothing in the page itself hides an element; its style sheets are not read."""
    element: LexborNode | None = node
    for _ in range(_MAX_DEPTH):
        if element is None or element.tag == "form":
            break
        classes = attribute(element, "class").split()
        if (
            "hidden" in element.attributes
            or attribute(element, "aria-hidden") == "true"
            or _HIDING_STYLE.search(attribute(element, "style"))
            or not _HIDING_CLASSES.isdisjoint(classes)
        ):
            return False
        element = element.parent
    return True
