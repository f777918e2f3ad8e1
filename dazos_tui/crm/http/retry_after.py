"""The pause that a server or a limiter before it asks for: HTTP 429, and 503 with Retry-After (RFC 9110)."""

import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from dazos_tui.crm.errors import UnexpectedPageError

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_DEFAULT_SECONDS = 1.0
"""Seconds that a 429 without Retry-After, as nginx sends it, is taken to ask for."""


def parse_http_date(text: str) -> datetime | None:
    """Return the moment (UTC, to the second) that a header such as Date holds, or None if it is no date."""
    # The library raises these two for what is no date, and OverflowError for years beyond all reckoning.
    with suppress(ValueError, TypeError, OverflowError):
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return None


def retry_after_seconds(status: int, retry_after: str, answered_at: datetime | None) -> float | None:
    """Return how many seconds an answer asks to wait before the next request; None if it does not.

    A date in Retry-After counts from `answered_at`, the server's own Date: the two clocks need not agree.
    """
    if status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return None
    seconds = _parse_seconds(retry_after.strip(), answered_at or datetime.now(UTC))
    return _DEFAULT_SECONDS if seconds is None and status == HTTPStatus.TOO_MANY_REQUESTS else seconds


def describe_retry_after(status: int, retry_after: str, answered_at: datetime | None) -> str:
    """Return a sentence with the pause that an answer asks for; empty if it does not say how long."""
    seconds = retry_after_seconds(status, retry_after, answered_at) if retry_after else None
    return "" if seconds is None else f"It asks to wait {format_pause(seconds)} before the next request."


def too_many_requests_error(host: str, status: int, words: str) -> UnexpectedPageError:
    """Return the error for an answer that still asks for a pause, with the `words` that say how long."""
    return UnexpectedPageError(
        f"{host} takes no requests for now (HTTP {status}). {words}".rstrip(),
        advice="Try again later. If it happens often, set a lower requests_per_second in the config.",
    )


def format_pause(seconds: float) -> str:
    """Return a length of time as a person reads it, rounded up, such as ``12 s`` or ``5 min``."""
    whole = -int(-seconds // 1)
    return f"{whole} s" if whole < 120 else f"{-(-whole // 60)} min"


def _parse_seconds(retry_after: str, now: datetime) -> float | None:
    if _SECONDS.fullmatch(retry_after):
        return float(retry_after)
    moment = parse_http_date(retry_after)
    return None if moment is None else max(0.0, (moment - now).total_seconds())
