"""Parses one page of the login history, as a whole page or a PJAX fragment."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.dialect import Labels, is_same_label
from dazos_tui.crm.errors import UnexpectedPageError
from dazos_tui.crm.models import LoginHistoryRow
from dazos_tui.crm.pages.error_pages import missing_content_error
from dazos_tui.crm.pages.html import attribute, parse_html, text_of

_COLUMNS = ("user_name", "user_ip", "login_time", "logout_time", "status")
"""As a vtiger 8.0 server names them, in its order. Despite its name, the first one holds the full name."""
_TIME_COLUMN = "login_time"
_MAX_ROWS = 1_000
"""Rows of one page that are read: servers show 20 to 100."""


def parse_login_history(html: str, labels: Labels) -> tuple[LoginHistoryRow, ...]:
    """Return the rows of a page, in its order.

    The header names the columns; without one, a row must have exactly the five of a vtiger 8.0 server. A page
    that was cut short is an error: users missing from it would seem never to have signed in.

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
    """Return the header's column names, with "" for unnamed columns; an empty list if there is no header.

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
    names = columns or _COLUMNS
    if len(cells) != len(names):
        raise UnexpectedPageError(
            f"The login history has an unknown layout: {len(cells)} cells for {len(names)} columns."
        )
    values = dict(zip(names, cells, strict=True))
    name, ip, signed_in, signed_out, status = (values.get(column, "") for column in _COLUMNS)
    success_labels = *labels.with_english("signed_in"), *labels.with_english("signed_off")
    succeeded = any(is_same_label(status, label) for label in success_labels)
    return LoginHistoryRow(name, ip, signed_in, signed_out, status, succeeded)
