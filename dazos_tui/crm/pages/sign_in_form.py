"""The fields of the sign-in form besides user name and password, as forks and add-ons of vtiger put in.

A browser sends some of them by itself: hidden fields, chosen options, ticked boxes, what is filled in, and
the button (“constructing the entry list” in the HTML standard). The rest is for a person to answer.
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
_MOST_FIELDS, _DEEPEST = 200, 40
_BUTTON_TYPES = frozenset({"submit", "button", "image", "reset", "file"})
_HIDING_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_HIDING_CLASSES = frozenset({"hide", "hidden", "d-none"})
"""Classes that hide an element in the styles of vtiger and of Bootstrap."""

_CAPTCHA_SELECTOR = (
    "[data-sitekey], .g-recaptcha, .h-captcha, .cf-turnstile, [name=g-recaptcha-response], "
    "[name=h-captcha-response], img[src*=captcha i], iframe[src*=captcha i], canvas[id*=captcha i]"
)
"""What asks for a captcha: the widgets of reCAPTCHA, hCaptcha and Turnstile, and pictures of that name."""


@dataclass(frozen=True, slots=True)
class SignInForm:
    """The sign-in form: what goes along by itself is in `form.hidden`; `challenge` is what a person answers.

    `has_captcha` tells whether only a browser can show what it asks for.
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
    sent, needed = _default_values(form), _visible_fields(form)
    prompts = tuple(
        replace(prompt, is_optional=not needed[prompt.name])
        for prompt in _challenge_fields(tree, form)
        if prompt.name in needed and prompt.name not in sent
    )
    whole = replace(login, hidden_fields={**login.hidden_fields, **sent})
    captcha = any(map(_is_visible, form.css(_CAPTCHA_SELECTOR)))
    return SignInForm(whole, Challenge("", prompts) if prompts else None, captcha)


def _challenge_fields(tree: LexborHTMLParser, form: LexborNode) -> list[ChallengeField]:
    """Return the form's prompts, with choices that send nothing left out: these stand for “Choose …”."""
    return [
        replace(prompt, choices=tuple(choice for choice in prompt.choices if choice[0]))
        if prompt.kind is ChallengeFieldKind.CHOICE
        else prompt
        for prompt in challenge_fields(tree, form).values()
    ]


def _input_nodes(form: LexborNode) -> list[LexborNode]:
    nodes = form.css("input[name], select[name], textarea[name]")[:_MOST_FIELDS]
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
    """Return what a browser sends of this form if nobody touches its further fields, by name."""
    sent: dict[str, str] = {}
    for node in _input_nodes(form):
        value = _default_value(node)
        if value is not None:
            sent[attribute(node, "name")] = value
    pressed = next(iter(submit_buttons(form)), None)
    return sent | (pressed.form_data if pressed is not None else {})


def _default_value(node: LexborNode) -> str | None:
    """Return what is sent of one field; None if that is nothing, or for a person to say."""
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
    """Return the option that a page chose itself, or that is the only one, or that nobody can change."""
    options = [option for option in node.css("option") if "disabled" not in option.attributes]
    values = [
        attribute(option, "value") if "value" in option.attributes else option.text().strip()
        for option in options
    ]
    chosen = [value for option, value in zip(options, values, strict=True) if "selected" in option.attributes]
    if chosen and (chosen[-1] or not _is_visible(node)):
        return chosen[-1]
    return values[0] if values and (len(values) == 1 or not _is_visible(node)) else None


def _visible_fields(form: LexborNode) -> dict[str, bool]:
    """Return the names of the fields that a person sees, and whether each must be filled in.

    A box that nobody has to tick is not among them.
    """
    seen: dict[str, bool] = {}
    for node in _input_nodes(form):
        name, kind = attribute(node, "name"), _input_type(node)
        needed = "required" in node.attributes or attribute(node, "aria-required") == "true"
        if kind != "hidden" and _is_visible(node) and (kind != "checkbox" or needed):
            seen[name] = needed or seen.get(name, False)
    return seen


def _is_visible(node: LexborNode) -> bool:
    """Return whether nothing in the page itself hides an element; what its style sheets hide is unknown."""
    around: LexborNode | None = node
    for _ in range(_DEEPEST):
        if around is None or around.tag == "form":
            break
        classes = attribute(around, "class").split()
        if (
            "hidden" in around.attributes
            or attribute(around, "aria-hidden") == "true"
            or _HIDING_STYLE.search(attribute(around, "style"))
            or not _HIDING_CLASSES.isdisjoint(classes)
        ):
            return False
        around = around.parent
    return True
