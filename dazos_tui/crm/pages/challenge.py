"""Parses a page that appears during a sign-in and asks for more than the user name and password.

Which of these a Dazos instance has, if any, is unknown: a second factor, terms to accept, a choice of
company. So any form counts as one if the page is neither the login form nor a page of the CRM.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.models import Challenge, ChallengeField, ChallengeFieldKind, SubmitButton
from dazos_tui.crm.pages.html import attribute, find_form, page_text, parse_html, query_of, text_of
from dazos_tui.crm.pages.login import HtmlForm, hidden_fields_of
from dazos_tui.crm.pages.traceback_scrub import scrub_traceback
from dazos_tui.text.sanitize import safe_text

_NON_FIELD_TYPES = frozenset({"hidden", "submit", "button", "image", "reset", "file"})
_FIELD_KINDS = {
    "password": ChallengeFieldKind.SECRET,
    "checkbox": ChallengeFieldKind.CHECKBOX,
    "radio": ChallengeFieldKind.CHOICE,
}
_MAX_FIELDS, _MAX_CHOICES, _MAX_BUTTONS = 10, 200, 10
_MAX_TEXT_LENGTH, _MAX_LABEL_LENGTH = 600, 80

# Also matches inside compound words, as in field names and in languages that form such words.
_CODE_WORD = re.compile(r"\b(?:\w*code|codes|[ht]?otp\w*|token|pin|authenticat\w*)\d*\b")
_NOT_CODE_WORD = re.compile(
    r"\b(?:company|country|area|zip|post(?:al|code)|(?:new|old|current) ?(?:pass\w*|pin))\b"
)
_SAVE_ACTION = re.compile(r"save(?:ajax)?\s*$|^save", re.IGNORECASE)
_SETTING_FIELD = re.compile(r"(?:^|_)(?:packages?\b|modules\b|module\[|currenc)")
_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|[_-]+")
_FORM_TAG = re.compile("<form", re.IGNORECASE)
_RADIO_LEGENDS = "fieldset:not(:has(fieldset)):has(input[type=radio]) > legend"


@scrub_traceback
def parse_challenge(html: str) -> tuple[Challenge, HtmlForm] | None:
    """Return what a page asks for and the form to submit the answers with, or None if it asks for nothing.

    Every page of the CRM itself has links to its views, besides any forms, and is not a challenge. Raises
    UnexpectedPageError if a choice is required but the page has no options, which a script may load in a
    browser.
    """
    if _FORM_TAG.search(html) is None:
        return None
    tree = parse_html(html)
    form = _find_challenge_form(tree)
    if form is None or _is_settings_form(form) or find_form(tree, "username", "password") is not None:
        return None
    challenge = Challenge(
        _challenge_text(html), tuple(challenge_fields(tree, form).values()), submit_buttons(form)
    )
    require_answerable(challenge)
    return challenge, HtmlForm(attribute(form, "action"), hidden_fields_of(form))


def is_settings_page(html: str) -> bool:
    """Return whether a page asks for settings of the CRM, as the set-up pages after a first sign-in do."""
    form = _find_challenge_form(parse_html(html))
    return form is not None and _is_settings_form(form)


def is_settings_change(action: str, fields: Mapping[str, object]) -> bool:
    """Return whether posting a form with this action URL and these fields changes the CRM's settings.

    As seen on a vtiger 8.0 server: the actions are called SystemSetupSave and UserSetupSave, and ask for
    `packages[…]` and the currency, among other things. No challenge has such names.
    """
    actions = [*query_of(action).get("action", []), str(fields.get("action", ""))]
    return any(map(_SAVE_ACTION.search, actions)) or any(
        _SETTING_FIELD.search(name.casefold()) for name in fields
    )


def _find_challenge_form(tree: LexborHTMLParser) -> LexborNode | None:
    """Return the form with which a page asks for something; None on a page of the CRM itself."""
    links = [attribute(link, "href") for link in tree.css("a[href]")]
    if any("view=" in link and "view=Login" not in link for link in links):
        return None
    forms = [form for form in tree.css("form") if attribute(form, "method").lower() == "post"]
    with_fields = next((form for form in forms if challenge_fields(tree, form)), None)
    return with_fields or next(filter(submit_buttons, forms), None)


def _is_settings_form(form: LexborNode) -> bool:
    names = dict.fromkeys(attribute(node, "name") for node in form.css("input, select, textarea, button"))
    return is_settings_change(attribute(form, "action"), names | hidden_fields_of(form))


def require_answerable(challenge: Challenge) -> None:
    """Raise UnexpectedPageError if the challenge has a choice without options."""
    says = f" It says: {challenge.text}" if challenge.text else ""
    for field in challenge.fields:
        if field.kind is ChallengeFieldKind.CHOICE and not any(value for value, _ in field.choices):
            raise UnexpectedPageError(
                "The CRM asks for something more, but gives nothing to choose from for "
                f"“{safe_text(field.label, limit=_MAX_LABEL_LENGTH)}”.{says}",
                advice='Sign in with a browser. If it asks each time, set auth = "cookie" for this instance '
                "in the config, which uses the session of your browser.",
            )


def challenge_fields(tree: LexborHTMLParser, form: LexborNode) -> dict[str, ChallengeField]:
    """Return the fields to fill in, by name; radio buttons with the same name are one choice."""
    fields: dict[str, ChallengeField] = {}
    labels = {attribute(label, "for"): label for label in reversed(tree.css("label[for]"))}
    for node in form.css("input[name], select[name], textarea[name]"):
        name, kind = attribute(node, "name"), attribute(node, "type").lower()
        if kind in _NON_FIELD_TYPES or (name not in fields and len(fields) >= _MAX_FIELDS):
            continue
        earlier = fields.get(name)
        if earlier is not None and len(earlier.choices) >= _MAX_CHOICES:
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
        :_MAX_CHOICES
    ]
    choices = tuple((_value_or(option, text_of(option)), text_of(option)) for option in options)
    # An option without a value means “Choose …”, even if the page preselects it.
    selected = [
        index
        for index, option in enumerate(options)
        if _has_attribute(option, "selected") and choices[index][0]
    ]
    return ChallengeField(
        attribute(node, "name"), label, ChallengeFieldKind.CHOICE, choices, _last_or_none(selected)
    )


def _add_radio_button(group: ChallengeField, node: LexborNode, label: str) -> ChallengeField:
    selected = len(group.choices) if _has_attribute(node, "checked") else group.selected_index
    return replace(group, choices=(*group.choices, (_value_or(node, "on"), label)), selected_index=selected)


def _last_or_none(indexes: Sequence[int]) -> int | None:
    return indexes[-1] if indexes else None


def _is_for_one_time_code(node: LexborNode, label: str) -> bool:
    """Return whether a field asks for a one-time code, judging by its names.

    HTML marks such a field with ``autocomplete="one-time-code"``; other values of that attribute, such as
    those for passwords and addresses, mean that it is not one (“Autofill” in the HTML standard).
    """
    hint = attribute(node, "autocomplete").strip().lower()
    if hint not in {"", "on", "off"}:
        return hint == "one-time-code"
    names = " ".join(
        _WORD_BREAK.sub(" ", text) for text in (label, safe_text(attribute(node, "name")))
    ).casefold()
    return _CODE_WORD.search(names) is not None and _NOT_CODE_WORD.search(names) is None


def _has_attribute(node: LexborNode, name: str) -> bool:
    return name in node.attributes


def _value_or(node: LexborNode, default: str) -> str:
    return attribute(node, "value") if _has_attribute(node, "value") else default


def submit_buttons(form: LexborNode) -> tuple[SubmitButton, ...]:
    """Return the buttons that submit the form, in the page's order."""
    nodes = [node for node in form.css("button, input") if _is_submit_button(node)][:_MAX_BUTTONS]
    return tuple(
        SubmitButton(attribute(node, "name"), attribute(node, "value"), _button_label(node)) for node in nodes
    )


def _is_submit_button(node: LexborNode) -> bool:
    kind = attribute(node, "type").lower()
    return kind == "submit" if node.tag == "input" else kind not in {"button", "reset"}


def _button_label(node: LexborNode) -> str:
    candidates = (attribute(node, name) for name in ("aria-label", "title", "value", "name"))
    label = text_of(node) or next(filter(None, candidates), "")
    return safe_text(label, limit=_MAX_LABEL_LENGTH) or "Continue"


def _find_legend(node: LexborNode) -> str:
    """Return the title of the group that a radio button belongs to; empty if it has none."""
    ancestor = node.parent
    while ancestor is not None and ancestor.tag not in {"fieldset", "form"}:
        ancestor = ancestor.parent
    if ancestor is None or ancestor.tag != "fieldset":
        return ""
    return text_of(ancestor.css_first("legend"))


def _find_label(labels: Mapping[str, LexborNode], node: LexborNode) -> str:
    """Return the label of a field. `labels` are the page's label elements, by the id in their ``for``."""
    identifier = attribute(node, "id")
    parent = node.parent if node.parent is not None and node.parent.tag == "label" else None
    label = text_of(labels.get(identifier) if identifier else None) or text_of(parent)
    candidates = (attribute(node, name) for name in ("placeholder", "aria-label", "name"))
    return label or safe_text(next(filter(None, candidates), "")) or "a field without a name"


def _challenge_text(html: str) -> str:
    """Return the text of the page without the labels of its fields and buttons."""
    tree = parse_html(html)
    for legend in tree.css(_RADIO_LEGENDS):
        legend.decompose()
    tree.strip_tags(["label", "button", "select"])
    return safe_text(page_text(tree), limit=_MAX_TEXT_LENGTH)
