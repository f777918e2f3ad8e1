"""A page that comes in the middle of a sign-in and asks for something more than user name and password.

Which ones a Dazos instance has, if any, is unknown: a second factor, terms to agree to, a company to choose.
So any form is taken for one that stands where neither the login form nor a page of the CRM does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.models import Challenge, ChallengeField, ChallengeFieldKind, SubmitButton
from dazos_tui.crm.pages.html import attribute, find_form, parse_html, text_of
from dazos_tui.crm.pages.login import HtmlForm, hidden_fields_of
from dazos_tui.crm.pages.traceback_scrub import scrub_traceback
from dazos_tui.text.sanitize import safe_text

_NON_FIELD_TYPES = frozenset({"hidden", "submit", "button", "image", "reset", "file"})
_FIELD_KINDS = {
    "password": ChallengeFieldKind.SECRET,
    "checkbox": ChallengeFieldKind.CHECKBOX,
    "radio": ChallengeFieldKind.CHOICE,
}
_MOST_PROMPTS, _MOST_CHOICES, _MOST_BUTTONS = 10, 200, 10
_LONGEST_WORDS, _LONGEST_LABEL = 600, 80

# Also inside of words that are written together, as names of fields are, and in languages that do that.
_CODE_WORD = re.compile(r"\b(?:\w*code|codes|[ht]?otp\w*|token|pin|authenticat\w*)\d*\b")
_NOT_CODE_WORD = re.compile(
    r"\b(?:company|country|area|zip|post(?:al|code)|(?:new|old|current) ?(?:pass\w*|pin))\b"
)
_SAVE_ACTION = re.compile(r"save(?:ajax)?\s*$|^save", re.IGNORECASE)
_SETTING_FIELD = re.compile(r"(?:^|_)(?:packages?\b|modules\b|module\[|currenc)")
_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|[_-]+")
_RADIO_LEGENDS = "fieldset:not(:has(fieldset)):has(input[type=radio]) > legend"


@scrub_traceback
def parse_challenge(html: str) -> tuple[Challenge, HtmlForm] | None:
    """Return what a page asks for and the form to answer it by, or None if it asks for nothing.

    Every page of the CRM itself has links to its views, besides any forms. Raises UnexpectedPageError if it
    wants something chosen, and has nothing to choose from: a script of the page may fetch that in a browser.
    """
    tree = parse_html(html)
    asking = _find_challenge_form(tree)
    if asking is None or _is_settings_form(asking) or find_form(tree, "username", "password") is not None:
        return None
    challenge = Challenge(
        _challenge_text(html), tuple(challenge_fields(tree, asking).values()), submit_buttons(asking)
    )
    require_answerable(challenge)
    return challenge, HtmlForm(attribute(asking, "action"), hidden_fields_of(asking))


def is_settings_page(html: str) -> bool:
    """Return whether a page asks for settings of the CRM, as the set-up pages after a first sign-in do."""
    asking = _find_challenge_form(parse_html(html))
    return asking is not None and _is_settings_form(asking)


def is_settings_change(action: str, fields: Mapping[str, object]) -> bool:
    """Return whether a form with this address and these fields changes the CRM's settings if it is posted.

    As seen on a vtiger 8.0 server: its actions are called SystemSetupSave and UserSetupSave, and they ask for
    `packages[…]` and the currency, among other things. No challenge has such a name.
    """
    actions = [*parse_qs(urlsplit(action).query).get("action", []), str(fields.get("action", ""))]
    return any(map(_SAVE_ACTION.search, actions)) or any(
        _SETTING_FIELD.search(name.casefold()) for name in fields
    )


def _find_challenge_form(tree: LexborHTMLParser) -> LexborNode | None:
    """Return the form by which a page asks for something; None on a page of the CRM itself."""
    links = [attribute(link, "href") for link in tree.css("a[href]")]
    if any("view=" in link and "view=Login" not in link for link in links):
        return None
    forms = [form for form in tree.css("form") if attribute(form, "method").lower() == "post"]
    asking = next((form for form in forms if challenge_fields(tree, form)), None)
    return asking or next(filter(submit_buttons, forms), None)


def _is_settings_form(form: LexborNode) -> bool:
    names = dict.fromkeys(attribute(node, "name") for node in form.css("input, select, textarea, button"))
    return is_settings_change(attribute(form, "action"), names | hidden_fields_of(form))


def require_answerable(challenge: Challenge) -> None:
    """Raise UnexpectedPageError if something is to be chosen, and there is nothing to choose from."""
    says = f" It says: {challenge.text}" if challenge.text else ""
    for field in challenge.fields:
        if field.kind is ChallengeFieldKind.CHOICE and not any(value for value, _ in field.choices):
            raise UnexpectedPageError(
                "The CRM asks for something more, and gives nothing to choose from here for "
                f"“{safe_text(field.label, limit=_LONGEST_LABEL)}”.{says}",
                advice='Sign in with a browser. If it asks each time, set auth = "cookie" for this instance '
                "in the config: that goes on with the session of your browser.",
            )


def challenge_fields(tree: LexborHTMLParser, form: LexborNode) -> dict[str, ChallengeField]:
    """Return what is to be filled in, by the name of the field; radio buttons of one name are one choice."""
    fields: dict[str, ChallengeField] = {}
    labels = {attribute(label, "for"): label for label in reversed(tree.css("label[for]"))}
    for node in form.css("input[name], select[name], textarea[name]"):
        name, kind = attribute(node, "name"), attribute(node, "type").lower()
        if kind in _NON_FIELD_TYPES or (name not in fields and len(fields) >= _MOST_PROMPTS):
            continue
        earlier = fields.get(name)
        if earlier is not None and len(earlier.choices) >= _MOST_CHOICES:
            continue
        fields[name] = _parse_field(node, _find_label(labels, node), earlier)
    return fields


def _parse_field(node: LexborNode, label: str, earlier: ChallengeField | None) -> ChallengeField:
    name = attribute(node, "name")
    if node.tag == "select":
        return _parse_select(node, label)
    kind = _FIELD_KINDS.get(attribute(node, "type").lower(), ChallengeFieldKind.TEXT)
    if kind is ChallengeFieldKind.CHOICE:
        if earlier is None or earlier.kind is not kind:
            earlier = ChallengeField(name, _find_legend(node) or safe_text(name), kind)
        return _add_radio_button(earlier, node, label)
    if kind is ChallengeFieldKind.CHECKBOX:
        return ChallengeField(
            name,
            label,
            kind,
            ((_value_or(node, "on"), label),),
            0 if _has_attribute(node, "checked") else None,
        )
    return ChallengeField(name, label, kind, is_one_time_code=_is_for_one_time_code(node, label))


def _parse_select(node: LexborNode, label: str) -> ChallengeField:
    options = [option for option in node.css("option") if not _has_attribute(option, "disabled")][
        :_MOST_CHOICES
    ]
    listed = tuple((_value_or(option, text_of(option)), text_of(option)) for option in options)
    # An option without a value stands for “Choose …”, even where the page says that it is selected.
    chosen = [
        place
        for place, option in enumerate(options)
        if _has_attribute(option, "selected") and listed[place][0]
    ]
    return ChallengeField(
        attribute(node, "name"), label, ChallengeFieldKind.CHOICE, listed, _last_or_none(chosen)
    )


def _add_radio_button(group: ChallengeField, node: LexborNode, label: str) -> ChallengeField:
    chosen = len(group.choices) if _has_attribute(node, "checked") else group.selected_index
    return replace(group, choices=(*group.choices, (_value_or(node, "on"), label)), selected_index=chosen)


def _last_or_none(places: Sequence[int]) -> int | None:
    return places[-1] if places else None


def _is_for_one_time_code(node: LexborNode, label: str) -> bool:
    """Tell whether a field asks for a one-time code, by what it is called.

    HTML's own word for one is ``autocomplete="one-time-code"``; with its other words for passwords and
    addresses a field is for none (“Autofill” in the HTML standard).
    """
    hint = attribute(node, "autocomplete").strip().lower()
    if hint not in {"", "on", "off"}:
        return hint == "one-time-code"
    called = " ".join(
        _WORD_BREAK.sub(" ", text) for text in (label, safe_text(attribute(node, "name")))
    ).casefold()
    return _CODE_WORD.search(called) is not None and _NOT_CODE_WORD.search(called) is None


def _has_attribute(node: LexborNode, name: str) -> bool:
    return name in node.attributes


def _value_or(node: LexborNode, default: str) -> str:
    return attribute(node, "value") if _has_attribute(node, "value") else default


def submit_buttons(form: LexborNode) -> tuple[SubmitButton, ...]:
    """Return what sends the form, in the page's order."""
    nodes = [node for node in form.css("button, input") if _is_submit_button(node)][:_MOST_BUTTONS]
    return tuple(
        SubmitButton(attribute(node, "name"), attribute(node, "value"), _button_label(node)) for node in nodes
    )


def _is_submit_button(node: LexborNode) -> bool:
    kind = attribute(node, "type").lower()
    return kind == "submit" if node.tag == "input" else kind not in {"button", "reset"}


def _button_label(node: LexborNode) -> str:
    named = (attribute(node, name) for name in ("aria-label", "title", "value", "name"))
    label = text_of(node) or next(filter(None, named), "")
    return safe_text(label, limit=_LONGEST_LABEL) or "Go on"


def _find_legend(node: LexborNode) -> str:
    """Return the title of the group that a radio button stands in; empty if there is none."""
    around = node.parent
    while around is not None and around.tag not in {"fieldset", "form"}:
        around = around.parent
    return text_of(around.css_first("legend")) if around is not None and around.tag == "fieldset" else ""


def _find_label(labels: Mapping[str, LexborNode], node: LexborNode) -> str:
    """Return the words beside a field. `labels` are those of the page by the id that they are for."""
    identifier = attribute(node, "id")
    around = node.parent if node.parent is not None and node.parent.tag == "label" else None
    spoken = text_of(labels.get(identifier) if identifier else None) or text_of(around)
    named = (attribute(node, name) for name in ("placeholder", "aria-label", "name"))
    return spoken or safe_text(next(filter(None, named), "")) or "a field without a name"


def _challenge_text(html: str) -> str:
    """Return what the page says besides the names of its fields and buttons."""
    tree = parse_html(html)
    for legend in tree.css(_RADIO_LEGENDS):
        legend.decompose()
    tree.strip_tags(["script", "style", "label", "button", "select"])
    return safe_text(tree.body.text(separator=" "), limit=_LONGEST_WORDS) if tree.body is not None else ""
