"""Statistics of the reset links that a query of the history finds. Enabled logins are not counted."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from dazos_tui.history.errors import HistoryError
from dazos_tui.history.link_counts import LinkCounts, Selection, count_links, with_most
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


K = TypeVar("K")
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
    search = search or HistorySearch(history)
    try:
        counts = search.link_counts(query, None if role_of else MOST_RANKED)
        counts = counts or count_links(history, query, _selections(query, search))
        days, hours = _days_and_hours(counts.times)
        outcomes = Counter[Outcome]()
        for day in days:
            outcomes.update(day.counts)
        return HistoryStatistics(
            outcomes={outcome: outcomes[outcome] for outcome in Outcome},
            days=days,
            hours=hours,
            back_in=_back_in(counts.delays, went_out=outcomes[Outcome.SENT] + outcomes[Outcome.UNKNOWN]),
            people=_named_people(history, counts),
            instances=_ranked(_summed(counts.places, lambda key: key[0])),
            operators=_ranked(_summed(counts.places, lambda key: key[1])),
            roles=_ranked(_summed(counts.people, lambda key: role_of(PersonKey(*key)))) if role_of else (),
        )
    except (TypeError, ValueError, OverflowError, OSError):
        raise HistoryError(
            f"A row of the history {history.place} has data that dazos-tui never writes.",
            advice="“dazos-tui history” names it: another program has changed it.",
        ) from None


def _selections(query: HistoryQuery, search: HistorySearch) -> list[Selection]:
    """Return conditions that each select a part of what the query finds."""
    sql = query_to_sql(query)
    found = search.find(query, wanted=MOST_CANDIDATES + 1, effort=None if sql.checks else 0)
    if not found.is_complete and not sql.checks:
        return [(sql.where, sql.values)]
    found.extend()
    starts = range(0, len(found), _IDS_AT_ONCE)
    return [(among(found.ids[start : start + _IDS_AT_ONCE]), {}) for start in starts]


def _days_and_hours(times: "Counter[tuple[int, str]]") -> tuple[tuple[DayCounts, ...], tuple[int, ...]]:
    by_day, hours = Counter[tuple[date, str]](), [0] * 24
    by_minute = Counter[int]()
    for (minute, _), count in times.items():
        by_minute[minute] += count
    day_of = dict[int, date]()
    for minute, count in by_minute.items():
        moment = datetime.fromtimestamp(minute * 60)  # noqa: DTZ006 - local
        day_of[minute] = moment.date()
        hours[moment.hour] += count
    for (minute, outcome), count in times.items():
        by_day[day_of[minute], outcome] += count
    days = dict[date, Counter[Outcome]]()
    for (day, outcome), count in by_day.items():
        days.setdefault(day, Counter())[Outcome(outcome)] = count
    return _every_day(days), tuple(hours)


def _every_day(by_day: Mapping[date, "Counter[Outcome]"]) -> tuple[DayCounts, ...]:
    if not by_day:
        return ()
    first, last = min(by_day), max(by_day)
    if (last - first).days > _MOST_DAYS:
        # A clock was wrong.
        return tuple(DayCounts(day, by_day[day]) for day in sorted(by_day))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(DayCounts(day, by_day.get(day, Counter())) for day in days)


def _back_in(minutes: Mapping[int, int], *, went_out: int) -> BackInTimes:
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


def _named_people(history: HistoryStore, counts: LinkCounts) -> tuple[RankedName, ...]:
    """Return who is named most, as they were called in a late row."""
    ranked = with_most(counts.people, MOST_RANKED)
    rows = [counts.newest[person] for person, _ in ranked]
    requests = {entry.id: entry.request for entry in history.entries_by_id(rows)}
    return tuple(
        RankedName(requests[row].name or requests[row].user_name, count, requests[row].email)
        for row, (_, count) in zip(rows, ranked, strict=True)
        if row in requests
    )


def _summed(counts: "Counter[K]", key_of: Callable[[K], object]) -> "Counter[object]":
    total = Counter[object]()
    for key, count in counts.items():
        total[key_of(key)] += count
    return total


def _ranked(counts: "Counter[object]") -> tuple[RankedName, ...]:
    named = Counter({str(name): count for name, count in counts.items() if name})
    return tuple(RankedName(safe_text(name), count) for name, count in with_most(named, MOST_RANKED))
