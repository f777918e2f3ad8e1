"""The bodies of recorded requests: forms, multipart forms and JSON."""

import json
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from dazos_tui.learning.recording import (
    BodyKind,
    Pairs,
    RecordedBody,
    RecordingError,
    UnreadableRecordingError,
)

MAX_BODY_LENGTH = 1_000_000
"""The longest body of a request that is read, in characters."""

_MAX_FIELDS = 1_000
_CREDENTIAL_HEADERS = {
    "cookie": "cookie",
    "cookie2": "cookie",
    "set-cookie": "cookie",
    "authorization": "password",
    "proxy-authorization": "password",
}
"""Headers that are dropped when they are read, and what is said of them."""
_BOUNDARY = re.compile(r"boundary=(?:\"([^\"]{1,100})\"|([^\s;,]{1,100}))", re.IGNORECASE)
_PART_NAME = re.compile(r";\s*name=(?:\"([^\"]*)\"|([^\s;]+))", re.IGNORECASE)
_PART_FILE = re.compile(r";\s*filename\*?=", re.IGNORECASE)


def split_headers(pairs: Iterable[tuple[str, str]]) -> tuple[Pairs, tuple[str, ...]]:
    """Return the headers with their names in lower case, and in words the credentials left out.

    Pseudo headers of HTTP/2, such as ``:method``, are left out, too.
    """
    lowered = [(name.strip().lower(), value.strip()) for name, value in pairs]
    dropped = dict.fromkeys(_CREDENTIAL_HEADERS[name] for name, _ in lowered if name in _CREDENTIAL_HEADERS)
    kept = [
        (name, value)
        for name, value in lowered
        if name and not name.startswith(":") and name not in _CREDENTIAL_HEADERS
    ]
    return tuple(kept), tuple(dropped)


def read_body(text: str, content_type: str) -> RecordedBody | None:
    """Return the body of a request, None for an empty one. Raises RecordingError for a file upload."""
    if not text:
        return None
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return RecordedBody(BodyKind.FORM, is_multipart=True, fields=_multipart_fields(text, content_type))
    if kind in {"", "application/x-www-form-urlencoded"}:
        return RecordedBody(BodyKind.FORM, fields=form_fields(text))
    if kind.endswith(("/json", "+json")) or kind == "text/plain":
        try:
            return RecordedBody(BodyKind.JSON, json_value=json.loads(text))
        except (ValueError, RecursionError):
            return RecordedBody(BodyKind.OTHER)
    return RecordedBody(BodyKind.OTHER)


def form_fields(text: str) -> Pairs:
    """Return the fields of a URL-encoded form. Raises RecordingError if there are very many.

    A value without a name has an empty name: read as a name, it would not be taken for a secret.
    """
    parts = [part if "=" in part or not part else f"={part}" for part in text.strip("\r\n").split("&")]
    try:
        fields = parse_qsl("&".join(parts), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise RecordingError("The request has far more fields than a form of the CRM.") from None
    return tuple(fields)


def file_upload_error() -> RecordingError:
    """Return the error about a request that uploads a file."""
    return RecordingError(
        "The request uploads a file, so it is not the one that sends a reset link.",
        advice="In the browser's network list, copy the request that appears when you send a reset link.",
    )


def _multipart_fields(text: str, content_type: str) -> Pairs:
    """Return the fields of a multipart form, as a browser writes it (RFC 7578). Raises RecordingError."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise RecordingError("The parts of the request's form cannot be told apart: it names no boundary.")
    fields = []
    for part in text.split(f"--{found[1] or found[2]}")[1:]:
        if part.startswith("--"):
            break
        # Some copies of a command have only line feeds.
        head, blank, value = part.replace("\r\n", "\n").removeprefix("\n").partition("\n\n")
        name = _PART_NAME.search(head)
        if _PART_FILE.search(head):
            raise file_upload_error()
        if blank and name is not None:
            fields.append((name[1] if name[1] is not None else name[2], value.removesuffix("\n")))
    return tuple(fields[:_MAX_FIELDS])


def checked_url(url: str) -> str:
    """Return an absolute URL of a web server, without its fragment. Raises RecordingError for another."""
    url = url.partition("#")[0]
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url or "\\" in url:
        raise UnreadableRecordingError("The request has no usable address.")
    if "@" in parts.netloc:
        raise RecordingError("The request has a user name or a password in its address.")
    return parts.geturl()
