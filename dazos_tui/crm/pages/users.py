"""The user list: one page of its table, whole or as the PJAX fragment."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.dialect import Labels, same_label
from dazos_tui.crm.errors import UnexpectedPage
from dazos_tui.crm.models import Status, User, UserPage, UserRow
from dazos_tui.crm.pages.markup import attribute, is_record_id, menu_items, parse, text_of
from dazos_tui.crm.pages.refusals import why_not
from dazos_tui.text import safe_text

_ROW_TAG = re.compile(r"<tr\b[^>]*>", re.IGNORECASE)
_NAME = "first_name"
_BESIDES = 2
"""Cells of a row besides those of the columns: its menu and its name."""


def parse_users(html: str, *, number: int, status: Status, labels: Labels) -> UserPage:
    """Return page `number` of the list of active or inactive people.

    As seen on a vtiger 8.0 server: hidden inputs announce how many rows there are, the header names the
    columns, which every instance chooses for itself, and an error on the server can end the page
    anywhere at all. A row that was cut through is left out, so that it counts as missing.

    Raises SignedOut, PermissionDenied, UnexpectedPage.
    """
    tree = parse(html)
    announced = _announced(tree)
    if announced is None:
        raise why_not(tree, labels, "the announced number of rows (noOfEntries)")
    nodes = tree.css("tr.listViewEntries[data-id]")
    columns = _columns(tree)
    if nodes and not columns:
        raise why_not(tree, labels, "the header that names the columns")
    if nodes and _cut_through(html, nodes[-1], columns):
        nodes.pop()
    rows = [_row(node, columns, status, labels) for node in nodes]
    unique = {row.user.id: row for row in rows}
    return UserPage(number, tuple(unique.values()), announced, _has_next(tree))


def _columns(tree: LexborHTMLParser) -> list[str]:
    """Return the header's columns but for the name's: its cell is found by itself in every row."""
    links = tree.css("th a[data-columnname]")
    return [name for link in links if (name := attribute(link, "data-columnname")) != _NAME]


def _announced(tree: LexborHTMLParser) -> int | None:
    """Return how many rows the page says it holds: by their count, or by the range it shows."""
    for name in ("listViewEntriesCount", "noOfEntries"):
        if (count := _hidden_number(tree, name)) is not None:
            return count
    start, end = _hidden_number(tree, "pageStartRange"), _hidden_number(tree, "pageEndRange")
    if start is None or end is None:
        return None
    return end - start + 1 if 0 < start <= end else 0


def _hidden_number(tree: LexborHTMLParser, identifier: str) -> int | None:
    text = attribute(tree.css_first(f"input#{identifier}"), "value").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _has_next(tree: LexborHTMLParser) -> bool:
    return attribute(tree.css_first("input#nextPageExist"), "value").strip().lower() not in {"", "0", "false"}


def _cut_through(html: str, last: LexborNode, columns: list[str]) -> bool:
    """Tell whether the page ends within its last row, which then has no end tag or too few cells."""
    begun = max((tag.start() for tag in _ROW_TAG.finditer(html)), default=0)
    lowered = html.lower()
    unended = begun > max(lowered.rfind("</tr"), lowered.rfind("</table"))
    return unended or len(_cells(last)) < len(columns) + _BESIDES


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag == "td"]


def _row(node: LexborNode, columns: list[str], status: Status, labels: Labels) -> UserRow:
    user_id = attribute(node, "data-id").strip()
    if not is_record_id(user_id):
        raise UnexpectedPage(
            f"The user list has a row with an odd record id: “{safe_text(user_id, limit=40)}”."
        )
    cells = _cells(node)
    name = next((cell for cell in cells if attribute(cell, "data-name") == _NAME), None)
    if name is None:
        raise UnexpectedPage(f"The user list has no name cell (data-name={_NAME}) for record {user_id}.")
    values = _by_column(cells, columns, user_id)
    admin = text_of(values.get("is_admin"))
    user = User(
        id=user_id,
        user_name=text_of(values.get("user_name")),
        name=_name(name),
        email=_email_link(name) or email_of(values.get("email1")),
        role=text_of(values.get("roleid")),
        status=status,
        admin=same_label(admin, labels.yes) if admin else None,
    )
    links = cells[0].css("ul.dropdown-menu > li > a")
    return UserRow(user, menu_items(links, user_id, labels))


def _by_column(cells: list[LexborNode], columns: list[str], user_id: str) -> dict[str, LexborNode]:
    """Pair the cells after the row's menu, but for the name's, with the columns."""
    plain = [cell for cell in cells[1:] if attribute(cell, "data-name") != _NAME]
    if len(plain) != len(columns):
        raise UnexpectedPage(
            f"The user list's row of record {user_id} has {len(plain)} cells for {len(columns)} columns."
        )
    return dict(zip(columns, plain, strict=True))


def _name(cell: LexborNode) -> str:
    links = (text_of(link) for link in cell.css("a:not(.emailField)"))
    return next(filter(None, links), "")


def email_of(cell: LexborNode | None) -> str:
    """Return the address in a cell of an e-mail column: the raw one of its link, else its text."""
    return _email_link(cell) or text_of(cell)


def _email_link(cell: LexborNode | None) -> str:
    link = cell.css_first("a.emailField") if cell is not None else None
    return safe_text(attribute(link, "data-rawvalue")) or text_of(link)
