"""The bars say what the numbers say, at every width, and never more."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.history.charts import (
    BLOCKS,
    PLAIN,
    bar,
    grouped_by_week,
    grouped_days,
    share,
    stacked_bar,
    statistics_lines,
)
from dazos_tui.history.models import Outcome
from dazos_tui.history.statistics import BackInTimes, DayCounts, HistoryStatistics, RankedName
from dazos_tui.text.cells import cell_width

COUNTS = st.fixed_dictionaries({outcome: st.integers(0, 50) for outcome in Outcome})


def statistics(counts, days=3):
    day = DayCounts(date(2026, 11, 28), counts)
    rows = tuple(
        DayCounts(date(2026, 11, 28) - timedelta(days=number), {}) for number in range(days - 1, 0, -1)
    )
    total = sum(counts.values())
    name = "王小明 with a very long name indeed, and more"
    names = (RankedName(name, total, "w@example.com"), RankedName("Ann", 1))
    back_in = BackInTimes(5, 1, 1, 161, 3000, (1, 1, 1, 0, 1))
    hours = (0,) * 9 + (total,) + (0,) * 14
    return HistoryStatistics(counts, (*rows, day), hours, back_in, names, names, names, names)


@given(COUNTS, st.integers(1, 40), st.sampled_from([BLOCKS, PLAIN]))
def test_a_bar_has_a_part_for_each_outcome_and_fits(counts, cells, drawn):
    total = sum(counts.values())
    shown = stacked_bar(counts, total, cells, drawn)
    assert cell_width(shown) <= cells + 2
    if cells < 12 or not total:
        assert shown == ""
        return
    assert (drawn.unknown in shown) is bool(counts[Outcome.UNKNOWN])
    assert (drawn.failed in shown) is bool(counts[Outcome.REFUSED] + counts[Outcome.NOT_SENT])
    assert bool(shown.strip(drawn.failed + drawn.unknown)) is bool(counts[Outcome.SENT])


def test_the_longest_bar_fills_the_room_and_half_of_it_half():
    assert bar(8, 8, 20, BLOCKS) == "█" * 20
    assert bar(4, 8, 21, BLOCKS) == "█" * 10 + "▌"
    assert bar(4, 8, 21, PLAIN) == "#" * 10
    assert bar(1, 10_000, 20, BLOCKS) == "▌"
    assert bar(0, 8, 20, BLOCKS) == ""
    assert bar(3, 8, 11, BLOCKS) == ""
    assert bar(8, 8, 20, BLOCKS, "░") == "░" * 20


@given(COUNTS, st.integers(40, 130), st.integers(1, 200), st.sampled_from([BLOCKS, PLAIN]))
def test_no_line_is_wider_than_the_screen_and_every_number_is_there(counts, width, days, drawn):
    found = statistics(counts, days)
    lines = statistics_lines(found, width, drawn)
    assert max(map(cell_width, lines)) <= width
    if not found.total:
        assert lines == ["Nothing to count."]
        return
    text = "\n".join(lines)
    for outcome, count in counts.items():
        assert any(f"{outcome} " in line and f"{count:,}" in line for line in lines)
    assert "1 dated before the link" in text
    assert drawn is BLOCKS or not set(text) & set("█▓░▌≤✓✗–")


@pytest.mark.parametrize(
    ("days", "unit", "rows"),
    [(1, "day", 1), (62, "day", 62), (63, "week", 10), (400, "week", 58), (500, "month", 17)],
)
def test_many_days_become_weeks_or_months(days, unit, rows):
    found = statistics(dict.fromkeys(Outcome, 2), days)
    name, grouped = grouped_days(found.days)
    assert (name, len(grouped)) == (unit, rows)
    assert sum(row.total for row in grouped) == 8
    assert all(row.day.weekday() == 0 for row in grouped_by_week(found.days))


def test_shares():
    assert [share(1, 3), share(0, 3), share(1, 1000), share(3, 3), share(0, 0)] == [
        "33 %", "0 %", "< 1 %", "100 %", "0 %",
    ]  # fmt: skip
