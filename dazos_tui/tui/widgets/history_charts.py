"""Statistics of the history as bars of characters, each with its number; without colour the same picture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from dazos_tui.history.models import Outcome
from dazos_tui.history.statistics import BUCKETS, DayCounts, HistoryStatistics, RankedName
from dazos_tui.tui.formatting import fit_width, format_day, format_length
from dazos_tui.tui.layout import MEDIUM, WIDE
from dazos_tui.tui.widgets.history_list import MARKS, OUTCOME_LOOKS
from dazos_tui.tui.widgets.reflowed_rows import QUIET, Rows

_LEAST_BAR = 12
"""Least cells of a bar; with fewer, the numbers are shown without bars."""
_LABEL, _LONG_LABEL, _NUMBER, _PERCENT = 12, 20, 7, 6
"""Cells of a row's label, of a name, of a number, and of a share."""
_GAP = 3
"""Cells between two columns of blocks."""
_FEW_DAYS, _MOST_DAYS = 14, 62
"""Most days of which each has a row, in one column of blocks and beside others; of more, weeks have one."""
_RANKED = 5
"""How many names of each kind are shown."""
_HOURS = 2
"""Hours that share a row."""


@dataclass(frozen=True, slots=True)
class Fills:
    """The characters of bars: of what was sent, of what was not, of what is unknown; and half a cell."""

    sent: str = "█"
    failed: str = "▓"
    unknown: str = "░"
    half: str = "▌"

    @property
    def legend(self) -> str:
        """Return what each of them means."""
        return f"{self.sent} sent  {self.failed} refused, not sent  {self.unknown} unknown"


BLOCKS = Fills()
ASCII = Fills("#", "x", "?", "#")


def fills_for(encoding: str) -> Fills:
    """Return the characters for a terminal with this encoding: blocks if it has them."""
    try:
        "".join((BLOCKS.sent, BLOCKS.failed, BLOCKS.unknown, BLOCKS.half)).encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return ASCII
    return BLOCKS


@dataclass(frozen=True, slots=True)
class HistoryCharts:
    """The blocks of the statistics. `by_week` groups the days; None does so if there are many."""

    statistics: HistoryStatistics
    fills: Fills = BLOCKS
    by_week: bool | None = None

    def rows(self, width: int, now: datetime) -> Rows:
        """Return all rows for a width in cells: up to three columns of blocks side by side."""
        if not self.statistics.total:
            return []
        if width < MEDIUM - 2:
            blocks = (self._days, self._back_in, self._hours, self._most_often)
            return _below(*(block(width, now) for block in blocks))
        count = 3 if width >= WIDE - 2 else 2
        cells = (width - _GAP * (count - 1)) // count
        right = _below(self._outcomes(cells, now), self._back_in(cells, now), self._hours(cells, now))
        most_often = self._most_often(cells, now)
        columns = [self._days(cells, now), right, most_often]
        return _beside(columns if count == 3 else [columns[0], _below(right, most_often)], cells)

    def is_by_week(self, width: int) -> bool:
        """Return whether the days are grouped at this width."""
        few = _FEW_DAYS if width < MEDIUM - 2 else _MOST_DAYS
        return len(self.statistics.days) > few if self.by_week is None else self.by_week

    # -- blocks, each with a heading ----------------------------------------------------------------------

    def _days(self, width: int, now: datetime) -> Rows:
        weekly = self.is_by_week(width)
        days = _weeks(self.statistics.days) if weekly else self.statistics.days
        most = max((day.total for day in days), default=0)
        rows = [_heading(f"Links per {'week' if weekly else 'day'}", width, "g days" if weekly else "g weeks")]
        rows += [Content.styled(line, QUIET) for line in _wrapped(self.fills.legend, width)]
        for day in reversed(days):
            parts = [day.counts.get(outcome, 0) for outcome in Outcome]
            rows.append(self._bar(format_day(day.day, now), parts, most, width, f"{day.total:,}"))
        return rows

    def _outcomes(self, width: int, _now: datetime) -> Rows:
        statistics = self.statistics
        most = max(statistics.outcomes.values(), default=0)
        rows = [_heading("Outcome", width, f"{statistics.total:,}")]
        for outcome in Outcome:
            number = statistics.outcomes.get(outcome, 0)
            share = f"{number / statistics.total:.0%}".rjust(_PERCENT)
            parts = [number if one is outcome else 0 for one in Outcome]
            label = f"{MARKS[outcome]} {outcome}"
            rows.append(self._bar(label, parts, most, width, f"{number:,}", after=share))
        return rows

    def _back_in(self, width: int, _now: datetime) -> Rows:
        times = self.statistics.back_in
        names = [f"≤ {name}" for _, name in BUCKETS]
        numbers = dict(zip([*names, "longer"], times.buckets, strict=True))
        most = max(*numbers.values(), times.not_yet)
        rows = [_heading("Until back in", width, f"{times.count:,}")]
        rows += [self._single(name, number, most, width) for name, number in numbers.items()]
        waiting = [times.not_yet if outcome is Outcome.UNKNOWN else 0 for outcome in Outcome]
        rows.append(self._bar("not yet", waiting, most, width, f"{times.not_yet:,}"))
        if times.median is not None and times.slowest_tenth is not None:
            half, slowest = (
                format_length(timedelta(minutes=minutes)) for minutes in (times.median, times.slowest_tenth)
            )
            words = f"half of them within {half}, the slowest tenth {slowest} or more"
            rows += [Content.styled(line, QUIET) for line in _wrapped(words, width)]
        if times.misdated:
            words = f"{times.misdated:,} before the link, by the dates: a clock was wrong"
            rows += [Content.styled(line, QUIET) for line in _wrapped(words, width)]
        return rows

    def _hours(self, width: int, _now: datetime) -> Rows:
        hours = self.statistics.hours
        pairs = [sum(hours[start : start + _HOURS]) for start in range(0, 24, _HOURS)]
        used = [index for index, number in enumerate(pairs) if number]
        rows = [_heading("Hours of the day", width)]
        for index in range(min(used, default=0), max(used, default=-1) + 1):
            start = index * _HOURS
            label = f"{start:02}–{start + _HOURS:02}"
            rows.append(self._single(label, pairs[index], max(pairs), width))
        return rows

    def _most_often(self, width: int, _now: datetime) -> Rows:
        statistics = self.statistics
        kinds: Mapping[str, Sequence[RankedName]] = {
            "Most often: people": statistics.people,
            "Roles, as they are now": statistics.roles,
            "Instances": statistics.instances,
            "Operators": statistics.operators,
        }
        return _below(*(list(self._ranked(title, names, width)) for title, names in kinds.items() if names))

    def _ranked(self, title: str, names: Sequence[RankedName], width: int) -> Iterator[Content]:
        yield _heading(title, width)
        most = max(one.count for one in names)
        for one in names[:_RANKED]:
            yield self._single(one.name, one.count, most, width, label_width=_LONG_LABEL)

    # -- bars ---------------------------------------------------------------------------------------------

    def _single(self, label: str, number: int, most: int, width: int, label_width: int = _LABEL) -> Content:
        parts = [number if outcome is Outcome.SENT else 0 for outcome in Outcome]
        return self._bar(label, parts, most, width, f"{number:,}", label_width=label_width)

    def _bar(
        self,
        label: str,
        parts: Sequence[int],
        most: int,
        width: int,
        number: str,
        *,
        after: str = "",
        label_width: int = _LABEL,
    ) -> Content:
        """Return a row: label, bar, number. `parts` are in the order of `Outcome`; `most` is a full bar."""
        end = f"{number.rjust(_NUMBER)}{after}"
        room = width - label_width - len(end)
        has_bar = room >= _LEAST_BAR
        label_width = label_width if has_bar else max(1, width - len(end))
        name = set_cell_size(fit_width(label, label_width - 1), label_width)
        bar = self._segments(parts, most, room) if has_bar else []
        drawn = sum(cell_len(text) for text, _ in bar)
        gap = " " * (room - drawn) if has_bar else ""
        return Content.assemble(name, *bar, gap, end)

    def _segments(self, parts: Sequence[int], most: int, room: int) -> list[tuple[str, str]]:
        """Return the parts of a bar in halves of a cell, each at least that long if it is not zero."""
        fills = self.fills
        characters = {
            Outcome.SENT: fills.sent, Outcome.REFUSED: fills.failed, Outcome.NOT_SENT: fills.failed,
            Outcome.UNKNOWN: fills.unknown,
        }  # fmt: skip
        segments, done, end = list[tuple[str, str]](), 0, 0
        for outcome, number in zip(Outcome, parts, strict=True):
            done += number
            if not number or not most:
                continue
            halves = round(2 * room * done / most)
            cells = max(halves // 2 - end, 0)
            is_last = done == sum(parts)
            text = characters[outcome] * cells
            # Only at the end: half a cell between two parts would hide that one ends there.
            if is_last and outcome is Outcome.SENT and (halves % 2 or not cells) and end + cells < room:
                text += fills.half
            text = text or characters[outcome]
            segments.append((text[: room - end], OUTCOME_LOOKS[outcome]))
            end += len(text)
        return segments


def _weeks(days: Sequence[DayCounts]) -> list[DayCounts]:
    """Return the counts of each week that begins on a Monday."""
    weeks = dict[date, dict[Outcome, int]]()
    for day in days:
        counts = weeks.setdefault(day.day - timedelta(days=day.day.weekday()), {})
        for outcome, number in day.counts.items():
            counts[outcome] = counts.get(outcome, 0) + number
    return [DayCounts(monday, counts) for monday, counts in weeks.items()]


def _heading(title: str, width: int, right: str = "") -> Content:
    title = fit_width(title, width)
    gap = width - cell_len(title) - cell_len(right)
    return Content.assemble((title, "bold"), " " * gap, (right, QUIET)) if gap > 0 else Content.styled(title, "bold")


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Yield a text in lines, broken only between its parts: at two spaces, else at one."""
    line = ""
    for part in text.split("  ") if "  " in text else text.split():
        joined = f"{line}{'  ' if '  ' in text else ' '}{part}" if line else part
        if line and cell_len(joined) > width:
            yield fit_width(line, width)
            joined = part
        line = joined
    yield fit_width(line, width)


def _below(*blocks: Rows) -> Rows:
    """Return blocks one below the other, with an empty row between them."""
    rows: Rows = []
    for block in filter(None, blocks):
        rows += [*([Content("")] if rows else []), *block]
    return rows


def _beside(columns: Sequence[Rows], width: int) -> Rows:
    """Return columns side by side, each of `width` cells."""
    empty = Content("")
    lines = []
    for cells in zip_longest(*columns, fillvalue=empty):
        padded = [cell + Content(" " * (width - cell.cell_length)) for cell in cells]
        lines.append(Content(" " * _GAP).join(padded))
    return lines
