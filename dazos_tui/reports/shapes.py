"""Shapes: what is left of texts, addresses and scripts once everything personal is out of them.

``Ann Bell`` becomes ``Xxxx Xxxx``, an e-mail address ``x@x.x``, a number ``0``, whatever their length. Only
known labels and words stay (`vocabulary`).
"""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_plus, urljoin, urlsplit

from dazos_tui.crm.dialect import Dialect, is_same_label
from dazos_tui.reports.vocabulary import STATES, is_known_phrase, shape_identifier, shape_word

_MAX_TEXT = 2_000
_MAX_WORDS = 12
_TEXT_TOKEN = re.compile(r"\w+|\W")
_KEPT_MARKS = frozenset(".,:;-'()/&!?")
_SCRIPT_TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[A-Za-z_$][\w$]*|[0-9]+|\s+|.", re.DOTALL)
_SCRIPT_MARKS = frozenset("().,;=+!?:&|/*<>-`")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_SCHEMES = ("mailto:", "tel:", "data:")
_WORD_PARAMETERS = frozenset(
    {
        "module",
        "parent",
        "view",
        "action",
        "mode",
        "operation",
        "orderby",
        "sortorder",
        "search_key",
        "operator",
        "error",
        "mailstatus",
        "app",
    }
)
"""Parameters whose values are names of the CRM's own."""
RECORD_NAMES = frozenset({"record", "recordid", "id", "userid", "user_id", "data-id"})
"""Names of parameters, attributes and fields that hold a record id, in lower case."""
_COUNT_PARAMETERS = frozenset({"page"})
_NUMBER = re.compile(r"[0-9]{1,6}")
_MAX_DEPTH = 20


@dataclass(slots=True)
class RecordNumbers:
    """Numbers for record ids, from 1 in the order in which the ids were first seen in a report."""

    _numbers: dict[str, int] = field(default_factory=dict, repr=False)

    def add(self, record_id: str) -> str:
        """Return the mark of a record id, such as ``{1}``, giving it a number if it has none."""
        if not re.fullmatch(r"[0-9]{1,20}(x[0-9]{1,20})?", record_id):
            return shape_text(record_id)
        return f"{{{self._numbers.setdefault(record_id, len(self._numbers) + 1)}}}"

    def mark(self, text: str) -> str | None:
        """Return the mark of a text that is a known record id, else None."""
        number = self._numbers.get(text)
        return None if number is None else f"{{{number}}}"


def shape_text(text: str) -> str:
    """Return the shape of a text: no word of it is left."""
    words = text[:_MAX_TEXT].split()
    shaped = [_shape_chunk(word) for word in words[:_MAX_WORDS]]
    return " ".join([*filter(None, shaped), *(["..."] if len(words) > _MAX_WORDS else [])])


def _shape_chunk(chunk: str) -> str:
    """Return the shape of a text without white space."""
    if "://" in chunk:
        return "x://x"
    if "@" in chunk.strip("@"):
        return "x@x.x"
    shaped: list[str] = []
    for token in _TEXT_TOKEN.findall(chunk)[:_MAX_WORDS]:
        # Of several marks, one: a password may consist of them.
        is_repeated_mark = token in _KEPT_MARKS and shaped and shaped[-1] in _KEPT_MARKS
        if not is_repeated_mark and (shape := _shape_token(token)):
            shaped.append(shape)
    return "".join(shaped)


def _shape_token(token: str) -> str:
    if token.isdecimal():
        return "0"
    if token.isalpha():
        return shape_word(token)
    if token in _KEPT_MARKS:
        return token
    return "x0" if re.fullmatch(r"\w+", token) else ""


@dataclass(frozen=True, slots=True)
class Shaper:
    """Shapes what one instance says, whose labels and addresses become the default ones."""

    base_url: str = field(repr=False)
    dialect: Dialect = field(repr=False)
    records: RecordNumbers

    def label(self, text: str) -> str:
        """Return a known label or message as it is, a configured one as the default one, else its shape."""
        words = " ".join(text.split())
        labels = self.dialect.labels
        for name, info in type(labels).model_fields.items():
            if is_same_label(words, getattr(labels, name)):
                return str(info.default) if not is_known_phrase(words) else words
        return words if is_known_phrase(words) else shape_text(words)

    def value(self, text: str) -> str:
        """Return the shape of a value, or the value itself if it only says yes, no, active or inactive."""
        for shown in (text.strip(), self.label(text)):
            if shown.casefold() in STATES:
                return shown
        return shape_text(text)

    def record(self, text: str) -> str:
        """Return the mark of a known record id, else the shape."""
        return self.records.mark(text.strip()) or shape_text(text)

    def url(self, url: str) -> str:
        """Return an address with its host hidden, unless it is the instance's, and known words only."""
        url = url.strip()
        lowered = url[:11].lower()
        if lowered == "javascript:":
            return "javascript:" + self.script(url[11:])
        if scheme := next((one for one in _SCHEMES if lowered.startswith(one)), ""):
            return scheme + ("x@x.x" if scheme == "mailto:" else "")
        try:
            url = self._relative(url)
            parts = urlsplit(url)
        except ValueError:
            return "x"
        host = "https://x.x" if parts.netloc or parts.scheme else ""
        path = shape_identifier(unquote_plus(parts.path))
        query = "&".join(self._parameter(pair) for pair in parts.query.split("&")) if parts.query else ""
        mark = "#" if "#" in url else ""
        return f"{host}{path}{'?' if query else ''}{query}{mark}"

    def _relative(self, url: str) -> str:
        """Return an address without the instance's own part, and a configured one as the default one.

        Raises ValueError for an address that cannot be used.
        """
        absolute, paths = urljoin(self.base_url, url), self.dialect.paths
        for name, info in type(paths).model_fields.items():
            configured = urljoin(self.base_url, getattr(paths, name))
            if getattr(paths, name) != info.default and absolute.startswith(configured):
                return str(info.default) + absolute.removeprefix(configured)
        return absolute.removeprefix(self.base_url) if absolute.startswith(self.base_url) else absolute

    def _parameter(self, pair: str) -> str:
        name, equals, value = (unquote_plus(part) for part in pair.partition("="))
        known = shape_identifier(name)
        return f"{known}{equals and '='}{self.parameter_value(name, value).replace(' ', '+')}"

    def parameter_value(self, name: str, value: str) -> str:
        """Return what may stay of a parameter's value: names of the CRM's own, marks of records, states."""
        name = name.lower()
        if name in _WORD_PARAMETERS:
            return shape_identifier(value)
        if name in RECORD_NAMES:
            return self.record(value)
        if name in _COUNT_PARAMETERS and _NUMBER.fullmatch(value):
            return value
        return self.value(value).replace("&", "").replace("?", "")

    def script(self, code: str) -> str:
        """Return the outline of a short script, as an attribute has it: calls, addresses and record ids."""
        return "".join(map(self._script_token, _SCRIPT_TOKEN.findall(code[:_MAX_TEXT])))

    def _script_token(self, token: str) -> str:
        if token[0] in "'\"" and len(token) > 1:
            return f"'{self._script_string(_ESCAPE.sub(_unescape, token[1:-1]))}'"
        if token.isspace():
            return " "
        if token.isdecimal():
            return self.records.mark(token) or "0"
        if len(token) == 1 and not token.isalnum():
            return token if token in _SCRIPT_MARKS else ""
        return shape_identifier(token)

    def _script_string(self, text: str) -> str:
        if re.search(r"\.php\b|\?\S*=|^\S+=\S*$|://", text):
            return self.url(text)
        if mark := self.records.mark(text.strip()):
            return mark
        return self.label(text).replace("'", "")

    def json(self, text: str, *, describes_field: bool = False) -> str | None:
        """Return JSON with known names, and with values shaped; None if the text is not JSON.

        With `describes_field`, the values of ``name`` and ``type`` are names of the CRM's own.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if describes_field and isinstance(content, dict):
            words = {
                name: shape_identifier(str(content[name])) for name in ("name", "type") if name in content
            }
            return json.dumps(self._json_object(content, 0) | words)
        return json.dumps(self._json_value("", content, 0))

    def _json_value(self, name: str, content: object, depth: int) -> object:
        if isinstance(content, dict | list) and depth > _MAX_DEPTH:
            return None
        if isinstance(content, dict):
            return self._json_object(content, depth)
        if isinstance(content, list):
            return [self._json_value(name, one, depth + 1) for one in content]
        return content if isinstance(content, bool) or content is None else self._json_scalar(name, content)

    def _json_object(self, content: dict[str, object], depth: int) -> dict[str, object]:
        return {
            shape_identifier(key): self._json_value(key.lower(), one, depth + 1)
            for key, one in content.items()
        }

    def _json_scalar(self, name: str, content: object) -> object:
        if name in RECORD_NAMES:
            return self.records.add(str(content))
        if isinstance(content, str):
            rule = self.label if name in _JSON_LABELS else self.url if name in _JSON_LINKS else self.value
            return rule(content)
        # A longer number may be somebody's telephone number.
        is_count = name in _JSON_COUNTS and isinstance(content, int) and _NUMBER.fullmatch(str(content))
        return content if is_count else 0


_JSON_LINKS = frozenset({"next", "prev", "previous", "self", "href", "url"})
_JSON_LABELS = frozenset({"label", "message", "code", "error"})
_JSON_COUNTS = frozenset(
    {
        "page",
        "pages",
        "total",
        "count",
        "next",
        "limit",
        "per_page",
        "perpage",
        "pagesize",
        "page_size",
        "size",
    }
)
"""Names of numbers in JSON that say how much of a list there is."""


def _unescape(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else escape[3]
