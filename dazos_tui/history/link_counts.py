"""Counting the links of the history by the database, for statistics."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import Any, TypeVar

from dazos_tui.history.backend import Row, Value
from dazos_tui.history.query import HistoryQuery
from dazos_tui.history.store import HistoryStore

_LINKS = "action = 'reset link'"
_HOUR, _TEN_MINUTES, _MINUTE = 13, 15, 16
"""How much of a stored time says its hour, its ten minutes, its minute."""
_EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
"""What can be converted to every time zone."""
_LOOKBACK = timedelta(days=20 * 365)
"""Where a query has no start, how far back the offsets of the time zone are compared."""

# Minutes, rounded up. Half a minute less a little makes up for the rounding of days to floating point.
_MINUTES_UNTIL_BACK = "round((julianday(back_in_at) - julianday(requested_at)) * 1440 + 0.499999)"
# With the empty text, SQLite does not read all of another index to have its rows sorted.
_OPERATOR, _INSTANCE, _USER_ID = "operator || ''", "instance || ''", "user_id || ''"
SERVER = "CASE WHEN server = '' THEN instance ELSE server END"
"""The server of a row; the instance of an old one without it."""

K = TypeVar("K", bound=Any)

Selection = tuple[str, Mapping[str, Value]]
"""A condition in SQL, and its values."""


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """How many links there are for each value of what statistics are about.

    `times` are the minutes since 1970 (UTC) of a stretch that is in one local hour, with the outcome.
    `delays` are the minutes until somebody was back in, rounded up. `places` are instance and operator,
    `people` server and record id, perhaps only of those with most links; `newest` has the id of a late row of
    each of the latter.
    """

    times: Counter[tuple[int, str]] = field(default_factory=Counter)
    delays: Counter[int] = field(default_factory=Counter)
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    people: Counter[tuple[str, str]] = field(default_factory=Counter)
    newest: dict[tuple[str, str], int] = field(default_factory=dict)


def with_most(counts: "Counter[K]", number: int) -> list[tuple[K, int]]:
    """Return the values that are counted most, with their counts, those that are as many by their order."""
    least = min(nlargest(number, counts.values()), default=0)
    return sorted((one for one in counts.items() if one[1] >= least), key=lambda one: (-one[1], one[0]))[
        :number
    ]


def count_links(history: HistoryStore, query: HistoryQuery, selections: Sequence[Selection]) -> LinkCounts:
    """Return the counts of the links that the selections of a query select.

    Raises HistoryError; ValueError or OverflowError if a row has a time that is none.
    """
    found = LinkCounts()
    slot = f"substr(requested_at, 1, {_slot_length(query)})"
    for selection in selections:
        for text, outcome, number, _ in _grouped(history, selection, slot, "outcome"):
            found.times[_minute(text), outcome] += number
        is_back = "back_in_at IS NOT NULL"
        for minutes, number, _ in _grouped(history, selection, _MINUTES_UNTIL_BACK, where=is_back):
            found.delays[int(minutes)] += number
        for instance, operator, number, _ in _grouped(history, selection, _INSTANCE, _OPERATOR):
            found.places[instance, operator] += number
        is_known = "user_id <> ''"
        for server, user_id, number, newest in _grouped(history, selection, SERVER, _USER_ID, where=is_known):
            person = (server, user_id)
            found.people[person] += number
            found.newest[person] = max(newest, found.newest.get(person, 0))
    return found


def _grouped(history: HistoryStore, selection: Selection, *columns: str, where: str = "1 = 1") -> list[Row]:
    """Return the values of columns, each with the number of links and the largest id."""
    condition, values = selection
    numbers = ", ".join(str(number + 1) for number in range(len(columns)))
    sql = (
        f"SELECT {', '.join(columns)}, count(*), max(id) FROM resets "  # noqa: S608
        f"WHERE {condition} AND {_LINKS} AND {where} GROUP BY {numbers}"
    )
    return history.backend.read(sql, values)


def _slot_length(query: HistoryQuery) -> int:
    """Return how much of a stored time is needed to tell its local day and hour: offsets may have minutes."""
    end = query.end or datetime.now(UTC)
    start = query.start or _EARLIEST + max(end - _EARLIEST - _LOOKBACK, timedelta())
    # Every two months: an offset changes with the seasons.
    moments = (start + timedelta(days=60) * number for number in range((end - start).days // 60 + 2))
    offsets = {(moment.astimezone().utcoffset() or timedelta()) // timedelta(minutes=1) for moment in moments}
    if all(offset % 60 == 0 for offset in offsets):
        return _HOUR
    return _TEN_MINUTES if all(offset % 10 == 0 for offset in offsets) else _MINUTE


def _minute(slot: str) -> int:
    """Return the minutes from 1970 to the beginning of a stored time."""
    full = slot + "0001-01-01T00:00"[len(slot) :]
    return int(datetime.fromisoformat(full).replace(tzinfo=UTC).timestamp() // 60)
