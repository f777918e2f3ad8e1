"""A query of the history in words."""

from datetime import UTC, datetime

import pytest

from dazos_tui.history.query import parse_history_query
from dazos_tui.history.query_words import describe_query


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", ""),
        ("ann -by:kim", "ann, not by:kim"),
        ("batch:spring waiting:yes", "batch:spring, waiting"),
        ("noted:yes", "with a note"),
        ("noted:no waiting:no", "not with a note, not waiting"),
        ("back:no", "not back in"),
    ],
)
def test_what_a_query_looks_for(typed, words):
    assert describe_query(parse_history_query(typed, datetime(2026, 11, 25, tzinfo=UTC))) == words
