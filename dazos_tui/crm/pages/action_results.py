"""What the CRM answers to an action."""

import re
from http import HTTPStatus
from typing import Any

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import (
    CrmError,
    IllegalRequestError,
    PermissionDeniedError,
    SignedOutError,
    UnclearAnswerError,
)
from dazos_tui.crm.models import ActionResult
from dazos_tui.crm.pages.error_pages import (
    error_code_and_message,
    is_denial,
    is_illegal_request,
    is_login_required,
    is_stale_request,
    message_in,
    read_envelope,
)
from dazos_tui.crm.pages.html import page_text, parse_html, text_of
from dazos_tui.crm.pages.php_notices import strip_php_notices
from dazos_tui.crm.pages.traceback_scrub import scrub_traceback
from dazos_tui.text.sanitize import safe_text

_MAX_EXCERPT = 120
"""Characters of an unknown answer that are quoted."""
_MAX_SCANNED = 20_000
"""Characters at the start of an unknown answer that are searched for words."""

# Tokens and access keys, which an answer may hold, consist of letters and digits in one run.
_SECRET_LIKE = re.compile(r"(?=[A-Za-z_:+/=-]{0,80}[0-9])[A-Za-z0-9_:+/=-]{12,}")
_NO_ERROR_VALUES = (None, False, "")
_REDIRECT_STATUSES = range(300, 400)


@scrub_traceback
def parse_action_result(status: int, text: str, labels: Labels) -> ActionResult:
    """Return what the CRM said to an action: yes or no, in its own words.

    As seen on a vtiger 8.0 server: an answer is JSON, ``{"success": …}``, perhaps after PHP's own warnings; a
    stale token brings the plain text "Invalid request"; a session that has ended brings a redirect with
    "Login is required" as JSON in its body. The HTTP status decides first: yes, no and a stale token need
    200, and a redirect can only mean the end of the session. Yes is only a `true` that nothing else in the
    answer contradicts. All else that proves nothing raises UnclearAnswerError: the action may have run.
    Raises PermissionDeniedError and SignedOutError too, which prove that it did not.
    """
    envelope = read_envelope(strip_php_notices(text))
    if envelope is None:
        if status == HTTPStatus.OK and is_illegal_request(safe_text(text), labels):
            raise IllegalRequestError("The CRM did not take the request: it calls it illegal.")
        if status == HTTPStatus.OK and is_stale_request(safe_text(text), labels):
            raise SignedOutError("The session has ended: the CRM did not take the request.")
        raise _unclear_answer_error(status, text)
    if _is_contradictory(envelope):
        raise UnclearAnswerError(f"The CRM's answer (HTTP {status}) contradicts itself: both a yes and a no.")
    if not envelope["success"]:
        return _refused_result(status, envelope, labels)
    if status != HTTPStatus.OK:
        raise UnclearAnswerError(f"The CRM's answer contradicts itself: success, with HTTP {status}.")
    return ActionResult(success=True, message=message_in(envelope.get("result")) or "Success")


def _refused_result(status: int, envelope: dict[str, Any], labels: Labels) -> ActionResult:
    code, message = error_code_and_message(envelope)
    words = message or code
    ended = is_login_required if status in _REDIRECT_STATUSES else is_stale_request
    if (status == HTTPStatus.OK or status in _REDIRECT_STATUSES) and (
        ended(code, labels) or ended(words, labels)
    ):
        if is_illegal_request(code, labels) or is_illegal_request(words, labels):
            raise IllegalRequestError(f"The CRM did not take the request: it says “{words}”.")
        raise SignedOutError(f"The session has ended: the CRM says “{words}”.")
    if status != HTTPStatus.OK:
        raise _unclear_answer_error(status, words)
    if is_denial(code, labels) or is_denial(words, labels):
        raise PermissionDeniedError(f"The CRM says: {words}")
    return ActionResult(success=False, message=words or "The CRM said no, and not why.")


def _is_contradictory(envelope: dict[str, Any]) -> bool:
    """Return whether the result holds, at any depth, another `success` or an error beside a yes."""
    success, parts = envelope["success"], [envelope.get("result")]
    if success and envelope.get("error") not in _NO_ERROR_VALUES:
        return True
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict):
            parts += part.values()
            if part.get("success", success) is not success:
                return True
            if success and part.get("error") not in _NO_ERROR_VALUES:
                return True
    return False


def _unclear_answer_error(status: int, text: str) -> UnclearAnswerError:
    words = page_excerpt(text)
    says = f" It begins: “{words}”." if words else " It is empty."
    return UnclearAnswerError(
        f"The CRM's answer (HTTP {status}) is none that says whether it was done.{says}"
    )


def page_excerpt(text: str) -> str:
    """Return the title of a page, else the first words a person would read, without what may be a secret."""
    head = text[:_MAX_SCANNED]
    if "<" in head:
        try:
            tree = parse_html(head)
        except CrmError:
            return ""
        head = text_of(tree.css_first("title")) or page_text(tree)
    return safe_text(_SECRET_LIKE.sub("…", head), limit=_MAX_EXCERPT)
