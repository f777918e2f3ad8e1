"""The structure of a page as lines of HTML, with every text and value shaped.

Tags stay in the order and as unclosed as the CRM sent them. Scripts, styles, titles and comments are dropped;
of a script stays which of the CRM's own variables it sets.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from dazos_tui.reports.shapes import RECORD_NAMES, Shaper, shape_text
from dazos_tui.reports.vocabulary import SCRIPT_MARKS, shape_identifier

MAX_LINES = 12_000
"""Lines of one page that a report has at most."""
_MAX_INDENT = 12

_VOID = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    }
)
_LEFT_OUT = frozenset({"link"})
"""Elements that are not in a report at all: addresses of styles and icons."""
_DROPPED = frozenset({"script", "style", "title", "svg", "noscript", "template", "iframe", "object"})
"""Elements whose content is not in a report."""
_NAME_ATTRIBUTES = frozenset(
    {
        "id",
        "name",
        "for",
        "data-name",
        "data-columnname",
        "data-block",
        "data-type",
        "data-field-type",
        "data-toggle",
        "data-trigger",
        "data-user-dateformat",
        "data-language",
        "type",
        "method",
        "role",
        "autocomplete",
        "inputmode",
        "lang",
        "rel",
        "http-equiv",
        "data-nextsortorderval",
        "enctype",
        "target",
        "scope",
        "aria-hidden",
        "aria-expanded",
        "aria-haspopup",
        "data-action",
        "data-target",
        "aria-labelledby",
    }
)
_ADDRESS_ATTRIBUTES = frozenset(
    {
        "href",
        "src",
        "action",
        "formaction",
        "data-url",
        "data-recordurl",
        "data-href",
        "data-src",
    }
)
_VALUE_ATTRIBUTES = frozenset({"value", "data-value", "data-displayvalue", "data-rawvalue"})
_COUNT_INPUTS = frozenset(
    {
        "listViewEntriesCount",
        "noOfEntries",
        "pageStartRange",
        "pageEndRange",
        "nextPageExist",
        "previousPageExist",
        "pageNumber",
        "pageLimitValue",
        "totalCount",
    }
)
"""Hidden fields of a list that say how much of it a page has."""
_WORD_INPUTS = frozenset({"module", "action", "parent", "view", "mode", "orderBy", "sortOrder"})
_CODED_VALUES = frozenset({"status", "is_admin"})
"""Fields whose values say nothing about who has them, if they are known words."""
_SECRET_FIELD = re.compile(r"access.?key|token|passw|secret|vtrftk", re.IGNORECASE)
_VALUE_ID = "Users_detailView_fieldValue_"
_VALUE_CLASSES = frozenset({"value", "fieldValue", "userName", "emailField", "listViewEntryValue"})
_HIDING = re.compile(r"(display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_REFRESH = re.compile(r"\s*[0-9]*\s*;\s*url=(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class ListRow:
    """A row of a list: its record's number, and its lines, in which ``{record}`` is that record."""

    record: int
    lines: list[str]


@dataclass(frozen=True, slots=True)
class _Element:
    tag: str
    is_row: bool = False
    field_name: str | None = None
    """The name of the field whose value this element holds; empty for a value of an unknown field."""
    is_menu: bool = False


def shape_page(html: str, shaper: Shaper) -> list[str | ListRow]:
    """Return the lines of a page's structure; each whole row of a list of records is one item."""
    # A tag that has no end is no tag, and many of them would take Python's parser minutes.
    unfinished = html.find("<", html.rfind(">") + 1)
    html = html if unfinished < 0 else html[:unfinished]
    reader = _PageReader(shaper)
    # Python's parser raises this for some declarations that no browser cares about.
    with suppress(AssertionError):
        reader.feed(html)
        reader.close()
    return reader.result()


@dataclass(slots=True)
class _Output:
    """The lines so far, and those of the row that has not ended yet."""

    items: list[str | ListRow] = field(default_factory=list)
    row: list[str] | None = None
    row_mark: str = ""
    count: int = 0

    def add(self, line: str) -> None:
        self.count += 1
        if self.count > MAX_LINES:
            return
        (self.items if self.row is None else self.row).append(line)

    def begin_row(self, mark: str) -> None:
        self.flush()
        if mark.startswith("{"):
            self.row, self.row_mark = [], mark

    def end_row(self) -> None:
        if self.row is not None:
            lines = [line.replace(self.row_mark, "{record}") for line in self.row]
            self.items.append(ListRow(int(self.row_mark.strip("{}")), lines))
            self.row = None

    def flush(self) -> None:
        """Take back that a row has begun: it has no end."""
        if self.row is not None:
            self.items += self.row
            self.row = None


class _PageReader(HTMLParser):
    """Reads the tags of a page in their order."""

    def __init__(self, shaper: Shaper) -> None:
        super().__init__(convert_charrefs=True)
        self._shaper = shaper
        self._open: list[_Element] = []
        self._dropping = ""
        self._output = _Output()

    def result(self) -> list[str | ListRow]:
        self._output.flush()
        if self._output.count > MAX_LINES:
            self._output.items.append("<!-- the rest of this page is left out -->")
        return self._output.items

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping or tag in _LEFT_OUT:
            return
        if tag == "script":
            # Written only once it is known to set one of the CRM's own variables.
            self._dropping = tag
            return
        given = {name: value or "" for name, value in reversed(attrs)}
        element = self._element(tag, given)
        if element.is_row:
            self._output.begin_row(self._shaper.records.add(given["data-id"].strip()))
        self._write(f"<{shape_identifier(tag)}{self._attributes(tag, attrs, given)}>")
        if tag in _DROPPED:
            self._dropping = tag
        elif tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping:
            return
        self.handle_starttag(tag, attrs)
        self._dropping = ""
        if self._open and tag not in _VOID and tag not in _DROPPED:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if (self._dropping and tag != self._dropping) or tag in _LEFT_OUT:
            return
        self._dropping = ""
        if tag == "script":
            return
        ended = None
        if any(element.tag == tag for element in self._open):
            while (ended := self._open.pop()).tag != tag:
                pass
        self._write(f"</{shape_identifier(tag)}>")
        if ended is not None and ended.is_row:
            self._output.end_row()

    def handle_data(self, data: str) -> None:
        if self._dropping == "script":
            marks = [mark for mark in SCRIPT_MARKS if mark in data]
            sets = " ".join(f"var {mark} = 'x';" for mark in marks)
            if sets:
                self._write(f"<script>{sets}</script>")
            return
        text = data.strip()
        if not self._dropping and text:
            self._write(escape(self._shape(text), quote=False))

    def _write(self, text: str) -> None:
        self._output.add("  " * min(len(self._open), _MAX_INDENT) + text)

    def _element(self, tag: str, given: dict[str, str]) -> _Element:
        classes = given.get("class", "").split()
        name: str | None = None
        if given.get("id", "").startswith(_VALUE_ID):
            name = given["id"].removeprefix(_VALUE_ID)
        elif tag in {"option", "textarea"} or not _VALUE_CLASSES.isdisjoint(classes):
            name = self._field_name() or ""
        is_row = tag == "tr" and "data-id" in given
        return _Element(tag, is_row, name, "dropdown-menu" in classes)

    def _field_name(self) -> str | None:
        """Return the name of the field whose value is read at the moment; None if this is no value."""
        for element in reversed(self._open):
            if element.is_menu:
                return None
            if element.field_name is not None:
                return element.field_name
            if element.is_row:
                return ""
        return None

    def _shape(self, text: str) -> str:
        name = self._field_name()
        if name is None:
            return self._shaper.label(text)
        if _SECRET_FIELD.search(name):
            return ""
        return self._shaper.value(text) if name in _CODED_VALUES or not name else shape_text(text)

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]], given: dict[str, str]) -> str:
        shaped: dict[str, str | None] = {}
        for name, value in attrs:
            known = shape_identifier(name)
            if known and known not in shaped:
                shaped[known] = None if value is None else self._attribute(tag, name, value, given)
        return "".join(
            f" {name}" if value is None else f" {name}='{escape(value)}'" for name, value in shaped.items()
        )

    def _attribute(self, tag: str, name: str, value: str, given: dict[str, str]) -> str:
        rule = self._rule(name)
        return self._value_attribute(tag, name, value, given) if rule is None else rule(value)

    def _rule(self, name: str) -> Callable[[str], str] | None:
        """Return how the values of this attribute are shaped; None if that depends on the element."""
        if name == "class":
            return lambda value: " ".join(map(shape_identifier, value.split()))
        if name in _NAME_ATTRIBUTES:
            return shape_identifier
        if name in _ADDRESS_ATTRIBUTES:
            return self._shaper.url
        if name.startswith("on"):
            return self._shaper.script
        if name in RECORD_NAMES:
            return self._shaper.record
        return {"style": _shape_style, "content": self._shape_content}.get(name)

    def _shape_content(self, value: str) -> str:
        refresh = _REFRESH.match(value)
        return f"0;url={self._shaper.url(refresh[1].strip())}" if refresh else ""

    def _value_attribute(self, tag: str, name: str, value: str, given: dict[str, str]) -> str:
        of = given.get("data-name") or given.get("name") or given.get("id") or ""
        if name in _VALUE_ATTRIBUTES and _SECRET_FIELD.search(of):
            return "x"
        if name == "value" and tag == "input":
            return self._input_value(of, value, given)
        if name in {"data-value", "data-displayvalue"}:
            return self._coded(value) if of in _CODED_VALUES else shape_text(value)
        if name == "data-fieldinfo":
            return self._shaper.json(value, describes_field=True) or shape_text(value)
        if name in {"data-rawvalue", "value"} or value.startswith(("{", "[")):
            return shape_text(value)
        return shape_text(value) if self._field_name() is not None else self._shaper.label(value)

    def _coded(self, value: str) -> str:
        return value if value in {"0", "1"} else self._shaper.value(value)

    def _input_value(self, of: str, value: str, given: dict[str, str]) -> str:
        identifier = given.get("id", "")
        if identifier in _COUNT_INPUTS and value.isascii() and value.isdecimal() and len(value) < 7:
            return value
        if of in _WORD_INPUTS or identifier in _WORD_INPUTS:
            return shape_identifier(value)
        if identifier == "recordId" or of.lower() in RECORD_NAMES:
            return self._shaper.record(value)
        kind = given.get("type", "").lower()
        return self._shaper.label(value) if kind in {"submit", "button"} else shape_text(value)


def _shape_style(value: str) -> str:
    hiding = _HIDING.search(value)
    return hiding[1].lower() if hiding else ""
