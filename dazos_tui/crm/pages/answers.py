"""What the CRM answers to an action."""

from http import HTTPStatus
from typing import Any

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import IllegalRequest, PermissionDenied, SignedOut, UnclearAnswer
from dazos_tui.crm.models import Answer
from dazos_tui.crm.pages.forgetting import forgetful
from dazos_tui.crm.pages.refusals import (
    error_words,
    is_denial,
    is_illegal,
    is_stale,
    message_of,
    read_envelope,
)
from dazos_tui.text import safe_text


@forgetful
def parse_answer(status: int, text: str, labels: Labels) -> Answer:
    """Return what the CRM said to an action: yes or no, in its own words.

    As seen on a vtiger 8.0 server: an answer is JSON, ``{"success": …}``; a stale token brings the plain
    text "Invalid request"; a session that has ended brings a redirect with JSON in its body. Yes is only
    a `true` with HTTP status 200. All else that proves nothing raises UnclearAnswer: the action may have
    run. Raises PermissionDenied and SignedOut too, which prove that it did not.
    """
    envelope = read_envelope(text)
    if envelope is None:
        if status == HTTPStatus.OK and is_illegal(safe_text(text), labels):
            raise IllegalRequest("The CRM did not take the request: it calls it illegal.")
        if status == HTTPStatus.OK and is_stale(safe_text(text), labels):
            raise SignedOut("The session has ended: the CRM did not take the request.")
        raise UnclearAnswer(f"The CRM's answer (HTTP {status}) is none that says whether it was done.")
    if envelope["success"]:
        if status != HTTPStatus.OK:
            raise UnclearAnswer(f"The CRM's answer contradicts itself: success, with HTTP {status}.")
        return Answer(success=True, message=message_of(envelope.get("result")) or "Success")
    return _no(status, envelope, labels)


def _no(status: int, envelope: dict[str, Any], labels: Labels) -> Answer:
    code, message = error_words(envelope)
    words = message or code
    if is_stale(code, labels) or is_stale(words, labels):
        if is_illegal(code, labels) or is_illegal(words, labels):
            raise IllegalRequest(f"The CRM did not take the request: it says “{words}”.")
        raise SignedOut(f"The session has ended: the CRM says “{words}”.")
    if status != HTTPStatus.OK:
        raise UnclearAnswer(f"The CRM's answer (HTTP {status}) is none that says whether it was done.")
    if is_denial(code, labels) or is_denial(words, labels):
        raise PermissionDenied(f"The CRM says: {words}")
    return Answer(success=False, message=words or "The CRM said no, and not why.")
