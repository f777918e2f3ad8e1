"""Statistics of the history as text: bars told apart by their fill, each with its number."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, zip_longest

from dazos_tui.history.clock_skew import duration
from dazos_tui.history.models import Outcome
from dazos_tui.history.statistics import BUCKETS, BackInTimes, DayCounts, HistoryStatistics, RankedName
from dazos_tui.text.cells import cell_width, pad_cells, truncate_cells


@dataclass(frozen=True, slots=True)
class BarCells:
    """What bars are drawn with: a cell for each kind of outcome, and half a cell (may be empty)."""

    sent: str
    failed: str
    unknown: str
    half: str
    marks: Mapping[Outcome, str]
    at_most: str


BLOCKS = BarCells(
    "█", "▓", "░", "▌",
    {Outcome.SENT: "✓", Outcome.REFUSED: "✗", Outcome.NOT_SENT: "–", Outcome.UNKNOWN: "?"}, "≤ ",
)  # fmt: skip
PLAIN = BarCells(
    "#", "x", "?", "",
    {Outcome.SENT: "+", Outcome.REFUSED: "x", Outcome.NOT_SENT: "-", Outcome.UNKNOWN: "?"}, "<= ",
)  # fmt: skip
"""For encodings without block elements."""

LEAST_BAR = 12
"""With fewer cells for the longest bar, there are only numbers."""
_TWO_COLUMNS, _GAP = 70, 4
_MOST_ROWS = 62


def bar(count: int, longest: int, cells: int, drawn: BarCells, fill: str = "") -> str:
    """Return a bar for a count, of which `longest` takes `cells`; nothing for 0 or for too few cells."""
    if cells < LEAST_BAR or not count:
        return ""
    halves = max(1, round(2 * cells * count / longest))
    if fill or not drawn.half:
        return (fill or drawn.sent) * max(1, halves // 2)
    return drawn.sent * (halves // 2) + drawn.half * (halves % 2)


def stacked_bar(counts: Mapping[Outcome, int], longest: int, cells: int, drawn: BarCells) -> str:
    """Return a bar of three parts: sent, refused or not sent, unknown. No part that has a count is lost."""
    failed = counts.get(Outcome.REFUSED, 0) + counts.get(Outcome.NOT_SENT, 0)
    unknown, sent = counts.get(Outcome.UNKNOWN, 0), counts.get(Outcome.SENT, 0)
    if cells < LEAST_BAR or not (failed or unknown):
        return bar(sent, longest, cells, drawn)
    whole = round(cells * (sent + failed + unknown) / longest)
    ends = [max(1, round(cells * part / longest)) if part else 0 for part in (failed, unknown)]
    start = max(1, whole - sum(ends)) if sent else 0
    return drawn.sent * start + drawn.failed * ends[0] + drawn.unknown * ends[1]


def grouped_days(days: Sequence[DayCounts], *, most: int = _MOST_ROWS) -> tuple[str, tuple[DayCounts, ...]]:
    """Return ``day``, ``week`` or ``month``, whichever gives at most `most` rows, and these rows."""
    for name, start_of in (("day", _day), ("week", _monday)):
        rows = tuple(_grouped(days, start_of))
        if len(rows) <= most:
            return name, rows
    return "month", tuple(_grouped(days, _first))


def grouped_by_week(days: Sequence[DayCounts]) -> tuple[DayCounts, ...]:
    """Return the counts of each week, by its Monday."""
    return tuple(_grouped(days, _monday))


def statistics_lines(found: HistoryStatistics, width: int, drawn: BarCells = BLOCKS) -> list[str]:
    """Return the statistics as lines of at most `width` cells: two columns from 70 on, else one."""
    if not found.total:
        return ["Nothing to count."]
    if width < _TWO_COLUMNS:
        return [
            truncate_cells(line, width)
            for line in (*_left(found, width, drawn), "", *_right(found, width, drawn))
        ]
    column = (width - _GAP) // 2
    left, right = (
        [truncate_cells(line, column) for line in half(found, column, drawn)] for half in (_left, _right)
    )
    rows = zip_longest(left, right, fillvalue="")
    return [f"{pad_cells(start, column + _GAP)}{end}".rstrip() for start, end in rows]


def share(part: int, whole: int) -> str:
    """Return a share in percent: ``84 %``, ``< 1 %``."""
    percent = round(100 * part / whole) if whole else 0
    return "< 1 %" if part and not percent else f"{percent} %"


def back_in_summary(back_in: BackInTimes) -> tuple[str, ...]:
    """Return phrases about how long it took people; none if nobody was seen to be back in."""
    phrases = list[str]()
    if back_in.median is not None and back_in.slowest_tenth is not None:
        phrases.append(f"half of them within {_minutes(back_in.median)}")
        phrases.append(f"the slowest tenth after {_minutes(back_in.slowest_tenth)}")
    if back_in.misdated:
        phrases.append(f"{back_in.misdated:,} dated before the link")
    return tuple(phrases)


def day_label(day: date, unit: str) -> str:
    """Return how a row of days is called: ``Sat 28 Nov``, ``23 Nov 2026`` for a week, ``Nov 2026``."""
    return day.strftime({"day": "%a %d %b", "week": "%d %b %Y", "month": "%b %Y"}[unit])


def _left(found: HistoryStatistics, width: int, drawn: BarCells) -> Iterator[str]:
    unit, rows = grouped_days(found.days)
    legend = f"{drawn.sent} sent {drawn.failed} refused, not sent {drawn.unknown} unknown"
    yield from (
        (f"Links per {unit}", f"  {legend}") if width > cell_width(legend) + 1 else (f"Links per {unit}",)
    )
    longest = max(row.total for row in rows)
    labels = [day_label(row.day, unit) for row in rows]
    for row, label in reversed(list(zip(rows, labels, strict=True))):
        cells = _bar_cells(width, len(labels[0]), longest)
        yield _line(label, stacked_bar(row.counts, longest, cells, drawn), row.total, width)
    yield ""
    yield from _hours(found.hours, width, drawn)


def _right(found: HistoryStatistics, width: int, drawn: BarCells) -> Iterator[str]:
    yield _heading("Outcome", found.total, width)
    longest = max(found.outcomes.values())
    for outcome, count in found.outcomes.items():
        label = f"{drawn.marks[outcome]} {outcome}".ljust(10)
        percent = share(count, found.total).rjust(6)
        drawn_bar = bar(count, longest, _bar_cells(width - len(percent), len(label), longest), drawn)
        yield _line(label, drawn_bar, count, width - len(percent)) + percent
    yield ""
    yield from _back_in(found.back_in, width, drawn)
    for title, ranked in (
        ("People", found.people), ("Roles (as they are now)", found.roles), ("Instances", found.instances),
        ("Operators", found.operators),
    ):  # fmt: skip
        if ranked:
            yield from ("", f"{title} with most links")
            yield from _ranking(ranked, width, drawn)


def _back_in(back_in: BackInTimes, width: int, drawn: BarCells) -> Iterator[str]:
    yield _heading("Until back in", back_in.count, width)
    labels = [f"{drawn.at_most}{name}" for _, name in BUCKETS] + ["longer"]
    rows = [(label, count, "") for label, count in zip(labels, back_in.buckets, strict=True)]
    rows.append(("not seen", back_in.not_yet, drawn.unknown))
    longest = max(count for _, count, _ in rows)
    for label, count, fill in rows:
        cells = _bar_cells(width, 9, longest)
        yield _line(label.ljust(9), bar(count, longest, cells, drawn, fill), count, width)
    yield from (f"  {phrase}" for phrase in back_in_summary(back_in))


def _hours(hours: Sequence[int], width: int, drawn: BarCells) -> Iterator[str]:
    yield "Hours of the day"
    used = [hour for hour, count in enumerate(hours) if count]
    for hour in range(used[0], used[-1] + 1):
        cells = _bar_cells(width, 5, max(hours))
        yield _line(f"{hour:02}:00", bar(hours[hour], max(hours), cells, drawn), hours[hour], width)


def _ranking(ranked: Sequence[RankedName], width: int, drawn: BarCells) -> Iterator[str]:
    longest, labels = ranked[0].count, ranked_labels(ranked)
    names = min(max(map(cell_width, labels)), width // 2)
    for one, label in zip(ranked, labels, strict=True):
        drawn_bar = bar(one.count, longest, _bar_cells(width, names, longest), drawn)
        yield _line(pad_cells(truncate_cells(label, names), names), drawn_bar, one.count, width)


def ranked_labels(ranked: Sequence[RankedName]) -> list[str]:
    """Return the names, with the e-mail of those who share theirs."""
    times = Counter(one.name for one in ranked)
    return [one.name if times[one.name] == 1 else f"{one.name} {one.detail}".rstrip() for one in ranked]


def _bar_cells(width: int, label: int, longest: int) -> int:
    """Return how many cells are left for the longest bar of a block."""
    return width - label - len(f"{longest:,}") - 6


def _line(label: str, drawn_bar: str, count: int, width: int) -> str:
    number = f"{count:,}"
    return f"{pad_cells(f'  {label}  {drawn_bar}', width - len(number))}{number}"


def _heading(title: str, count: int, width: int) -> str:
    number = f"{count:,}"
    return f"{title.ljust(width - len(number))}{number}"


def _minutes(minutes: int) -> str:
    return duration(minutes * 60) if minutes else "a minute"


def _grouped(days: Sequence[DayCounts], start_of: Callable[[date], date]) -> Iterator[DayCounts]:
    for start, group in groupby(days, key=lambda one: start_of(one.day)):
        total = Counter[Outcome]()
        for one in group:
            total.update(one.counts)
        yield DayCounts(start, total)


def _day(day: date) -> date:
    return day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _first(day: date) -> date:
    return day.replace(day=1)
