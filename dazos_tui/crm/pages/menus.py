"""The entries of a menu: their labels, and the addresses behind them as far as these are beyond doubt."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from selectolax.lexbor import LexborNode

from dazos_tui.crm.dialect import Labels, same_label
from dazos_tui.crm.models import ItemKind, MenuItem
from dazos_tui.crm.pages.html import text_of
from dazos_tui.text.sanitize import safe_text

# In this order: strings; what makes a script mean something else than its strings say (comments, templates,
# strings put together); escapes outside of strings, as each could begin a string whose end is sought in vain.
_PIECES = re.compile(
    r"'((?:[^'\\]|\\.)*+)'|\"((?:[^\"\\]|\\.)*+)\"|(//|/\*|<!--|-->|`|\+|\.concat\b|\.replace\b)|\\.",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ADDRESS = re.compile(r"\.php\b|\?\S*=|^\S+=\S*$|://", re.IGNORECASE)
_LONGEST_TARGET = 2_000
_MOST_ITEMS = 50
"""Entries of one menu that are looked at: seen are ten."""

_NO_ADDRESS = "“{}” has no address: it runs a script of the page, which only a browser can do."
_UNUSABLE = "“{}” has an address that cannot be used."
_SEVERAL = "“{}” leads to two different addresses."
_BUILT = "“{}” has a script that does more than name an address."
_TWICE = "The menu has two different items “{}”."


def menu_items(links: Iterable[LexborNode], user_id: str, labels: Labels) -> tuple[MenuItem, ...]:
    """Return the entries of a menu, those without a label left out.

    Those of a kind that can be run say in `problem` if their script names no one address, or there are two.
    """
    items = [_item(text_of(link), link, user_id, labels) for link in islice(links, _MOST_ITEMS)]
    return tuple(_alone(item, items) for item in items if item.label)


def _item(label: str, link: LexborNode, user_id: str, labels: Labels) -> MenuItem:
    target, problem = _target(link)
    kind = _kind(label, labels)
    words = problem.format(label) if kind is not ItemKind.OTHER else ""
    return MenuItem(label, kind, target, user_id, words)


def _alone(item: MenuItem, items: list[MenuItem]) -> MenuItem:
    """Return an item, with a problem if another one of its kind leads elsewhere."""
    same = {other.target for other in items if other.kind is item.kind}
    if item.kind is ItemKind.OTHER or len(same) == 1:
        return item
    return replace(item, problem=_TWICE.format(item.label))


def _kind(label: str, labels: Labels) -> ItemKind:
    if same_label(label, labels.send_reset_link):
        return ItemKind.SEND_RESET_LINK
    if same_label(label, labels.enable_login):
        return ItemKind.ENABLE_LOGIN
    return ItemKind.OTHER


def _target(link: LexborNode) -> tuple[str, str]:
    """Return the address that a menu entry leads to, empty if there is none, and what is wrong with it.

    A browser runs `onclick`, then obeys `href`: one of them has to name the one address.
    """
    attributes = link.attributes
    href = (attributes.get("href") or "").strip()
    script = href[len("javascript:") :] if href[:11].lower() == "javascript:" else ""
    codes = [code for code in (attributes.get("onclick") or "", script) if code]
    strings = [text for code in codes for text in _addresses(code)]
    if not script and href and not href.startswith("#"):
        strings.append(href)
    found = list(dict.fromkeys(map(_usable, strings)))
    if not found:
        return "", _NO_ADDRESS
    if len(found) > 1:
        return found[0], _SEVERAL
    if not found[0]:
        return "", _UNUSABLE
    return found[0], _BUILT if any(map(_does_more, codes)) else ""


def _addresses(code: str) -> list[str]:
    """Return the strings in a piece of JavaScript that look like an address or a part of one."""
    strings = (_ESCAPE.sub(_unescaped, single or double) for single, double, _ in _PIECES.findall(code))
    return [text for text in strings if _ADDRESS.search(text)]


def _does_more(code: str) -> bool:
    """Return whether a script has a comment, or puts its strings together."""
    return any(other for _, _, other in _PIECES.findall(code))


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else escape[3]


def _usable(target: str) -> str:
    """Return the address if it is plain visible text that the HTTP side can take, else nothing."""
    target = target.strip()
    scheme = target.partition(":")[0].lower() if ":" in target.partition("?")[0] else ""
    plain = safe_text(target, limit=_LONGEST_TARGET) == target
    return target if plain and scheme in {"", "http", "https"} else ""
