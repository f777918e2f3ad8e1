"""The pause that a server or its rate limiter asks for: HTTP 429, and 503 with Retry-After (RFC 9110)."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from dazos_tui.crm.errors import UnexpectedPageError

PAUSE_STATUSES = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""The statuses with which a server can ask for a pause."""
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_DEFAULT_SECONDS = 1.0
"""Seconds to wait after a 429 without Retry-After, as nginx sends it."""


def parse_http_date(text: str) -> datetime | None:
    """Return the moment (UTC, to the second) in a header such as Date, or None if it is not a date."""
    # The library raises the first two if the text is not a date, and OverflowError for years out of range.
    with suppress(ValueError, TypeError, OverflowError):
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return None


def retry_after_seconds(status: int, retry_after: str, answered_at: datetime | None) -> float | None:
    """Return how many seconds a response asks to wait before the next request; None if it does not.

    A date in Retry-After counts from `answered_at`, the server's own Date: its clock and ours may differ.
    """
    if status not in PAUSE_STATUSES:
        return None
    seconds = _parse_seconds(retry_after.strip(), answered_at or datetime.now(UTC))
    return _DEFAULT_SECONDS if seconds is None and status == HTTPStatus.TOO_MANY_REQUESTS else seconds


def describe_retry_after(status: int, retry_after: str, answered_at: datetime | None) -> str:
    """Return a sentence with the pause that a response asks for; empty if it does not say how long."""
    seconds = retry_after_seconds(status, retry_after, answered_at) if retry_after else None
    return "" if seconds is None else f"It asks to wait {format_pause(seconds)} before the next request."


def too_many_requests_error(host: str, status: int, pause_text: str) -> UnexpectedPageError:
    """Return the error for a response that still asks for a pause; `pause_text` is the sentence about it."""
    return UnexpectedPageError(
        f"{host} accepts no requests for now (HTTP {status}). {pause_text}".rstrip(),
        advice="Try again later. If it happens often, set a lower requests_per_second in the config.",
    )


def format_pause(seconds: float) -> str:
    """Return a duration for messages, rounded up, such as ``12 s`` or ``5 min``."""
    rounded = -int(-seconds // 1)
    return f"{rounded} s" if rounded < 120 else f"{-(-rounded // 60)} min"


def _parse_seconds(retry_after: str, now: datetime) -> float | None:
    if _SECONDS.fullmatch(retry_after):
        return float(retry_after)
    moment = parse_http_date(retry_after)
    return None if moment is None else max(0.0, (moment - now).total_seconds())
