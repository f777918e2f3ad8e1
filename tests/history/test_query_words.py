"""A query of the history in words."""

from datetime import UTC, datetime

import pytest

from dazos_tui.history.query import ColumnTerm, HistoryQuery, parse_history_query
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
        ("back:yes", "back in"),
        ('"ann lee" name:ann.lee', '"ann lee", name:"ann.lee"'),
        ("-outcome:sent,unknown", "not outcome sent or unknown"),
        ("since:2026-11-01", "since 2026-11-01 00:00"),
        ("until:2026-11-01", "before 2026-11-02 00:00"),
        ("-on:2026-11-01", "not since 2026-11-01 00:00 before 2026-11-02 00:00"),
    ],
)
def test_what_a_query_looks_for(typed, words):
    assert describe_query(parse_history_query(typed, datetime(2026, 11, 25, tzinfo=UTC))) == words


def test_what_a_card_looks_for():
    query = HistoryQuery(
        (ColumnTerm("acme", ("instance",)), ColumnTerm("ann.lee\x1b", ("user_name", "email")))
    )
    assert describe_query(query) == 'instance acme, user name "ann.lee\ufffd"'
