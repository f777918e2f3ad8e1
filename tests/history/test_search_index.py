"""The index of the history's texts: it narrows a search, and is never needed."""

import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from datetime import timedelta

import pytest

from dazos_tui.history import index_file, search_index
from dazos_tui.history.backend import Statement
from dazos_tui.history.erasure import erase_accounts, find_accounts
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import CrmAction, Outcome
from dazos_tui.history.query import HistoryQuery, parse_history_query
from dazos_tui.history.search import HistorySearch
from dazos_tui.history.search_files import search_index_path, server_index_path, server_index_paths
from dazos_tui.history.search_index import SearchIndex
from dazos_tui.history.store import HistoryStore
from dazos_tui.history.writing import erasing_statements
from tests.history.rows import START, filled
from tests.support import raw_connection

ROWS = [(number % 4, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False) for number in range(40)]
ANN = [number for number in range(40, 0, -1) if number % 4 == 1]


@pytest.fixture
def filled_store(tmp_path):
    with filled(tmp_path / "history.db", ROWS) as store:
        yield store


@pytest.fixture
def index(filled_store):
    with closing(SearchIndex(filled_store, filled_store.backend.path)) as index:
        while index.catch_up(15):
            pass
        yield index


def ids(index, *texts, limit=1_000):
    found = index.candidates(texts, limit)
    return None if found is None else sorted(found, reverse=True)


def test_it_names_the_rows_that_have_a_text(index):
    assert ids(index, "ann.lee") == ANN
    assert ids(index, "ann.lee", "example.org") == []
    assert ids(index, "nobody") == []


def test_short_texts_and_common_ones_are_left_to_a_search_without_it(index):
    assert ids(index, "an") is None
    assert ids(index) is None
    assert ids(index, "ann.lee", limit=9) is None
    assert ids(index, "ann.lee", limit=10) == ANN


def test_it_is_private_and_has_neither_names_nor_addresses(filled_store, index):
    assert index.path.parent == filled_store.backend.path.parent
    assert index.path.name == "history.db-search"
    assert stat.S_IMODE(index.path.stat().st_mode) == 0o600
    index.close()
    content = b"".join(path.read_bytes() for path in index.path.parent.glob("history.db-search*"))
    assert not any(text in content.lower() for text in (b"ann.lee", b"example.com", b"bell", b"t-12"))


def test_rows_it_does_not_know_yet_are_named(filled_store, index):
    with HistoryStore(filled_store.backend.path) as other:
        entry = other.record_request(filled_store.get(1).request)
        assert ids(index, "ann.lee") == [entry.id, *ANN]
        index.catch_up()
        # It has no outcome yet: its texts will change.
        assert ids(index, "success") == [entry.id]
        other.record_outcome(entry.id, Outcome.SENT, "A success")
        assert ids(index, "success") == [entry.id]
        index.catch_up()
        assert (ids(index, "success"), ids(index, "refused")) == ([entry.id], [])


def test_far_behind_it_is_not_used(filled_store, monkeypatch):
    monkeypatch.setattr(search_index, "MOST_BEHIND", 10)
    with closing(SearchIndex(filled_store, filled_store.backend.path)) as index:
        assert index.catch_up(20)
        assert ids(index, "ann.lee") is None
        assert index.catch_up(19)
        assert ids(index, "ann.lee") == sorted({*ANN, 40}, reverse=True)


def test_it_is_not_created_by_a_search(filled_store):
    with closing(SearchIndex(filled_store, filled_store.backend.path)) as index:
        assert ids(index, "ann.lee") is None
        assert not index.path.exists()


def test_a_history_that_does_not_exist_is_not_created(tmp_path):
    path = tmp_path / "none" / "history.db"
    with HistoryStore(path) as store, closing(SearchIndex(store, path)) as index:
        assert not index.catch_up()
        assert not path.parent.exists()


def test_another_history_in_the_same_place_is_indexed_from_the_start(tmp_path, filled_store, index):
    index.close()
    filled_store.close()
    with filled(
        tmp_path / "other.db", [(1, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False)] * 40
    ) as other:
        other.close()
        shutil.copy(other.backend.path, tmp_path / "copy")
        (tmp_path / "copy").rename(filled_store.backend.path)
    with (
        HistoryStore(filled_store.backend.path) as again,
        closing(SearchIndex(again, filled_store.backend.path)) as newer,
    ):
        found = HistorySearch(again, newer).find(parse_history_query("zoe.m", START))
        assert len(found) == 40
        assert not newer.path.exists()
        while newer.catch_up():
            pass
        assert ids(newer, "zoe.m") == list(range(40, 0, -1))


@pytest.mark.parametrize("content", [b"not a database" * 100, b""])
def test_a_damaged_index_is_deleted_and_built_again(filled_store, index, content):
    index.close()
    index.path.write_bytes(content)
    with closing(SearchIndex(filled_store, filled_store.backend.path)) as again:
        assert ids(again, "ann.lee") is None or ids(again, "ann.lee") == list(range(40, 0, -1))
    with closing(SearchIndex(filled_store, filled_store.backend.path)) as again:
        again.catch_up()
        assert ids(again, "ann.lee") == ANN


def test_an_index_of_another_version_is_deleted(filled_store, index):
    index.close()
    with closing(sqlite3.connect(index.path)) as database:
        database.execute("PRAGMA user_version = 99")
    with closing(SearchIndex(filled_store, filled_store.backend.path)) as again:
        assert ids(again, "ann.lee") is None
        assert not index.path.exists()


def test_it_waits_for_no_other_process(filled_store, index, monkeypatch):
    monkeypatch.setattr(index_file, "BUSY_SECONDS", 0.01)
    with (
        closing(SearchIndex(filled_store, filled_store.backend.path)) as other,
        closing(sqlite3.connect(index.path)) as busy,
    ):
        busy.execute("BEGIN IMMEDIATE")
        assert not other.catch_up()
        assert ids(other, "ann.lee") == ANN
        busy.rollback()
        assert ids(other, "ann.lee") == ANN


def test_a_folder_that_others_can_write_to_gets_none(filled_store):
    filled_store.backend.path.parent.chmod(0o777)
    with closing(SearchIndex(filled_store, filled_store.backend.path)) as index:
        assert not index.catch_up()
        assert not index.path.exists()
    filled_store.backend.path.parent.chmod(0o700)


def test_it_can_be_deleted_at_any_time(filled_store, index):
    index.delete()
    assert not list(filled_store.backend.path.parent.glob("history.db-search*"))
    assert ids(index, "ann.lee") is None
    while index.catch_up():
        pass
    assert ids(index, "ann.lee") == ANN


def test_erasing_people_deletes_it(filled_store, index):
    erase_accounts(
        filled_store.backend, find_accounts(filled_store.backend, "ann.lee"), START + timedelta(days=90)
    )
    assert not list(filled_store.backend.path.parent.glob("history.db-search*"))
    index.close()
    with closing(SearchIndex(filled_store, filled_store.backend.path)) as again:
        while again.catch_up():
            pass
        assert ids(again, "ann.lee") == []
        assert ids(again, "zoe.m") == [number for number in range(40, 0, -1) if number % 4 == 2]


def test_rows_without_an_outcome_are_named_until_they_have_one(filled_store):
    with closing(SearchIndex(filled_store, filled_store.backend.path)) as index:
        begun = [filled_store.record_request(filled_store.get(2).request).id for _ in range(3)]
        while index.catch_up(10):
            pass
        assert ids(index, "ann.lee") == sorted({*ANN, *begun}, reverse=True)
        filled_store.record_outcome(begun[1], Outcome.REFUSED, "No luck")
        index.catch_up()
        assert ids(index, "ann.lee") == sorted({*ANN, begun[0], begun[2]}, reverse=True)
        assert ids(index, "no luck") == begun[::-1]
        assert ids(index, "unknown") == [begun[2], begun[0]]
        # They count towards the limit.
        assert ids(index, "no luck", limit=3) == begun[::-1]
        assert ids(index, "no luck", limit=2) is None


def test_only_so_many_letters_of_a_long_text_are_looked_up(filled_store, index, monkeypatch):
    assert ids(index, "ann.lee@") == []
    monkeypatch.setattr(search_index, "_MOST_TRIGRAMS", 5)
    assert ids(index, "ann.lee@") == ANN
    assert ids(index, 'an"n.lee') == []


def test_a_row_changed_by_another_program_or_lost_makes_it_outdated(filled_store, index):
    raw_connection(filled_store).execute(
        "UPDATE resets SET requested_at = '2026-01-01T00:00:00.000Z' WHERE id = 40"
    )
    assert ids(index, "ann.lee") is None
    assert not index.path.exists()
    while index.catch_up(15):
        pass
    assert ids(index, "ann.lee") == ANN
    raw_connection(filled_store).execute("DELETE FROM resets WHERE id = 40")
    index.drop_outdated()
    assert not index.path.exists()


def test_an_index_of_this_history_is_kept(filled_store, index):
    index.drop_outdated()
    assert index.path.exists()
    filled_store.record_request(filled_store.get(2).request)
    index.drop_outdated()
    assert index.path.exists()


@pytest.mark.parametrize(
    "use", [SearchIndex.drop_outdated, lambda index: index.link_counts(HistoryQuery(), None)]
)
@pytest.mark.parametrize("change", ["erased", "personal = x'00'", "previous = x'00'"])
def test_an_index_with_erased_people_or_of_another_chain_is_dropped(filled_store, index, change, use):
    if change == "erased":
        entry = filled_store.get(3)
        statements = erasing_statements(3, entry.request, entry.outcome, entry.action, None)
    else:
        newest = "seq = (SELECT max(seq) FROM events)"
        statements = (Statement(f"UPDATE events SET {change} WHERE {newest}", {}),)  # noqa: S608
    filled_store.backend.write(*statements)
    assert use(index) is None
    assert not index.path.exists()


def test_while_rows_are_being_indexed_a_search_does_without(filled_store, index):
    found = []

    def look():
        found.append(index.candidates(["ann.lee"], 100))

    def work(database):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    index._file.use(work)
    assert found == [None]
    assert ids(index, "ann.lee") == ANN


@pytest.mark.parametrize(
    "error", [OSError("no"), sqlite3.OperationalError("full"), sqlite3.DatabaseError("bad")]
)
def test_after_an_error_it_is_not_used_again(filled_store, index, error):
    if isinstance(error, sqlite3.OperationalError):
        error.sqlite_errorcode = sqlite3.SQLITE_FULL

    def fail(_database):
        raise error

    assert index._file.use(fail) is None
    assert ids(index, "ann.lee") is None
    assert not index.catch_up()
    # Only damage deletes it.
    assert index.path.exists() is not (type(error) is sqlite3.DatabaseError)


@pytest.mark.parametrize("error", [HistoryError("no", advice=""), ValueError("odd"), OverflowError("far")])
def test_an_error_of_the_history_itself_is_not_the_indexs(filled_store, index, error):
    def fail(_database):
        raise error

    assert index._file.use(fail) is None
    assert ids(index, "ann.lee") == ANN


def test_it_waits_only_for_a_moment_and_writes_without_waiting_for_the_disk(index):
    def settings(database):
        names = ("busy_timeout", "journal_mode", "synchronous", "user_version")
        found = {name: database.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
        return found | {"isolation": database.isolation_level}

    found = []
    thread = threading.Thread(target=lambda: found.append(index._file.use(settings)))
    thread.start()
    thread.join()
    assert found == [
        {"busy_timeout": 200, "journal_mode": "wal", "synchronous": 1, "user_version": 3, "isolation": None}
    ]


def test_nothing_of_a_transaction_that_fails_is_kept(index):
    def fail(database):
        with index_file.immediate(database):
            database.execute("DELETE FROM progress")
            raise ValueError

    assert index._file.use(fail) is None
    assert index._file.use(lambda database: database.in_transaction) is False
    assert ids(index, "ann.lee") == ANN


def test_each_address_of_a_history_has_a_cache_of_its_own(tmp_path):
    paths = [server_index_path(tmp_path, f"postgresql://{host}/history") for host in ("one", "two")]
    assert paths[0].name == "history-eca9aea9ade7.db-search"
    for path in (*paths, search_index_path(tmp_path / "history.db"), tmp_path / "history-x.db-search"):
        path.touch()
    assert set(server_index_paths(tmp_path)) == set(paths)
