"""Parses the CRM's answer to an action."""

import re
from http import HTTPStatus

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import (
    IllegalRequestError,
    PermissionDeniedError,
    SignedOutError,
    UnclearAnswerError,
)
from dazos_tui.crm.json_pointer import value_at
from dazos_tui.crm.models import ActionResult
from dazos_tui.crm.pages.error_pages import (
    error_code_and_message,
    is_denial,
    is_illegal_request,
    is_login_required,
    is_stale_request,
    message_in,
    read_envelope,
    read_json,
)
from dazos_tui.crm.pages.html import page_text, parse_html, text_of
from dazos_tui.crm.pages.php_notices import strip_php_notices
from dazos_tui.crm.pages.traceback_scrub import scrub_traceback
from dazos_tui.crm.request_template import ENVELOPE, SuccessRule
from dazos_tui.text.sanitize import safe_text

_MAX_EXCERPT = 120
"""Characters of an unknown answer that are quoted."""
_MAX_SCANNED = 20_000
"""Characters at the start of an unknown answer that are searched for words: fewer than a page may have."""

# An answer may contain tokens and access keys: unbroken runs of letters and digits.
_SECRET_LIKE = re.compile(r"(?=[A-Za-z_:+/=-]{0,80}[0-9])[A-Za-z0-9_:+/=-]{12,}")
_VERDICT_NAMES = frozenset({"succeeded", "ok", "sent"})
_ERROR_NAMES = frozenset({"error", "errors", "exception", "failed", "failure", "failures"})
_SUCCESS_STATUSES = range(200, 300)
_REDIRECT_STATUSES = range(300, 400)

_WORD = re.compile(r"[^\W\d_]+")
_ZERO = re.compile(r"(?<![0-9])0+(?![0-9])")
_REFUSING_WORDS = frozenset(
    {"no", "not", "false", "fail", "failed", "failure", "error", "denied", "refused", "rejected", "invalid"}
    | {"forbidden", "unauthorized", "unsuccessful", "ko", "nok"}
)
"""First words of a status that mean that nothing was done."""
_NEGATIONS = frozenset({"no", "not"})
_NEGATED_WORDS = frozenset({"sent", "ok", "okay", "done", "success", "successful", "delivered", "accepted"})
"""What may follow a negation: in “no error” and “not yet sent”, it does not mean that nothing was done."""
_NO_ERROR_WORDS = frozenset({"none", "null", "nil", "free"})
_RESULT_PARTS = ("result", "data")
_MESSAGE_NAMES = ("message", "text", "msg")


@scrub_traceback
def parse_action_result(status: int, text: str, labels: Labels, rule: SuccessRule = ENVELOPE) -> ActionResult:
    """Return the CRM's answer to an action: success or refusal, in its own words.

    As seen on a vtiger 8.0 server: an answer is JSON, ``{"success": …}``, perhaps after PHP's own warnings; a
    stale token results in the plain text "Invalid request"; an ended session results in a redirect with
    "Login is required" as JSON in its body. The HTTP status is checked first: success, refusal and a stale
    token require 200, and a redirect can only mean that the session has ended. Success requires a `true` that
    nothing else in the answer contradicts.

    `rule` says where else the config finds success. Ended sessions and denials are recognised first, as
    above; then any status from 200 to 299 will do.

    Raises PermissionDeniedError or SignedOutError, which prove that the action did not run;
    UnclearAnswerError for all other answers: it may have run.
    """
    body = strip_php_notices(text)
    envelope = read_envelope(body)
    if envelope is None:
        _raise_if_stale(status, text, labels)
    elif not envelope["success"]:
        if _is_contradictory(envelope, ("success",), success=False):
            raise _contradiction_error(status)
        _raise_if_proven(status, *error_code_and_message(envelope), labels)
    if not rule.is_envelope:
        return _parse_by_rule(status, text, read_json(body), labels, rule)
    if envelope is None:
        raise _unclear_answer_error(status, text)
    if not envelope["success"]:
        return _refused_result(status, *error_code_and_message(envelope))
    if _is_contradictory(envelope, ("success",), success=True):
        raise _contradiction_error(status)
    if status != HTTPStatus.OK:
        raise UnclearAnswerError(f"The CRM's answer contradicts itself: success, but with HTTP {status}.")
    return ActionResult(success=True, message=message_in(envelope.get("result")) or "Success")


def _parse_by_rule(status: int, text: str, answer: object, labels: Labels, rule: SuccessRule) -> ActionResult:
    """Return what an answer of another form says. `answer` is its JSON value.

    A value other than the configured one is a refusal only if it means no: others, such as “queued”, leave
    open whether the link is sent.
    """
    try:
        value = value_at(answer, rule.pointer)
    except LookupError:
        value = None
    if status not in _SUCCESS_STATUSES or type(value) is not type(rule.equals):
        raise _unclear_answer_error(status, text, rule)
    success = value == rule.equals
    if _is_contradictory(answer, rule.keys, success=success):
        raise _contradiction_error(status)
    if success:
        return ActionResult(success=True, message=_first_message(answer, _RESULT_PARTS) or "Success")
    if not _means_no(value, rule.equals):
        raise _unclear_answer_error(status, text, rule)
    code, message = error_code_and_message(answer) if isinstance(answer, dict) else ("", "")
    said = message or _first_message(answer, _RESULT_PARTS)
    _raise_if_proven(HTTPStatus.OK, code, said, labels)
    return _refused_result(HTTPStatus.OK, code, said)


def _means_no(value: object, success: bool | int | str) -> bool:  # noqa: FBT001 - any of the three
    """Return whether a value that is not the one of success means that nothing was done."""
    if isinstance(value, bool):
        return True
    if isinstance(value, str):
        return _says_no(value.casefold())
    return value == 0 and success != 0


def _says_no(text: str) -> bool:
    first, *others = _WORD.findall(text) or [""]
    if first in _NEGATIONS:
        return _NEGATED_WORDS.issuperset(others)
    return first in _REFUSING_WORDS and _NO_ERROR_WORDS.isdisjoint(others) and not _ZERO.search(text)


def _first_message(answer: object, parts: tuple[str, ...]) -> str:
    """Return the first message of an answer, in one of these parts or at its top; empty if it has none."""
    if not isinstance(answer, dict):
        return ""
    found = (
        message_in(part if not isinstance(part, dict) else {"message": part.get(name)})
        for part in (*(answer.get(name) for name in parts), answer)
        for name in _MESSAGE_NAMES
    )
    return next(filter(None, found), "")


def _raise_if_stale(status: int, text: str, labels: Labels) -> None:
    """Raise SignedOutError if an answer that is not JSON proves that the request reached no action."""
    if status == HTTPStatus.OK and is_illegal_request(safe_text(text), labels):
        raise IllegalRequestError("The CRM did not accept the request: it calls it illegal.")
    if status == HTTPStatus.OK and is_stale_request(safe_text(text), labels):
        raise SignedOutError("The session has ended: the CRM did not accept the request.")


def _raise_if_proven(status: int, code: str, message: str, labels: Labels) -> None:
    """Raise SignedOutError or PermissionDeniedError if an error's words prove that nothing ran."""
    said = message or code
    has_ended = is_login_required if status in _REDIRECT_STATUSES else is_stale_request
    if (status == HTTPStatus.OK or status in _REDIRECT_STATUSES) and (
        has_ended(code, labels) or has_ended(said, labels)
    ):
        if is_illegal_request(code, labels) or is_illegal_request(said, labels):
            raise IllegalRequestError(f"The CRM did not accept the request: it says “{said}”.")
        raise SignedOutError(f"The session has ended: the CRM says “{said}”.")
    if status == HTTPStatus.OK and (is_denial(code, labels) or is_denial(said, labels)):
        raise PermissionDeniedError(f"The CRM says: {said}")


def _refused_result(status: int, code: str, message: str) -> ActionResult:
    said = message or code
    if status != HTTPStatus.OK:
        raise _unclear_answer_error(status, said)
    return ActionResult(success=False, message=said or "The CRM refused without giving a reason.")


def _is_contradictory(answer: object, keys: tuple[str, ...], *, success: bool) -> bool:
    """Return whether an answer has, at any depth, another verdict, or an error despite success.

    What `keys` lead to is where `success` was found.
    """
    parts: list[tuple[tuple[str, ...], object]] = [((), answer)]
    while parts:
        place, part = parts.pop()
        if isinstance(part, list):
            inner = [((*place, str(index)), one) for index, one in enumerate(part)]
        elif isinstance(part, dict):
            inner = [((*place, key), one) for key, one in part.items()]
            if any(one != keys and _contradicts(one[-1], value, success=success) for one, value in inner):
                return True
        else:
            continue
        parts += inner
    return False


def _contradicts(name: str, value: object, *, success: bool) -> bool:
    name = name.casefold()
    if name == "success":
        return value is not success
    if name in _VERDICT_NAMES and isinstance(value, bool | int):
        return bool(value) is not success
    return success and name in _ERROR_NAMES and (bool(value) or value == {})


def _contradiction_error(status: int) -> UnclearAnswerError:
    return UnclearAnswerError(
        f"The CRM's answer (HTTP {status}) contradicts itself: it says both success and failure."
    )


def _unclear_answer_error(status: int, text: str, rule: SuccessRule = ENVELOPE) -> UnclearAnswerError:
    excerpt = page_excerpt(text)
    begins = f" It begins: “{excerpt}”." if excerpt else " It is empty."
    where = "" if rule.is_envelope else f" at {rule.pointer or 'its top'}, where the config looks for it"
    return UnclearAnswerError(
        f"The CRM's answer (HTTP {status}) does not say whether it was done{where}.{begins}"
    )


def page_excerpt(text: str) -> str:
    """Return the title of a page, else its first visible words, without anything that may be a secret."""
    head = text[:_MAX_SCANNED]
    if "<" in head:
        tree = parse_html(head)
        head = text_of(tree.css_first("title")) or page_text(tree)
    return safe_text(_SECRET_LIKE.sub("…", head), limit=_MAX_EXCERPT)
