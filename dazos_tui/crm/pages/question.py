"""A page that comes in the middle of a sign-in and asks for something more than user name and password.

Which ones a Dazos instance has, if any, is unknown: a second factor, terms to agree to, a company to choose.
So any form is taken for one that stands where neither the login form nor a page of the CRM does.
"""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.models import Prompt, PromptKind, Question
from dazos_tui.crm.pages.login import LoginForm, hidden_fields
from dazos_tui.crm.pages.markup import attribute, form_with, parse, text_of
from dazos_tui.text import safe_text

_UNSEEN = frozenset({"hidden", "submit", "button", "image", "reset", "file"})
_KINDS = {"password": PromptKind.SECRET, "checkbox": PromptKind.TICK, "radio": PromptKind.CHOICE}
_MOST_PROMPTS, _MOST_CHOICES = 10, 200
_LONGEST_WORDS = 600


def parse_question(html: str) -> tuple[Question, LoginForm] | None:
    """Return what a page asks for and the form to answer it by, or None if it asks for nothing.

    Every page of the CRM itself has links to its views, besides any forms.
    """
    tree = parse(html)
    links = [attribute(link, "href") for link in tree.css("a[href]")]
    if any("view=" in link and "view=Login" not in link for link in links):
        return None
    forms = [form for form in tree.css("form") if attribute(form, "method").lower() == "post"]
    asking = next((form for form in forms if _prompts(tree, form)), None) or next(
        filter(_button, forms), None
    )
    if asking is None or form_with(tree, "username", "password") is not None:
        return None
    prompts = tuple(_prompts(tree, asking).values())
    form = LoginForm(attribute(asking, "action"), {**hidden_fields(asking), **_submit(asking)})
    return Question(_words(html), prompts), form


def _prompts(tree: LexborHTMLParser, form: LexborNode) -> dict[str, Prompt]:
    """Return what is to be filled in, by the name of the field; radio buttons of one name are one choice."""
    prompts: dict[str, Prompt] = {}
    for node in form.css("input[name], select[name], textarea[name]"):
        name, kind = attribute(node, "name"), attribute(node, "type").lower()
        if kind in _UNSEEN or (name not in prompts and len(prompts) >= _MOST_PROMPTS):
            continue
        earlier = prompts.get(name)
        # The search for a label takes time: so many are not to be had at once.
        if earlier is not None and len(earlier.choices) >= _MOST_CHOICES:
            continue
        prompts[name] = _prompt(tree, node, earlier.choices if earlier is not None else ())
    return prompts


def _prompt(tree: LexborHTMLParser, node: LexborNode, choices: tuple[tuple[str, str], ...]) -> Prompt:
    name, label = attribute(node, "name"), _label(tree, node)
    if node.tag == "select":
        options = node.css("option")[:_MOST_CHOICES]
        listed = tuple((_value(option, text_of(option)), text_of(option)) for option in options)
        return Prompt(name, label, PromptKind.CHOICE, listed)
    kind = _KINDS.get(attribute(node, "type").lower(), PromptKind.TEXT)
    if kind is PromptKind.CHOICE:
        more = (*choices, (_value(node, "on"), label))[:_MOST_CHOICES]
        return Prompt(name, safe_text(name), kind, more)
    if kind is PromptKind.TICK:
        return Prompt(name, label, kind, ((_value(node, "on"), label),))
    return Prompt(name, label, kind)


def _value(node: LexborNode, otherwise: str) -> str:
    return attribute(node, "value") if "value" in node.attributes else otherwise


def _submit(form: LexborNode) -> dict[str, str]:
    """Return what pressing the form's first button adds to it, as a browser does."""
    button = _button(form)
    name = attribute(button, "name")
    return {name: attribute(button, "value")} if name else {}


def _button(form: LexborNode) -> LexborNode | None:
    return form.css_first("button:not([type=button]):not([type=reset]), input[type=submit]")


def _label(tree: LexborHTMLParser, node: LexborNode) -> str:
    identifier = attribute(node, "id")
    labels = (label for label in tree.css("label[for]") if attribute(label, "for") == identifier)
    around = node.parent if node.parent is not None and node.parent.tag == "label" else None
    spoken = text_of(next(labels, None) if identifier else None) or text_of(around)
    named = (attribute(node, name) for name in ("placeholder", "aria-label", "name"))
    return spoken or safe_text(next(filter(None, named), "")) or "a field without a name"


def _words(html: str) -> str:
    """Return what the page says besides the names of its fields and buttons."""
    tree = parse(html)
    tree.strip_tags(["script", "style", "label", "button", "select"])
    return safe_text(tree.body.text(separator=" "), limit=_LONGEST_WORDS) if tree.body is not None else ""
