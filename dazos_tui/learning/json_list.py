"""Learns a user list in JSON from the requests of a browser, as a table ``[instances.NAME.user_list]``.

The table has names of the interface, its address and the words of a status, and nothing of a person.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import ValidationError

from dazos_tui.crm.pages.error_pages import read_json
from dazos_tui.crm.pages.php_notices import strip_php_notices
from dazos_tui.crm.user_list_template import UserListTemplate, is_paged
from dazos_tui.learning.json_row_fields import RowFields, Rows, plain_name, rows_of, scalars_of
from dazos_tui.learning.recording import RecordedExchange
from dazos_tui.learning.request_fields import KnownPerson

_MAX_PAGES = 20
"""The most recorded pages of lists that are kept."""
_MAX_PEOPLE = 5_000

_PAGE_NAMES = frozenset({"page", "p", "pagenumber", "pageno", "pageindex", "currentpage", "pg"})
_OFFSET_NAMES = frozenset({"offset", "start", "skip", "from", "startrow"})
_SIZE_NAMES = frozenset({"limit", "perpage", "pagesize", "size", "take", "rowsperpage"})
_TOTAL_NAMES = (
    "total", "totalcount", "totalrecords", "totalrows", "totalitems", "totalelements", "recordstotal",
    "totalusers", "numrows", "count",
)  # fmt: skip
_NEXT_NAMES = (
    "next", "nextpage", "nextpageurl", "nexturl", "nextlink", "hasmore", "hasnext", "hasnextpage", "more",
    "nextpageexist", "nextpageexists",
)  # fmt: skip
_INACTIVE_FILTERS = {
    **dict.fromkeys(("status", "state", "filter"), frozenset({"inactive", "disabled", "deactivated"})),
    **dict.fromkeys(("active", "isactive", "enabled"), frozenset({"0", "false", "no", "off"})),
    **dict.fromkeys(("inactive", "disabled"), frozenset({"1", "true", "yes", "on"})),
}
"""Values of a filter that ask for the inactive accounts, by the filter's name."""
_SEARCH_NAMES = frozenset({"q", "query", "search", "term", "keyword", "searchtext", "text", "name", "email"})
_DROPPED_NAMES = frozenset({"", "ts", "timestamp", "nocache", "t", "rand", "random", "cachebuster"})
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]-]{0,39}")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.,:-]{0,40}")
_PLAIN_ROUTE = re.compile(r"[A-Za-z0-9_./-]{0,200}")
_TECHNICAL_WORDS = frozenset(
    {"admin", "administrator", "api", "rest", "user", "users", "staff", "team", "people", "account"}
    | {"accounts", "list", "page", "settings", "index", "php", "json", "module", "view", "parent"}
)
"""Words of addresses that may be a user name or a part of one, too."""
_LONG_NUMBER = re.compile(r"[0-9]{5,}")


@dataclass(frozen=True, slots=True)
class LearnedUserList:
    """What was learned: the table for the config, in words, and who is in the recorded rows.

    `table` is None if too little was recorded; then `problem` says what is missing, and `advice` what to do.
    """

    table: dict[str, Any] | None
    words: str
    problem: str = ""
    advice: str = ""
    people: tuple[KnownPerson, ...] = field(default=(), repr=False)


@dataclass(slots=True)
class _RecordedPage:
    route: str
    query: dict[str, str]
    pointer: str
    rows: Rows = field(repr=False)
    scalars: dict[str, object] = field(repr=False)


_ADVICE = (
    "Record the walk again with “Preserve log” on: open the list, go to its second page, and then open the "
    "person. Or write the table user_list by hand, as docs/configuration.md shows."
)


class RecordedUserLists:
    """The pages of JSON lists in a recording. Add the exchanges in their order, then ask for the lesson."""

    def __init__(self) -> None:
        self._pages: list[_RecordedPage] = []

    def add(self, exchange: RecordedExchange, relative: str) -> bool:
        """Add an exchange if it is a page of a list of people; return whether it is.

        `relative` is its address, relative to the instance's.
        """
        request, text = exchange.request, exchange.response.text or ""
        is_answer = request.method == "GET" and exchange.response.status == 200
        if not is_answer or "@" not in text:
            return False
        # As `parse_user_rows` reads it.
        document = read_json(strip_php_notices(text.removeprefix("\ufeff")), strict=False)
        pointer, rows = rows_of(document)
        if not rows:
            return False
        parts = urlsplit(relative)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if len(self._pages) < _MAX_PAGES and not any(
            plain_name(name) in _SEARCH_NAMES and value for name, value in query.items()
        ):
            page = _RecordedPage(parts.path, query, pointer, rows[:_MAX_PEOPLE], scalars_of(document))
            self._pages.append(page)
        return True

    def __bool__(self) -> bool:
        return bool(self._pages)

    def lesson(self, person: KnownPerson | None) -> LearnedUserList | None:
        """Return what the pages show, None without any. `person` has a profile in the recording."""
        pages = self._pages_of_one_list()
        if not pages:
            return None
        usual = [page for page in pages if not _asks_for_inactive(page)] or pages
        table = _ListTable(usual, [page for page in pages if page not in usual])
        problem = table.build(person) or _config_problem(table.table)
        if problem:
            return LearnedUserList(None, "a list of people in JSON", problem, _ADVICE, table.people)
        return LearnedUserList(table.table, table.words(), people=table.people)

    def _pages_of_one_list(self) -> list[_RecordedPage]:
        """Return the pages of the list with the most people."""
        by_list: dict[tuple[str, str], dict[str, _RecordedPage]] = {}
        for page in self._pages:
            # A page that was opened twice counts once.
            by_list.setdefault((page.route, page.pointer), {})[urlencode(page.query)] = page
        lists = ([*pages.values()] for pages in by_list.values())
        return max(lists, key=lambda pages: sum(len(page.rows) for page in pages), default=[])


def _config_problem(table: dict[str, Any]) -> str:
    """Return why the config would refuse this table, empty if it would not. It repeats no value."""
    try:
        UserListTemplate.model_validate(table)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)[0]
        return f"its {'.'.join(map(str, details['loc']))} cannot be configured"
    return ""


class _ListTable:
    """The table of one list, as it is found out."""

    def __init__(self, pages: Sequence[_RecordedPage], inactive: Sequence[_RecordedPage]) -> None:
        self._pages, self._inactive = pages, inactive
        self.table: dict[str, Any] = {}
        self.people: tuple[KnownPerson, ...] = ()
        self._is_verified = False

    def build(self, person: KnownPerson | None) -> str:
        """Fill the table; return what is missing, as a part of a sentence, empty if nothing is."""
        fields = RowFields([row for page in self._pages for row in page.rows])
        found = fields.find(person)
        if "id" not in found or not {"email", "user_name"} & found.keys():
            return "no field of it is plainly the record id, the user name or the e-mail"
        self._is_verified = fields.is_verified
        self.people = (*fields.people(found), *([person] if person is not None else []))
        path = self._path(next(filter(_names_page, self._pages), self._pages[0]))
        if not path:
            return "its address has a part that cannot be kept"
        self.table = {"path": path, "rows": self._pages[0].pointer, "fields": found}
        if "status" in found:
            values = fields.status_values(found["status"])
            self.table |= values
            if not values:
                del found["status"]
        if "status" not in found and self._inactive:
            page = next(filter(_names_page, self._inactive), self._inactive[0])
            self.table["inactive_path"] = self._path(page)
        return self._add_paging()

    def words(self) -> str:
        """Return the table in words: its address, its fields, and how its end is known."""
        fields = self.table["fields"]
        parts = [f"JSON from {self.table['path']}", f"with {', '.join(fields)}"]
        if "page_size" in self.table:
            parts.append(f"{self.table['page_size']} people a page")
        if "status" not in fields and "inactive_path" not in self.table:
            parts.append("who is inactive is not known: no field of it says so in known words")
        if not self._is_verified:
            parts.append("the fields are found by their names: nobody in it has a recorded profile")
        return "; ".join(parts)

    def _add_paging(self) -> str:
        total, following = self._find_total(), self._find_next()
        if total:
            self.table["total"] = total
        elif following:
            self.table["next"] = following
        if not is_paged(self.table["path"]):
            has_more = any(_is_followed(page, self.table) for page in self._pages)
            return "it does not show how its next page is requested" if has_more else ""
        if not total and not following:
            return "it does not show how many people there are, or whether there is another page"
        size = self._page_size()
        if size is None:
            return "it has only one page, so how many people a full page has is not known"
        self.table["page_size"] = size
        if self._first_page_is_zero():
            self.table["first_page"] = 0
        return ""

    def _path(self, page: _RecordedPage) -> str:
        """Return the address with placeholders; empty if a part of it cannot be kept."""
        if not _PLAIN_ROUTE.fullmatch(page.route) or self._names_person(page.route):
            return ""
        pairs = []
        for name, value in page.query.items():
            if plain_name(name) in _DROPPED_NAMES:
                continue
            if not self._is_kept(name, value):
                return ""
            pairs.append((name, _placeholder(name, value)))
        if not any("{" in value for _, value in pairs) and (name := self._page_name_in_link()):
            pairs.append((name, "{page}"))
        query = urlencode(pairs, safe="{}[],:")
        return f"{page.route}?{query}" if query else page.route

    def _is_kept(self, name: str, value: str) -> bool:
        is_plain = _PLAIN_NAME.fullmatch(name) and _PLAIN_VALUE.fullmatch(value)
        is_personal = self._names_person(name) or self._names_person(value)
        return bool(is_plain) and not _LONG_NUMBER.search(value) and not is_personal

    def _names_person(self, text: str) -> bool:
        """Return whether a part of an address is a text, or a word of one, about somebody in the list."""
        parts = {part.casefold() for part in (*text.split("/"), *re.split(r"[/.,:_-]", text)) if part}
        return any(not (parts - _TECHNICAL_WORDS).isdisjoint(person.texts) for person in self.people)

    def _page_name_in_link(self) -> str:
        """Return the parameter of the page number in a link to the next page, empty without one."""
        for page in self._pages:
            link = page.scalars.get(self._find_next())
            query = link.partition("?")[2].partition("#")[0] if isinstance(link, str) else ""
            for name, value in parse_qsl(query):
                if plain_name(name) in _PAGE_NAMES and value.isdecimal() and _PLAIN_NAME.fullmatch(name):
                    return name
        return ""

    def _find_total(self) -> str:
        """Return the pointer to the number of all people: one number on all pages, no less than their rows.

        A “count” that is the number of rows may be that of the page.
        """
        seen = len({person.id for person in self.people if person.id})
        for name in _TOTAL_NAMES:
            for pointer, value in self._pages[0].scalars.items():
                values = [page.scalars.get(pointer) for page in self._pages]
                if plain_name(pointer.rpartition("/")[2]) != name or values != [value] * len(values):
                    continue
                is_enough = isinstance(value, int) and not isinstance(value, bool) and value >= seen
                if is_enough and (name != "count" or value != len(self._pages[0].rows)):
                    return pointer
        return ""

    def _find_next(self) -> str:
        pointers = dict.fromkeys(pointer for page in self._pages for pointer in page.scalars)
        for name in _NEXT_NAMES:
            for pointer in pointers:
                if plain_name(pointer.rpartition("/")[2]) == name:
                    return pointer
        return ""

    def _page_size(self) -> int | None:
        """Return how many people a full page has: as the address or the answer says, else as was seen."""
        most = max(len(page.rows) for page in self._pages)
        sizes = [value for name, value in self._pages[0].query.items() if plain_name(name) in _SIZE_NAMES]
        sizes += [
            str(value)
            for pointer, value in self._pages[0].scalars.items()
            if plain_name(pointer.rpartition("/")[2]) in _SIZE_NAMES
        ]
        said = next((int(size) for size in sizes if size.isdecimal() and int(size) >= most > 0), None)
        if said is not None:
            return said
        has_more = any(_is_followed(page, self.table) for page in self._pages)
        return most if has_more or len(self._pages) > 1 else None

    def _first_page_is_zero(self) -> bool:
        values = [
            value
            for page in self._pages
            for name, value in page.query.items()
            if plain_name(name) in _PAGE_NAMES
        ]
        return "0" in values


def _is_followed(page: _RecordedPage, table: dict[str, Any]) -> bool:
    total, following = (page.scalars.get(table.get(name, "")) for name in ("total", "next"))
    return bool(following) or (isinstance(total, int) and total > len(page.rows))


def _names_page(page: _RecordedPage) -> bool:
    return any(_placeholder(name, value) != value for name, value in page.query.items())


def _placeholder(name: str, value: str) -> str:
    """Return what a value becomes in the address: a placeholder for the page, else the value itself."""
    if value.isdecimal() and plain_name(name) in _PAGE_NAMES:
        return "{page}"
    return "{offset}" if value.isdecimal() and plain_name(name) in _OFFSET_NAMES else value


def _asks_for_inactive(page: _RecordedPage) -> bool:
    return any(
        value.casefold() in _INACTIVE_FILTERS.get(plain_name(name), ()) for name, value in page.query.items()
    )
