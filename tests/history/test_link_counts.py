"""Counting links by the database, where the times of a query are far away."""

from datetime import UTC, datetime

import pytest

from dazos_tui.history.link_counts import _slot_length
from dazos_tui.history.models import Outcome
from dazos_tui.history.query import parse_history_query
from dazos_tui.history.statistics import collect_statistics
from dazos_tui.history.store import HistoryStore, utc_now
from tests.reset_requests import request
from tests.support import local_time_of


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("until:0003", 0),
        ("until:0010", 0),
        ("until:0021", 0),
        ("since:0003", 1),
        ("since:9990", 0),
        ("until:9990", 1),
    ],
)
def test_no_time_of_a_query_is_too_far_away(tmp_path, zone, text, count):
    with local_time_of(zone), HistoryStore(tmp_path / "history.db") as store:
        store.record_outcome(store.record_request(request()).id, Outcome.SENT, "Sent.")
        query = parse_history_query(text, utc_now())
        assert query.problems == ()
        assert collect_statistics(store, query).total == count


@pytest.mark.parametrize(
    ("zone", "digits"),
    [
        ("UTC", "2026-11-23T13"),
        ("America/New_York", "2026-11-23T13"),
        ("Asia/Kolkata", "2026-11-23T13:3"),
        ("Asia/Kathmandu", "2026-11-23T13:37"),
    ],
    ids=["none", "hours", "half", "quarter"],
)
def test_as_much_of_a_time_is_read_as_tells_the_local_hour(zone, digits):
    with local_time_of(zone):
        for text in ("", "since:2026-01-01 until:2026-02-01", "since:2026-07-01"):
            now = datetime(2026, 11, 23, 13, 37, tzinfo=UTC)
            assert "2026-11-23T13:37:00.000Z"[: _slot_length(parse_history_query(text, now))] == digits


def test_offsets_are_looked_at_in_each_season():
    """On Lord Howe Island the offset is 11 hours in summer, and half an hour less in winter."""
    now = datetime(2026, 11, 23, 13, 37, tzinfo=UTC)
    with local_time_of("Australia/Lord_Howe"):
        lengths = {
            text: _slot_length(parse_history_query(text, now))
            for text in ("since:2026-11-01 until:2026-11-30", "since:2026-06-01 until:2026-11-30")
        }
    assert list(lengths.values()) == [len("2026-11-23T13"), len("2026-11-23T13:3")]
