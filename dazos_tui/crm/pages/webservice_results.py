"""Parses the access-key API's answers: JSON, ``{"success": true, "result": …}`` or an error with a code.

As seen on a vtiger 8.0 server; the codes are those of vtiger's `WebServiceErrorCode`. Only the requested
values are read: everything else in an answer, such as password hashes, is dropped.
"""

import re
from http import HTTPStatus

from dazos_tui.crm.errors import (
    CrmError,
    PermissionDeniedError,
    SignedOutError,
    SignInError,
    UnexpectedPageError,
)
from dazos_tui.crm.models import Status, User
from dazos_tui.crm.pages.error_pages import read_envelope
from dazos_tui.crm.pages.html import is_record_id
from dazos_tui.crm.pages.traceback_scrub import scrub_traceback
from dazos_tui.text.sanitize import safe_text

USER_COLUMNS = ("id", "user_name", "first_name", "last_name", "email1", "status", "is_admin")
"""The columns that `parse_active_users` reads."""

MAX_USERS = 100_000
"""The highest user count that is believed."""

_KEY_REFUSED_CODES = frozenset({"INVALID_USER_CREDENTIALS", "INVALID_AUTH_TOKEN", "ACCESSKEY_UNDEFINED"})
_SESSION_ENDED_CODES = frozenset(
    {"INVALID_SESSIONID", "AUTHENTICATION_REQUIRED", "SESSION_LEFT_IDLE", "SESSION_EXPIRED"}
)
_DENIED_CODE = "ACCESS_DENIED"

_ADMIN_VALUES = {
    **dict.fromkeys(("on", "1", "yes", "true"), True),
    **dict.fromkeys(("off", "0", "no", "false"), False),
}

_CODE = re.compile(r"[A-Z_]{1,60}")
_HANDLE = re.compile(r"[!-~]{1,500}")


def webservice_error(problem: str) -> UnexpectedPageError:
    """Return the error for an unusable answer of the API; `problem` ends a sentence about the API."""
    return UnexpectedPageError(
        f"The CRM's access-key API {problem}.",
        advice="People are read from the CRM's pages instead. If this instance has no such API, remove the "
        "access key from the config.",
    )


@scrub_traceback
def parse_result(status: int, text: str, *, signing_in: bool = False) -> object:
    """Return the result in an answer to a request with HTTP status `status`.

    Raises SignInError, SignedOutError (never while `signing_in`), PermissionDeniedError, UnexpectedPageError.
    """
    if status != HTTPStatus.OK:
        raise webservice_error(f"answered with HTTP {status}")
    # vtiger 8.3 does not escape control characters in names (Zend_Json).
    envelope = read_envelope(text, strict=False)
    if envelope is None:
        raise webservice_error("answered with something other than its JSON")
    if envelope["success"] and envelope.get("error") is not None:
        raise webservice_error("answered with both a result and an error")
    if envelope["success"]:
        return envelope.get("result")
    error = envelope.get("error")
    raise _error_for_code(_text(error.get("code")) if isinstance(error, dict) else "", signing_in=signing_in)


@scrub_traceback
def parse_handle(result: object, name: str) -> str:
    """Return the value `name` of a result, a challenge or session id, in visible ASCII.

    Raises UnexpectedPageError if there is no such value.
    """
    value = result.get(name) if isinstance(result, dict) else None
    # Anything else could not be put into a URL, and the error about that would quote it.
    if not isinstance(value, str) or not _HANDLE.fullmatch(value):
        raise webservice_error(f"gave no usable {name}")
    return value


@scrub_traceback
def parse_count(result: object) -> int | None:
    """Return the number in the result of ``SELECT count(*)``, such as ``[{"count": "387"}]``.

    None if there are no rows: vtiger 8.3 drops rows without an id, and so the count's own row. Raises
    UnexpectedPageError if there is no number otherwise, or if it exceeds `MAX_USERS`.
    """
    if result == []:
        return None
    row = result[0] if isinstance(result, list) else None
    count = _text(row.get("count")) if isinstance(row, dict) else ""
    if not (count.isascii() and count.isdigit()):
        raise webservice_error("did not say how many people there are")
    if int(count) > MAX_USERS:
        raise webservice_error(f"claims to have more than {MAX_USERS:,} people")
    return int(count)


@scrub_traceback
def parse_active_users(result: object) -> tuple[User, ...]:
    """Return the active users in the rows of a query for `USER_COLUMNS`, in the order of the rows.

    The API has no roles: `role` is empty. Rows without a valid id, such as ``19x5``, or with a status other
    than active are left out. Raises UnexpectedPageError if the result is not a list.
    """
    if not isinstance(result, list):
        raise webservice_error("answered a query with something other than rows")
    users = [user for row in result if isinstance(row, dict) and (user := _parse_user(row)) is not None]
    return tuple({user.id: user for user in users}.values())


@scrub_traceback
def parse_query_page(result: object) -> tuple[tuple[User, ...], bool]:
    """Return the users of a page as `parse_active_users` does, and whether the page had any rows."""
    return parse_active_users(result), bool(result)


def _parse_user(row: dict[str, object]) -> User | None:
    values = {column: _text(row.get(column)) for column in USER_COLUMNS}
    number = values["id"].partition("x")[2]
    # The API's own word, the same whatever the language of the screens.
    if not number or not is_record_id(values["id"]) or values["status"].casefold() != "active":
        return None
    return User(
        id=number,
        user_name=values["user_name"],
        name=safe_text(f"{values['first_name']} {values['last_name']}"),
        email=values["email1"],
        role="",
        status=Status.ACTIVE,
        admin=_ADMIN_VALUES.get(values["is_admin"].casefold()),
    )


def _error_for_code(code: str, *, signing_in: bool) -> CrmError:
    """Return what an error code means. The API's own message is left out: it may repeat the request."""
    shown_code = f" ({code})" if _CODE.fullmatch(code) else ""
    # During a sign-in there is no session that could end: vtiger uses these codes for an inactive account.
    if code in _KEY_REFUSED_CODES or (signing_in and code in _SESSION_ENDED_CODES):
        return SignInError(
            f"The CRM did not accept the access key{shown_code}.",
            advice="Check the key on your profile in the CRM: My Preferences → Access Key. It was tried "
            "once. People are read from the CRM's pages instead.",
        )
    if code in _SESSION_ENDED_CODES:
        return SignedOutError(f"The session of the access key has ended{shown_code}.")
    if code == _DENIED_CODE:
        return PermissionDeniedError(
            f"With this access key the CRM does not let you read people{shown_code}."
        )
    return webservice_error(f"answered with an error{shown_code}")


def _text(value: object) -> str:
    return safe_text(str(value)) if isinstance(value, str | int) else ""
