"""The local cache of a server's history: numbers for the statistics, of that history and no other."""

import itertools
import shutil
import stat
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from dazos_tui.history import fact_blocks
from dazos_tui.history.erasure import erase_accounts, find_accounts
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, Outcome
from dazos_tui.history.offline_queue import QueueingBackend
from dazos_tui.history.query import HistoryQuery, parse_history_query
from dazos_tui.history.search import HistorySearch
from dazos_tui.history.search_files import server_index_path
from dazos_tui.history.search_index import indexed_search
from dazos_tui.history.server_index import ServerIndex
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.statistics import collect_statistics
from dazos_tui.history.store import HistoryStore
from tests.history.cutting_proxy import cutting
from tests.history.rows import START, StillClock, filled, write_row
from tests.history.team import Team, someone

LINK = CrmAction.RESET_LINK
ROWS = [
    (number % 4, number % 2, number % 3, 0, (*Outcome,)[number % 3], LINK, number % 2 == 0)
    for number in range(40)
]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(fact_blocks, "BLOCK_ROWS", 5)


def postgres(cluster, database):
    from dazos_tui.history.postgres import PostgresBackend

    return PostgresBackend(cluster.server(database))


@pytest.fixture
def database(cluster):
    return cluster.new_database()


@pytest.fixture
def filled_store(cluster, database, tmp_path):
    with filled(postgres(cluster, database), ROWS) as store:
        store.cache_folder = tmp_path / "state"
        yield store


def cached(store):
    """Return a search whose cache has everything."""
    search = indexed_search(store)
    while search.catch_up():
        pass
    return search


def require_true(store, search):
    """Check that the numbers of the cache are those that the database counts."""
    for text in ("", "outcome:sent", "since:2026-11-02 until:2026-11-05"):
        query = parse_history_query(text, START)
        assert search.link_counts(query) is not None
        found, counted = collect_statistics(store, query, search=search), collect_statistics(store, query)
        # Those with as many links are in no order.
        assert sorted(found.people, key=str) == sorted(counted.people, key=str)
        assert replace(found, people=()) == replace(counted, people=())


def files(folder):
    return sorted(path.name for path in folder.glob("*"))


def content(folder):
    return b"".join(path.read_bytes() for path in folder.glob("*"))


def test_it_is_made_in_parts_and_counts_the_same(filled_store):
    with closing(indexed_search(filled_store)) as search:
        assert search.link_counts(HistoryQuery()) is None
        assert not filled_store.cache_folder.exists()
        parts = 0
        while search.catch_up():
            parts += 1
        assert parts == 2
        require_true(filled_store, search)


def test_what_others_record_later_is_counted(cluster, database, filled_store):
    with (
        closing(cached(filled_store)) as search,
        HistoryStore(postgres(cluster, database), clock=StillClock()) as other,
    ):
        links = [entry for entry in other.search(outcome=Outcome.SENT) if entry.back_in is None]
        other.record_back_in(
            links[-1].id, BackIn(links[-1].requested_at + timedelta(hours=3), BackInProof.PERSON)
        )
        write_row(other, other._clock, 41, 0, 0, 0, 0, Outcome.SENT, LINK, back=False)
        require_true(filled_store, search)
        assert search.link_counts(HistoryQuery()).times.total() == 41


def test_it_is_private_and_has_neither_names_nor_addresses(filled_store):
    cached(filled_store).close()
    [name] = files(filled_store.cache_folder)
    assert name == server_index_path(filled_store.cache_folder, filled_store.place).name
    assert stat.S_IMODE((filled_store.cache_folder / name).stat().st_mode) == 0o600
    assert b"kim.lead" in content(filled_store.cache_folder)
    texts = (b"ann.lee", b"example.com", b"bell", b"t-1", b"the crm said")
    assert not any(text in content(filled_store.cache_folder).lower() for text in texts)


@pytest.mark.parametrize("is_open", [True, False])
def test_people_who_are_erased_on_another_machine_are_in_it_no_longer(
    cluster, database, filled_store, is_open
):
    with HistoryStore(postgres(cluster, database)) as other, closing(cached(filled_store)) as search:
        used = search if is_open else indexed_search(filled_store)
        erase_accounts(other.backend, find_accounts(other.backend, "ann.lee"), START + timedelta(days=90))
        assert used.link_counts(HistoryQuery()) is None
        assert files(filled_store.cache_folder) == []
        with closing(cached(filled_store)) as again:
            require_true(filled_store, again)
            people = again.link_counts(HistoryQuery()).people
        assert {user_id for _, user_id in people} == {"43", "44", "45"}


def test_one_with_erased_people_can_be_dropped_without_counting(cluster, database, filled_store):
    cached(filled_store).close()
    with closing(ServerIndex(filled_store)) as index, HistoryStore(postgres(cluster, database)) as other:
        index.drop_outdated()
        assert files(filled_store.cache_folder)
        erase_accounts(other.backend, find_accounts(other.backend, "ann.lee"), START + timedelta(days=90))
        index.drop_outdated()
        assert files(filled_store.cache_folder) == []


def test_another_history_at_the_same_address_is_not_taken_for_it(cluster, database, filled_store):
    cached(filled_store).close()
    filled_store.close()
    with closing(cluster.admin(database)) as admin:
        admin.execute("DROP SCHEMA dazos_tui CASCADE")
    with filled(postgres(cluster, database), ROWS[::-1]) as other:
        other.cache_folder = filled_store.cache_folder
        with closing(indexed_search(other)) as search:
            assert search.link_counts(HistoryQuery()) is None
        with closing(cached(other)) as search:
            require_true(other, search)


def test_a_backup_of_the_same_history_that_went_on_differently_is_not_taken_for_it(cluster, filled_store):
    """The rows are the same; what was recorded of them since is not."""
    cached(filled_store).close()
    copy = cluster.new_database()
    with HistoryStore(postgres(cluster, copy), cache_folder=filled_store.cache_folder) as other:
        other.require_writable()
        with (
            closing(cluster.admin(copy)) as admin,
            closing(cluster.admin(filled_store.backend.server.address.database)) as source,
        ):
            for table in ("resets", "events", "chain_head"):
                admin.execute(f"TRUNCATE dazos_tui.{table}")
                with (
                    source.cursor().copy(f"COPY dazos_tui.{table} TO STDOUT") as rows,
                    admin.cursor().copy(f"COPY dazos_tui.{table} FROM STDIN") as target,
                ):
                    for part in rows:
                        target.write(part)
        links = [entry for entry in filled_store.search(outcome=Outcome.SENT) if entry.back_in is None]
        for one, entry in ((filled_store, links[0]), (other, links[1])):
            one.record_back_in(entry.id, BackIn(entry.requested_at, BackInProof.PERSON))
        cached(filled_store).close()
        shutil.copy(
            server_index_path(filled_store.cache_folder, filled_store.place),
            server_index_path(filled_store.cache_folder, other.place),
        )
        with closing(indexed_search(other)) as search:
            assert search.link_counts(HistoryQuery()) is None


def test_two_databases_have_two_files(cluster, filled_store):
    cached(filled_store).close()
    with filled(postgres(cluster, cluster.new_database()), ROWS[:7]) as other:
        other.cache_folder = filled_store.cache_folder
        with closing(cached(other)) as search:
            require_true(other, search)
        assert len([name for name in files(filled_store.cache_folder) if name.endswith("-search")]) == 2


def test_without_a_folder_the_server_counts(filled_store):
    filled_store.cache_folder = None
    with closing(cached(filled_store)) as search:
        assert search.link_counts(HistoryQuery()) is None
        assert collect_statistics(filled_store, HistoryQuery(), search=search).total == 40


def test_rows_that_wait_for_the_server_are_not_taken_for_its_rows(cluster, tmp_path):
    with cutting(cluster.port) as proxy:
        team = Team(cluster, tmp_path / "state", proxy)
        with team.machine() as store:
            store.cache_folder = tmp_path / "cache"
            store.record_request(someone("1"))
            with closing(cached(store)) as search:
                assert search.link_counts(HistoryQuery()).times.total() == 1
                with team.away():
                    store.backend.server.close()
                    store.record_request(someone("2"))
                    store.record_request(someone("3"))
                    assert search.link_counts(HistoryQuery()) is None
                    assert not search.catch_up()
                    assert collect_statistics(store, HistoryQuery(), search=search).total == 2


def test_all_rows_are_counted_once_and_then_only_new_ones(new_backend):
    seen = []

    class Watched:
        def __init__(self, inner):
            self._inner = inner

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def read(self, sql, values):
            seen.append(sql)
            return self._inner.read(sql, values)

    with filled(new_backend(), ROWS[:5]) as first, HistoryStore(Watched(new_backend())) as store:
        search = HistorySearch(store)
        assert [search.count_all(), search.count_all()] == [5, 5]
        write_row(first, first._clock, 9, 0, 0, 0, 0, Outcome.SENT, LINK, back=False)
        assert search.count_all() == 6
        assert sum("count(*) FROM resets)" in sql for sql in seen) == 1


def test_the_rows_of_another_history_are_counted_again(tmp_path):
    rows = itertools.cycle(ROWS)
    with filled(tmp_path / "one.db", [next(rows) for _ in range(5)]) as store:
        search = HistorySearch(store)
        assert search.count_all() == 5
        with filled(tmp_path / "other.db", [next(rows) for _ in range(9)]) as other:
            store.backend = SqliteBackend(other.backend.path)
            assert search.count_all() == 9
            store.backend.close()


def test_a_queueing_history_has_the_cache_of_its_server(cluster, database, tmp_path):
    backend = postgres(cluster, database)
    queue = QueueingBackend(backend, SqliteBackend(tmp_path / "queue.db"))
    with filled(queue, ROWS[:9]) as store:
        store.cache_folder = tmp_path / "state"
        with closing(cached(store)) as search:
            require_true(store, search)
        assert files(tmp_path / "state") == [server_index_path(tmp_path, backend.place).name]
