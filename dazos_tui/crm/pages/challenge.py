"""A page that comes in the middle of a sign-in and asks for something more than user name and password.

Which ones a Dazos instance has, if any, is unknown: a second factor, terms to agree to, a company to choose.
So any form is taken for one that stands where neither the login form nor a page of the CRM does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.errors import UnexpectedPage
from dazos_tui.crm.models import Prompt, PromptKind, Question, SubmitButton
from dazos_tui.crm.pages.html import attribute, form_with, parse, text_of
from dazos_tui.crm.pages.login import LoginForm, hidden_fields
from dazos_tui.crm.pages.traceback_scrub import forgetful
from dazos_tui.text.sanitize import safe_text

_UNSEEN = frozenset({"hidden", "submit", "button", "image", "reset", "file"})
_KINDS = {"password": PromptKind.SECRET, "checkbox": PromptKind.TICK, "radio": PromptKind.CHOICE}
_MOST_PROMPTS, _MOST_CHOICES, _MOST_BUTTONS = 10, 200, 10
_LONGEST_WORDS, _LONGEST_LABEL = 600, 80

# Also inside of words that are written together, as names of fields are, and in languages that do that.
_CODE = re.compile(r"\b(?:\w*code|codes|[ht]?otp\w*|token|pin|authenticat\w*)\d*\b")
_NO_CODE = re.compile(
    r"\b(?:company|country|area|zip|post(?:al|code)|(?:new|old|current) ?(?:pass\w*|pin))\b"
)
_SAVES = re.compile(r"save(?:ajax)?\s*$|^save", re.IGNORECASE)
_SETTING = re.compile(r"(?:^|_)(?:packages?\b|modules\b|module\[|currenc)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[_-]+")
_RADIO_LEGENDS = "fieldset:not(:has(fieldset)):has(input[type=radio]) > legend"


@forgetful
def parse_question(html: str) -> tuple[Question, LoginForm] | None:
    """Return what a page asks for and the form to answer it by, or None if it asks for nothing.

    Every page of the CRM itself has links to its views, besides any forms. Raises UnexpectedPage if it wants
    something chosen, and has nothing to choose from: a script of the page may fetch that in a browser.
    """
    tree = parse(html)
    asking = _asking(tree)
    if asking is None or _is_settings(asking) or form_with(tree, "username", "password") is not None:
        return None
    question = Question(_words(html), tuple(prompts_of(tree, asking).values()), buttons_of(asking))
    check_answerable(question)
    return question, LoginForm(attribute(asking, "action"), hidden_fields(asking))


def shows_settings(html: str) -> bool:
    """Return whether a page asks for settings of the CRM, as the set-up pages after a first sign-in do."""
    asking = _asking(parse(html))
    return asking is not None and _is_settings(asking)


def changes_settings(action: str, fields: Mapping[str, object]) -> bool:
    """Return whether a form with this address and these fields changes the CRM's settings if it is posted.

    As seen on a vtiger 8.0 server: its actions are called SystemSetupSave and UserSetupSave, and they ask for
    `packages[…]` and the currency, among other things. No challenge has such a name.
    """
    actions = [*parse_qs(urlsplit(action).query).get("action", []), str(fields.get("action", ""))]
    return any(map(_SAVES.search, actions)) or any(_SETTING.search(name.casefold()) for name in fields)


def _asking(tree: LexborHTMLParser) -> LexborNode | None:
    """Return the form by which a page asks for something; None on a page of the CRM itself."""
    links = [attribute(link, "href") for link in tree.css("a[href]")]
    if any("view=" in link and "view=Login" not in link for link in links):
        return None
    forms = [form for form in tree.css("form") if attribute(form, "method").lower() == "post"]
    asking = next((form for form in forms if prompts_of(tree, form)), None)
    return asking or next(filter(buttons_of, forms), None)


def _is_settings(form: LexborNode) -> bool:
    names = dict.fromkeys(attribute(node, "name") for node in form.css("input, select, textarea, button"))
    return changes_settings(attribute(form, "action"), names | hidden_fields(form))


def check_answerable(question: Question) -> None:
    """Raise UnexpectedPage if something is to be chosen, and there is nothing to choose from."""
    says = f" It says: {question.words}" if question.words else ""
    for prompt in question.prompts:
        if prompt.kind is PromptKind.CHOICE and not any(value for value, _ in prompt.choices):
            raise UnexpectedPage(
                "The CRM asks for something more, and gives nothing to choose from here for "
                f"“{safe_text(prompt.label, limit=_LONGEST_LABEL)}”.{says}",
                advice='Sign in with a browser. If it asks each time, set auth = "cookie" for this instance '
                "in the config: that goes on with the session of your browser.",
            )


def prompts_of(tree: LexborHTMLParser, form: LexborNode) -> dict[str, Prompt]:
    """Return what is to be filled in, by the name of the field; radio buttons of one name are one choice."""
    prompts: dict[str, Prompt] = {}
    labels = {attribute(label, "for"): label for label in reversed(tree.css("label[for]"))}
    for node in form.css("input[name], select[name], textarea[name]"):
        name, kind = attribute(node, "name"), attribute(node, "type").lower()
        if kind in _UNSEEN or (name not in prompts and len(prompts) >= _MOST_PROMPTS):
            continue
        earlier = prompts.get(name)
        if earlier is not None and len(earlier.choices) >= _MOST_CHOICES:
            continue
        prompts[name] = _prompt(node, _label(labels, node), earlier)
    return prompts


def _prompt(node: LexborNode, label: str, earlier: Prompt | None) -> Prompt:
    name = attribute(node, "name")
    if node.tag == "select":
        return _select(node, label)
    kind = _KINDS.get(attribute(node, "type").lower(), PromptKind.TEXT)
    if kind is PromptKind.CHOICE:
        if earlier is None or earlier.kind is not kind:
            earlier = Prompt(name, _legend(node) or safe_text(name), kind)
        return _with_radio(earlier, node, label)
    if kind is PromptKind.TICK:
        return Prompt(name, label, kind, ((_value(node, "on"), label),), 0 if _has(node, "checked") else None)
    return Prompt(name, label, kind, is_code=_is_for_code(node, label))


def _select(node: LexborNode, label: str) -> Prompt:
    options = [option for option in node.css("option") if not _has(option, "disabled")][:_MOST_CHOICES]
    listed = tuple((_value(option, text_of(option)), text_of(option)) for option in options)
    # An option without a value stands for “Choose …”, even where the page says that it is selected.
    chosen = [place for place, option in enumerate(options) if _has(option, "selected") and listed[place][0]]
    return Prompt(attribute(node, "name"), label, PromptKind.CHOICE, listed, _last(chosen))


def _with_radio(group: Prompt, node: LexborNode, label: str) -> Prompt:
    chosen = len(group.choices) if _has(node, "checked") else group.chosen
    return replace(group, choices=(*group.choices, (_value(node, "on"), label)), chosen=chosen)


def _last(places: Sequence[int]) -> int | None:
    return places[-1] if places else None


def _is_for_code(node: LexborNode, label: str) -> bool:
    """Tell whether a field asks for a one-time code, by what it is called.

    HTML's own word for one is ``autocomplete="one-time-code"``; with its other words for passwords and
    addresses a field is for none (“Autofill” in the HTML standard).
    """
    hint = attribute(node, "autocomplete").strip().lower()
    if hint not in {"", "on", "off"}:
        return hint == "one-time-code"
    called = " ".join(
        _CAMEL.sub(" ", text) for text in (label, safe_text(attribute(node, "name")))
    ).casefold()
    return _CODE.search(called) is not None and _NO_CODE.search(called) is None


def _has(node: LexborNode, name: str) -> bool:
    return name in node.attributes


def _value(node: LexborNode, otherwise: str) -> str:
    return attribute(node, "value") if _has(node, "value") else otherwise


def buttons_of(form: LexborNode) -> tuple[SubmitButton, ...]:
    """Return what sends the form, in the page's order."""
    nodes = [node for node in form.css("button, input") if _submits(node)][:_MOST_BUTTONS]
    return tuple(
        SubmitButton(attribute(node, "name"), attribute(node, "value"), _on_button(node)) for node in nodes
    )


def _submits(node: LexborNode) -> bool:
    kind = attribute(node, "type").lower()
    return kind == "submit" if node.tag == "input" else kind not in {"button", "reset"}


def _on_button(node: LexborNode) -> str:
    named = (attribute(node, name) for name in ("aria-label", "title", "value", "name"))
    label = text_of(node) or next(filter(None, named), "")
    return safe_text(label, limit=_LONGEST_LABEL) or "Go on"


def _legend(node: LexborNode) -> str:
    """Return the title of the group that a radio button stands in; empty if there is none."""
    around = node.parent
    while around is not None and around.tag not in {"fieldset", "form"}:
        around = around.parent
    return text_of(around.css_first("legend")) if around is not None and around.tag == "fieldset" else ""


def _label(labels: Mapping[str, LexborNode], node: LexborNode) -> str:
    """Return the words beside a field. `labels` are those of the page by the id that they are for."""
    identifier = attribute(node, "id")
    around = node.parent if node.parent is not None and node.parent.tag == "label" else None
    spoken = text_of(labels.get(identifier) if identifier else None) or text_of(around)
    named = (attribute(node, name) for name in ("placeholder", "aria-label", "name"))
    return spoken or safe_text(next(filter(None, named), "")) or "a field without a name"


def _words(html: str) -> str:
    """Return what the page says besides the names of its fields and buttons."""
    tree = parse(html)
    for legend in tree.css(_RADIO_LEGENDS):
        legend.decompose()
    tree.strip_tags(["script", "style", "label", "button", "select"])
    return safe_text(tree.body.text(separator=" "), limit=_LONGEST_WORDS) if tree.body is not None else ""
