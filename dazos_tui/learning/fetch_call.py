"""Reads a request that was copied as a call of fetch, from Chrome, Firefox or Safari."""

import json
import re

from dazos_tui.learning.bodies import checked_url, read_body, split_headers
from dazos_tui.learning.recording import RecordedRequest, UnreadableRecordingError

_CALL = re.compile(r"(?:await\s+)?fetch\s*\(\s*")
_ADVICE = "Copy the request as cURL instead."


def is_fetch_call(text: str) -> bool:
    """Return whether a text begins with a call of fetch."""
    return _CALL.match(text) is not None


def parse_fetch(text: str) -> RecordedRequest:
    """Return the request of a copied call; browsers write its arguments as JSON. Raises RecordingError."""
    call = _CALL.match(text)
    decoder = json.JSONDecoder()
    try:
        url, at = decoder.raw_decode(text, call.end() if call else 0)
        options: object = {}
        if comma := re.compile(r"\s*,\s*").match(text, at):
            options, at = decoder.raw_decode(text, comma.end())
    except (ValueError, RecursionError):
        raise UnreadableRecordingError(
            "The call of fetch has more in it than a browser writes.", advice=_ADVICE
        ) from None
    if not re.compile(r"\s*\)\s*;?\s*").fullmatch(text, at) or not isinstance(options, dict):
        raise UnreadableRecordingError("The text has more in it than one call of fetch.", advice=_ADVICE)
    given = options.get("headers")
    pairs = [(str(name), str(value)) for name, value in given.items()] if isinstance(given, dict) else []
    if isinstance(options.get("referrer"), str):
        pairs.append(("referer", options["referrer"]))
    headers, dropped = split_headers(pairs)
    content_type = next((value for name, value in headers if name == "content-type"), "")
    text_body = options.get("body")
    body = read_body(text_body, content_type) if isinstance(text_body, str) else None
    method = str(options.get("method") or "GET").upper()
    return RecordedRequest(method, checked_url(str(url)), headers, body, dropped)
