"""Statistics of the reset links that a query of the history finds. Enabled logins are not counted."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from dazos_tui.history.backend import Row, Value
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import Outcome
from dazos_tui.history.query import HistoryQuery
from dazos_tui.history.query_sql import query_to_sql
from dazos_tui.history.search import MOST_CANDIDATES, HistorySearch, among
from dazos_tui.history.store import HistoryStore
from dazos_tui.text.sanitize import safe_text

BUCKETS = ((15, "15 min"), (60, "1 h"), (240, "4 h"), (1440, "1 d"))
"""The stretches of time until somebody was back in: the most minutes of each, and how it is called."""
MOST_RANKED = 10
"""How many people, instances and so on are named."""

_IDS_AT_ONCE = 50_000
_MOST_DAYS = 20 * 365
_LINKS = "action = 'reset link'"
_HOUR, _TEN_MINUTES, _MINUTE = 13, 15, 16
"""How much of a stored time says its hour, its ten minutes, its minute."""

# Minutes, rounded up. Half a minute less a little makes up for the rounding of days to floating point.
_MINUTES_UNTIL_BACK = "round((julianday(back_in_at) - julianday(requested_at)) * 1440 + 0.499999)"
# With the empty text, SQLite does not read all of another index to have its rows sorted.
_OPERATOR, _INSTANCE, _USER_ID = "operator || ''", "instance || ''", "user_id || ''"
_SERVER = "CASE WHEN server = '' THEN instance ELSE server END"


@dataclass(frozen=True, slots=True)
class PersonKey:
    """An account as rows are counted by: a record of a server (of an instance in rows without one)."""

    server: str
    user_id: str


@dataclass(frozen=True, slots=True)
class RankedName:
    """How many links were for, in, or by one of these; `detail` is a person's e-mail."""

    name: str
    count: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DayCounts:
    """The links of a day, or of several that begin with it, by outcome."""

    day: date
    counts: Mapping[Outcome, int]

    @property
    def total(self) -> int:
        """Return the number of links."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class BackInTimes:
    """How long people took until they were seen to be back in, in minutes, rounded up.

    Half of them took at most `median`; of ten, the slowest took at least `slowest_tenth`. `buckets` has the
    numbers for `BUCKETS` and one for longer. `misdated` of `count` have a sign-in dated before the link: a
    clock was wrong. `not_yet` links went out, or may have, and nobody was seen.
    """

    count: int
    not_yet: int
    misdated: int
    median: int | None
    slowest_tenth: int | None
    buckets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HistoryStatistics:
    """What the found links add up to. Days and hours are local; `days` has every day, the oldest first.

    Where dates are more than 20 years apart, `days` has only those with a link."""

    outcomes: Mapping[Outcome, int]
    days: tuple[DayCounts, ...]
    hours: tuple[int, ...]
    back_in: BackInTimes
    people: tuple[RankedName, ...]
    instances: tuple[RankedName, ...]
    operators: tuple[RankedName, ...]
    roles: tuple[RankedName, ...] = ()

    @property
    def total(self) -> int:
        """Return the number of links."""
        return sum(self.outcomes.values())


RoleOf = Callable[[PersonKey], str | None]


def collect_statistics(
    history: HistoryStore,
    query: HistoryQuery,
    *,
    search: HistorySearch | None = None,
    role_of: RoleOf | None = None,
) -> HistoryStatistics:
    """Return the statistics of the links that a query finds.

    `search` may have an index. With `role_of`, the roles of the people are counted, too: it returns a
    person's role as it is now, None if unknown. Raises HistoryError.
    """
    counts = _Counts(history, _selections(history, query, search or HistorySearch(history)))
    slots = counts.of(f"substr(requested_at, 1, {_slot_length(query)})", "outcome")
    delays = counts.of(_MINUTES_UNTIL_BACK, where="back_in_at IS NOT NULL")
    places = counts.of(_INSTANCE, _OPERATOR)
    people = counts.of(
        "CASE WHEN server = '' THEN instance ELSE server END", "user_id", where="user_id <> ''"
    )
    try:
        outcomes = _summed(slots, lambda key: Outcome(key[1]))
        return HistoryStatistics(
            outcomes={outcome: outcomes[outcome] for outcome in Outcome},
            days=_days(slots),
            hours=_hours(slots),
            back_in=_back_in(delays, went_out=outcomes[Outcome.SENT] + outcomes[Outcome.UNKNOWN]),
            people=_named_people(history, people, counts.newest_rows),
            instances=_ranked(_summed(places, lambda key: key[0])),
            operators=_ranked(_summed(places, lambda key: key[1])),
            roles=_ranked(_summed(people, lambda key: role_of(PersonKey(*key)) or "")) if role_of else (),
        )
    except (TypeError, ValueError, OverflowError):
        raise HistoryError(
            f"A row of the history {history.place} has data that dazos-tui never writes.",
            advice="“dazos-tui history” names it: another program has changed it.",
        ) from None


Selection = tuple[str, Mapping[str, Value]]
"""A condition in SQL, and its values."""


def _selections(history: HistoryStore, query: HistoryQuery, search: HistorySearch) -> list[Selection]:
    """Return conditions that each select a part of what the query finds."""
    sql = query_to_sql(query)
    found = search.find(query, wanted=MOST_CANDIDATES + 1, effort=None if sql.checks else 0)
    if not found.is_complete and not sql.checks:
        return [(sql.where, sql.values)]
    found.extend()
    starts = range(0, len(found), _IDS_AT_ONCE)
    return [(among(found.ids[start : start + _IDS_AT_ONCE]), {}) for start in starts]


class _Counts:
    """Counts the links of some selections."""

    def __init__(self, history: HistoryStore, selections: Sequence[Selection]) -> None:
        self._history, self._selections = history, selections
        self.newest_rows = dict[Row, int]()
        """The newest id of each of the values that were counted last."""

    def of(self, *columns: str, where: str = "") -> Counter[Row]:
        """Return how many links there are for each value of these columns."""
        counts = Counter[Row]()
        self.newest_rows = {}
        keys = ", ".join(columns)
        numbers = ", ".join(str(number + 1) for number in range(len(columns)))
        condition = f"{_LINKS} AND {where}" if where else _LINKS
        for selection, values in self._selections:
            sql = (
                f"SELECT {keys}, count(*), max(id) FROM resets WHERE {selection} AND {condition} "  # noqa: S608
                f"GROUP BY {numbers}"
            )
            for row in self._history.backend.read(sql, values):
                *key, count, newest = row
                counts[tuple(key)] += int(count)
                self.newest_rows[tuple(key)] = max(newest, self.newest_rows.get(tuple(key), 0))
        return counts


def _slot_length(query: HistoryQuery) -> int:
    """Return how much of a stored time is needed to tell its local day and hour: offsets may have minutes."""
    end = query.end or datetime.now(UTC)
    start = query.start or end - timedelta(days=20 * 365)
    # Every two months: an offset changes with the seasons.
    moments = (start + timedelta(days=60) * number for number in range((end - start).days // 60 + 2))
    offsets = {(moment.astimezone().utcoffset() or timedelta()) // timedelta(minutes=1) for moment in moments}
    if all(offset % 60 == 0 for offset in offsets):
        return _HOUR
    return _TEN_MINUTES if all(offset % 10 == 0 for offset in offsets) else _MINUTE


def _local(slot: str) -> datetime:
    """Return the local time of the beginning of a stored time."""
    full = slot + "0001-01-01T00:00"[len(slot) :]
    return datetime.fromisoformat(full).replace(tzinfo=UTC).astimezone()


def _days(slots: Counter[Row]) -> tuple[DayCounts, ...]:
    by_day = dict[date, Counter[Outcome]]()
    for (slot, outcome), count in slots.items():
        by_day.setdefault(_local(slot).date(), Counter())[Outcome(outcome)] += count
    if not by_day:
        return ()
    first, last = min(by_day), max(by_day)
    if (last - first).days > _MOST_DAYS:
        # A clock was wrong.
        return tuple(DayCounts(day, by_day[day]) for day in sorted(by_day))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(DayCounts(day, by_day.get(day, Counter())) for day in days)


def _hours(slots: Counter[Row]) -> tuple[int, ...]:
    hours = _summed(slots, lambda key: _local(key[0]).hour)
    return tuple(hours[hour] for hour in range(24))


def _back_in(delays: Counter[Row], *, went_out: int) -> BackInTimes:
    minutes = {int(key[0]): count for key, count in delays.items()}
    known = sum(minutes.values())
    dated = {minute: count for minute, count in minutes.items() if minute >= 0}
    limits = [0, *(limit for limit, _ in BUCKETS)]
    buckets = [
        sum(count for minute, count in dated.items() if low < minute <= high or minute == low == 0)
        for low, high in pairwise(limits)
    ]
    total = sum(dated.values())
    return BackInTimes(
        count=known,
        not_yet=went_out - known,
        misdated=known - total,
        median=_quantile(dated, (total + 1) // 2),
        slowest_tenth=_quantile(dated, total - max(1, total // 10) + 1 if total else 0),
        buckets=(*buckets, total - sum(buckets)),
    )


def _quantile(minutes: Mapping[int, int], position: int) -> int | None:
    """Return the value at a position (from 1) of the sorted values, None if there are none."""
    for minute in sorted(minutes):
        position -= minutes[minute]
        if position <= 0:
            return minute
    return None


def _named_people(
    history: HistoryStore, people: Counter[Row], rows: Mapping[Row, int]
) -> tuple[RankedName, ...]:
    """Return who is named most, as they were called in the rows with these ids."""
    ranked = sorted(people.items(), key=lambda one: (-one[1], one[0]))[:MOST_RANKED]
    entries = history.entries_by_id([rows[key] for key, _ in ranked])
    requests = {entry.id: entry.request for entry in entries}
    named = ((requests[rows[key]], count) for key, count in ranked if rows[key] in requests)
    return tuple(RankedName(one.name or one.user_name, count, one.email) for one, count in named)


def _summed(counts: Counter[Row], key_of: Callable[[Row], object]) -> "Counter[object]":
    total = Counter[object]()
    for key, count in counts.items():
        total[key_of(key)] += count
    return total


def _ranked(counts: "Counter[object]") -> tuple[RankedName, ...]:
    named = ((str(name), count) for name, count in counts.items() if name)
    ranked = sorted(named, key=lambda one: (-one[1], one[0]))[:MOST_RANKED]
    return tuple(RankedName(safe_text(name), count) for name, count in ranked)
