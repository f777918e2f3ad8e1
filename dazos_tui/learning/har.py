"""Reads a HAR file, the recording of a browser's network list, one exchange at a time.

The format is HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as Chrome and Firefox write it. A
file may have hundreds of megabytes: only one entry of it is in memory at a time, and one that is far larger
than any page of a CRM is skipped without being read.
"""

import base64
import binascii
import codecs
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from dazos_tui.learning.bodies import (
    MAX_BODY_LENGTH,
    checked_url,
    file_upload_error,
    read_body,
    split_headers,
)
from dazos_tui.learning.recording import (
    BodyKind,
    RecordedBody,
    RecordedExchange,
    RecordedRequest,
    RecordedResponse,
    RecordingError,
    UnreadableRecordingError,
)
from dazos_tui.learning.recording_file import open_recording

MAX_ENTRY_LENGTH = 8_000_000
"""The longest entry that is read, in characters: a page of a list takes a fortieth of it."""
MAX_FILE_BYTES = 2_000_000_000
"""The largest file that is read: at some 80 MB a second, it takes half a minute."""

_CHUNK_BYTES = 1_000_000
_MAX_PREAMBLE = 8_000_000
_ENTRIES = re.compile(r'"entries"\s*:\s*\[')
_LOG = re.compile(r'\s*\{\s*(?:"[^"]*"\s*:\s*"[^"]*"\s*,\s*)*"log"\s*:\s*\{')
_GAP = re.compile(r"[\s,]*")
_STRING_END = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_STRUCTURE = re.compile(r'["{}\[\]]')

_RECORD_ADVICE = (
    "In the browser's developer tools, open “Network”, keep the log, sign in, open the list of users and a "
    "person, send the link, and then save all as HAR."
)
_DAMAGED = "The HAR file is cut off or damaged: its end is missing."


def read_har(path: Path) -> Iterator[RecordedExchange]:
    """Yield the exchanges of a HAR file in its order, without cookies and other credentials.

    Requests that a page of a CRM does not make, such as those of an extension, are left out. Raises
    RecordingError, UnreadableRecordingError; the exchanges before a damaged place were yielded by then.
    """
    with open_recording(path, max_bytes=MAX_FILE_BYTES) as file:
        entries = _EntryReader(file)
        for entry in entries.entries():
            if (exchange := _read_entry(entry)) is not None:
                yield exchange


class _EntryReader:
    """The entries of a file, found in a window of its text that moves along."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._window = ""
        self._at = 0
        self._is_ended = False

    def entries(self) -> Iterator[Mapping[str, object]]:
        """Yield the entries that are not too large. Raises UnreadableRecordingError."""
        self._find_entries()
        while True:
            self._skip_gap()
            start = self._window[self._at : self._at + 1]
            if start == "]":
                return
            if start != "{":
                raise _damaged_error()
            entry = self._read_value()
            if isinstance(entry, Mapping):
                yield entry

    def _find_entries(self) -> None:
        while (found := _ENTRIES.search(self._window)) is None:
            if not self._read_more() or len(self._window) > _MAX_PREAMBLE:
                raise self._no_har_error()
        if not _LOG.match(self._window):
            raise self._no_har_error()
        self._at = found.end()

    def _no_har_error(self) -> UnreadableRecordingError:
        if _LOG.match(self._window) and self._is_ended:
            return _damaged_error()
        return UnreadableRecordingError("The file is not a HAR file.", advice=_RECORD_ADVICE)

    def _skip_gap(self) -> None:
        while True:
            gap = _GAP.match(self._window, self._at)
            self._at = gap.end() if gap else self._at
            if self._at < len(self._window) or not self._read_more():
                return

    def _read_value(self) -> object:
        """Return the JSON value at the start of the window; None if it is too large, and was skipped."""
        decoder = json.JSONDecoder()
        while True:
            try:
                value, self._at = decoder.raw_decode(self._window, self._at)
            except RecursionError:
                break
            except ValueError:
                # Incomplete: the window has to grow. It is doubled, so that little is decoded twice.
                length = len(self._window) - self._at
                if length > MAX_ENTRY_LENGTH or not self._read_more(length):
                    break
            else:
                return value
        self._skip_value()
        return None

    def _skip_value(self) -> None:
        """Move behind the value at the start of the window, reading only quotes and brackets of it."""
        depth = 0
        while True:
            found = _STRUCTURE.search(self._window, self._at)
            self._at = found.end() if found else len(self._window)
            if found is None:
                if not self._read_more():
                    raise _damaged_error()
            elif found[0] == '"':
                self._skip_string()
            else:
                depth += 1 if found[0] in "{[" else -1
                if depth == 0:
                    return

    def _skip_string(self) -> None:
        while (end := _STRING_END.match(self._window, self._at)) is None:
            # A backslash at the end of the window belongs to what follows.
            self._at = len(self._window) - (len(self._window) - len(self._window.rstrip("\\"))) % 2
            if not self._read_more():
                raise _damaged_error()
        self._at = end.end()

    def _read_more(self, least: int = 0) -> bool:
        """Add text to the window, and drop what is behind; return whether there was any."""
        content = b"" if self._is_ended else self._file.read(max(_CHUNK_BYTES, least))
        self._is_ended = self._is_ended or not content
        more = self._decoder.decode(content, final=self._is_ended)
        self._window, self._at = self._window[self._at :] + more, 0
        return bool(more) or not self._is_ended


def _damaged_error() -> UnreadableRecordingError:
    return UnreadableRecordingError(_DAMAGED, advice="Save it once more, and wait until the browser is done.")


def _read_entry(entry: Mapping[str, object]) -> RecordedExchange | None:
    """Return an entry's exchange, None for one that is not between a page and a web server."""
    request, response = _table(entry, "request"), _table(entry, "response")
    url, method = _text(request, "url"), _text(request, "method").upper()
    if not url.startswith(("http://", "https://")) or not method.isalpha():
        return None
    headers, dropped = split_headers(_pairs(request, "headers"))
    if request.get("cookies") and "cookie" not in dropped:
        dropped = (*dropped, "cookie")
    try:
        recorded = RecordedRequest(method, checked_url(url), headers, _body(request), dropped)
    except RecordingError:
        # Of no use, and perhaps of another site: an upload, or an address with a password in it.
        return None
    return RecordedExchange(recorded, _response(response))


def _body(request: Mapping[str, object]) -> RecordedBody | None:
    data = _table(request, "postData")
    kind, text = _text(data, "mimeType"), _text(data, "text")
    if len(text) > MAX_BODY_LENGTH:
        return RecordedBody(BodyKind.OTHER)
    if text:
        return read_body(text, kind)
    params = data.get("params")
    if isinstance(params, list) and any(isinstance(one, Mapping) and one.get("fileName") for one in params):
        raise file_upload_error()
    pairs = tuple(_pairs(data, "params"))
    is_multipart = kind.startswith("multipart/")
    return RecordedBody(BodyKind.FORM, is_multipart=is_multipart, fields=pairs) if pairs else None


def _response(response: Mapping[str, object]) -> RecordedResponse:
    content, status = _table(response, "content"), response.get("status")
    text = content.get("text")
    if isinstance(text, str) and content.get("encoding") == "base64":
        text = _decoded(text)
    headers = dict(split_headers(_pairs(response, "headers"))[0])
    return RecordedResponse(
        status if isinstance(status, int) and not isinstance(status, bool) else 0,
        text if isinstance(text, str) and len(text) <= MAX_BODY_LENGTH else None,
        _text(content, "mimeType").partition(";")[0].strip().lower(),
        _text(response, "redirectURL") or headers.get("location", ""),
    )


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def _table(table: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = table.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _pairs(table: Mapping[str, object], key: str) -> Iterator[tuple[str, str]]:
    values = table.get(key)
    for one in values if isinstance(values, list) else ():
        if isinstance(one, Mapping):
            yield _text(one, "name"), _text(one, "value")
