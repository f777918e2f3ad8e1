"""What the CRM answers to an action."""

import json
from http import HTTPStatus
from typing import Any

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import PermissionDenied, SignedOut, UnclearAnswer
from dazos_tui.crm.models import Answer
from dazos_tui.crm.pages.markup import says
from dazos_tui.text import safe_text

_SENTENCE_LIMIT = 500


def parse_answer(status: int, text: str, labels: Labels) -> Answer:
    """Return what the CRM said to an action: yes or no, in its own words.

    As seen on a vtiger 8.0 server: an answer is JSON, ``{"success": …}``; a stale token brings the plain
    text "Invalid request"; a session that has ended brings a redirect with JSON in its body. Yes is only
    a `true` with HTTP status 200. All else that proves nothing raises UnclearAnswer: the action may have
    run. Raises PermissionDenied and SignedOut too, which prove that it did not.
    """
    envelope = _envelope(text)
    if envelope is None:
        if status == HTTPStatus.OK and _stale(safe_text(text), labels):
            raise SignedOut("The session has ended: the CRM did not take the request.")
        raise UnclearAnswer(f"The CRM's answer (HTTP {status}) is none that says whether it was done.")
    if envelope["success"]:
        if status != HTTPStatus.OK:
            raise UnclearAnswer(f"The CRM's answer contradicts itself: success, with HTTP {status}.")
        return Answer(success=True, message=_words(envelope.get("result")) or "Success")
    return _no(status, envelope.get("error"), labels)


def _envelope(text: str) -> dict[str, Any] | None:
    try:
        envelope = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(envelope, dict) and isinstance(envelope.get("success"), bool):
        return envelope
    return None


def _no(status: int, error: object, labels: Labels) -> Answer:
    code = _text(error.get("code")) if isinstance(error, dict) else ""
    words = _words(error) or code
    if _stale(code, labels) or _stale(words, labels):
        raise SignedOut(f"The session has ended: the CRM says “{words}”.")
    if status != HTTPStatus.OK:
        raise UnclearAnswer(f"The CRM's answer (HTTP {status}) is none that says whether it was done.")
    if says(code, labels.permission_denied) or says(words, labels.permission_denied):
        raise PermissionDenied(f"The CRM says: {words}")
    return Answer(success=False, message=words or "The CRM said no, and not why.")


def _stale(words: str, labels: Labels) -> bool:
    """Tell whether this answer means that the request was thrown away before it reached any action."""
    known = (labels.login_required, labels.invalid_request, labels.illegal_request)
    return any(says(words, label) for label in known)


def _words(part: object) -> str:
    """Return the message in an answer's result or error, each of which may be a plain text instead."""
    return _text(part.get("message") if isinstance(part, dict) else part)


def _text(value: object) -> str:
    return safe_text(value, limit=_SENTENCE_LIMIT) if isinstance(value, str) else ""
