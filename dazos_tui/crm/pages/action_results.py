"""What the CRM answers to an action."""

import re
from http import HTTPStatus
from typing import Any

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import CrmError, IllegalRequest, PermissionDenied, SignedOut, UnclearAnswer
from dazos_tui.crm.models import Answer
from dazos_tui.crm.pages.error_pages import (
    error_words,
    is_denial,
    is_illegal,
    is_login_required,
    is_stale,
    message_of,
    read_envelope,
)
from dazos_tui.crm.pages.html import page_words, parse, text_of
from dazos_tui.crm.pages.php_notices import without_notices
from dazos_tui.crm.pages.traceback_scrub import forgetful
from dazos_tui.text.sanitize import safe_text

_QUOTED = 120
"""Characters of an unknown answer that are quoted."""
_LOOKED_AT = 20_000
"""Characters at the start of an unknown answer that are searched for words."""

# Tokens and access keys, which an answer may hold, consist of letters and digits in one run.
_SECRET_LIKE = re.compile(r"(?=[A-Za-z_:+/=-]{0,80}[0-9])[A-Za-z0-9_:+/=-]{12,}")
_NO_ERROR = (None, False, "")
_REDIRECTS = range(300, 400)


@forgetful
def parse_answer(status: int, text: str, labels: Labels) -> Answer:
    """Return what the CRM said to an action: yes or no, in its own words.

    As seen on a vtiger 8.0 server: an answer is JSON, ``{"success": …}``, perhaps after PHP's own warnings;
    a stale token brings the plain text "Invalid request"; a session that has ended brings a redirect with
    "Login is required" as JSON in its body. The HTTP status decides first: yes, no and a stale token need
    200, and a redirect can only mean the end of the session. Yes is only a `true` that nothing else in the
    answer contradicts. All else that proves nothing raises UnclearAnswer: the action may have run. Raises
    PermissionDenied and SignedOut too, which prove that it did not.
    """
    envelope = read_envelope(without_notices(text))
    if envelope is None:
        if status == HTTPStatus.OK and is_illegal(safe_text(text), labels):
            raise IllegalRequest("The CRM did not take the request: it calls it illegal.")
        if status == HTTPStatus.OK and is_stale(safe_text(text), labels):
            raise SignedOut("The session has ended: the CRM did not take the request.")
        raise _unclear(status, text)
    if _contradicts_itself(envelope):
        raise UnclearAnswer(f"The CRM's answer (HTTP {status}) contradicts itself: both a yes and a no.")
    if not envelope["success"]:
        return _no(status, envelope, labels)
    if status != HTTPStatus.OK:
        raise UnclearAnswer(f"The CRM's answer contradicts itself: success, with HTTP {status}.")
    return Answer(success=True, message=message_of(envelope.get("result")) or "Success")


def _no(status: int, envelope: dict[str, Any], labels: Labels) -> Answer:
    code, message = error_words(envelope)
    words = message or code
    ended = is_login_required if status in _REDIRECTS else is_stale
    if (status == HTTPStatus.OK or status in _REDIRECTS) and (ended(code, labels) or ended(words, labels)):
        if is_illegal(code, labels) or is_illegal(words, labels):
            raise IllegalRequest(f"The CRM did not take the request: it says “{words}”.")
        raise SignedOut(f"The session has ended: the CRM says “{words}”.")
    if status != HTTPStatus.OK:
        raise _unclear(status, words)
    if is_denial(code, labels) or is_denial(words, labels):
        raise PermissionDenied(f"The CRM says: {words}")
    return Answer(success=False, message=words or "The CRM said no, and not why.")


def _contradicts_itself(envelope: dict[str, Any]) -> bool:
    """Return whether the result holds, at any depth, another `success` or an error beside a yes."""
    success, parts = envelope["success"], [envelope.get("result")]
    if success and envelope.get("error") not in _NO_ERROR:
        return True
    while parts:
        part = parts.pop()
        if isinstance(part, list):
            parts += part
        elif isinstance(part, dict):
            parts += part.values()
            if part.get("success", success) is not success:
                return True
            if success and part.get("error") not in _NO_ERROR:
                return True
    return False


def _unclear(status: int, text: str) -> UnclearAnswer:
    words = first_words(text)
    says = f" It begins: “{words}”." if words else " It is empty."
    return UnclearAnswer(f"The CRM's answer (HTTP {status}) is none that says whether it was done.{says}")


def first_words(text: str) -> str:
    """Return the title of a page, else the first words a person would read, without what may be a secret."""
    head = text[:_LOOKED_AT]
    if "<" in head:
        try:
            tree = parse(head)
        except CrmError:
            return ""
        head = text_of(tree.css_first("title")) or page_words(tree)
    return safe_text(_SECRET_LIKE.sub("…", head), limit=_QUOTED)
