"""Parses one page of the user list, as a whole page or a PJAX fragment."""

import re
import sys

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import CrmError, UnexpectedPageError, UnreadableListError
from dazos_tui.crm.models import Status, User, UserPage, UserRow
from dazos_tui.crm.pages.error_pages import missing_content_error
from dazos_tui.crm.pages.html import attribute, is_record_id, parse_table_html, text_of
from dazos_tui.crm.pages.menus import parse_menu_items
from dazos_tui.text.sanitize import safe_text

# Bounded: if many tags never end, each would otherwise be scanned to the end of the page.
_ROW_EDGE = re.compile(r"<tr\b[^>]{0,2000}>|</(?:tr|table)", re.IGNORECASE)
_OTHER_LIST_ADVICE = (
    "Open the list in a browser. If it looks as usual there, a script may fill it: “dazos-tui learn” learns "
    "it from a recording, and docs/configuration.md says how to write user_list by hand."
)
_MAX_ROWS = 1_000
"""The most rows of one page that are read: servers show 20 to 100. A row's text includes that of rows nested
in it."""
_NAME_COLUMN = "first_name"
_EXTRA_CELLS = 2
"""Cells of a row besides those of the columns: its menu and its name."""
_TAIL_LENGTH = 5_000
"""Characters at the end of a page that are searched for the last row's tags: a row takes half of that."""


def parse_user_page(
    html: str, *, number: int, status: Status, labels: Labels, with_menus: bool = True
) -> UserPage:
    """Return page `number` of the default list (`status` ACTIVE) or of the inactive list (INACTIVE).

    As seen on a vtiger 8.0 server: hidden inputs announce the number of rows, their position in the whole
    list and the page size; the header names the columns, which each instance chooses for itself; and an
    error on the server can cut the page off at any point. A row that was cut off is left out, so that it
    counts as missing. A page does not show whether the default list has only active users: without a Status
    column their status is UNKNOWN (see `StatusResolver`). Without `with_menus`, the row menus, which are half
    the work, are empty.

    Raises SignedOutError, PermissionDeniedError, UnexpectedPageError (UnreadableListError if the page is the
    list, but has an unknown layout).
    """
    tree = parse_table_html(html)
    announced = _announced_rows(tree)
    if announced is None:
        # Not kept in a variable: with the traceback, that would keep the tree in memory.
        raise _missing_list_error(tree, labels)
    nodes = tree.css("tr.listViewEntries[data-id]")
    columns = _header_columns(tree)
    if len(nodes) > _MAX_ROWS:
        raise UnexpectedPageError(
            f"The user list has {len(nodes):,} rows on one page, far more than a CRM shows."
        )
    if nodes and not columns:
        raise missing_content_error(tree, labels, "the header that names the columns")
    if nodes and _is_truncated(html, nodes[-1], columns):
        nodes.pop()
    rows = [_parse_row(node, columns, status, labels, with_menus=with_menus) for node in nodes]
    unique = {row.user.id: row for row in rows}
    return UserPage(
        number=number,
        rows=tuple(unique.values()),
        announced=announced,
        has_next=_has_next(tree),
        size=_hidden_number(tree, "pageLimitValue") or None,
        start=_hidden_number(tree, "pageStartRange") or None,
    )


def _missing_list_error(tree: LexborHTMLParser, labels: Labels) -> CrmError:
    error = missing_content_error(tree, labels, "the announced number of rows (noOfEntries)")
    if isinstance(error, UnexpectedPageError):
        error.advice = _OTHER_LIST_ADVICE
    return error


def _header_columns(tree: LexborHTMLParser) -> list[str]:
    """Return the header's columns except that of the name, whose cell is found separately in each row."""
    links = tree.css("th a[data-columnname]")
    return [name for link in links if (name := attribute(link, "data-columnname")) != _NAME_COLUMN]


def _announced_rows(tree: LexborHTMLParser) -> int | None:
    """Return how many rows the page claims to have: from their count, or from the range it shows."""
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


def _is_truncated(html: str, last: LexborNode, columns: list[str]) -> bool:
    """Return whether the page ends within its last row, which then has no end tag or too few cells."""
    return _has_unclosed_row(html) or len(_cells(last)) < len(columns) + _EXTRA_CELLS


def _has_unclosed_row(html: str) -> bool:
    """Return whether the last row that begins has no end."""
    # The tail is nearly always enough, and searching the whole page takes as long as two more rows.
    tags = _ROW_EDGE.findall(html[-_TAIL_LENGTH:]) or _ROW_EDGE.findall(html)
    return bool(tags) and not tags[-1].startswith("</")


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag == "td"]


def _parse_row(
    node: LexborNode, columns: list[str], status: Status, labels: Labels, *, with_menus: bool
) -> UserRow:
    user_id = attribute(node, "data-id").strip()
    if not is_record_id(user_id):
        raise UnreadableListError(
            f"The user list has a row with an odd record id: “{safe_text(user_id, limit=40)}”."
        )
    menu, name, values = _split_row(node, columns, user_id)
    shown, email = _name_and_email(name)
    user = User(
        id=user_id,
        user_name=text_of(values.get("user_name")),
        name=shown,
        email=email or email_in_cell(values.get("email1")),
        # Interned, since the same few roles occur in all rows.
        role=sys.intern(text_of(values.get("roleid"))),
        status=_parse_status(text_of(values.get("status")), status, labels),
        admin=labels.is_checked(text_of(values.get("is_admin"))),
    )
    if not with_menus:
        return UserRow(user, ())
    return UserRow(user, parse_menu_items(menu.css("ul.dropdown-menu > li > a"), user_id, labels))


def _parse_status(words: str, listing: Status, labels: Labels) -> Status:
    """Return the status from a Status column; without one, INACTIVE in the inactive list, else UNKNOWN."""
    if (active := labels.is_active_status(words)) is not None:
        return Status.ACTIVE if active else Status.INACTIVE
    return Status.INACTIVE if listing is Status.INACTIVE else Status.UNKNOWN


def _split_row(
    row: LexborNode, columns: list[str], user_id: str
) -> tuple[LexborNode, LexborNode, dict[str, LexborNode]]:
    """Return a row's menu cell, its name cell, and the other cells by column."""
    cells = _cells(row)
    index = _name_cell_index(cells)
    if index is None:
        raise UnreadableListError(
            f"The user list has no name cell (data-name={_NAME_COLUMN}) for record {user_id}.",
            advice="Add the column with the name to the user list in the CRM.",
        )
    name = cells.pop(index)
    if len(cells) != len(columns) + 1:
        raise UnreadableListError(
            f"The user list's row of record {user_id} has {len(cells) - 1} cells for {len(columns)} columns."
        )
    return cells[0], name, dict(zip(columns, cells[1:], strict=True))


def _name_cell_index(cells: list[LexborNode]) -> int | None:
    # The first cell is the menu's. The name's is the second in every list seen, so this stops at once:
    # reading the attributes of all cells would take a tenth of a row's time.
    indexes = (
        index for index, cell in enumerate(cells) if index and attribute(cell, "data-name") == _NAME_COLUMN
    )
    return next(indexes, None)


def _name_and_email(cell: LexborNode) -> tuple[str, str]:
    """Return the text of the first link that has any, and the e-mail address of the e-mail link."""
    name, email = "", ""
    for link in cell.css("a"):
        attributes = link.attributes
        if "emailField" in (attributes.get("class") or "").split():
            email = email or safe_text(attributes.get("data-rawvalue") or "") or text_of(link)
        else:
            name = name or text_of(link)
    return name, email


def email_in_cell(cell: LexborNode | None) -> str:
    """Return the e-mail address in a cell: the raw value of its link, else its text."""
    return _email_link(cell) or text_of(cell)


def _email_link(cell: LexborNode | None) -> str:
    link = cell.css_first("a.emailField") if cell is not None else None
    return safe_text(attribute(link, "data-rawvalue")) or text_of(link)
