"""The search finds what a plain filter in Python finds, whatever is asked for."""

from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dazos_tui.history import search
from dazos_tui.history.models import CrmAction, Outcome, ResetRequest
from dazos_tui.history.query import (
    ColumnTerm,
    HistoryQuery,
    parse_history_query,
)
from dazos_tui.history.search import HistorySearch, TextCandidates
from dazos_tui.history.search_index import SearchIndex
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore
from tests.history.rows import CASES, START, filled, naive
from tests.support import raw_connection


@pytest.fixture(params=[2, 10_000])
def chunk(request, monkeypatch):
    monkeypatch.setattr(search, "_CHUNK_ROWS", request.param)
    monkeypatch.setattr(search, "MOST_CANDIDATES", request.param)


@given(**CASES)
@pytest.mark.usefixtures("chunk")
def test_it_finds_what_a_plain_filter_finds(tmp_path_factory, rows, texts, indexed):
    path = tmp_path_factory.mktemp("search") / "history.db"
    with filled(path, rows) as store, closing(SearchIndex(store, path)) as index:
        if indexed:
            index.catch_up(indexed)
        require_same_results(store, index, texts)


@settings(max_examples=20)
@given(rows=CASES["rows"], texts=CASES["texts"])
@pytest.mark.usefixtures("chunk")
def test_it_finds_the_same_on_a_server(cluster, rows, texts):
    from dazos_tui.history.postgres import PostgresBackend

    backend = PostgresBackend(cluster.server(cluster.new_database()))
    with filled(backend, rows) as store:
        require_same_results(store, TextCandidates(store), texts)


def require_same_results(store, index, texts):
    entries = store.search()
    for text in texts:
        query = parse_history_query(text, START)
        found = HistorySearch(store, index).find(query, effort=None, wanted=1_000)
        assert (list(found.ids), found.is_complete) == (naive(query, entries), True)
        assert [entry.id for entry in found.entries()] == list(found.ids)
        narrowed = query.with_terms(ColumnTerm("acme", ("instance",)))
        assert list(HistorySearch(store).find(narrowed, effort=None).ids) == naive(narrowed, entries)


ODD_TEXTS = (
    "-outcome:sent", "outcome:sent", "outcome:refused ann", "-ann zoe", "50%", "100%_x", "_", "%", "a\\b",
    "\\", "\\%", "-a\\b", "person:a\\b", "-person:ann", "-acme", "since:2026-11-02 -until:2026-11-02",
    "waiting:yes ann",
)  # fmt: skip


@pytest.mark.parametrize("indexed", [False, True])
def test_it_finds_odd_texts(tmp_path, indexed):
    rows = [(number % 4, number % 3, 0, 0, (*Outcome, None)[number % 5], CrmAction.RESET_LINK, False)
            for number in range(20)]  # fmt: skip
    with filled(tmp_path / "history.db", rows) as store:
        for name in ("a\\b", "a\\%b", "ab"):
            store.record_request(ResetRequest("beta", "production", "h", "kim", name, "u", name, "x@x", ""))
        with closing(SearchIndex(store, store.backend.path)) as index:
            while indexed and index.catch_up():
                pass
            require_same_results(store, index, ODD_TEXTS)


def test_exact_texts_are_found_in_any_of_their_columns(hundred):
    def found(text, *columns):
        return len(HistorySearch(hundred).find(HistoryQuery((ColumnTerm(text, columns),))))

    assert found("pat@EXAMPLE.com", "email") == 25
    assert found("pat@EXAMPLE.com", "user_name", "email") == 25
    assert found("zoe", "user_name", "email") == 25
    assert (found("ZOE", "user_name"), found("ann", "user_name"), found("zoe", "email")) == (0, 0, 0)


@given(st.text())
def test_no_text_breaks_it(tmp_path_factory, text):
    with filled(
        tmp_path_factory.mktemp("search") / "history.db",
        [(0, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False)],
    ) as store:
        query = parse_history_query(text, START)
        found = HistorySearch(store).find(query)
        assert list(found.ids) == naive(query, store.search())
        HistorySearch(store).find(query.with_terms(ColumnTerm(text, ("instance", "user_name"))))


@pytest.fixture
def hundred(tmp_path):
    rows = [(number % 4, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False) for number in range(100)]
    with filled(tmp_path / "history.db", rows) as store:
        yield store


def test_a_search_stops_when_it_has_enough_and_goes_on_when_asked(hundred, monkeypatch):
    monkeypatch.setattr(search, "_CHUNK_ROWS", 10)
    found = HistorySearch(hundred).find(parse_history_query("ann.lee", START), wanted=5)
    assert (list(found.ids), found.is_complete, found.count_label) == ([97, 93, 89, 85, 81], False, "5+")
    assert [entry.id for entry in found.window(4, 3)] == [81, 77, 73]
    assert found.position_of(77) == 5
    found.extend()
    assert (found.count_label, found.exact_count(), found.ids[-1]) == ("25", 25, 1)
    assert found.window(24, 10)[-1].id == 1
    assert found.window(25, 10) == []


def test_a_search_examines_only_so_many_rows_at_once(hundred, monkeypatch):
    monkeypatch.setattr(search, "_CHUNK_ROWS", 10)
    found = HistorySearch(hundred).find(parse_history_query("nobody", START), effort=30)
    assert (len(found), found.is_complete, found.count_label) == (0, False, "0+")
    found.extend(effort=1_000)
    assert found.count_label == "0"


def test_all_rows_are_counted_at_once(hundred, monkeypatch):
    monkeypatch.setattr(search, "_CHUNK_ROWS", 10)
    found = HistorySearch(hundred).find(HistoryQuery(), wanted=10)
    assert (found.count_label, found.exact_count()) == ("10+", 100)
    assert HistorySearch(hundred).count_all() == 100
    assert [HistorySearch(hundred).count_all(name) for name in ("acme", "beta")] == [100, 0]


def test_what_is_not_read_to_its_end_is_counted_on_both_databases(new_backend, monkeypatch):
    monkeypatch.setattr(search, "_CHUNK_ROWS", 10)
    monkeypatch.setattr(search, "MOST_CANDIDATES", 10)
    rows = [(number % 4, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False) for number in range(40)]
    with filled(new_backend(), rows) as store:
        history = HistorySearch(store)
        assert (history.count_all(), history.count_all("acme"), history.count_all("beta")) == (40, 40, 0)
        of_instance = HistoryQuery().with_terms(ColumnTerm("acme", ("instance",)))
        for query in (parse_history_query("since:2026-11-01", START), of_instance):
            found = history.find(query, wanted=5)
            assert (found.is_complete, found.exact_count()) == (False, 40)


def test_found_rows_are_sorted_by_a_column(hundred, monkeypatch):
    found = HistorySearch(hundred).find(parse_history_query("example", START))
    assert found.sort("email")
    assert [entry.request.email for entry in found.window(0, 26)] == ["ann@example.com"] * 25 + [
        "PAT@example.com"
    ]
    assert found.window(0, 2)[0].id == 97
    assert found.sort("time")
    assert found.ids[0] == 1
    assert found.sort("time", descending=True)
    assert found.ids[0] == 99
    monkeypatch.setattr(search, "MOST_SORTED", 50)
    assert not HistorySearch(hundred).find(HistoryQuery()).sort("email")


def test_a_history_that_does_not_exist_has_no_rows_and_is_not_created(tmp_path):
    found = HistorySearch(HistoryStore(tmp_path / "none" / "history.db")).find(
        parse_history_query("x", START)
    )
    assert (found.count_label, found.window(0, 5)) == ("0", [])
    nothing = HistorySearch(HistoryStore(tmp_path / "none" / "history.db"))
    assert (nothing.count_all(), nothing.count_all("acme")) == (0, 0)
    assert not (tmp_path / "none").exists()


def test_a_server_has_an_index_of_the_texts_and_does_without(cluster):
    from dazos_tui.history.postgres import PostgresBackend

    row = (0, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False)
    database = cluster.new_database()
    indexes = "SELECT count(*) FROM pg_indexes WHERE indexname = 'resets_by_text'"
    with filled(PostgresBackend(cluster.server(database)), [row]), closing(cluster.admin(database)) as admin:
        assert admin.execute(indexes).fetchone() == (1,)
    bare = cluster.new_database()
    with closing(cluster.admin(bare)) as admin:
        # The extension is there, but out of reach.
        admin.execute("CREATE SCHEMA dazos_tui_other")
        admin.execute("CREATE EXTENSION pg_trgm SCHEMA dazos_tui_other")
    with filled(PostgresBackend(cluster.server(bare)), [row]) as store, closing(cluster.admin(bare)) as admin:
        assert admin.execute(indexes).fetchone() == (0,)
        require_same_results(store, TextCandidates(store), ["ann.lee", "nobody"])


def test_rows_that_wait_for_the_server_are_found(tmp_path):
    from dazos_tui.config.history_url import PostgresAddress
    from dazos_tui.history.offline_queue import QueueingBackend
    from dazos_tui.history.postgres import PostgresBackend, PostgresServer

    server = PostgresServer(PostgresAddress(str(tmp_path), 5432, "none", "nobody"), lambda: None)
    backend = QueueingBackend(PostgresBackend(server), SqliteBackend(tmp_path / "queue.db"))
    row = (0, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False)
    with filled(backend, [row, row]) as store:
        found = HistorySearch(store, TextCandidates(store)).find(parse_history_query("ann.lee", START))
        assert [entry.id for entry in found.window(0, 5)] == [-2, -1]


def test_a_databases_own_index_names_few_rows(tmp_path):
    row = (Outcome.SENT, CrmAction.RESET_LINK, False)
    people = [0] * 9 + [1] * 10
    with filled(tmp_path / "history.db", [(person, 0, 0, 0, *row) for person in people]) as store:
        index = TextCandidates(store)
        ann = list(range(1, 10))
        assert index.candidates(["ann.lee"], 9) == ann
        assert index.candidates(["an", "ann.lee", "example.com"], 9) == ann
        assert index.candidates(["ann.lee", "zoe"], 9) == []
        # Only the beginning of a long text is looked up.
        assert index.candidates(["ann@example.com\nand more"], 9) == ann
        assert index.candidates(["ann.lee"], 8) is None
        # With that many of the newest rows, reading in order is quicker.
        assert index.candidates(["zoe"], 100) is None
        assert index.candidates(["an", ""], 100) is None
        assert not index.catch_up()
        assert index.link_counts(HistoryQuery(), None) is None


def test_rows_are_counted_once_and_then_those_that_came_since(hundred, tmp_path):
    count, entry, raw = search.RowCount(hundred), hundred.get(1), raw_connection(hundred)
    raw.execute("DELETE FROM resets WHERE id = 50")
    assert count.now() == 99
    for _ in range(2):
        hundred.record_request(entry.request)
    # Not counted again: none is ever deleted.
    raw.execute("DELETE FROM resets WHERE id = 51")
    assert (count.now(), count.now()) == (101, 101)
    # Another history in its place.
    with filled(
        tmp_path / "other.db", [(0, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False)] * 3
    ) as other:
        count._history = other
        assert count.now() == 3
    assert search.RowCount(HistoryStore(tmp_path / "none" / "history.db")).now() == 0


@pytest.mark.parametrize(
    ("text", "number"),
    [("since:2026-11-10T00:00Z", 70), ("until:2026-11-11T00:00Z", 33), ("ann", None), ("outcome:sent", None),
     ("since:2026-11-01T00:00Z until:2026-12-01T00:00Z", None)],
)  # fmt: skip
def test_what_is_quickly_counted(hundred, monkeypatch, text, number):
    monkeypatch.setattr(search, "_FIRST_CHUNK", 10)
    monkeypatch.setattr(search, "_CHUNK_ROWS", 10)
    monkeypatch.setattr(search, "MOST_CANDIDATES", 10)
    query = parse_history_query(text, START)
    found = HistorySearch(hundred).find(query, wanted=5)
    assert not found.is_complete
    assert found.exact_count() == number
    monkeypatch.setattr(search, "MOST_COUNTED", number or 1)
    assert found.exact_count() == number
    monkeypatch.setattr(search, "MOST_COUNTED", (number or 1) - 1)
    assert found.exact_count() is None
    of_user = HistoryQuery((ColumnTerm("ann.lee", ("user_name",)),))
    assert HistorySearch(hundred).find(of_user, wanted=5).exact_count() is None


def test_all_rows_are_yielded_some_at_a_time(hundred, monkeypatch):
    monkeypatch.setattr(search, "_CHUNK_ROWS", 10)
    monkeypatch.setattr(search, "_FIRST_WINDOW", 3)
    monkeypatch.setattr(search, "_WINDOW_AT_ONCE", 7)
    for limit, number in ((None, 100), (0, 0), (1, 1), (3, 3), (4, 4), (10, 10), (11, 11), (1000, 100)):
        found = HistorySearch(hundred).find(HistoryQuery(), wanted=1)
        assert [entry.id for entry in found.entries(limit)] == list(range(100, 100 - number, -1))


def test_a_search_goes_on_only_as_far_as_it_is_asked_to(hundred, monkeypatch):
    monkeypatch.setattr(search, "_CHUNK_ROWS", 10)
    asked = []
    read = hundred.backend.read

    def counted(sql, values):
        asked.append(sql)
        return read(sql, values)

    monkeypatch.setattr(hundred.backend, "read", counted)
    found = HistorySearch(hundred).find(parse_history_query("nobody", START), effort=30)
    # Of each ten rows: the last of them, then those that match.
    assert len(asked) == 6
    found.extend(effort=0)
    assert len(asked) == 6
    found.extend(effort=1)
    assert len(asked) == 8
    found.window(0, 5, effort=10)
    assert len(asked) == 10
    found.extend()
    assert (found.is_complete, len(asked)) == (True, 22)
    found.extend()
    found.window(0, 5)
    assert len(asked) == 22
    found = HistorySearch(hundred).find(parse_history_query("ann.lee", START), wanted=1)
    assert (len(found), len(asked)) == (2, 24)
    # A window of what was found is one read; beyond it, ten rows more.
    assert len(found.window(0, 2)) == 2
    assert len(asked) == 25
    assert len(found.window(1, 3)) == 3
    assert (len(found), len(asked)) == (5, 28)
