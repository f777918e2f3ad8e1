"""A person's profile page, without the secrets that it shows."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import CrmError, NoSuchUser, PermissionDenied, UnexpectedPage
from dazos_tui.crm.models import Block, Field, Profile, Status, User
from dazos_tui.crm.pages.error_pages import why_not
from dazos_tui.crm.pages.html import attribute, page_words, parse, text_of
from dazos_tui.crm.pages.menus import menu_items
from dazos_tui.crm.pages.traceback_scrub import forgetful
from dazos_tui.crm.pages.users import email_of
from dazos_tui.text.sanitize import safe_text

_LABEL = "Users_detailView_fieldLabel_"
_VALUE = "Users_detailView_fieldValue_"
_MENU = "ul.dropdown-menu > li[id^=Users_detailView_moreAction_] > a"

# An instance may add fields of its own: these are ten times what a vtiger 8.0 server shows.
_MOST_BLOCKS = 100
_MOST_FIELDS = 1_000

# Compared with names and labels reduced to letters and digits.
_SECRET = re.compile(r"(?:access|api|secret|private)key|passw|pwd|token|secret|hash|crypt")
_RAW = ("status", "is_admin", "email1")
_TICKED = {
    **dict.fromkeys(("1", "on", "yes", "true"), True),
    **dict.fromkeys(("0", "off", "no", "false"), False),
}
_STATUSES = {"active": Status.ACTIVE, "inactive": Status.INACTIVE}
_GONE = re.compile(
    r"record\b.{0,60}\b(?:not found|deleted|does not exist|doesn['’]t exist)|LBL_RECORD_NOT_FOUND",
    re.IGNORECASE,
)


@forgetful
def parse_profile(html: str, *, user_id: str, labels: Labels) -> Profile:
    """Return the profile on a whole page, its menu as far as this page has it.

    As seen on a vtiger 8.0 server: the page shows the person's API access key in clear. Neither that
    nor anything else that looks like a secret leaves this function.

    Raises NoSuchUser, SignedOut, PermissionDenied, UnexpectedPage.
    """
    tree = parse(html)
    values = _values(tree)
    if missing := next((name for name in ("user_name", "email1", "status") if name not in values), None):
        raise _not_shown(tree, labels, missing)
    shown = attribute(tree.css_first("input#recordId"), "value").strip()
    if shown != user_id:
        what = "another profile than" if shown else "a profile that does not say that it is"
        raise UnexpectedPage(f"The CRM shows {what} that of record {user_id}.")
    user = _user(user_id, values, _raw_values(tree), labels)
    if not user.user_name:
        raise NoSuchUser(f"The CRM has no user with the record id {user_id}.")
    return Profile(user, _blocks(tree, values), menu_items(tree.css(_MENU), user_id, labels))


def _values(tree: LexborHTMLParser) -> dict[str, LexborNode]:
    """Return the cells with the values, by the CRM's own names of the fields."""
    values: dict[str, LexborNode] = {}
    for cell in tree.css(f"[id^={_VALUE}]"):
        values.setdefault(attribute(cell, "id").removeprefix(_VALUE), cell)
    return values


def _raw_values(tree: LexborHTMLParser) -> dict[str, str]:
    """Return what the database holds of some fields, the same in every language.

    As seen on vtiger 8.0 and 8.2 servers: an active person's profile has it in hidden inputs, an inactive
    one's has none.
    """
    nodes = {attribute(node, "data-name"): node for node in tree.css("input.fieldBasicData[data-value]")}
    return {name: attribute(nodes[name], "data-value").strip() for name in _RAW if name in nodes}


def _not_shown(tree: LexborHTMLParser, labels: Labels, missing: str) -> CrmError:
    error = why_not(tree, labels, f"the profile's field {missing}")
    if isinstance(error, UnexpectedPage | PermissionDenied) and _GONE.search(page_words(tree)):
        return NoSuchUser("The CRM says that this record does not exist.")
    return error


def _value(cell: LexborNode | None) -> str:
    return text_of(cell.css_first(".value")) if cell is not None else ""


def _user(user_id: str, values: dict[str, LexborNode], raw: dict[str, str], labels: Labels) -> User:
    first, last = _value(values.get("first_name")), _value(values.get("last_name"))
    ticked = _TICKED.get(raw.get("is_admin", "").casefold())
    return User(
        id=user_id,
        user_name=_value(values["user_name"]),
        name=f"{first} {last}".strip(),
        email=email_of(values["email1"].css_first(".value")) or safe_text(raw.get("email1", "")),
        role=_value(values.get("roleid")),
        status=_status(raw.get("status", ""), _value(values["status"]), labels),
        admin=labels.is_ticked(_value(values.get("is_admin"))) if ticked is None else ticked,
        raw_user_name=_raw(values["user_name"]),
        raw_email=_raw(values["email1"]),
    )


def _raw(cell: LexborNode) -> str:
    """Return a value as the CRM holds it if that cannot be shown as it is; else nothing."""
    value = cell.css_first(".value")
    link = value.css_first("a.emailField") if value is not None else None
    node = link or value
    text = node.text().strip(" \t\r\n") if node is not None else ""
    raw = attribute(link, "data-rawvalue") or text
    return raw if safe_text(raw) != raw else ""


def _status(raw: str, words: str, labels: Labels) -> Status:
    """Return the status by what the database holds, else by the words that are shown."""
    if (known := _STATUSES.get(raw.casefold())) is not None:
        return known
    match labels.status_of(words):
        case None:
            return Status.UNKNOWN
        case active:
            return Status.ACTIVE if active else Status.INACTIVE


def _blocks(tree: LexborHTMLParser, values: dict[str, LexborNode]) -> tuple[Block, ...]:
    blocks, room = [], _MOST_FIELDS
    for node in tree.css(".block[data-block]")[:_MOST_BLOCKS]:
        title = text_of(node.css_first("h4"))
        if not _secret(title) and not _secret(attribute(node, "data-block")):
            labels = node.css(f"[id^={_LABEL}]")[:room]
            room -= len(labels)
            blocks.append(Block(title, _fields(labels, values)))
    return tuple(block for block in blocks if block.fields)


def _fields(labels: list[LexborNode], values: dict[str, LexborNode]) -> tuple[Field, ...]:
    fields = []
    for cell in labels:
        name, label = attribute(cell, "id").removeprefix(_LABEL), text_of(cell)
        if not _secret(name) and not _secret(label):
            fields.append(Field(safe_text(name), label, _value(values.get(name))))
    return tuple(fields)


def _secret(words: str) -> bool:
    return _SECRET.search(re.sub(r"[\W_]+", "", words.casefold())) is not None
