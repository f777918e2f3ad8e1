"""A history on PostgreSQL: its rights, its errors, lost connections, and many who write at once."""

import threading
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic, sleep

import psycopg
import pytest

from dazos_tui.config.history_url import PostgresAddress
from dazos_tui.history import postgres
from dazos_tui.history.audit import check_chain
from dazos_tui.history.errors import (
    ConcurrentResetError,
    HistoryError,
    HistoryServerError,
    HistoryUnreachableError,
)
from dazos_tui.history.models import Outcome
from dazos_tui.history.postgres import PostgresBackend, PostgresServer
from dazos_tui.history.postgres_schema import setup_script
from dazos_tui.history.store import HistoryStore, utc_now
from tests.history.clock import BACK
from tests.history.cutting_proxy import cutting
from tests.history.writers import Writers
from tests.patience import patience
from tests.reset_requests import request


@pytest.fixture
def server(cluster):
    return cluster.server(cluster.new_database())


@pytest.fixture
def store(server):
    with HistoryStore(PostgresBackend(server)) as store:
        yield store


def by_tcp(cluster, database, port=None, password="a-password"):
    """Return the database by TCP, with a password."""
    with closing(cluster.admin(database)) as admin:
        admin.execute("DROP ROLE IF EXISTS kim")
        admin.execute("CREATE ROLE kim LOGIN PASSWORD 'a-password'")
        admin.execute(f"GRANT CREATE ON DATABASE {database} TO kim")
    address = PostgresAddress("127.0.0.1", port or cluster.port, database, "kim")
    return PostgresServer(address, lambda: password, sslmode="prefer")


@pytest.fixture
def tcp(cluster):
    """Return a database by TCP; what its user owns is dropped afterwards, so that the user can be."""
    database = cluster.new_database()
    yield by_tcp(cluster, database)
    with closing(cluster.admin(database)) as admin:
        admin.execute("DROP OWNED BY kim CASCADE")


# -- the clock that counts ----------------------------------------------------------------------------


def test_the_servers_clock_counts(store, monkeypatch):
    monkeypatch.setattr(postgres, "utc_now", lambda: utc_now() + timedelta(hours=5))
    assert abs(store.now() - utc_now()) < timedelta(minutes=1)
    entry = store.record_request(request())
    assert abs(entry.requested_at - utc_now()) < timedelta(minutes=1)


# -- errors -------------------------------------------------------------------------------------------


def refused(server):
    """Return the error of a store on this server, the same for reading and writing."""
    errors = []
    for use in (HistoryStore.search, lambda store: store.record_request(request())):
        with HistoryStore(PostgresBackend(server)) as store, pytest.raises(HistoryError) as caught:
            use(store)
        errors.append(caught.value)
    assert str(errors[0]) == str(errors[1])
    assert type(errors[0]) is type(errors[1])
    return errors[0]


def test_a_wrong_password(cluster, tcp):
    error = refused(replace(tcp, password=lambda: "a-wrong-secret"))
    assert isinstance(error, HistoryServerError)
    assert "refused the connection" in str(error)
    assert "password authentication failed" in str(error)
    assert "a-wrong-secret" not in str(error) + error.advice
    assert "password_command" in error.advice


def test_no_password(tcp):
    assert isinstance(refused(replace(tcp, password=lambda: None)), HistoryServerError | HistoryError)


@pytest.mark.parametrize("change", [{"database": "nowhere"}, {"user": "nobody_here"}])
def test_a_wrong_database_or_user(server, change):
    error = refused(replace(server, address=replace(server.address, **change)))
    assert isinstance(error, HistoryServerError)
    assert "does not exist" in str(error)


def test_a_server_that_is_not_there(server):
    error = refused(replace(server, address=PostgresAddress("127.0.0.1", 1, "support", "kim")))
    assert isinstance(error, HistoryUnreachableError)
    assert str(error).startswith(
        "The history's server postgresql://kim@127.0.0.1:1/support cannot be reached"
    )


def test_a_host_that_does_not_exist(server):
    error = refused(replace(server, address=PostgresAddress("db.invalid", 5432, "support", "kim")))
    assert isinstance(error, HistoryUnreachableError)


def test_a_server_without_tls_is_not_trusted(tcp):
    error = refused(replace(tcp, sslmode="verify-full"))
    assert isinstance(error, HistoryServerError)
    assert "was not trusted" in str(error)


@pytest.mark.parametrize(("version", "words"), [(99, "a newer"), (0, "an older")])
def test_another_version_is_left_as_it_is(store, server, version, words):
    store.record_request(request())
    store.backend._connection.execute("UPDATE schema_version SET version = %s", [version])
    error = refused(server)
    assert f"was made by {words} dazos-tui (its version is {version}, this one knows 2)" in str(error)
    assert "It was left as it is" in error.advice


def test_reading_creates_nothing(store):
    assert store.is_missing()
    assert store.search() == []
    assert store.is_missing()
    store.require_writable()
    assert not store.is_missing()


def test_a_history_that_another_process_created_meanwhile_is_seen(store, server):
    assert store.search() == []
    with HistoryStore(PostgresBackend(server)) as other:
        other.record_request(request())
    assert len(store.search()) == 1
    assert not store.is_missing()


def test_a_row_that_somebody_else_holds_is_waited_for_and_then_named(store, server, monkeypatch):
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 0.2)
    store.record_request(request())
    store.close()
    with closing(server.connect()) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM chain_head FOR UPDATE")
        with pytest.raises(HistoryError, match="in use by somebody else"):
            store.record_request(request())
    assert store.record_request(request())
    assert len(store.search()) == 2


# -- rights -------------------------------------------------------------------------------------------


@pytest.fixture
def shared(cluster):
    """Return a function from a role to a server, in a database set up by the printed script."""
    database = cluster.new_database()
    roles = [f"{database}_{name}" for name in ("owner", "sender", "reader")]
    with closing(cluster.admin(database)) as admin:
        admin.execute("\n".join(setup_script(*roles)))
        for role in roles:
            admin.execute(f"CREATE ROLE {role}_person LOGIN IN ROLE {role}")

    def server(role):
        return cluster.server(database, f"{database}_{role}_person")

    return server


def test_a_sender_can_send_and_complete_and_nothing_else(shared):
    with HistoryStore(PostgresBackend(shared("sender"))) as store:
        store.require_writable()
        entry = store.record_request(request(), unless_after=0)
        store.record_outcome(entry.id, Outcome.SENT, "yes")
        store.record_back_in(entry.id, BACK)
        assert store.mark_interrupted("acme") == []
        assert check_chain(store.backend).problem == ""
    for statement in (
        "DELETE FROM resets",
        "DELETE FROM events",
        "TRUNCATE resets",
        "UPDATE resets SET name = 'x'",
        "UPDATE resets SET requested_at = 'x'",
        "UPDATE resets SET instance = 'x'",
        "UPDATE events SET at = 'x'",
        "INSERT INTO schema_version VALUES (3)",
        "DROP TABLE resets",
        "CREATE TABLE dazos_tui.x (x int)",
    ):
        with (
            closing(shared("sender").connect()) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


def test_a_reader_can_only_read(shared):
    with HistoryStore(PostgresBackend(shared("sender"))) as store:
        store.record_request(request())
    with HistoryStore(PostgresBackend(shared("reader"))) as store:
        assert len(store.search("ann")) == 1
        assert check_chain(store.backend).problem == ""
        for write in (store.require_writable, lambda: store.record_request(request())):
            with pytest.raises(HistoryError, match="permission denied") as caught:
                write()
            assert "db roles" in caught.value.advice
        assert len(store.search()) == 1


def test_an_owner_can_do_all(shared):
    with HistoryStore(PostgresBackend(shared("owner"))) as store:
        store.record_request(request())
        store.backend.compact()


def test_somebody_without_rights_learns_how_to_get_them(cluster, shared):
    database = shared("sender").address.database
    with closing(cluster.admin(database)) as admin:
        admin.execute(f"CREATE ROLE {database}_stranger LOGIN")
    error = refused(cluster.server(database, f"{database}_stranger"))
    assert "permission denied" in str(error)
    assert "db roles" in error.advice


def test_a_database_without_a_history_that_may_not_be_created(cluster):
    database = cluster.new_database()
    with closing(cluster.admin(database)) as admin:
        admin.execute(f"CREATE ROLE {database}_stranger LOGIN")
    with HistoryStore(PostgresBackend(cluster.server(database, f"{database}_stranger"))) as store:
        assert store.search() == []
        with pytest.raises(HistoryServerError, match=r"There is no history in .* yet") as caught:
            store.record_request(request())
        assert "db roles" in caught.value.advice


# -- a slow line --------------------------------------------------------------------------------------


def test_a_record_and_its_outcome_take_one_round_trip_each(cluster, tcp):
    with cutting(cluster.port) as proxy:
        near = replace(tcp, address=replace(tcp.address, port=proxy.port))
        with HistoryStore(PostgresBackend(near)) as store:
            store.require_writable()
            proxy.restart_count(None)
            entry = store.record_request(request(), unless_after=0)
            assert proxy.round_trips == 1
            store.record_outcome(entry.id, Outcome.SENT, "yes")
            assert proxy.round_trips == 2


# -- lost connections ---------------------------------------------------------------------------------


def test_a_connection_cut_at_any_packet_of_a_send_loses_and_doubles_nothing(cluster, tcp):
    with cutting(cluster.port) as proxy:
        near = replace(tcp, address=replace(tcp.address, port=proxy.port))
        cut, sent = 0, 0
        while cut == 0 or proxy.passed >= cut:
            cut += 1
            with HistoryStore(PostgresBackend(near)) as store:
                store.require_writable()
                proxy.restart_count(cut)
                entry = store.record_request(request(user_id=str(cut)))
                done = store.record_outcome(entry.id, Outcome.SENT, "yes")
                sent += 1
                assert (done.outcome, done.message, done.id) == (Outcome.SENT, "yes", entry.id)
    assert cut > 4
    with HistoryStore(PostgresBackend(tcp)) as store:
        rows = store.search()
        assert check_chain(store.backend).problem == ""
    assert Counter(row.request.user_id for row in rows) == {str(n): 1 for n in range(1, sent + 1)}
    assert {row.outcome for row in rows} == {Outcome.SENT}


@pytest.mark.parametrize("use", [HistoryStore.search, HistoryStore.require_writable])
def test_a_connection_that_rested_too_long_is_made_again(cluster, store, server, use):
    store.record_request(request())
    _end_connections(cluster, server)
    if use is HistoryStore.require_writable:
        with pytest.raises(HistoryUnreachableError):
            use(store)
    use(store)
    assert len(store.search()) == 1


def test_a_server_that_stays_away_is_an_error_and_nothing_is_recorded(cluster, tcp, monkeypatch):
    monkeypatch.setattr(postgres, "RETRY_SECONDS", 0.3)
    with cutting(cluster.port) as proxy:
        near = replace(tcp, address=replace(tcp.address, port=proxy.port))
        with HistoryStore(PostgresBackend(near)) as store:
            entry = store.record_request(request())
            proxy.refuse()
            with pytest.raises(HistoryUnreachableError, match="cannot be reached"):
                store.record_outcome(entry.id, Outcome.SENT, "yes")
            with pytest.raises(HistoryUnreachableError):
                store.record_request(request(user_id="43"))
            proxy.refuse(refuse=False)
            assert store.record_outcome(entry.id, Outcome.SENT, "yes").outcome is Outcome.SENT
            assert len(store.search()) == 1


def _end_connections(cluster, server):
    with closing(cluster.admin(server.address.database)) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database()"
        )


# -- many at once -------------------------------------------------------------------------------------


def test_of_several_who_send_to_the_same_person_at_once_one_does(server):
    sent = Writers.start(server, 4, 60).sent()
    assert sorted(sent) == list(range(60))
    with HistoryStore(PostgresBackend(server)) as store:
        rows = store.search()
        assert check_chain(store.backend).problem == ""
    assert Counter(row.request.user_id for row in rows) == {str(number): 1 for number in range(60)}
    assert {(row.outcome, row.message == row.request.operator) for row in rows} == {(Outcome.SENT, True)}


def test_a_server_that_is_killed_and_started_again_loses_and_doubles_nothing(cluster):
    server = cluster.server(cluster.new_database())
    writers = Writers.start(server, 3, 300)
    for _ in range(3):
        sleep(0.3)
        cluster.kill()
        cluster.start()
    assert sorted(writers.sent()) == list(range(300))
    with HistoryStore(PostgresBackend(server)) as store:
        rows = store.search()
        assert check_chain(store.backend).problem == ""
    assert Counter(row.request.user_id for row in rows) == {str(number): 1 for number in range(300)}
    assert {row.outcome for row in rows} == {Outcome.SENT}


def test_the_loser_gets_the_guards_finding(server):
    with HistoryStore(PostgresBackend(server)) as one, HistoryStore(PostgresBackend(server)) as two:
        one.record_request(request(operator="kim", server="crm.example/"), unless_after=0)
        with pytest.raises(ConcurrentResetError, match="kim requested a link for this person just now"):
            two.record_request(request(operator="lee", server="crm.example/"), unless_after=0)


# -- what others send ---------------------------------------------------------------------------------


def test_what_others_send_is_noticed_within_a_second(store, server):
    store.require_writable()
    stop, seen = threading.Event(), list[float]()
    with HistoryStore(PostgresBackend(server)) as other:

        def watch():
            seen.extend(monotonic() for _ in other.watch(stop))

        thread = threading.Thread(target=watch)
        thread.start()
        _until(lambda: seen)
        before, count = monotonic(), len(seen)
        store.record_request(request())
        _until(lambda: len(seen) > count)
        assert seen[count] - before < patience(1) / 4
        stop.set()
        thread.join(patience(10))
        assert not thread.is_alive()


def _until(holds):
    deadline = monotonic() + patience(10)
    while not holds():
        assert monotonic() < deadline
        sleep(0.01)


# -- a server that does not answer ---------------------------------------------------------------------


@pytest.fixture
def held(cluster, monkeypatch):
    """Return a proxy, and the store behind it, which has a row and an open connection."""
    monkeypatch.setattr(postgres, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(postgres, "REST_SECONDS", 0.0)
    database = cluster.new_database()
    with (
        cutting(cluster.port) as proxy,
        HistoryStore(PostgresBackend(by_tcp(cluster, database, proxy.port))) as store,
    ):
        store.record_request(request())
        yield proxy, store
        proxy.hold(hold=False)
    with closing(cluster.admin(database)) as admin:
        admin.execute("DROP OWNED BY kim CASCADE")


def test_nobody_waits_for_ever_for_a_server_that_does_not_answer(held, monkeypatch):
    proxy, store = held
    monkeypatch.setattr(postgres, "ANSWER_SECONDS", 0.3)
    proxy.hold()
    began = monotonic()
    with pytest.raises(HistoryUnreachableError, match="cannot be reached"):
        store.search()
    with pytest.raises(HistoryUnreachableError, match="cannot be reached"):
        store.search()
    assert monotonic() - began < patience(5)
    proxy.hold(hold=False)
    assert len(store.search()) == 1


def read_tables(store):
    return list(store.backend.iter_tables({"resets": ["id"], "events": ["seq"]}))


@pytest.mark.parametrize("use", [HistoryStore.search, HistoryStore.require_writable, read_tables])
def test_nobody_waits_for_ever_wherever_the_answers_of_a_server_end(held, monkeypatch, use):
    monkeypatch.setattr(postgres, "ANSWER_SECONDS", 0.3)
    proxy, store = held
    last = after_connecting = _packets_of_connecting(proxy, store)
    while _is_held(proxy, store, last + 1, use):
        last += 1
    assert last > after_connecting + 4


def test_nobody_waits_for_ever_for_a_server_that_does_not_create_the_tables(held, monkeypatch):
    monkeypatch.setattr(postgres, "ANSWER_SECONDS", 0.3)
    proxy, store = held
    with closing(store.backend.server.connect()) as connection:
        connection.execute("DROP SCHEMA dazos_tui CASCADE")
    number = _packets_of_connecting(proxy, store) + 9
    assert _is_held(proxy, store, number, HistoryStore.require_writable)


def _packets_of_connecting(proxy, store):
    proxy.restart_count(None)
    connection = store.backend.server.connect()
    passed = proxy.passed
    connection.close()
    return passed


def _is_held(proxy, store, number, use):
    """Use the store, connecting again, while this packet and all later ones do not pass; return if any."""

    def run():
        with suppress(HistoryUnreachableError), HistoryStore(store.backend.reopen()) as again:
            use(again)

    proxy.restart_count(None)
    proxy.hold_at = number
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(patience(10))
    is_held, proxy.hold_at = proxy.passed >= number, None
    assert not thread.is_alive(), f"it waits for packet {number}"
    proxy.hold(hold=False)
    return is_held


def test_a_record_that_is_closed_while_it_waits_is_tried_again_and_leaves_no_connection(held, monkeypatch):
    monkeypatch.setattr(postgres, "CLOSE_SECONDS", 0.1)
    monkeypatch.setattr(postgres, "RETRY_SECONDS", patience(20))
    proxy, store = held
    proxy.hold()
    writer = threading.Thread(target=store.record_request, args=[request(user_id="other")])
    writer.start()
    while store.backend._lock.acquire(blocking=False):
        store.backend._lock.release()
        sleep(0.01)
    store.close()
    proxy.hold(hold=False)
    writer.join(patience(20))
    assert store.backend._connection is None
    with HistoryStore(store.backend.reopen()) as again:
        assert [entry.request.user_id for entry in again.search()] == ["other", request().user_id]


def test_a_record_without_an_answer_is_there_once_when_the_server_answers_again(held, monkeypatch):
    proxy, store = held
    monkeypatch.setattr(postgres, "RECORD_SECONDS", 0.3)
    monkeypatch.setattr(postgres, "RETRY_SECONDS", patience(20))
    proxy.hold()
    threading.Timer(1, proxy.hold, kwargs={"hold": False}).start()
    store.record_request(request(user_id="other"))
    assert [entry.request.user_id for entry in store.search()] == ["other", request().user_id]


def test_closing_ends_a_wait_for_an_answer(held, monkeypatch):
    monkeypatch.setattr(postgres, "CLOSE_SECONDS", 0.1)
    proxy, store = held
    proxy.hold()
    errors = []

    def read():
        try:
            store.search()
        except HistoryError as error:
            errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    while store.backend._lock.acquire(blocking=False):
        store.backend._lock.release()
        sleep(0.01)
    began = monotonic()
    store.close()
    reader.join(patience(5))
    assert monotonic() - began < patience(5)
    assert [type(error) for error in errors] == [HistoryUnreachableError]


def test_closing_waits_for_an_answer_that_comes(held):
    proxy, store = held
    proxy.hold()
    recorded = []
    writer = threading.Thread(target=lambda: recorded.append(store.record_request(request(user_id="other"))))
    writer.start()
    while store.backend._lock.acquire(blocking=False):
        store.backend._lock.release()
        sleep(0.01)
    threading.Timer(0.2, proxy.hold, kwargs={"hold": False}).start()
    store.close()
    writer.join(patience(5))
    assert [entry.request.user_id for entry in recorded] == ["other"]
