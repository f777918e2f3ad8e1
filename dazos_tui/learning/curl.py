"""Reads a request that was copied from a browser's network list: “Copy as cURL”, or “Copy as fetch”.

The command is only read: nothing is executed, no file that it names is opened.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote_plus

from dazos_tui.learning.bodies import checked_url, file_upload_error, read_body, split_headers
from dazos_tui.learning.fetch_call import is_fetch_call, parse_fetch
from dazos_tui.learning.recording import (
    BodyKind,
    RecordedBody,
    RecordedRequest,
    RecordingError,
    UnreadableRecordingError,
    reads_recording,
)
from dazos_tui.learning.shell_words import is_cmd_flavoured, split_bash, split_cmd

MAX_COMMAND_LENGTH = 1_000_000
"""The longest text that is read, in characters."""

_COPY_ADVICE = (
    "In the browser's developer tools, in the list “Network”, choose “Copy as cURL” in the request's own "
    "menu, and paste all of it."
)
_REMOVE_OPTION_ADVICE = "Copy the request from the browser once more; a browser does not write that option."

_LONG_NAMES = {
    "X": "request", "H": "header", "d": "data", "F": "form", "b": "cookie", "A": "user-agent", "e": "referer",
    "u": "user", "G": "get", "I": "head", "k": "insecure", "s": "silent", "S": "show-error", "L": "location",
    "v": "verbose", "i": "include", "g": "globoff", "f": "fail", "N": "no-buffer", "o": "output",
    "m": "max-time", "x": "proxy", "U": "proxy-user", "K": "config", "T": "upload-file", "c": "cookie-jar",
    "E": "cert", "w": "write-out", "D": "dump-header", "0": "http1.0", "1": "tlsv1", "4": "ipv4",
    "6": "ipv6", "#": "progress-bar", "O": "remote-name", "J": "remote-header-name", "q": "disable",
    ":": "next",
}  # fmt: skip
"""The long names of short options (curl's manual)."""
_FLAGS = frozenset(
    {
        "insecure", "silent", "show-error", "location", "verbose", "include", "globoff", "fail", "buffer",
        "compressed", "path-as-is", "http0.9", "http1.0", "http1.1", "http2", "http2-prior-knowledge",
        "http3", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "ipv4", "ipv6", "progress-bar",
        "remote-name", "remote-header-name", "disable", "keepalive", "no-buffer", "location-trusted", "raw",
        "proxy-insecure", "fail-with-body", "get", "head", "next",
    }
)  # fmt: skip
"""Options without a value. All but the last three change nothing about what the request says."""
_IGNORED = frozenset(
    {
        "user-agent", "output", "max-time", "proxy", "cookie-jar", "cert", "key", "cacert", "capath",
        "write-out", "dump-header", "connect-timeout", "retry", "resolve", "connect-to", "max-redirs",
        "ciphers", "proxy-header", "interface", "noproxy", "socks5", "socks5-hostname", "limit-rate",
        "tls-max",
    }
)  # fmt: skip
"""Options whose value says nothing about the request either."""
_CREDENTIALS = {"cookie": "cookie", "user": "password", "proxy-user": "password", "oauth2-bearer": "token"}
"""Options whose value is dropped at once, and what is said of it."""
_GLOB_ESCAPE = re.compile(r"\\([\[\]{}])")
"""In the address Chrome escapes the characters that curl would expand."""


@dataclass
class _CurlOptions:
    """The options of a command, as far as they say something about the request."""

    method: str = ""
    urls: list[str] = field(default_factory=list, repr=False)
    headers: list[tuple[str, str]] = field(default_factory=list, repr=False)
    data: list[str] = field(default_factory=list, repr=False)
    form: list[tuple[str, str]] = field(default_factory=list, repr=False)
    query: list[str] = field(default_factory=list, repr=False)
    json: list[str] = field(default_factory=list, repr=False)
    is_get: bool = False
    dropped: list[str] = field(default_factory=list)


@reads_recording
def parse_curl(text: str) -> RecordedRequest:
    """Return the request of a command copied as cURL (bash or cmd), or of a call copied as fetch.

    Cookies and passwords are dropped here. Raises RecordingError, with a sentence that says what is wrong.
    """
    text = text.replace("\0", "").lstrip("\ufeff").strip()
    if len(text) > MAX_COMMAND_LENGTH:
        raise UnreadableRecordingError("The text is far longer than one copied request.", advice=_COPY_ADVICE)
    if is_fetch_call(text):
        return parse_fetch(text)
    if not re.match(r"curl(?:\.exe)?(?=\s|\^?$)", text):
        raise UnreadableRecordingError(_not_curl(text), advice=_COPY_ADVICE)
    words = split_cmd(text) if is_cmd_flavoured(text) else split_bash(text)
    return _build_request(_read_options(words[1:]))


def _not_curl(text: str) -> str:
    if not text:
        return "There is nothing to read."
    if text.startswith(("$session", "Invoke-")):
        return "This was copied for PowerShell, which is not read."
    if text.startswith("{"):
        return "This is not one copied request. It may be a HAR file, which is read in another way."
    return "The text does not begin with “curl”, so it is not a request copied as cURL."


def _read_options(words: list[str]) -> _CurlOptions:
    options, rest = _CurlOptions(), iter(words)
    only_urls = False
    for word in rest:
        if only_urls or not word.startswith("-") or word == "-":
            options.urls.append(word)
        elif word == "--":
            only_urls = True
        elif word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            _apply_option(options, name, partial(_value, value if equals else None, rest))
        else:
            _read_short_options(options, word[1:], partial(_value, None, rest))
    return options


def _value(joined: str | None, rest: Iterator[str]) -> str:
    """Return the value of an option: what is joined to it, else the next word."""
    value = joined if joined is not None else next(rest, None)
    if value is None:
        raise UnreadableRecordingError(
            "The command is incomplete: its last option has no value.", advice=_COPY_ADVICE
        )
    return value


def _read_short_options(options: _CurlOptions, cluster: str, next_word: Callable[[], str]) -> None:
    """Read options such as ``-sk``, or ``-XPOST`` with a value joined to it."""
    for at, letter in enumerate(cluster):
        name, joined = _LONG_NAMES.get(letter, letter), cluster[at + 1 :]
        if name in _FLAGS:
            _apply_option(options, name, next_word)
            continue
        _apply_option(options, name, partial(str, joined) if joined else next_word)
        return


def _apply_option(options: _CurlOptions, name: str, value: Callable[[], str]) -> None:
    """Apply one option, given by its long name. `value` returns its value: it is called if it has one."""
    if name in {"get", "head"}:
        options.is_get = options.is_get or name == "get"
        options.method = options.method or ("HEAD" if name == "head" else "")
    elif name == "next":
        raise RecordingError("The command makes more than one request.")
    elif name in _FLAGS or name.removeprefix("no-") in _FLAGS:
        return
    elif name in _CREDENTIALS:
        value()
        options.dropped.append(_CREDENTIALS[name])
    elif name in _IGNORED:
        value()
    elif name in _READERS:
        _READERS[name](options, value())
    elif name in {"config", "upload-file"}:
        raise _file_error(name)
    else:
        shown = re.sub(r"[^A-Za-z0-9.-]", "", name)[:30]
        raise RecordingError(
            f"The command has an option that is not known here: {'-' if len(shown) == 1 else '--'}{shown}.",
            advice=_REMOVE_OPTION_ADVICE,
        )


def _file_error(name: str) -> RecordingError:
    return RecordingError(
        f"The command would read a file (--{name}). No file that it names is opened.",
        advice="Copy the request from the browser itself: it then has all of its content in it.",
    )


def _add_data(options: _CurlOptions, value: str) -> None:
    if value.startswith("@"):
        raise _file_error("data")
    options.data.append(value)


def _add_encoded(options: _CurlOptions, value: str) -> None:
    name, equals, content = value.partition("=")
    if "@" in name:
        raise _file_error("data-urlencode")
    name, content = (name, content) if equals else ("", name)
    options.data.append(f"{name}={quote_plus(content)}" if name else quote_plus(content))


def _add_header(options: _CurlOptions, value: str) -> None:
    if value.startswith("@"):
        raise _file_error("header")
    # HTTP/2's pseudo headers begin with a colon; “Name;” is a header without a value.
    name, _, content = value[1:].partition(":") if value.startswith(":") else value.partition(":")
    if not value.startswith(":"):
        options.headers.append((name.rstrip(";"), content))


def _add_part(options: _CurlOptions, value: str) -> None:
    name, _, content = value.partition("=")
    if content.startswith(("@", "<")):
        raise file_upload_error()
    options.form.append((name, re.sub(r";\s*(?:type|filename|headers|encoder)=.*", "", content).strip('"')))


def _set_json(options: _CurlOptions, value: str) -> None:
    if value.startswith("@"):
        raise _file_error("json")
    options.json.append(value)


def _set_method(options: _CurlOptions, value: str) -> None:
    options.method = value.upper()


_READERS: dict[str, Callable[[_CurlOptions, str], None]] = {
    "request": _set_method,
    "url": lambda options, value: options.urls.append(value),
    "header": _add_header,
    "referer": lambda options, value: options.headers.append(("referer", value)),
    "data": _add_data,
    "data-ascii": _add_data,
    "data-binary": _add_data,
    "data-raw": lambda options, value: options.data.append(value),
    "data-urlencode": _add_encoded,
    "form": _add_part,
    "form-string": lambda options, value: options.form.append(
        (value.partition("=")[0], value.partition("=")[2])
    ),
    "json": _set_json,
    "url-query": lambda options, value: options.query.append(value),
}
"""What the options with a value do, by their long names."""


def _build_request(options: _CurlOptions) -> RecordedRequest:
    headers, dropped = split_headers(options.headers)
    given_type = next((value for name, value in headers if name == "content-type"), "")
    data = "".join(options.json) or "&".join(options.data)
    query = [*options.query]
    if options.is_get and data:
        query, data = [*query, data], ""
    if options.form:
        body: RecordedBody | None = RecordedBody(BodyKind.FORM, is_multipart=True, fields=tuple(options.form))
    else:
        body = read_body(data, given_type or ("application/json" if options.json else ""))
    has_data = bool(options.data or options.json) and not options.is_get
    method = options.method or ("POST" if has_data or body is not None else "GET")
    return RecordedRequest(
        method,
        _only_url(options.urls, query),
        headers,
        body,
        tuple(dict.fromkeys([*options.dropped, *dropped])),
    )


def _only_url(urls: list[str], query: list[str]) -> str:
    """Return the one URL of the command, with further parameters. Raises RecordingError."""
    if len(urls) != 1:
        what = "no address" if not urls else "more than one address"
        raise UnreadableRecordingError(f"The command has {what}.", advice=_COPY_ADVICE)
    url = _GLOB_ESCAPE.sub(r"\1", urls[0])
    joint = "" if not query else "&" if "?" in url else "?"
    return checked_url(f"{url}{joint}{'&'.join(query)}")
