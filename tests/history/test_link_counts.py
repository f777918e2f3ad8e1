"""Counting links by the database, where the times of a query are far away."""

import time

import pytest

from dazos_tui.history.models import Outcome
from dazos_tui.history.query import parse_history_query
from dazos_tui.history.statistics import collect_statistics
from dazos_tui.history.store import HistoryStore, utc_now
from tests.reset_requests import request


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
def test_no_time_of_a_query_is_too_far_away(tmp_path, monkeypatch, zone, text, count):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        with HistoryStore(tmp_path / "history.db") as store:
            store.record_outcome(store.record_request(request()).id, Outcome.SENT, "Sent.")
            query = parse_history_query(text, utc_now())
            assert query.problems == ()
            assert collect_statistics(store, query).total == count
    finally:
        monkeypatch.undo()
        time.tzset()
