"""Reading the login history's times: every format, and what a time may mean."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.login_times import (
    MAX_OWN_SIGN_IN_OFFSET,
    DateFormat,
    TimeCalibration,
    TimeSpan,
    UnreadableTimeError,
    calibrate,
    calibration_for_zone,
    is_implausible,
    merge_calibrations,
    parse_written_time,
)

NOON = datetime(2026, 11, 23, 12, 0, 40, tzinfo=UTC)
ZONES = (
    "America/New_York", "America/Denver", "America/St_Johns", "Europe/London", "Asia/Kolkata",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC",
)  # fmt: skip
_DATES = {
    DateFormat.MONTH_FIRST: "%m{0}%d{0}%Y",
    DateFormat.DAY_FIRST: "%d{0}%m{0}%Y",
    DateFormat.YEAR_FIRST: "%Y{0}%m{0}%d",
}
HOURS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")

moments = st.integers(1_704_067_200, 1_956_528_000).map(lambda at: datetime.fromtimestamp(at, UTC))
"""From 2024 to 2031, to the second."""
styles = st.tuples(
    st.sampled_from(list(DateFormat)), st.sampled_from("-./"), st.sampled_from(HOURS), st.sampled_from(ZONES)
)


def written(moment, style):
    date_format, separator, hours, zone = style
    pattern = f"{_DATES[date_format].format(separator)} {hours}"
    return moment.astimezone(ZoneInfo(zone)).strftime(pattern)


def local(*parts, seconds=60):
    return TimeSpan(datetime(*parts), timedelta(seconds=seconds))  # noqa: DTZ001 - no zone is known yet


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11-23-2026 05:54 AM", {DateFormat.MONTH_FIRST: local(2026, 11, 23, 5, 54)}),
        ("23.11.2026 17:54", {DateFormat.DAY_FIRST: local(2026, 11, 23, 17, 54)}),
        ("2026/11/23 12:00 am", {DateFormat.YEAR_FIRST: local(2026, 11, 23, 0, 0)}),
        ("2026-11-23 12:00:09 PM", {DateFormat.YEAR_FIRST: local(2026, 11, 23, 12, 0, 9, seconds=1)}),
        (
            "03-04-2026 1:02",
            {
                DateFormat.MONTH_FIRST: local(2026, 3, 4, 1, 2),
                DateFormat.DAY_FIRST: local(2026, 4, 3, 1, 2),
            },
        ),
        ("  1/2/2026, 1:02 p.m. ", {
            DateFormat.MONTH_FIRST: local(2026, 1, 2, 13, 2), DateFormat.DAY_FIRST: local(2026, 2, 1, 13, 2),
        }),
    ],
)  # fmt: skip
def test_each_time_format_is_read(text, expected):
    assert parse_written_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "---", "today", "23 Nov 2026 05:54", "11-23-26 05:54", "13-32-2026 05:54", "11-23-2026 24:00",
        "11-23-2026 13:54 PM", "11-23-2026 00:54 AM", "11-23/2026 05:54", "11-23-2026", "05:54",
        "11-23-2026 05:60", "0000-11-23 05:54", "11-23-2026 05:54 (EST)", "١١-٢٣-٢٠٢٦ 05:54",
        "20261-1-1 05:54",
    ],
)  # fmt: skip
def test_other_text_is_not_a_time(text):
    assert parse_written_time(text) == {}
    with pytest.raises(UnreadableTimeError, match="is written in an unknown way"):
        calibration_for_zone("UTC").possible_spans(text, NOON)


@given(moments, moments, styles)
def test_a_time_means_its_moment_in_every_zone_and_format(own, moment, style):
    reckoning = calibrate(written(own, style), own + timedelta(seconds=2))
    assert reckoning is not None
    assert style[0] in reckoning.formats
    spans = reckoning.possible_spans(written(moment, style), max(own, moment))
    assert any(span.start <= moment < span.end for span in spans), spans


@given(moments, st.timedeltas(timedelta(minutes=1), timedelta(hours=20)), styles)
def test_with_a_calibration_of_the_same_day_the_order_of_times_is_never_reversed(own, before, style):
    """The most important property: a sign-in before a moment is never reported as one after it."""
    reckoning = calibrate(written(own, style), own)
    assert reckoning is not None
    spans = reckoning.possible_spans(written(own - before, style), own)
    assert spans[0].start <= own - before


@given(moments, styles)
def test_with_known_zone_and_format_there_is_one_meaning_except_in_the_repeated_hour(moment, style):
    reckoning = calibration_for_zone(style[3], [style[0]])
    spans = reckoning.possible_spans(written(moment, style), moment)
    assert len(spans) in {1, 2}
    assert any(span.start <= moment < span.end for span in spans)


def test_the_own_sign_in_determines_zone_and_format():
    reckoning = calibrate("11-23-2026 07:00 AM", NOON)
    assert reckoning is not None
    assert reckoning.formats == (DateFormat.MONTH_FIRST,)
    assert {NOON.astimezone(zone).utcoffset() for zone in reckoning.zones} == {timedelta(hours=-5)}
    assert reckoning.possible_spans("11-23-2026 06:30 AM", NOON) == (
        TimeSpan(datetime(2026, 11, 23, 11, 30, tzinfo=UTC), timedelta(minutes=1)),
    )
    with pytest.raises(UnreadableTimeError, match="is not written as mm-dd-yyyy"):
        reckoning.possible_spans("2026-11-23 06:30", NOON)
    with pytest.raises(UnreadableTimeError, match="would be in the future"):
        reckoning.possible_spans("11-23-2026 07:30 AM", NOON)


def test_merged_calibrations_keep_every_meaning():
    one = TimeCalibration((DateFormat.MONTH_FIRST,), (UTC,), timedelta(minutes=1))
    other = TimeCalibration((DateFormat.MONTH_FIRST,), (ZoneInfo("Europe/Paris"), UTC))
    both = merge_calibrations([one, other])
    assert both == TimeCalibration(
        (DateFormat.MONTH_FIRST,), (UTC, ZoneInfo("Europe/Paris")), timedelta(minutes=1)
    )
    assert [span.start for span in both.possible_spans("11-23-2026 10:00", NOON)] == [
        datetime(2026, 11, 23, hour, 59, tzinfo=UTC) for hour in (8, 9)
    ]


@pytest.mark.parametrize("minutes", [-16, -15, -8, 8, 15, 16, 37])
def test_another_sign_in_is_not_mistaken_for_the_own_one(minutes):
    assert calibrate(f"{NOON + timedelta(hours=-5, minutes=minutes):%m-%d-%Y %H:%M}", NOON) is None


def test_an_offset_that_no_zone_has_gives_no_calibration():
    assert calibrate(f"{NOON - timedelta(hours=13):%m-%d-%Y %H:%M}", NOON) is None
    assert calibrate(f"{NOON + timedelta(hours=15):%m-%d-%Y %H:%M}", NOON) is None


@pytest.mark.parametrize(("seconds", "ahead"), [(-120, 0), (0, 0), (20, 1), (80, 2), (140, 3)])
def test_a_clock_that_is_ahead_is_corrected(seconds, ahead):
    own = NOON + timedelta(seconds=seconds)
    reckoning = calibrate(f"{own:%Y-%m-%d %H:%M:%S}", NOON, zones=[UTC])
    assert reckoning == TimeCalibration((DateFormat.YEAR_FIRST,), (UTC,), timedelta(minutes=ahead))
    assert reckoning.possible_spans("2026-11-23 11:00", NOON)[0].start == NOON.replace(
        hour=11, minute=0, second=0
    ) - timedelta(minutes=ahead)
    assert abs(own - NOON) <= MAX_OWN_SIGN_IN_OFFSET


def test_the_repeated_hour_has_two_meanings():
    spans = calibration_for_zone("America/New_York").possible_spans("2026-11-01 01:30", NOON)
    assert [span.start.hour for span in spans] == [5, 6]


def test_a_reading_in_the_future_is_dropped():
    [span] = calibration_for_zone("UTC").possible_spans("11-12-2026 05:00", NOON)
    assert span.start == datetime(2026, 11, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("soon", True), ("", True), ("11-24-2026 02:59", False), ("11-24-2026 03:02", True),
        ("2026-11-01 01:30", False), ("01-12-2026 05:00", False), ("31-12-2026 05:00", True),
    ],
)  # fmt: skip
def test_a_time_in_the_future_in_every_zone_is_implausible(text, odd):
    assert is_implausible(text, NOON) is odd


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "America", "\0"])
def test_an_unknown_time_zone_is_reported(name):
    with pytest.raises(ValueError, match="is not a time zone that this machine knows"):
        calibration_for_zone(name)
