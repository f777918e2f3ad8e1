"""The bars say what the numbers say, at every width, and never more."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.history.charts import (
    BLOCKS,
    PLAIN,
    back_in_summary,
    bar,
    day_label,
    grouped_by_week,
    grouped_days,
    ranked_labels,
    share,
    stacked_bar,
    statistics_lines,
)
from dazos_tui.history.models import Outcome
from dazos_tui.history.statistics import BackInTimes, DayCounts, HistoryStatistics, RankedName
from dazos_tui.text.cells import cell_width
from tests.history.month import month

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


WIDE = """\
Links per day                                  Outcome                               1,801
  █ sent ▓ refused, not sent ░ unknown           ✓ sent      ████████████████  1,500  83 %
  Sat 28 Nov  ██████▓▓▓▓▓               600      ✗ refused   ██                  200  11 %
  Fri 27 Nov                              0      – not sent  █                   100   6 %
  Thu 26 Nov  █████████████████████░  1,201      ? unknown   ▌                     1 < 1 %

Hours of the day                               Until back in                         1,000
  09:00  ███████████████████████████  1,800      ≤ 15 min   █████████████████████████  500
  10:00                                   0      ≤ 1 h      ███████████████            300
  11:00  ▌                                1      ≤ 4 h      █████                      100
                                                 ≤ 1 d      ██▌                         50
                                                 longer     ██▌                         48
                                                 not seen   ░░░░░░░░░░░░░░░░░░░░░░░░░  501
                                                 half of them within 2 h 41
                                                 the slowest tenth after 2 d
                                                 2 dated before the link

                                               People with most links
                                                 Ann Lee ann@example.…               1,200
                                                 Ann Lee lee@example.…                 600
                                                 Bob                                     1

                                               Roles (as they are now) with most links
                                                 Billing  █████████████████████████████  3

                                               Instances with most links
                                                 acme  ████████████████████████████  1,801

                                               Operators with most links
                                                 kim                                 1,800
                                                 a name that is long…                    1"""

NARROW = """\
Links per day
  # sent x refused, not sent ? unknown
  Sat 28 Nov  ######xxxxxx                 600
  Fri 27 Nov                                 0
  Thu 26 Nov  ########################?  1,201

Hours of the day
  09:00  ##############################  1,800
  10:00                                      0
  11:00  #                                   1

Outcome                                  1,801
  + sent      ###################  1,500  83 %
  x refused   ##                     200  11 %
  - not sent  #                      100   6 %
  ? unknown   #                        1 < 1 %

Until back in                            1,000
  <= 15 min  ############################  500
  <= 1 h     #################             300
  <= 4 h     #####                         100
  <= 1 d     ###                            50
  longer     ##                             48
  not seen   ????????????????????????????  501
  half of them within 2 h 41
  the slowest tenth after 2 d
  2 dated before the link

People with most links
  Ann Lee ann@example.com  ############  1,200
  Ann Lee lee@example.com  ######          600
  Bob                      #                 1

Roles (as they are now) with most links
  Billing  ################################  3

Instances with most links
  acme  ###############################  1,801

Operators with most links
  kim                      ############  1,800
  a name that is long en…  #                 1"""


@pytest.mark.parametrize(("width", "drawn", "picture"), [(90, BLOCKS, WIDE), (46, PLAIN, NARROW)])
def test_bars_and_numbers_stand_in_columns(width, drawn, picture):
    assert "\n".join(statistics_lines(month(), width, drawn)) == picture


@pytest.mark.parametrize(("width", "columns"), [(69, False), (70, True)])
def test_there_are_two_columns_from_70_cells_on(width, columns):
    lines = statistics_lines(month(), width)
    assert ("Outcome" in lines[0]) is columns
    assert all(line == line.rstrip() for line in lines if columns)


@pytest.mark.parametrize(("width", "has_legend"), [(37, False), (38, True)])
def test_the_legend_is_left_out_where_it_has_no_room(width, has_legend):
    lines = statistics_lines(month(), width)
    assert ("  █ sent ▓ refused, not sent ░ unknown" in lines) is has_legend
    assert any(line.startswith("  █ sent") for line in lines) is has_legend


@pytest.mark.parametrize(
    ("median", "slowest", "misdated", "phrases"),
    [
        (None, None, 0, ()),
        (0, 0, 0, ("half of them within a minute", "the slowest tenth after a minute")),
        (1, 90, 0, ("half of them within 1 min", "the slowest tenth after 1 h 30")),
        (None, None, 1200, ("1,200 dated before the link",)),
    ],
)
def test_how_long_it_took(median, slowest, misdated, phrases):
    assert back_in_summary(BackInTimes(3, 0, misdated, median, slowest, (0,) * 5)) == phrases


def test_a_row_is_called_by_its_first_day():
    labels = [day_label(date(2026, 11, 2), unit) for unit in ("day", "week", "month")]
    assert labels == ["Mon 02 Nov", "02 Nov 2026", "Nov 2026"]


@pytest.mark.parametrize(
    ("counts", "longest", "shown"),
    [
        ({Outcome.SENT: 10}, 10, "████████████████████"),
        ({Outcome.SENT: 5, Outcome.REFUSED: 3, Outcome.NOT_SENT: 1, Outcome.UNKNOWN: 1}, 10,
         "██████████▓▓▓▓▓▓▓▓░░"),
        ({Outcome.REFUSED: 5}, 10, "▓▓▓▓▓▓▓▓▓▓"),
        ({Outcome.UNKNOWN: 5}, 10, "░░░░░░░░░░"),
        ({Outcome.SENT: 1, Outcome.REFUSED: 1, Outcome.UNKNOWN: 1}, 1000, "█▓░"),
        ({}, 10, ""),
    ],
)  # fmt: skip
def test_a_bar_is_divided_as_its_numbers_are(counts, longest, shown):
    assert stacked_bar(counts, longest, 20, BLOCKS) == shown
    assert stacked_bar(counts, longest, 11, BLOCKS) == ""
    assert bool(stacked_bar(counts, longest, 12, BLOCKS)) is bool(counts)


def test_days_are_added_up():
    days = month().days
    assert grouped_by_week(days) == (
        DayCounts(date(2026, 11, 23), {
            Outcome.SENT: 1500, Outcome.UNKNOWN: 1, Outcome.REFUSED: 200, Outcome.NOT_SENT: 100,
        }),
    )  # fmt: skip
    assert [one.day for one in grouped_days(days, most=0)[1]] == [date(2026, 11, 1)]


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


def test_people_who_share_a_name_have_their_address_beside_it():
    names = [
        RankedName("Ann", 3, "ann@example.com"),
        RankedName("Bob", 2, "bob@example.com"),
        RankedName("Ann", 1),
    ]
    assert ranked_labels(names) == ["Ann ann@example.com", "Bob", "Ann"]


def test_shares():
    assert [share(1, 3), share(0, 3), share(1, 1000), share(3, 3), share(0, 0)] == [
        "33 %", "0 %", "< 1 %", "100 %", "0 %",
    ]  # fmt: skip
