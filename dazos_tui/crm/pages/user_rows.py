"""Parses one page of a user list in JSON, as the config describes it.

Only the configured values are read: everything else in an answer, such as password hashes, is dropped.
"""

import sys
from typing import Any

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import (
    CrmError,
    PermissionDeniedError,
    SignedOutError,
    UnexpectedPageError,
    UnreadableListError,
)
from dazos_tui.crm.json_pointer import value_at
from dazos_tui.crm.models import Status, User, UserPage, UserRow
from dazos_tui.crm.pages.error_pages import (
    is_denial,
    is_stale_request,
    missing_content_error,
    read_json,
)
from dazos_tui.crm.pages.html import is_record_id, parse_html
from dazos_tui.crm.pages.php_notices import strip_php_notices
from dazos_tui.crm.pages.traceback_scrub import scrub_traceback
from dazos_tui.crm.user_list_template import (
    MAX_PAGE_SIZE,
    Scalar,
    UserListFields,
    UserListTemplate,
    is_same_value,
)
from dazos_tui.text.sanitize import safe_text

MAX_TOTAL = 10_000_000
"""The highest number of people that is believed."""
_MAX_CHARACTERS = 5_000_000
"""Largest page in characters: a page of a thousand people takes a tenth of it."""
_ADVICE = "Compare [instances.NAME.user_list] in the config with an answer in the network tab of the browser."

_SIGNED_OUT_PHRASES = frozenset(
    {"unauthorized", "unauthenticated", "not authenticated", "not logged in", "authentication required"}
    | {"login required", "session expired", "session has expired"}
)
_DENIED_PHRASES = frozenset({"forbidden", "access denied", "not allowed", "insufficient permissions"})
"""What JSON interfaces say, in the words of HTTP and of common frameworks."""
_ADMIN_WORDS = {
    **dict.fromkeys(("on", "1", "true"), True),
    **dict.fromkeys(("off", "0", "false"), False),
}


@scrub_traceback
def parse_user_rows(
    text: str, *, number: int, status: Status, template: UserListTemplate, labels: Labels
) -> UserPage:
    """Return page `number` of the list (`status` ACTIVE), or of that with the inactive accounts (INACTIVE).

    The number of rows that the page announces follows from the total, and from the size of a full page if
    others follow. Raises SignedOutError, PermissionDeniedError, UnexpectedPageError (UnreadableListError if
    it is JSON, but not as the config describes it).
    """
    document = _parse_json(text, labels)
    found = _rows_in(document, template, labels)
    _require_fields(found, template.fields)
    rows = [_parse_row(row, status, template, labels) for row in found]
    is_paged = template.is_paged(inactive=status is Status.INACTIVE)
    size = template.page_size if is_paged else None
    before = (number - 1) * (size or 0)
    total = _total_in(document, template)
    # An empty page that promises more would do so for ever.
    is_followed = bool(rows) and _announces_next(document, template)
    expected = min((total or 0) - before, size or MAX_TOTAL)
    unique = {row.user.id: row for row in rows}
    return UserPage(
        number=number,
        rows=tuple(unique.values()),
        announced=max(len(rows), expected, (size or 0) if is_followed else 0),
        has_next=is_followed or (size is not None and (total or 0) > before + size),
        size=size,
        start=before + 1 if rows else None,
        total=total,
    )


def _parse_json(text: str, labels: Labels) -> object:
    if len(text) > _MAX_CHARACTERS:
        raise UnexpectedPageError("The CRM sent a list far larger than any page of one: it was not read.")
    plain = strip_php_notices(text.removeprefix("\ufeff"))
    # PHP's older JSON writers do not escape control characters. All texts are made safe below.
    if (document := read_json(plain, strict=False, limit=_MAX_CHARACTERS)) is not None:
        return document
    # Damaged JSON is not read as a page: a person's name in it may contain any words or tags.
    if plain.lstrip()[:1] in {"{", "["}:
        raise UnexpectedPageError("The CRM sent JSON that is damaged, or was cut short.")
    raise missing_content_error(parse_html(text), labels, "the user list in JSON")


def _rows_in(document: object, template: UserListTemplate, labels: Labels) -> list[dict[str, Any]]:
    said = _words_of(document)
    if _reports_error(document):
        words = _quoted(said)
        raise _refusal_in(said, labels) or UnexpectedPageError(
            f"The CRM sent an error in place of the user list. {words}"
        )
    try:
        rows = value_at(document, template.rows)
    except LookupError:
        raise _refusal_in(said, labels) or _unreadable("has no list of people where rows points") from None
    # PHP writes a list with gaps in its numbering as an object.
    rows = [*rows.values()] if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unreadable("has something other than a list of people where rows points")
    if len(rows) > MAX_PAGE_SIZE:
        raise UnexpectedPageError(
            f"The user list has {len(rows):,} rows on one page, far more than a CRM shows."
        )
    return rows


def _unreadable(problem: str) -> UnreadableListError:
    return UnreadableListError(f"The CRM's JSON {problem}.", advice=_ADVICE)


def _reports_error(document: object) -> bool:
    return isinstance(document, dict) and (
        document.get("success") is False or document.get("error") not in (None, False, "", 0, [], {})
    )


def _words_of(document: object) -> list[str]:
    """Return what an answer says about itself, safe for a terminal."""
    if not isinstance(document, dict):
        return []
    error = document.get("error")
    parts = [error, document] if isinstance(error, dict) else [document]
    texts = (part.get(name) for part in parts for name in ("message", "code", "error", "detail", "title"))
    return [safe_text(text, limit=300) for text in texts if isinstance(text, str) and text.strip()]


def _quoted(said: list[str]) -> str:
    return f"The CRM says: {said[0].rstrip('.')}." if said else "It gives no reason."


def _refusal_in(said: list[str], labels: Labels) -> CrmError | None:
    """Return the error that these words mean: the session has ended, or is not allowed to read the list."""
    plain = {one.strip(" .!").casefold() for one in said}
    if any(is_stale_request(one, labels) for one in said) or not plain.isdisjoint(_SIGNED_OUT_PHRASES):
        return SignedOutError(f"The session has ended. {_quoted(said)}")
    if any(is_denial(one, labels) for one in said) or not plain.isdisjoint(_DENIED_PHRASES):
        return PermissionDeniedError(_quoted(said))
    return None


def _require_fields(rows: list[dict[str, Any]], fields: UserListFields) -> None:
    """Raise UnreadableListError if no row at all has what people are identified by."""
    for name in ("id", "user_name", "email"):
        pointer = getattr(fields, name)
        if rows and pointer is not None and not any(_has(row, pointer) for row in rows):
            raise _unreadable(f"has no person with a value where fields.{name} points")


def _has(row: object, pointer: str) -> bool:
    try:
        value_at(row, pointer)
    except LookupError:
        return False
    return True


def _value(row: dict[str, Any], pointer: str | None) -> object:
    """Return the value at a pointer; None if that is not configured, or if the value is null or missing."""
    try:
        return None if pointer is None else value_at(row, pointer)
    except LookupError:
        return None


def _text(value: object) -> str:
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    return safe_text(str(value)) if is_text else ""


def _parse_row(row: dict[str, Any], status: Status, template: UserListTemplate, labels: Labels) -> UserRow:
    fields = template.fields
    user_id = _text(_value(row, fields.id))
    if not is_record_id(user_id):
        # The value is not quoted: fields.id may point at anything.
        raise _unreadable("has a person whose record id, where fields.id points, is not a number")
    name = _text(_value(row, fields.name))
    parts = [_text(_value(row, pointer)) for pointer in (fields.first_name, fields.last_name)]
    user = User(
        id=user_id,
        user_name=_text(_value(row, fields.user_name)),
        name=name or safe_text(" ".join(parts)),
        email=_text(_value(row, fields.email)),
        # Interned, since the same few roles occur in all rows.
        role=sys.intern(_text(_value(row, fields.role))),
        status=_parse_status(_value(row, fields.status), status, template, labels),
        admin=_parse_admin(_value(row, fields.admin), template.admin, labels),
    )
    return UserRow(user, ())


def _parse_status(value: object, listing: Status, template: UserListTemplate, labels: Labels) -> Status:
    """Return the status that a value means; without one, INACTIVE in that list, else UNKNOWN."""
    if _is_one_of(value, template.active):
        return Status.ACTIVE
    if _is_one_of(value, template.inactive):
        return Status.INACTIVE
    if (active := labels.is_active_status(_text(value))) is not None:
        return Status.ACTIVE if active else Status.INACTIVE
    return Status.INACTIVE if listing is Status.INACTIVE else Status.UNKNOWN


def _parse_admin(value: object, admin: tuple[Scalar, ...], labels: Labels) -> bool | None:
    if value is None:
        return None
    if admin:
        return _is_one_of(value, admin)
    if isinstance(value, bool):
        return value
    words = _text(value)
    return _ADMIN_WORDS.get(words.casefold(), labels.is_checked(words))


def _is_one_of(value: object, wanted: tuple[Scalar, ...]) -> bool:
    return any(is_same_value(value, one) for one in wanted)


def _total_in(document: object, template: UserListTemplate) -> int | None:
    """Return how many people the list announces in all; None if the config does not say where."""
    if template.total is None:
        return None
    try:
        words = _text(value_at(document, template.total))
    except LookupError:
        words = ""
    if not (words.isascii() and words.isdecimal()) or len(words) > 8 or int(words) > MAX_TOTAL:
        raise _unreadable("has no number of all people where total points")
    return int(words)


def _announces_next(document: object, template: UserListTemplate) -> bool:
    """Return whether the value that `next` points at says that there are more pages."""
    try:
        value = None if template.next is None else value_at(document, template.next)
    except LookupError:
        return False
    if isinstance(value, str):
        return value.strip().casefold() not in {"", "0", "false", "no", "null"}
    return bool(value)
