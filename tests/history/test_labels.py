"""What an entry is called for people, and its times as they are stored and shown."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dazos_tui.history.clock_skew import describe_ahead, duration
from dazos_tui.history.export import to_iso_utc
from dazos_tui.history.models import (
    BackIn,
    BackInProof,
    CrmAction,
    HistoryEntry,
    Outcome,
    describe_back_in_delay,
)
from dazos_tui.history.times import format_local_time, format_time, parse_time, sort_key_of
from tests.history.clock import NOW
from tests.reset_requests import request
from tests.support import local_time_of


def entry(outcome=Outcome.SENT, action=CrmAction.RESET_LINK, back_in=None):
    return HistoryEntry(7, request(), NOW, NOW, outcome, "", action, back_in)


@pytest.mark.parametrize(
    ("delay", "words"),
    [
        (timedelta(seconds=-60), "less than a minute later"),
        (timedelta(seconds=-61), "before the link, by its date: a clock was wrong"),
        (timedelta(seconds=59), "less than a minute later"),
        (timedelta(seconds=60), "1 min later"),
        (timedelta(seconds=119), "1 min later"),
        (timedelta(minutes=59), "59 min later"),
        (timedelta(minutes=60), "1 h 0 min later"),
        (timedelta(minutes=161), "2 h 41 min later"),
        (timedelta(hours=23, minutes=59), "23 h 59 min later"),
        (timedelta(hours=24), "1 d 0 h later"),
        (timedelta(hours=75, minutes=50), "3 d 3 h later"),
    ],
)
def test_how_long_after_the_link_somebody_was_back_in(delay, words):
    seen = entry(back_in=BackIn(NOW + delay, BackInProof.SIGN_IN))
    assert describe_back_in_delay(seen) == words
    assert seen.back_in_label == f"back in {words}"
    said = entry(back_in=BackIn(NOW + delay, BackInProof.PERSON))
    assert said.back_in_label == "back in, they say"


def test_nobody_is_back_in():
    assert (describe_back_in_delay(entry()), entry().back_in_label) == ("", "")


@pytest.mark.parametrize(
    ("outcome", "link", "login"),
    [
        (Outcome.SENT, "sent", "enabled"),
        (Outcome.REFUSED, "refused", "refused"),
        (Outcome.NOT_SENT, "not sent", "not done"),
        (Outcome.UNKNOWN, "unknown", "unknown"),
    ],
)
def test_an_enabled_login_is_not_called_sent(outcome, link, login):
    assert entry(outcome).outcome_label == link
    assert entry(outcome, CrmAction.ENABLE_LOGIN).outcome_label == login


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "1 min"), (119, "1 min"), (3599, "59 min"), (3600, "1 h"), (3660, "1 h 01"), (10_739, "2 h 58"),
        (86_399, "23 h 59"), (86_400, "1 d"), (259_200, "3 d"),
    ],
)  # fmt: skip
def test_a_duration_is_rounded_down(seconds, words):
    assert duration(seconds) == words


@pytest.fixture
def kathmandu():
    with local_time_of("Asia/Kathmandu"):
        yield


@pytest.mark.usefixtures("kathmandu")
def test_people_read_local_times_and_programs_utc():
    assert format_local_time(NOW) == "2026-11-23 19:22"
    assert to_iso_utc(NOW) == "2026-11-23T13:37:00.123Z"
    assert describe_ahead(NOW) == "at a time in the future (2026-11-23 19:22: a clock was wrong)"


def test_times_are_stored_to_the_millisecond_in_utc():
    assert format_time(NOW) == "2026-11-23T13:37:00.123Z"
    east = datetime(2027, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert format_time(east) == "2026-12-31T19:45:00.000Z"
    assert parse_time(format_time(NOW)) == NOW.replace(microsecond=123000)


@pytest.mark.parametrize(
    ("stamp", "key"),
    [
        ("1970-01-01T00:00:00.001Z", 1),
        ("2026-11-23T13:37:00.123Z", 1_795_441_020_123),
        ("0002-01-01T00:00:00.000Z", -62_104_060_800_000),
        ("9998-12-31T23:59:59.999Z", 253_370_764_799_999),
    ],
)
def test_rows_are_in_the_order_of_their_times(stamp, key):
    assert sort_key_of(stamp) == key
    assert parse_time(stamp) == datetime.fromisoformat(stamp).astimezone(UTC)


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "2026-11-23T13:37:00", "0001-12-31T00:00:00Z", "9999-01-01T00:00:00Z"]
)
def test_a_time_that_is_never_stored(stamp):
    assert sort_key_of(stamp) == 0
    with pytest.raises(ValueError):  # noqa: PT011 - its text is not shown
        parse_time(stamp)
