"""The rows of a search in windows, the columns of the table, and the charts, at any width."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from rich.cells import cell_len
from textual.content import Content

from dazos_tui.history.models import HistoryEntry, Outcome, ResetRequest
from dazos_tui.history.statistics import BackInTimes, DayCounts, HistoryStatistics, RankedName
from dazos_tui.tui.widgets.history_charts import HistoryCharts, bars_for
from dazos_tui.tui.widgets.history_detail import HistoryDetail
from dazos_tui.tui.widgets.history_rows import WINDOW_ROWS, HistoryRows
from dazos_tui.tui.widgets.history_table import TableForm
from dazos_tui.tui.widgets.history_totals import totals_words

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
REQUEST = ResetRequest(
    "harbor", "sandbox", "crm.example.com", "kim", "5", "ann", "Ann", "ann@example.com", ""
)
ENTRY = HistoryEntry(1, REQUEST, NOW, NOW, Outcome.SENT, "")


def entries(first: int, count: int) -> list[HistoryEntry]:
    return [replace(ENTRY, id=number) for number in range(first, first + count)]


def wanted(rows: HistoryRows) -> int | None:
    return rows.wanted


def test_a_row_that_is_not_loaded_is_asked_for():
    rows = HistoryRows(450)
    assert not rows[300]
    assert wanted(rows) == 300 // WINDOW_ROWS
    rows.fill(1, entries(WINDOW_ROWS, WINDOW_ROWS))
    assert wanted(rows) is None
    assert rows[300] == replace(ENTRY, id=300)
    assert rows.index_of(300) == 300
    assert rows.index_of(7) is None
    with pytest.raises(IndexError):
        _ = rows[450]


def test_more_rows_keep_those_that_are_loaded_and_a_short_window_is_read_again_once():
    rows = HistoryRows(30, "30+", is_complete=False)
    rows.fill(0, entries(0, 30))
    more = rows.extended(50)
    assert (len(more), more.label, more.is_complete) == (50, "50", True)
    assert more.index_of(12) == 12
    assert wanted(more) is None
    assert not more[40]
    assert wanted(more) == 0
    # Somebody erased rows meanwhile: nothing is asked for again and again.
    more.fill(0, entries(0, 35))
    assert more[40] is None
    assert wanted(more) is None


def test_windows_of_long_ago_are_dropped():
    rows = HistoryRows(100 * WINDOW_ROWS)
    for number in range(100):
        rows.fill(number, entries(number * WINDOW_ROWS, WINDOW_ROWS))
    assert rows[-1:] == [replace(ENTRY, id=100 * WINDOW_ROWS - 1)]
    assert rows[0] is None


@pytest.mark.parametrize("everywhere", [True, False])
@pytest.mark.parametrize("by_day", [True, False])
def test_columns_fill_the_table_at_any_width(by_day, everywhere):
    for width in range(36, 220):
        columns = TableForm(by_day=by_day, everywhere=everywhere).columns(width)
        assert sum(cells for _, cells in columns) == width - 1
        assert all(cells > 0 for _, cells in columns)


def statistics(days: int) -> HistoryStatistics:
    first = date(2026, 11, 28) - timedelta(days=days - 1)
    counts = {Outcome.SENT: 26, Outcome.REFUSED: 3, Outcome.NOT_SENT: 1, Outcome.UNKNOWN: 1}
    people = (RankedName("[b]Bea[/] 李伟", 4, "bea@example.com"), RankedName("A name of no end " * 5, 1))
    return HistoryStatistics(
        outcomes=counts,
        days=tuple(DayCounts(first + timedelta(days=number), counts) for number in range(days)),
        hours=(0,) * 9 + (5, 20, 6) + (0,) * 12,
        back_in=BackInTimes(19, 6, 1, 161, 3000, (7, 5, 4, 3, 0)),
        people=people,
        instances=(RankedName("harbor-prod", 31),),
        operators=(RankedName("kim.lead", 31),),
        roles=(RankedName("Admissions", 11),),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "no such"])
@pytest.mark.parametrize("days", [1, 30, 400])
def test_charts_fit_any_width_and_every_number_is_there(days, encoding):
    for width in range(34, 180):
        charts = HistoryCharts(statistics(days), bars_for(encoding), width=width)
        lines = [row.plain for row in charts.rows(NOW)]
        assert max(map(cell_len, lines)) <= width
        text = "\n".join(lines)
        assert ("Links per week" in text) is charts.is_by_week
        # On a narrow screen the line with the totals has the outcomes.
        numbers = ("26", "84 %") if width >= 68 else ("31",)
        assert all(words in text for words in (*numbers, "[b]Bea[/]", "Admissions", "harbor-prod", "11"))
        if encoding != "utf-8":
            assert not set("█▓░▌≤") & set(text)


def test_in_a_narrow_terminal_the_numbers_are_without_bars():
    charts = HistoryCharts(statistics(3), width=26)
    lines = [row.plain for row in charts.rows(NOW)]
    counted = [line for line in lines if line[-1:].isdigit()]
    assert len(counted) > 15
    assert not set("█▓▌") & set("".join(counted))


@pytest.mark.parametrize("width", range(20, 140))
def test_totals_are_one_line(width):
    words = totals_words(statistics(30), width)
    assert cell_len(words) <= width
    assert words.startswith("31")


def detail_of(entry: HistoryEntry, width: int, height: int) -> list[str]:
    rows = HistoryDetail(entry).rows(width, height, NOW)
    return [row.plain.rstrip() for row in rows if isinstance(row, Content)]


def test_the_detail_says_who_was_at_the_keyboard_and_when_a_note_was_taken():
    request = replace(REQUEST, os_user="root", os_host="desk", sudo_user="rob", ticket="T-1")
    entry = replace(ENTRY, request=request, message="Done.", noted_at=NOW + timedelta(minutes=3))
    wide = "\n".join(detail_of(entry, 118, 5))
    assert "asked for by kim from root@desk (sudo: rob), ticket T-1" in wide
    assert "note for T-1 taken" in wide
    whom, course, *_ = detail_of(entry, 78, 3)
    assert whom == "ann@example.com · harbor · by kim from root@desk (sudo: rob)"
    assert course.index("asked for by kim, ticket T-1") < course.index("sent: Done.")
    assert "root" not in "".join(detail_of(entry, 43, 3))


def test_a_note_without_a_ticket_is_just_taken():
    entry = replace(ENTRY, noted_at=NOW + timedelta(minutes=3))
    assert any(row.endswith("note taken") for row in detail_of(entry, 118, 5))
