"""Statistics of the history as bars of characters, each with its number; without colour the same picture."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from dazos_tui.history.charts import (
    BLOCKS,
    LEAST_BAR,
    PLAIN,
    BarCells,
    bar,
    grouped_by_week,
    ranked_labels,
    share,
    stacked_bar,
)
from dazos_tui.history.statistics import BUCKETS, HistoryStatistics, RankedName
from dazos_tui.tui.formatting import fit_width, format_day, format_length
from dazos_tui.tui.layout import MEDIUM, WIDE
from dazos_tui.tui.widgets.history_list import OUTCOME_LOOKS
from dazos_tui.tui.widgets.reflowed_rows import QUIET, ReflowedRows, Rows, as_rows, wrap_text

_LABEL, _NAME, _NUMBER = 12, 18, 6
"""Cells of a row's label, of a name, and of a number."""
_GAP = 3
"""Cells between two columns of blocks."""
_FEW_DAYS, _MOST_DAYS = 14, 62
"""Most days of which each has a row, in one column of blocks and beside others; of more, weeks have one."""
_RANKED = 5
"""How many names of each kind are shown."""
_HOURS = 2
"""Hours that share a row."""


def bars_for(encoding: str) -> BarCells:
    """Return what bars are drawn with in a terminal of this encoding: blocks if it has them."""
    try:
        "".join((BLOCKS.sent, BLOCKS.failed, BLOCKS.unknown, BLOCKS.half)).encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return PLAIN
    return BLOCKS


@dataclass(frozen=True, slots=True)
class HistoryCharts:
    """The blocks of the statistics, for a width in cells.

    `by_week` groups the days; None does so if there are many.
    """

    statistics: HistoryStatistics
    drawn: BarCells = BLOCKS
    by_week: bool | None = None
    width: int = 80

    @property
    def _is_narrow(self) -> bool:
        return self.width < MEDIUM - 2

    def rows(self, now: datetime) -> Rows:
        """Return all rows: up to three columns of blocks side by side."""
        width = self.width
        if not self.statistics.total:
            return []
        if self._is_narrow:
            parts = (self._back_in(width), self._hours(width), self._most_often(width))
            return _below(self._days(width, now), *parts)
        count = 3 if width >= WIDE - 2 else 2
        cells = (width - _GAP * (count - 1)) // count
        right = _below(self._outcomes(cells), self._back_in(cells), self._hours(cells))
        most_often = self._most_often(cells)
        columns = [self._days(cells, now), right, most_often]
        return _beside(columns if count == 3 else [columns[0], _below(right, most_often)], cells)

    @property
    def is_by_week(self) -> bool:
        """Return whether the days are grouped by week."""
        # Above other blocks, the rows of the days must be fewer.
        few = _FEW_DAYS if self._is_narrow else _MOST_DAYS
        return len(self.statistics.days) > few if self.by_week is None else self.by_week

    # -- blocks, each with a heading ----------------------------------------------------------------------

    def _days(self, width: int, now: datetime) -> Rows:
        weekly, drawn = self.is_by_week, self.drawn
        days = grouped_by_week(self.statistics.days) if weekly else self.statistics.days
        most = max((day.total for day in days), default=0)
        title, key = ("Links per week", "g days") if weekly else ("Links per day", "g weeks")
        legend = f"{drawn.sent} sent  {drawn.failed} refused, not sent  {drawn.unknown} unknown"
        rows = [_heading(title, width, key), *as_rows(_wrapped(legend, width), QUIET)]
        for day in reversed(days):
            row = _Row(format_day(day.day, now), day.total)
            rows.append(row.draw(width, stacked_bar(day.counts, most, row.room(width), drawn)))
        return rows

    def _outcomes(self, width: int) -> Rows:
        statistics, drawn = self.statistics, self.drawn
        rows = [_heading("Outcome", width, f"{statistics.total:,}")]
        for outcome, number in statistics.outcomes.items():
            row = _Row(f"{drawn.marks[outcome]} {outcome}", number, share(number, statistics.total).rjust(7))
            bars = bar(number, max(statistics.outcomes.values()), row.room(width), drawn)
            rows.append(row.draw(width, bars, OUTCOME_LOOKS[outcome]))
        return rows

    def _back_in(self, width: int) -> Rows:
        times, drawn = self.statistics.back_in, self.drawn
        numbers = dict(zip([f"{drawn.at_most}{name}" for _, name in BUCKETS], times.buckets, strict=False))
        numbers["longer"] = times.buckets[-1]
        most = max(*numbers.values(), times.not_yet)
        rows = [_heading("Until back in", width, f"{times.count:,}")]
        rows += [self._single(label, number, most, width) for label, number in numbers.items()]
        waiting = _Row("not yet", times.not_yet)
        rows.append(waiting.draw(width, bar(times.not_yet, most, waiting.room(width), drawn, drawn.unknown)))
        if times.median is not None and times.slowest_tenth is not None:
            half, slowest = (
                format_length(timedelta(minutes=minutes)) for minutes in (times.median, times.slowest_tenth)
            )
            words = f"half of them within {half}, the slowest tenth {slowest} or more"
            rows += as_rows(_wrapped(words, width), QUIET)
        if times.misdated:
            words = f"{times.misdated:,} before the link, by the dates: a clock was wrong"
            rows += as_rows(_wrapped(words, width), QUIET)
        return rows

    def _hours(self, width: int) -> Rows:
        hours = self.statistics.hours
        pairs = [sum(hours[start : start + _HOURS]) for start in range(0, 24, _HOURS)]
        used = [index for index, number in enumerate(pairs) if number]
        rows = [_heading("Hours of the day", width)]
        for index in range(min(used, default=0), max(used, default=-1) + 1):
            label = f"{index * _HOURS:02}–{(index + 1) * _HOURS:02} h"
            rows.append(self._single(label, pairs[index], max(pairs), width))
        return rows

    def _most_often(self, width: int) -> Rows:
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
        for one, label in zip(names[:_RANKED], ranked_labels(names), strict=False):
            yield self._single(label, one.count, most, width, label_width=_NAME)

    def _single(
        self, label: str, number: int, most: int, width: int, *, label_width: int = _LABEL
    ) -> Content:
        row = _Row(label, number, label_width=label_width)
        return row.draw(width, bar(number, most, row.room(width), self.drawn))


@dataclass(frozen=True, slots=True)
class _Row:
    """A label, a bar, a number, and what follows it."""

    label: str
    number: int
    after: str = ""
    label_width: int = _LABEL

    @property
    def _end(self) -> str:
        return f"{self.number:,}".rjust(_NUMBER) + self.after

    def room(self, width: int) -> int:
        """Return the cells of the longest bar."""
        return width - self.label_width - len(self._end)

    def draw(self, width: int, bars: str, look: str = "") -> Content:
        """Return the row; without room for bars, the label has all of it."""
        has_bars = self.room(width) >= LEAST_BAR
        label_width = self.label_width if has_bars else max(1, width - len(self._end))
        label = set_cell_size(fit_width(self.label, label_width - 1), label_width)
        gap = " " * (self.room(width) - len(bars)) if has_bars else ""
        return Content.assemble(label, (bars if has_bars else "", look), gap, self._end)


def _heading(title: str, width: int, right: str = "") -> Content:
    title = fit_width(title, width)
    gap = width - cell_len(title) - cell_len(right)
    end = Content(" " * gap) + Content.styled(right, QUIET) if gap > 0 else Content("")
    return Content.styled(title, "bold") + end


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


class ChartPanel(VerticalScroll):
    """Shows the statistics of what was found; `g` groups the days by week, or no longer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False),
        Binding("j", "scroll_down", "Down", show=False),
        Binding("G", "scroll_end", "Last", show=False),
        Binding("g", "toggle_weeks", "Days or weeks", show=False),
    ]

    def __init__(self, *, id: str, clock: Callable[[], datetime]) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._clock = clock
        self._charts: HistoryCharts | None = None
        self._empty = ""

    def compose(self) -> ComposeResult:
        """Lay out the rows."""
        yield ReflowedRows(id="history-bars")

    def show_statistics(self, statistics: HistoryStatistics, empty: str) -> None:
        """Show statistics; `empty` is the sentence shown if there is nothing to count."""
        by_week = self._charts.by_week if self._charts is not None else None
        bars = bars_for(self.app.console.encoding)
        self._charts, self._empty = HistoryCharts(statistics, bars, by_week), empty
        self._draw()

    def action_toggle_weeks(self) -> None:
        """Group the days by week, or no longer."""
        if self._charts is not None:
            sized = replace(self._charts, width=self.query_one(ReflowedRows).size.width)
            self._charts = replace(self._charts, by_week=not sized.is_by_week)
            self._draw()

    def on_resize(self) -> None:
        """Redraw for the new size."""
        self._draw()

    def _draw(self) -> None:
        self.query_one(ReflowedRows).set_content(self._rows)

    def _rows(self, width: int) -> Rows:
        if self._charts is None:
            return [Content.styled("Counting …", QUIET)]
        rows = replace(self._charts, width=width).rows(self._clock())
        return rows or list(as_rows(wrap_text(self._empty, width), QUIET))
