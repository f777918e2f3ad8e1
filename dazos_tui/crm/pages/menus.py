"""Parses the entries of a menu: their labels, and their URLs where these are unambiguous."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from selectolax.lexbor import LexborNode

from dazos_tui.crm.dialect import Labels, is_same_label
from dazos_tui.crm.models import MenuItem, MenuItemKind
from dazos_tui.crm.pages.html import text_of
from dazos_tui.text.sanitize import safe_text

# In this order: strings; whatever can change the meaning of strings (comments, templates, concatenation);
# escapes outside of strings, which would otherwise start a string with no end.
_SCRIPT_TOKENS = re.compile(
    r"'((?:[^'\\]|\\.)*+)'|\"((?:[^\"\\]|\\.)*+)\"|(//|/\*|<!--|-->|`|\+|\.concat\b|\.replace\b)|\\.",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
# No part of a text is gone over twice, as in all patterns here: a script may have a million characters.
_URL_LIKE = re.compile(r"\.php\b|\?[^\s?=]*=|^\S[^\s=]*=\S*$|://", re.IGNORECASE)
_MAX_URL_LENGTH = 2_000
_MAX_ITEMS = 50
"""The most entries of one menu that are read; real menus have ten."""

_NO_URL = "“{}” has no address: it runs a script of the page, which only a browser can do."
_UNUSABLE_URL = "“{}” has an address that cannot be used."
_SEVERAL_URLS = "“{}” leads to two different addresses."
_COMPLEX_SCRIPT = "“{}” has a script that does more than name an address."
_DUPLICATE_ITEM = "The menu has two different items “{}”."


def parse_menu_items(links: Iterable[LexborNode], user_id: str, labels: Labels) -> tuple[MenuItem, ...]:
    """Return the entries of a menu, without those that have no label.

    Entries of a kind that can be run have a `problem` if their script does not name exactly one URL, or if
    there are several different entries of that kind.
    """
    items = [_parse_item(text_of(link), link, user_id, labels) for link in islice(links, _MAX_ITEMS)]
    return tuple(_check_unique(item, items) for item in items if item.label)


def _parse_item(label: str, link: LexborNode, user_id: str, labels: Labels) -> MenuItem:
    url, template = _find_url(link)
    kind = _item_kind(label, labels)
    problem = template.format(label) if kind is not MenuItemKind.OTHER else ""
    return MenuItem(label, kind, url, user_id, problem)


def _check_unique(item: MenuItem, items: list[MenuItem]) -> MenuItem:
    """Return an item, with a problem if another one of its kind leads elsewhere."""
    urls = {other.href for other in items if other.kind is item.kind}
    if item.kind is MenuItemKind.OTHER or len(urls) == 1:
        return item
    return replace(item, problem=_DUPLICATE_ITEM.format(item.label))


def _item_kind(label: str, labels: Labels) -> MenuItemKind:
    if is_same_label(label, labels.send_reset_link):
        return MenuItemKind.SEND_RESET_LINK
    if is_same_label(label, labels.enable_login):
        return MenuItemKind.ENABLE_LOGIN
    return MenuItemKind.OTHER


def _find_url(link: LexborNode) -> tuple[str, str]:
    """Return the URL of a menu entry (empty if it has none), and a template of what is wrong with it.

    A browser runs `onclick`, then follows `href`: together they must name exactly one URL.
    """
    attributes = link.attributes
    href = (attributes.get("href") or "").strip()
    script = href[len("javascript:") :] if href[:11].lower() == "javascript:" else ""
    codes = [code for code in (attributes.get("onclick") or "", script) if code]
    strings = [text for code in codes for text in _urls_in_script(code)]
    if not script and href and not href.startswith("#"):
        strings.append(href)
    found = list(dict.fromkeys(map(_usable_url, strings)))
    if not found:
        return "", _NO_URL
    if len(found) > 1:
        return found[0], _SEVERAL_URLS
    if not found[0]:
        return "", _UNUSABLE_URL
    return found[0], _COMPLEX_SCRIPT if any(map(_is_complex_script, codes)) else ""


def _urls_in_script(code: str) -> list[str]:
    """Return the strings in a piece of JavaScript that look like a URL or a part of one."""
    strings = (_ESCAPE.sub(_unescape, single or double) for single, double, _ in _SCRIPT_TOKENS.findall(code))
    return [text for text in strings if _URL_LIKE.search(text)]


def _is_complex_script(code: str) -> bool:
    """Return whether a script has comments or templates, or concatenates its strings."""
    return any(other for _, _, other in _SCRIPT_TOKENS.findall(code))


def _unescape(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else escape[3]


def _usable_url(url: str) -> str:
    """Return the URL if it is plain visible text with a usable scheme, else an empty string."""
    url = url.strip()
    scheme = url.partition(":")[0].lower() if ":" in url.partition("?")[0] else ""
    plain = safe_text(url, limit=_MAX_URL_LENGTH) == url
    return url if plain and scheme in {"", "http", "https"} else ""
