"""Helpers for all page parsers: safe text, record ids, tokens and forms."""

import re
from urllib.parse import parse_qs

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.text.sanitize import safe_text

_RECORD_ID = re.compile(r"[0-9]{1,20}(?:x[0-9]{1,20})?")
_TOKEN = re.compile(r"csrfMagicToken\s*=\s*[\"']([!-~]{1,500}?)[\"']")
_MAX_TEXT = 20_000
_MAX_TITLE = 80

# At least three times what was seen on a vtiger 8.0 server, but few enough that the worst page takes the
# parser only two seconds: its time is quadratic in the depth of nested tags and in the attributes of one tag.
_MAX_CHARACTERS = 1_000_000
_MAX_TAGS = 20_000
_MAX_WORDS = 20_000
_SMALL_PAGE = 100_000
"""Pages of up to this many characters need no count of their words."""
_FEW_TAGS = 2_000
"""Tags that cannot fill the memory in any arrangement: the worst take a third of a gigabyte. A list of twenty
users has 1,600."""

# Quoted values end at the next tag, so that a quote without its end does not cost a search of the whole page.
_WRAPPING_TAG = re.compile(
    r"""</?(?:[dD][iI][vV]|[sS][pP][aA][nN])(?:\s(?:[^<>"']|"[^<"]*"|'[^<']*')*+)?>""", re.DOTALL
)
_MAX_TABLE_CHARACTERS = 3_000_000
"""Twice what a list of 200 people with 25 columns has."""

# Elements that HTML reopens in each following paragraph until they are closed (“reconstruct the active
# formatting elements” in the standard): 50 KB of these become gigabytes. Upper and lower case are spelled
# out, since re.IGNORECASE takes ten times as long.
_FORMATTING_TAG = re.compile(
    r"<(/?)(?:[bB](?:[iI][gG])?|[cC][oO][dD][eE]|[eE][mM]|[fF][oO][nN][tT]|[iI]|[nN][oO][bB][rR]"
    r"|[sS](?:[mM][aA][lL][lL]|[tT][rR](?:[iI][kK][eE]|[oO][nN][gG]))?|[tT][tT]|[uU])(?=[\s/>])"
)


def parse_html(html: str) -> LexborHTMLParser:
    """Return the tree of a page; in one with many tags, formatting elements such as ``b`` become spans.

    Raises UnexpectedPageError if the page has far more characters, tags or words than any of the CRM's.
    """
    if _is_too_large(html):
        raise UnexpectedPageError("The CRM sent a page far larger than any of its own: it was not read.")
    has_few_tags = html.count("<") <= _FEW_TAGS
    return LexborHTMLParser(html if has_few_tags else _FORMATTING_TAG.sub(r"<\1span", html))


def parse_table_html(html: str) -> LexborHTMLParser:
    """Return the tree of a page with a table; one that is too large for `parse_html`, without div and span.

    They are most of a table's tags, and its rows and cells are found without them. Raises UnexpectedPageError
    if the page is too large even so.
    """
    if len(html) <= _MAX_TABLE_CHARACTERS and _is_too_large(html):
        html = _WRAPPING_TAG.sub("", html)
    return parse_html(html)


def _is_too_large(html: str) -> bool:
    return len(html) > _MAX_CHARACTERS or html.count("<") > _MAX_TAGS or _has_too_many_words(html)


def _has_too_many_words(html: str) -> bool:
    """Return whether there are so many different words that one tag could have too many attributes."""
    return len(html) > _SMALL_PAGE and len(set(html.replace("/", " ").replace("=", " ").split())) > _MAX_WORDS


def attribute(node: LexborNode | None, name: str) -> str:
    """Return an attribute's value, with entities decoded but not made safe; empty if it is missing."""
    return (node.attributes.get(name) or "") if node is not None else ""


def query_of(address: str) -> dict[str, list[str]]:
    """Return the parameters of an address, also of a damaged one, which `urlsplit` refuses."""
    return parse_qs(address.partition("#")[0].partition("?")[2])


def text_of(node: LexborNode | None) -> str:
    """Return the text of a node, safe for a terminal; empty if there is no node."""
    # Stripped first, since line breaks from the page's source would keep `safe_text` from its fast path.
    return safe_text(node.text().strip(" \t\r\n")) if node is not None else ""


def is_record_id(text: str) -> bool:
    """Return whether this is a record id: ``12``, or ``19x12`` as vtiger's web service writes it."""
    return _RECORD_ID.fullmatch(text) is not None


def csrf_token(tree: LexborHTMLParser) -> str:
    """Return the CSRF token that every whole page of a session has in a script; empty if it is missing."""
    for script in tree.css("script"):
        if found := _TOKEN.search(script.text()):
            return found[1]
    return ""


def find_form(tree: LexborHTMLParser, *names: str) -> LexborNode | None:
    """Return the first form that has inputs of these names, or None: a page may have several forms."""
    for form in tree.css("form"):
        if all(form.css_first(f"input[name={name}]") for name in names):
            return form
    return None


def title_of(tree: LexborHTMLParser) -> str:
    """Return the title of a page, shortened to one line; empty if it has none."""
    return safe_text(text_of(tree.css_first("title")), limit=_MAX_TITLE)


def page_text(tree: LexborHTMLParser) -> str:
    """Return the visible text of a page. Removes scripts and styles from the tree."""
    tree.strip_tags(["script", "style"])
    return safe_text(tree.body.text(separator=" "), limit=_MAX_TEXT) if tree.body is not None else ""
