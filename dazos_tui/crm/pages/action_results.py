"""Parses the CRM's answer to an action."""

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

# An answer may contain tokens and access keys: unbroken runs of letters and digits.
_SECRET_LIKE = re.compile(r"(?=[A-Za-z_:+/=-]{0,80}[0-9])[A-Za-z0-9_:+/=-]{12,}")
_NO_ERROR_VALUES = (None, False, "")
_REDIRECT_STATUSES = range(300, 400)


@scrub_traceback
def parse_action_result(status: int, text: str, labels: Labels) -> ActionResult:
    """Return the CRM's answer to an action: success or refusal, in its own words.

    As seen on a vtiger 8.0 server: an answer is JSON, ``{"success": …}``, perhaps after PHP's own warnings; a
    stale token results in the plain text "Invalid request"; an ended session results in a redirect with
    "Login is required" as JSON in its body. The HTTP status is checked first: success, refusal and a stale
    token require 200, and a redirect can only mean that the session has ended. Success requires a `true` that
    nothing else in the answer contradicts.

    Raises PermissionDeniedError or SignedOutError, which prove that the action did not run;
    UnclearAnswerError for all other answers: it may have run.
    """
    envelope = read_envelope(strip_php_notices(text))
    if envelope is None:
        if status == HTTPStatus.OK and is_illegal_request(safe_text(text), labels):
            raise IllegalRequestError("The CRM did not accept the request: it calls it illegal.")
        if status == HTTPStatus.OK and is_stale_request(safe_text(text), labels):
            raise SignedOutError("The session has ended: the CRM did not accept the request.")
        raise _unclear_answer_error(status, text)
    if _is_contradictory(envelope):
        raise UnclearAnswerError(
            f"The CRM's answer (HTTP {status}) contradicts itself: it says both success and failure."
        )
    if not envelope["success"]:
        return _refused_result(status, envelope, labels)
    if status != HTTPStatus.OK:
        raise UnclearAnswerError(f"The CRM's answer contradicts itself: success, but with HTTP {status}.")
    return ActionResult(success=True, message=message_in(envelope.get("result")) or "Success")


def _refused_result(status: int, envelope: dict[str, Any], labels: Labels) -> ActionResult:
    code, message = error_code_and_message(envelope)
    said = message or code
    has_ended = is_login_required if status in _REDIRECT_STATUSES else is_stale_request
    if (status == HTTPStatus.OK or status in _REDIRECT_STATUSES) and (
        has_ended(code, labels) or has_ended(said, labels)
    ):
        if is_illegal_request(code, labels) or is_illegal_request(said, labels):
            raise IllegalRequestError(f"The CRM did not accept the request: it says “{said}”.")
        raise SignedOutError(f"The session has ended: the CRM says “{said}”.")
    if status != HTTPStatus.OK:
        raise _unclear_answer_error(status, said)
    if is_denial(code, labels) or is_denial(said, labels):
        raise PermissionDeniedError(f"The CRM says: {said}")
    return ActionResult(success=False, message=said or "The CRM refused without giving a reason.")


def _is_contradictory(envelope: dict[str, Any]) -> bool:
    """Return whether the answer has, at any depth, a different `success`, or an error despite success."""
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
    excerpt = page_excerpt(text)
    begins = f" It begins: “{excerpt}”." if excerpt else " It is empty."
    return UnclearAnswerError(f"The CRM's answer (HTTP {status}) does not say whether it was done.{begins}")


def page_excerpt(text: str) -> str:
    """Return the title of a page, else its first visible words, without anything that may be a secret."""
    head = text[:_MAX_SCANNED]
    if "<" in head:
        try:
            tree = parse_html(head)
        except CrmError:
            return ""
        head = text_of(tree.css_first("title")) or page_text(tree)
    return safe_text(_SECRET_LIKE.sub("…", head), limit=_MAX_EXCERPT)
