"""Histories of earlier versions: opened, completed and checked by this one."""

import threading
from contextlib import closing

import pytest

from dazos_tui.history.audit import check_chain
from dazos_tui.history.backend import Statement
from dazos_tui.history.errors import HistoryError, HistoryServerError
from dazos_tui.history.models import Outcome
from dazos_tui.history.postgres_schema import UPGRADES, VERSION
from dazos_tui.history.query import parse_history_query
from dazos_tui.history.search import HistorySearch
from dazos_tui.history.store import HistoryStore
from tests.history.clock import BACK
from tests.history.older_files import older_database, older_file
from tests.reset_requests import request

MARK = "9:de985d720e1c9e484b61014e8d97077dfa18a18a9b0a5c165e2c5385fec7b096"
"""What the version that wrote the older history said of it."""


@pytest.fixture(params=["sqlite", "postgres"])
def older_store(request, tmp_path):
    """Yield a store of an older history, on each database in turn."""
    if request.param == "sqlite":
        path = tmp_path / "state" / "history.db"
        older_file(path)
        store = HistoryStore(path)
    else:
        from dazos_tui.history.postgres import PostgresBackend

        cluster = request.getfixturevalue("cluster")
        database = older_database(cluster, tmp_path)
        store = HistoryStore(PostgresBackend(cluster.server(database, f"{database}_owner_person")))
    with store:
        yield store


def test_every_hash_of_an_older_history_stays_valid(older_store):
    older_store.require_writable()
    report = check_chain(older_store.backend)
    assert (report.problem, str(report.mark), report.rows, report.erased) == ("", MARK, 4, 1)
    assert {(one.request.os_user, one.request.batch, one.noted_at) for one in older_store.search()} == {
        ("", "", None)
    }


def test_an_older_history_goes_on(older_store):
    entry = older_store.record_request(request(os_user="kim", batch="spring"))
    older_store.record_outcome(entry.id, Outcome.SENT, "yes")
    older_store.record_noted(1)
    older_store.record_noted(entry.id)
    assert [one.id for one in older_store.entries_of_batch("spring")] == [entry.id] == [5]
    assert check_chain(older_store.backend).problem == ""
    assert str(check_chain(older_store.backend).mark) != MARK


@pytest.mark.parametrize("folded", ["folded", "replace(folded, '\n\n', '\n')"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [("person:zoe", [2]), ("zoe", [2]), ("person:acme-x", [5]), ("acme-x admin", [5]), ("person:admin", [])],
)
def test_a_search_finds_rows_of_every_version_with_or_without_the_empty_line(
    older_store, query, expected, folded
):
    texts = {"os_user": "admin", "batch": "spring"}
    older_store.record_request(request(user_id="46", name="Kim Acme-X", **texts))
    with older_store.backend.transaction() as transaction:
        transaction.run(Statement(f"UPDATE resets SET folded = {folded}", {}))  # noqa: S608
    terms = parse_history_query(query, BACK.at)
    assert list(HistorySearch(older_store).find(terms).ids) == expected


# -- a team's history on PostgreSQL -------------------------------------------------------------------


@pytest.fixture
def older(cluster, tmp_path):
    """Return a function from a role to a back end on a team's history of version 1."""
    from dazos_tui.history.postgres import PostgresBackend

    database = older_database(cluster, tmp_path)
    made = []

    def backend(role):
        made.append(PostgresBackend(cluster.server(database, f"{database}_{role}_person")))
        return made[-1]

    yield backend
    for one in made:
        one.close()


@pytest.mark.parametrize("role", ["owner", "sender", "reader"])
def test_reading_leaves_an_older_history_as_it_is_and_says_who_can_bring_it_up_to_date(older, role):
    store = HistoryStore(older(role))
    for read in (store.search, lambda: list(store.backend.iter_tables({"resets": ["id"]}))):
        with pytest.raises(
            HistoryServerError, match=r"by an older dazos-tui \(its version is 1, this"
        ) as caught:
            read()
        assert "db upgrade" in caught.value.advice
    assert not store.is_missing()


@pytest.mark.parametrize("role", ["sender", "reader"])
def test_who_may_not_bring_it_up_to_date_learns_who_can(older, role):
    store = HistoryStore(older(role))
    for write in (store.require_writable, lambda: store.record_request(request())):
        with pytest.raises(HistoryServerError, match="this user may not bring it up to date") as caught:
            write()
        assert f"from version 1 to {VERSION}" in str(caught.value)
        assert "db upgrade" in caught.value.advice
        assert "Nothing is sent until then" in caught.value.advice


def test_once_it_is_up_to_date_everybody_goes_on_with_the_rights_they_had(older):
    sender, reader = HistoryStore(older("sender")), HistoryStore(older("reader"))
    for store in (sender, reader):
        with pytest.raises(HistoryError):
            store.search()
    HistoryStore(older("owner")).require_writable()
    entry = sender.record_request(request(os_user="kim", os_host="desk", sudo_user="lee", batch="b"))
    assert sender.record_noted(entry.id).noted_at is not None
    assert [one.request.os_user for one in reader.search("kim")] == ["kim"]
    with pytest.raises(HistoryError, match="permission denied"):
        reader.record_noted(entry.id)
    for column in ("os_user", "os_host", "sudo_user", "batch"):
        with (
            closing(older("sender").server.connect()) as connection,
            pytest.raises(Exception, match="permission denied"),
        ):
            connection.execute(f"UPDATE resets SET {column} = 'x'")  # noqa: S608
    assert check_chain(reader.backend).problem == ""


def test_it_is_brought_up_to_date_by_the_first_send_of_its_owner(older):
    entry = HistoryStore(older("owner")).record_request(request(), unless_after=1)
    assert entry.id == 5


def test_it_is_brought_up_to_date_wholly_or_not_at_all(older, monkeypatch):
    steps = UPGRADES[1]
    monkeypatch.setitem(UPGRADES, 1, (*steps, "SELECT 1 / 0"))
    store = HistoryStore(older("owner"))
    with pytest.raises(HistoryError, match="division by zero"):
        store.require_writable()
    monkeypatch.setitem(UPGRADES, 1, steps)
    with pytest.raises(HistoryServerError, match="its version is 1"):
        store.search()
    store.require_writable()
    assert len(store.search()) == 4


def test_several_that_bring_it_up_to_date_at_once_do_it_once(older):
    stores = [HistoryStore(older("owner")) for _ in range(4)]
    threads = [threading.Thread(target=store.require_writable) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(store.search()) for store in stores] == [4] * 4
    assert stores[0].backend.read("SELECT version FROM schema_version", {}) == [(1,), (VERSION,)]
