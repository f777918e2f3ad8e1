"""Users as the API returns them: only active ones, without their role, and with their secrets on request."""

import operator
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from dazos_tui.demo.listing import FIELDS, fold
from dazos_tui.demo.people import Person
from dazos_tui.demo.webservice.access import AccessRefusedError
from dazos_tui.demo.webservice.query import QueryCondition, VtqlQuery

Row = dict[str, str]
RowTest = Callable[[Person], bool]

COLUMNS: dict[str, Callable[[Person], str]] = {
    "id": lambda person: api_id(person.id),
    **{name: FIELDS[name] for name in ("user_name", "first_name", "last_name", "email1", "email2")},
    "secondaryemail": FIELDS["secondaryemail"],
    "status": lambda person: person.status,
    "is_admin": lambda person: "on" if person.is_admin else "off",
    "roleid": lambda _: "",
    **{name: FIELDS[name] for name in ("title", "department", "phone_work", "phone_mobile")},
    "user_password": lambda person: person.user_password,
    "accesskey": lambda person: person.accesskey,
}
"""The columns of a query. ``is_admin`` has vtiger's raw values, which the API does not translate."""

_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def api_id(record: int) -> str:
    """Return a record id in the form of the API; 19 is the number of the Users module."""
    return f"19x{record}"


def record_of(text: str) -> int | None:
    """Return the record id in an id of the API, or None if it is not the id of a user."""
    found = re.fullmatch(r"19x([0-9]{1,15})", text)
    return int(found[1]) if found else None


def full_row(person: Person) -> Row:
    """Return all columns of a person, including the password hash and the access key."""
    return {name: read(person) for name, read in COLUMNS.items()}


def run_query(query: VtqlQuery, active: list[Person], readable: Callable[[int, Person], bool]) -> list[Row]:
    """Return the rows of a query on the active users, which are ordered by record id.

    ``readable`` returns whether the caller may see the person at a position of that list. Other rows are
    left out after the limit has been applied, so a page can be short or empty although more rows follow. A
    count includes them. Raises AccessRefusedError if there is no such column.
    """
    if query.is_count:
        return [{"count": str(sum(1 for _ in _matching(query, active)))}]
    columns = _columns(query)
    seen = [person for position, person in _page(query, active) if readable(position, person)]
    return [{name: read(person) for name, read in columns.items()} for person in seen]


def _columns(query: VtqlQuery) -> dict[str, Callable[[Person], str]]:
    if query.columns == ("*",):
        return COLUMNS
    return {name: _reader(name) for name in query.columns}


def _reader(column: str) -> Callable[[Person], str]:
    if column not in COLUMNS:
        raise AccessRefusedError("QUERY_SYNTAX_ERROR", f"Unknown column {column}")
    return COLUMNS[column]


def _page(query: VtqlQuery, active: list[Person]) -> Iterator[tuple[int, Person]]:
    """Yield position and person of those within the limit."""
    end = query.offset + query.limit
    if not query.any_of:
        return enumerate(active[query.offset : end], query.offset)
    return islice(_matching(query, active), query.offset, end)


def _matching(query: VtqlQuery, active: list[Person]) -> Iterator[tuple[int, Person]]:
    """Yield position and person of everybody who meets all conditions of any group."""
    groups = [[_test(condition) for condition in group] for group in query.any_of] or [[]]
    start = _start(query, active)
    return (
        (position, person)
        for position, person in enumerate(active[start:], start)
        if any(all(test(person) for test in group) for group in groups)
    )


def _start(query: VtqlQuery, active: list[Person]) -> int:
    """Return the first position that can match, as a database finds it with its index of the ids."""
    if len(query.any_of) != 1:
        return 0
    above = [
        record_of(part.text) or 0 for part in query.any_of[0] if (part.column, part.operator) == ("id", ">")
    ]
    return bisect_right(active, max(above, default=0), key=lambda person: person.id)


def _test(condition: QueryCondition) -> RowTest:
    """Return a condition as a function. Texts are compared as in the database: without case and accents."""
    if condition.column == "id":
        return _id_test(condition)
    read, wanted = _reader(condition.column), fold(condition.text)
    if condition.operator == "like":
        pattern = _like(wanted)
        return lambda person: pattern.fullmatch(fold(read(person))) is not None
    compare = _ORDERINGS[condition.operator]
    return lambda person: compare(fold(read(person)), wanted)


def _id_test(condition: QueryCondition) -> RowTest:
    record, compare = record_of(condition.text), _ORDERINGS.get(condition.operator)
    if record is None or compare is None:
        raise AccessRefusedError("QUERY_SYNTAX_ERROR", "An id is compared with an id")
    return lambda person: compare(person.id, record)


def _like(text: str) -> re.Pattern[str]:
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(letter) or re.escape(letter) for letter in text), re.DOTALL)
