"""What the CRM says instead of doing or showing something: matched by whole phrases, never by parts."""

import json
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from dazos_tui.crm.dialect import Labels, is_same_label
from dazos_tui.crm.errors import CrmError, PermissionDeniedError, SignedOutError, UnexpectedPageError
from dazos_tui.crm.pages.html import find_form, page_text, text_of, title_of
from dazos_tui.text.sanitize import safe_text

_MAX_SENTENCE = 500
_MAX_ENVELOPE = 2_000_000
"""Largest JSON answer in characters: 100 users from the access-key API take a thirtieth of it."""


def read_envelope(text: str, *, strict: bool = True) -> dict[str, Any] | None:
    """Return the JSON object of an answer, ``{"success": …}``, or None if it is not one.

    JSON with a duplicate name, or with a number outside the standard (NaN), is rejected. Control characters
    within strings are allowed unless `strict`. An action's answer is read strictly: one with such characters
    may be damaged, and damaged answers prove nothing.
    """
    envelope = read_json(text, strict=strict)
    if isinstance(envelope, dict) and isinstance(envelope.get("success"), bool):
        return envelope
    return None


def read_json(text: str, *, strict: bool = True, limit: int = _MAX_ENVELOPE) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON value of an answer, read as `read_envelope` does.

    None also if it is not JSON, or longer than `limit` characters.
    """
    if len(text) > limit:
        return None
    try:
        return json.loads(
            text, strict=strict, object_pairs_hook=_reject_duplicates, parse_constant=_reject_constant
        )
    except (ValueError, RecursionError):
        return None


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("duplicate name")
    return found


def _reject_constant(name: str) -> None:
    raise ValueError(name)


def message_in(part: object) -> str:
    """Return the message in an answer's result or error, either of which may be plain text instead."""
    return _safe_message(part.get("message") if isinstance(part, dict) else part)


def error_code_and_message(envelope: dict[str, Any]) -> tuple[str, str]:
    """Return the code and the message of an answer's error, each empty if missing."""
    error = envelope.get("error")
    return (_safe_message(error.get("code")) if isinstance(error, dict) else "", message_in(error))


def is_stale_request(text: str, labels: Labels) -> bool:
    """Return whether this answer means that the request was discarded before it reached any action."""
    names = ("login_required", "invalid_request", "illegal_request")
    return any(_matches_label(text, labels, name) for name in names)


def is_login_required(text: str, labels: Labels) -> bool:
    """Return whether this answer says that nobody is signed in."""
    return _matches_label(text, labels, "login_required")


def is_illegal_request(text: str, labels: Labels) -> bool:
    """Return whether this answer means that the request was taken for one from another site."""
    return _matches_label(text, labels, "illegal_request")


def is_denial(text: str, labels: Labels) -> bool:
    """Return whether this answer means that the signed-in account may not do or see it."""
    return _matches_label(text, labels, "permission_denied")


def missing_content_error(tree: LexborHTMLParser, labels: Labels, missing: str) -> CrmError:
    """Return the error that explains why a page lacks the expected content, which `missing` describes.

    A vtiger 8.0 server answers a denied request and a stale one both with HTTP 200, so the words on the page
    decide. They are only checked here, after the expected content was found missing, since a user's name may
    contain any words.
    """
    if find_form(tree, "username", "password") is not None:
        return SignedOutError("The session has ended: the CRM shows its login page.")
    title = f", “{title_of(tree)}”" if title_of(tree) else ""
    words = page_text(tree)
    envelope = read_envelope(words)
    said = error_code_and_message(envelope) if envelope is not None else (words,)
    if any(is_stale_request(one, labels) for one in said):
        return SignedOutError("The session has ended: the CRM no longer accepts its requests.")
    if any(is_denial(one, labels) for one in said) or _has_denial(tree, labels):
        return PermissionDeniedError(f"The CRM says: {labels.permission_denied}.")
    if refusal := _refusal_text(tree):
        return PermissionDeniedError(f"The CRM says: {refusal.rstrip('.')}.")
    if not words:
        return UnexpectedPageError(f"The CRM sent an empty page: {missing} is missing.")
    return UnexpectedPageError(f"The CRM sent an unexpected page{title}: {missing} is missing.")


def _has_denial(tree: LexborHTMLParser, labels: Labels) -> bool:
    """Return whether one element of the page holds just the denial: such a page also has a link back."""
    return any(is_denial(safe_text(node.text(deep=False)), labels) for node in tree.css("body, body *"))


def _refusal_text(tree: LexborHTMLParser) -> str:
    """Return the text of vtiger's access-denied page, in any language; empty if this is not that page.

    As seen on vtiger 8.0 and 8.2 servers: a picture, denied.gif, and a heading with the text.
    """
    if tree.css_first('img[src$="denied.gif"]') is None:
        return ""
    return safe_text(text_of(tree.css_first("span.genHeaderSmall")), limit=_MAX_SENTENCE)


def _matches_label(text: str, labels: Labels, name: str) -> bool:
    """Return whether a text is a label or its English default, perhaps with a full stop."""
    return any(is_same_label(text.strip(" .!"), label.strip(" .!")) for label in labels.with_english(name))


def _safe_message(value: object) -> str:
    return safe_text(value, limit=_MAX_SENTENCE) if isinstance(value, str) else ""
