"""The login history: one page of its table, whole or as the PJAX fragment."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.dialect import Labels, same_label
from dazos_tui.crm.errors import UnexpectedPage
from dazos_tui.crm.models import SignInRow
from dazos_tui.crm.pages.error_pages import why_not
from dazos_tui.crm.pages.html import attribute, parse, text_of

_COLUMNS = ("user_name", "user_ip", "login_time", "logout_time", "status")
"""As a vtiger 8.0 server names them, in its order. The first one holds the person's name all the same."""
_TIME = "login_time"
_MOST_ROWS = 1_000
"""Rows of one page that are read: servers show 20 to 100."""


def parse_login_history(html: str, labels: Labels) -> tuple[SignInRow, ...]:
    """Return the rows of a page, in its order.

    The header names the columns; without one, a row must have just the five that a vtiger 8.0 server shows.
    A page that was cut short is none: whoever is missing on it could be taken for somebody who never came.

    Raises SignedOut, PermissionDenied, UnexpectedPage.
    """
    tree = parse(html)
    nodes = tree.css("tr.listViewEntries")
    columns = _columns(tree)
    announced = _announced(tree)
    if not nodes and not columns and announced is None:
        raise why_not(tree, labels, "the list of sign-ins")
    if len(nodes) > _MOST_ROWS:
        raise UnexpectedPage(
            f"The login history has {len(nodes):,} rows on one page, far more than a CRM shows."
        )
    if announced is not None and len(nodes) < announced:
        raise UnexpectedPage(
            f"The login history was cut short: {len(nodes)} of {announced} rows arrived.", advice="Try again."
        )
    return tuple(_row(node, columns, labels) for node in nodes)


def _columns(tree: LexborHTMLParser) -> list[str]:
    """Return the header's columns, empty for one that it does not name; nothing if there is no header.

    Raises UnexpectedPage if there is a header without the time of the sign-in.
    """
    link = tree.css_first("th a[data-columnname]")
    row = _row_around(link)
    if row is None:
        return []
    columns = [attribute(cell.css_first("a[data-columnname]"), "data-columnname") for cell in row.css("th")]
    if _TIME not in columns:
        raise UnexpectedPage(f"The login history has no column with the time of the sign-in ({_TIME}).")
    return columns


def _row_around(node: LexborNode | None) -> LexborNode | None:
    while node is not None and node.tag != "tr":
        node = node.parent
    return node


def _announced(tree: LexborHTMLParser) -> int | None:
    for name in ("listViewEntriesCount", "noOfEntries"):
        text = attribute(tree.css_first(f"input#{name}"), "value").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
    return None


def _row(node: LexborNode, columns: list[str], labels: Labels) -> SignInRow:
    cells = [text_of(cell) for cell in node.iter() if cell.tag == "td"]
    named = columns or _COLUMNS
    if len(cells) != len(named):
        raise UnexpectedPage(
            f"The login history is laid out in an unknown way: {len(cells)} cells for {len(named)} columns."
        )
    values = dict(zip(named, cells, strict=True))
    name, ip, signed_in, signed_out, status = (values.get(column, "") for column in _COLUMNS)
    known = *labels.both("signed_in"), *labels.both("signed_off")
    succeeded = any(same_label(status, label) for label in known)
    return SignInRow(name, ip, signed_in, signed_out, status, succeeded)
