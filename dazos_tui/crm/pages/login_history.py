"""The login history: one page of its table, whole or as the PJAX fragment."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.dialect import Labels, is_same_label
from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.models import LoginHistoryRow
from dazos_tui.crm.pages.error_pages import missing_content_error
from dazos_tui.crm.pages.html import attribute, parse_html, text_of

_COLUMNS = ("user_name", "user_ip", "login_time", "logout_time", "status")
"""As a vtiger 8.0 server names them, in its order. The first one holds the person's name all the same."""
_TIME_COLUMN = "login_time"
_MAX_ROWS = 1_000
"""Rows of one page that are read: servers show 20 to 100."""


def parse_login_history(html: str, labels: Labels) -> tuple[LoginHistoryRow, ...]:
    """Return the rows of a page, in its order.

    The header names the columns; without one, a row must have just the five that a vtiger 8.0 server shows.
    A page that was cut short is none: whoever is missing on it could be taken for somebody who never came.

    Raises SignedOutError, PermissionDeniedError, UnexpectedPageError.
    """
    tree = parse_html(html)
    nodes = tree.css("tr.listViewEntries")
    columns = _header_columns(tree)
    announced = _announced_rows(tree)
    if not nodes and not columns and announced is None:
        raise missing_content_error(tree, labels, "the list of sign-ins")
    if len(nodes) > _MAX_ROWS:
        raise UnexpectedPageError(
            f"The login history has {len(nodes):,} rows on one page, far more than a CRM shows."
        )
    if announced is not None and len(nodes) < announced:
        raise UnexpectedPageError(
            f"The login history was cut short: {len(nodes)} of {announced} rows arrived.", advice="Try again."
        )
    return tuple(_parse_row(node, columns, labels) for node in nodes)


def _header_columns(tree: LexborHTMLParser) -> list[str]:
    """Return the header's columns, empty for one that it does not name; nothing if there is no header.

    Raises UnexpectedPageError if there is a header without the time of the sign-in.
    """
    link = tree.css_first("th a[data-columnname]")
    row = _enclosing_row(link)
    if row is None:
        return []
    columns = [attribute(cell.css_first("a[data-columnname]"), "data-columnname") for cell in row.css("th")]
    if _TIME_COLUMN not in columns:
        raise UnexpectedPageError(
            f"The login history has no column with the time of the sign-in ({_TIME_COLUMN})."
        )
    return columns


def _enclosing_row(node: LexborNode | None) -> LexborNode | None:
    while node is not None and node.tag != "tr":
        node = node.parent
    return node


def _announced_rows(tree: LexborHTMLParser) -> int | None:
    for name in ("listViewEntriesCount", "noOfEntries"):
        text = attribute(tree.css_first(f"input#{name}"), "value").strip()
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
    return None


def _parse_row(node: LexborNode, columns: list[str], labels: Labels) -> LoginHistoryRow:
    cells = [text_of(cell) for cell in node.iter() if cell.tag == "td"]
    named = columns or _COLUMNS
    if len(cells) != len(named):
        raise UnexpectedPageError(
            f"The login history is laid out in an unknown way: {len(cells)} cells for {len(named)} columns."
        )
    values = dict(zip(named, cells, strict=True))
    name, ip, signed_in, signed_out, status = (values.get(column, "") for column in _COLUMNS)
    known = *labels.with_english("signed_in"), *labels.with_english("signed_off")
    succeeded = any(is_same_label(status, label) for label in known)
    return LoginHistoryRow(name, ip, signed_in, signed_out, status, succeeded)
