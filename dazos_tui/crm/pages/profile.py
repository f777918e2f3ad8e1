"""Parses a user's profile page, leaving out the secrets that it shows."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import CrmError, PermissionDeniedError, UnexpectedPageError, UserNotFoundError
from dazos_tui.crm.models import Profile, ProfileBlock, ProfileField, Status, User
from dazos_tui.crm.pages.error_pages import missing_content_error
from dazos_tui.crm.pages.html import attribute, page_text, parse_html, text_of
from dazos_tui.crm.pages.menus import parse_menu_items
from dazos_tui.crm.pages.traceback_scrub import scrub_traceback
from dazos_tui.crm.pages.users import email_in_cell
from dazos_tui.text.sanitize import safe_text

_LABEL_ID = "Users_detailView_fieldLabel_"
_VALUE_ID = "Users_detailView_fieldValue_"
_MENU_SELECTOR = "ul.dropdown-menu > li[id^=Users_detailView_moreAction_] > a"

# An instance may add its own fields: these limits are ten times what a vtiger 8.0 server shows.
_MAX_BLOCKS = 100
_MAX_FIELDS = 1_000

# Compared with names and labels reduced to letters and digits.
_SECRET_NAME = re.compile(r"(?:access|api|secret|private)key|passw|pwd|token|secret|hash|crypt")
_RAW_FIELDS = ("status", "is_admin", "email1")
_CHECKED_VALUES = {
    **dict.fromkeys(("1", "on", "yes", "true"), True),
    **dict.fromkeys(("0", "off", "no", "false"), False),
}
_STATUSES = {"active": Status.ACTIVE, "inactive": Status.INACTIVE}
_DELETED_RECORD = re.compile(
    r"record\b.{0,60}\b(?:not found|deleted|does not exist|doesn['’]t exist)|LBL_RECORD_NOT_FOUND",
    re.IGNORECASE,
)


@scrub_traceback
def parse_profile(html: str, *, user_id: str, labels: Labels) -> Profile:
    """Return the profile on a whole page, with the menu items that this page has.

    As seen on a vtiger 8.0 server: the page shows the user's API access key in clear. Neither that nor
    anything else that looks like a secret leaves this function.

    Raises UserNotFoundError, SignedOutError, PermissionDeniedError, UnexpectedPageError.
    """
    tree = parse_html(html)
    values = _value_cells(tree)
    if missing := next((name for name in ("user_name", "email1", "status") if name not in values), None):
        raise _missing_field_error(tree, labels, missing)
    shown = attribute(tree.css_first("input#recordId"), "value").strip()
    if shown != user_id:
        what = "another profile instead of" if shown else "a profile without a record id instead of"
        raise UnexpectedPageError(f"The CRM shows {what} that of record {user_id}.")
    user = _build_user(user_id, values, _raw_values(tree), labels)
    if not user.user_name:
        raise UserNotFoundError(f"The CRM has no user with the record id {user_id}.")
    return Profile(
        user, _parse_blocks(tree, values), parse_menu_items(tree.css(_MENU_SELECTOR), user_id, labels)
    )


def _value_cells(tree: LexborHTMLParser) -> dict[str, LexborNode]:
    """Return the cells with the values, by the CRM's own field names."""
    values: dict[str, LexborNode] = {}
    for cell in tree.css(f"[id^={_VALUE_ID}]"):
        values.setdefault(attribute(cell, "id").removeprefix(_VALUE_ID), cell)
    return values


def _raw_values(tree: LexborHTMLParser) -> dict[str, str]:
    """Return the database values of some fields, which are the same in every language.

    As seen on vtiger 8.0 and 8.2 servers: an active user's profile has them in hidden inputs, an inactive
    user's does not.
    """
    nodes = {attribute(node, "data-name"): node for node in tree.css("input.fieldBasicData[data-value]")}
    return {name: attribute(nodes[name], "data-value").strip() for name in _RAW_FIELDS if name in nodes}


def _missing_field_error(tree: LexborHTMLParser, labels: Labels, missing: str) -> CrmError:
    error = missing_content_error(tree, labels, f"the profile's field {missing}")
    if isinstance(error, UnexpectedPageError | PermissionDeniedError) and _DELETED_RECORD.search(
        page_text(tree)
    ):
        return UserNotFoundError("The CRM says that this record does not exist.")
    return error


def _cell_text(cell: LexborNode | None) -> str:
    return text_of(cell.css_first(".value")) if cell is not None else ""


def _build_user(user_id: str, values: dict[str, LexborNode], raw: dict[str, str], labels: Labels) -> User:
    first, last = _cell_text(values.get("first_name")), _cell_text(values.get("last_name"))
    raw_admin = _CHECKED_VALUES.get(raw.get("is_admin", "").casefold())
    return User(
        id=user_id,
        user_name=_cell_text(values["user_name"]),
        name=f"{first} {last}".strip(),
        email=email_in_cell(values["email1"].css_first(".value")) or safe_text(raw.get("email1", "")),
        role=_cell_text(values.get("roleid")),
        status=_parse_status(raw.get("status", ""), _cell_text(values["status"]), labels),
        admin=labels.is_checked(_cell_text(values.get("is_admin"))) if raw_admin is None else raw_admin,
        raw_user_name=_raw_value(values["user_name"]),
        raw_email=_raw_value(values["email1"]),
    )


def _raw_value(cell: LexborNode) -> str:
    """Return a value as the CRM stores it if it cannot be shown unchanged; else an empty string."""
    value = cell.css_first(".value")
    link = value.css_first("a.emailField") if value is not None else None
    node = link or value
    text = node.text().strip(" \t\r\n") if node is not None else ""
    raw = attribute(link, "data-rawvalue") or text
    return raw if safe_text(raw) != raw else ""


def _parse_status(raw: str, words: str, labels: Labels) -> Status:
    """Return the status from the database value, else from the shown words."""
    if (known := _STATUSES.get(raw.casefold())) is not None:
        return known
    match labels.is_active_status(words):
        case None:
            return Status.UNKNOWN
        case active:
            return Status.ACTIVE if active else Status.INACTIVE


def _parse_blocks(tree: LexborHTMLParser, values: dict[str, LexborNode]) -> tuple[ProfileBlock, ...]:
    blocks, remaining = [], _MAX_FIELDS
    for node in tree.css(".block[data-block]")[:_MAX_BLOCKS]:
        title = text_of(node.css_first("h4"))
        if not _is_secret(title) and not _is_secret(attribute(node, "data-block")):
            labels = node.css(f"[id^={_LABEL_ID}]")[:remaining]
            remaining -= len(labels)
            blocks.append(ProfileBlock(title, _parse_fields(labels, values)))
    return tuple(block for block in blocks if block.fields)


def _parse_fields(labels: list[LexborNode], values: dict[str, LexborNode]) -> tuple[ProfileField, ...]:
    fields = []
    for cell in labels:
        name, label = attribute(cell, "id").removeprefix(_LABEL_ID), text_of(cell)
        if not _is_secret(name) and not _is_secret(label):
            fields.append(ProfileField(safe_text(name), label, _cell_text(values.get(name))))
    return tuple(fields)


def _is_secret(words: str) -> bool:
    return _SECRET_NAME.search(re.sub(r"[\W_]+", "", words.casefold())) is not None
