"""Learns from the answer to a recorded request what proves that a link was sent."""

from collections.abc import Mapping
from typing import Any

from dazos_tui.crm.dialect import Labels
from dazos_tui.crm.errors import CrmError, PermissionDeniedError, SignedOutError
from dazos_tui.crm.pages.action_results import parse_action_result
from dazos_tui.crm.pages.error_pages import read_json
from dazos_tui.crm.pages.php_notices import strip_php_notices
from dazos_tui.crm.request_template import SuccessRule
from dazos_tui.learning.recording import RecordedResponse, RecordingError

_SUCCESS_WORDS = frozenset({"ok", "success", "succeeded", "sent", "done", "queued", "accepted"})
_FAILURE_WORDS = frozenset({"error", "failed", "failure", "fail", "denied", "forbidden", "unauthorized"})
_DECISIVE_NAMES = ("success", "succeeded", "ok", "sent", "status", "result", "state", "outcome", "code")
_REDIRECT_STATUSES = range(300, 400)
_PART_NAMES = frozenset(
    {"answer", "body", "content", "d", "data", "meta", "output", "payload", "reply", "response", "result"}
)
"""Parts of an answer in which it may say more. Another name may be somebody's, or a secret."""
_WORKED_ADVICE = (
    "Record a send that worked: open the profile again in the browser, and send the link once more."
)
_NO_ANSWER = (
    "The answer is not in the recording, so the usual one is expected: JSON with “success”. If the first "
    "send ends as unknown, record a HAR file, which has the answer in it."
)
_UNCLEAR_ANSWER = (
    "The answer does not say in a known way whether the link was sent: a send will end as unknown until you "
    "write “success” into the request's table yourself."
)


def learn_success(response: RecordedResponse | None) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """Return what proves success, None for the usual ``{"success": true}``; and notes for the user.

    Raises RecordingError if the recorded send failed.
    """
    if response is None:
        return None, (_NO_ANSWER,)
    if response.status >= 400 or response.status == 0:
        raise _failed_send_error(f"HTTP {response.status}" if response.status else "no answer")
    if response.status in _REDIRECT_STATUSES:
        # A browser's recording has no text of a redirect that would say more.
        raise RecordingError(
            "The CRM answered the recorded send with a redirect, as it does when the session has ended.",
            advice=_WORKED_ADVICE,
        )
    if response.text is None:
        return None, (_NO_ANSWER,)
    try:
        answer = parse_action_result(response.status, response.text, Labels())
    except (SignedOutError, PermissionDeniedError) as error:
        what = "signed out" if isinstance(error, SignedOutError) else "permission denied"
        raise _failed_send_error(what) from None
    except CrmError:
        return _learn_other_answer(response)
    if not answer.success:
        raise _failed_send_error("the CRM refused")
    return None, ()


def _learn_other_answer(response: RecordedResponse) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    answer = read_json(strip_php_notices(response.text or ""))
    if not isinstance(answer, Mapping):
        return None, (_UNCLEAR_ANSWER,)
    inner = [
        (f"/{key}/", value)
        for key, value in answer.items()
        if isinstance(value, Mapping) and key.casefold() in _PART_NAMES
    ]
    for prefix, table in [("/", answer), *inner]:
        for name in _DECISIVE_NAMES:
            key = next((key for key in table if key.casefold() == name), None)
            if key is not None and (proof := _proof(table[key])) is not None:
                rule = SuccessRule(pointer=f"{prefix}{key}", equals=proof)
                return _checked(rule, response)
    return None, (_UNCLEAR_ANSWER,)


def _checked(rule: SuccessRule, response: RecordedResponse) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """Return the rule if the recorded answer is a success by it, as it will be judged later."""
    try:
        is_success = parse_action_result(response.status, response.text or "", Labels(), rule).success
    except CrmError:
        is_success = False
    return (rule.model_dump(), ()) if is_success else (None, (_UNCLEAR_ANSWER,))


def _proof(value: object) -> bool | int | str | None:
    """Return a value that says success, None for one that says nothing. Raises RecordingError for failure."""
    if isinstance(value, bool):
        if not value:
            raise _failed_send_error("the CRM refused")
        return True
    if isinstance(value, str):
        if value.casefold() in _FAILURE_WORDS:
            raise _failed_send_error("the CRM refused")
        return value if value.casefold() in _SUCCESS_WORDS else None
    return value if isinstance(value, int) and value in {1, 200} else None


def _failed_send_error(why: str) -> RecordingError:
    return RecordingError(f"The send failed in the recording ({why}).", advice=_WORKED_ADVICE)
