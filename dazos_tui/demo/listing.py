"""The user list as the CRM's database returns it: filtered, sorted and paged."""

import json
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dazos_tui.demo.people import Person

DEFAULT_ORDER = "last_name"

FIELDS: dict[str, Callable[[Person], str]] = {
    "first_name": lambda person: person.first_name,
    "last_name": lambda person: person.last_name,
    "user_name": lambda person: person.user_name,
    "email1": lambda person: person.email1,
    "email2": lambda person: person.email2,
    "secondaryemail": lambda person: person.secondaryemail,
    "roleid": lambda person: person.roleid,
    "is_admin": lambda person: "Yes" if person.is_admin else "No",
    "status": lambda person: person.status,
    "title": lambda person: person.title,
    "department": lambda person: person.department,
    "phone_work": lambda person: person.phone_work,
    "phone_mobile": lambda person: person.phone_mobile,
    "reports_to_id": lambda person: person.reports_to_id,
}
"""Fields that can be a column and be sorted by. All but the status can be searched."""

EVERYONE = "Active and inactive"
"""The status of a list that shows both."""

Condition = tuple[str, str, str]


def fold(text: str) -> str:
    """Return a text without case and accents, as a MariaDB collation compares it."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


@dataclass(frozen=True)
class ListQuery:
    """The parameters of a request for the list."""

    page: int = 1
    status: str = "Active"
    order_by: str = DEFAULT_ORDER
    descending: bool = False
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()

    @classmethod
    def parse(cls, params: dict[str, str], *, usual: str = "Active", switches: bool = True) -> "ListQuery":
        """Parse the parameters of a list request. Invalid ones are ignored, as the CRM ignores them.

        `usual` is the status of the people that the list shows by default, `switches` whether the request can
        switch to the inactive ones.
        """
        groups = _groups(params.get("search_params", ""))
        order_by = params.get("orderby", "")
        inactive = switches and (
            params.get("search_key") == "status"
            and params.get("search_value") == "Inactive"
            and params.get("operator") == "e"
        )
        return cls(
            page=_page_number(params.get("page", "")),
            status="Inactive" if inactive else usual,
            order_by=order_by if order_by in FIELDS else DEFAULT_ORDER,
            descending=params.get("sortorder", "").upper() == "DESC",
            all_of=groups[0],
            any_of=groups[1],
        )

    @property
    def is_search(self) -> bool:
        """Whether the list is filtered by a search."""
        return bool(self.all_of or self.any_of)


def _page_number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _groups(text: str) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """Parse ``search_params``: JSON ``[AND, OR]``, each a list of ``[field, operator, text]``."""
    try:
        groups: Any = json.loads(text) if text else []
    except ValueError:
        groups = []
    parts = [_conditions(group) for group in groups] if isinstance(groups, list) else []
    both = [*parts, (), ()]
    return both[0], both[1]


def _conditions(group: object) -> tuple[Condition, ...]:
    if not isinstance(group, list):
        return ()
    return tuple(
        (str(entry[0]), str(entry[1]), str(entry[2]))
        for entry in group
        if isinstance(entry, list) and len(entry) == 3
    )


@dataclass(frozen=True)
class ListPage:
    """One page of the list."""

    people: list[Person]
    number: int
    start: int
    more: bool
    size: int
    """The number of rows of a full page."""


@dataclass(frozen=True)
class _Sorted:
    """People in the order of one column, with the folded value that each was sorted by."""

    people: list[Person]
    keys: list[str]


@dataclass
class DemoUserList:
    """The list of one instance. Sorted orders are cached until a record changes."""

    people: list[Person]
    page_size: int
    _orders: dict[tuple[str, str], _Sorted] = field(default_factory=dict)
    _folded: dict[str, dict[int, str]] = field(default_factory=dict)
    _by_id: list[Person] | None = None

    def invalidate(self) -> None:
        """Drop the cached orders, after a record has changed."""
        self._orders.clear()
        self._folded.clear()
        self._by_id = None

    @property
    def active(self) -> list[Person]:
        """All active people, by record id."""
        known = self._by_id
        if known is None:
            active = (person for person in self.people if person.active)
            known = self._by_id = sorted(active, key=lambda person: person.id)
        return known

    def page(self, query: ListQuery, size: int | None = None) -> ListPage:
        """Return the requested page, of ``size`` rows or the usual number. A page past the end is empty."""
        size = size or self.page_size
        order = self._order(query.status, query.order_by)
        if query.is_search:
            order = self._search(order, query)
        start = (query.page - 1) * size
        end = min(start + size, len(order.people))
        rows = [_row_at(order, position, query) for position in range(start, end)]
        return ListPage(rows, query.page, start, end < len(order.people), size)

    def count(self, status: str) -> int:
        """Return how many people have this status."""
        return len(self._order(status, "user_name").people)

    def _order(self, status: str, column: str) -> _Sorted:
        known = self._orders.get((status, column))
        if known is None:
            values = self._values(column)
            people = [person for person in self.people if status in {person.status, EVERYONE}]
            people.sort(key=lambda person: values[person.id])
            known = _Sorted(people, [values[person.id] for person in people])
            self._orders[status, column] = known
        return known

    def _values(self, column: str) -> dict[int, str]:
        if column not in self._folded:
            read = FIELDS[column]
            self._folded[column] = {person.id: fold(read(person)) for person in self.people}
        return self._folded[column]

    def _search(self, order: _Sorted, query: ListQuery) -> _Sorted:
        """Return the people who meet all conditions of the AND group and any condition of the OR group."""
        every = [self._matching(condition) for condition in query.all_of]
        if query.any_of:
            every.append(set().union(*(self._matching(condition) for condition in query.any_of)))
        found = set.intersection(*every)
        pairs = zip(order.people, order.keys, strict=True)
        kept = [(person, key) for person, key in pairs if person.id in found]
        return _Sorted([person for person, _ in kept], [key for _, key in kept])

    def _matching(self, condition: Condition) -> set[int]:
        """Return the record ids that meet a condition; none if the field cannot be searched (``status``!).

        A comprehension for each operator is several times faster than a function called for each person.
        """
        name, operator, text = condition
        values, wanted = self._values(name) if name in FIELDS and name != "status" else {}, fold(text)
        if operator == "c":
            return {record for record, value in values.items() if wanted in value}
        if operator == "e":
            return {record for record, value in values.items() if value == wanted}
        if operator == "s":
            return {record for record, value in values.items() if value.startswith(wanted)}
        return set()


def _row_at(order: _Sorted, position: int, query: ListQuery) -> Person:
    """Return the person that a database would put at this position of this page.

    A database promises no order among equal values, and may return another order for each page. So paging
    by a column that is not unique silently loses some people and repeats others. Here equal values are
    rotated by an amount that depends on the page. With a unique column there is nothing to rotate.
    """
    index = len(order.people) - 1 - position if query.descending else position
    low = bisect_left(order.keys, order.keys[index])
    high = bisect_right(order.keys, order.keys[index])
    drift = (query.page * 2_654_435_761 + low * 40_503) >> 7
    return order.people[low + (index - low + drift) % (high - low)]
