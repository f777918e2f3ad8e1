"""While the server of a team's history cannot be reached, rows wait here, and are brought there once."""

from collections import Counter
from dataclasses import replace

import pytest

from dazos_tui.history import postgres
from dazos_tui.history.errors import ConcurrentResetError, HistoryError, HistoryUnreachableError
from dazos_tui.history.models import Outcome, ServerAwayNotice
from dazos_tui.history.offline_queue import QueueingBackend
from dazos_tui.history.postgres import PostgresBackend, PostgresServer
from dazos_tui.history.query import HistoryQuery
from dazos_tui.history.search import HistorySearch
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.statistics import collect_statistics
from dazos_tui.history.store import HistoryStore
from tests.history.clock import BACK
from tests.history.cutting_proxy import cutting
from tests.history.team import Team, someone
from tests.reset_requests import request


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(postgres, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(postgres, "REST_SECONDS", 0.0)


@pytest.fixture
def team(cluster, tmp_path):
    with cutting(cluster.port) as proxy:
        yield Team(cluster, tmp_path / "state", proxy)


def send(store, person, outcome=Outcome.SENT):
    entry = store.record_request(someone(person), unless_after=0)
    return store.record_outcome(entry.id, outcome, f"to {person}")


KEYBOARD = {"os_user": "kim", "os_host": "desk", "sudo_user": "rob", "batch": "spring"}


def test_who_was_at_the_keyboard_the_batch_and_the_note_wait_too(team):
    with team.machine() as store:
        with team.away():
            entry = store.record_request(replace(someone("1"), **KEYBOARD), unless_after=0)
            assert store.record_outcome(entry.id, Outcome.SENT, "yes").request.batch == "spring"
            noted = store.record_noted(entry.id)
            assert noted.id == entry.id < 0
            assert store.record_noted(entry.id).noted_at == noted.noted_at
        assert store.notice is None
        # Also by the id that it had while it waited.
        assert store.record_noted(entry.id).noted_at == noted.noted_at
        [row] = team.rows()
    assert row.request == replace(someone("1"), **KEYBOARD)
    assert row.noted_at == noted.noted_at


def test_a_note_about_a_row_of_a_server_that_is_away_is_an_error(team):
    with team.machine() as store:
        entry = send(store, "1")
        store.close()
        with team.machine() as later, team.away(), pytest.raises(HistoryUnreachableError):
            later.record_noted(entry.id)


def test_a_row_is_read_again_wherever_it_or_its_outcome_is_now(team):
    with team.machine() as store:
        there = store.record_request(someone("1"), unless_after=0)
        with team.away():
            store.record_outcome(there.id, Outcome.SENT, "yes")
            assert store.read_again(there).outcome is Outcome.SENT
            here = send(store, "2", Outcome.REFUSED)
            assert store.read_again(here) == here
        assert store.read_again(there).outcome is Outcome.SENT
        brought = store.read_again(here)
        assert (brought.id > 0, brought.outcome) == (True, Outcome.REFUSED)
        assert store.read_again(replace(here, uid="")) is None


def people(rows):
    return [row.request.user_id for row in rows]


def test_what_was_brought_to_the_server_is_not_seen_here_as_a_row_of_nobody(team):
    with team.machine() as store:
        with team.away():
            send(store, "1")
        assert people(store.search()) == ["1"]
        with team.away():
            assert store.search() == []
            assert HistorySearch(store).count_all() == 0
            away = "The history's server cannot be reached: what others sent is not known here."
            assert store.notice.text == away
            send(store, "2")
            assert people(store.search()) == ["2"]
            assert [len(store.search("to 2")), HistorySearch(store).count_all()] == [1, 1]
            assert collect_statistics(store, HistoryQuery()).total == 1


def test_with_a_server_that_answers_nothing_is_kept_here(team):
    with team.machine() as store:
        assert send(store, "1").id > 0
        assert store.notice is None
    assert people(team.rows()) == ["1"]
    assert not team.queue.exists()


def test_rows_wait_and_are_brought_once_in_order(team):
    with team.machine() as store:
        send(store, "1")
        with team.away():
            waiting = [send(store, person) for person in ("2", "3", "4")]
            assert [entry.id for entry in waiting] == [-1, -2, -3]
            assert [entry.outcome for entry in waiting] == [Outcome.SENT] * 3
            assert people(store.search()) == ["4", "3", "2"]
            assert store.notice.text.startswith(
                "The history's server cannot be reached: 3 rows wait on this machine"
            )
        send(store, "5")
        assert store.notice is None
        assert people(store.search()) == ["5", "4", "3", "2", "1"]
    rows = team.rows()
    assert people(rows) == ["1", "2", "3", "4", "5"]
    assert [row.message for row in rows] == [f"to {person}" for person in "12345"]
    assert [row.requested_at for row in rows[1:4]] == [entry.requested_at for entry in waiting]
    assert {row.outcome for row in rows} == {Outcome.SENT}


def test_what_waits_is_brought_by_the_next_start(team):
    with team.away(), team.machine() as store:
        send(store, "1")
    with team.machine() as store:
        assert people(store.search()) == ["1"]
    assert people(team.rows()) == ["1"]


def test_what_was_brought_is_in_no_byte_of_the_queue(team):
    with team.away(), team.machine() as store:
        send(store, "1")
    assert b"ann.lee" in team.queue.read_bytes()
    with team.machine() as store:
        store.search()
    assert b"ann.lee" not in b"".join(file.read_bytes() for file in team.queue.parent.iterdir())


def test_bringing_the_same_rows_again_doubles_nothing(team, monkeypatch):
    with team.away(), team.machine() as store:
        for person in "123":
            send(store, person)
    kept = team.queue.read_bytes()
    with team.machine() as store:
        assert people(store.search()) == ["3", "2", "1"]
    # As after a crash between the server's commit and the queue's.
    team.queue.write_bytes(kept)
    with team.machine() as store:
        assert people(store.search()) == ["3", "2", "1"]
    assert people(team.rows()) == ["1", "2", "3"]


def test_an_outcome_waits_if_the_server_goes_away_during_a_send(team):
    with team.machine() as store:
        entry = store.record_request(request(user_id="1"))
        with team.away():
            done = store.record_outcome(entry.id, Outcome.REFUSED, "no")
            assert (done.id, done.outcome, done.message) == (entry.id, Outcome.REFUSED, "no")
            assert people(store.search()) == ["1"]
        store.search()
    assert [(row.request.user_id, row.outcome, row.message) for row in team.rows()] == [
        ("1", Outcome.REFUSED, "no")
    ]


def test_an_outcome_arrives_if_the_server_comes_back_during_a_send(team):
    with team.machine() as store:
        with team.away():
            entry = store.record_request(request(user_id="1"))
        assert store.search() == []
        assert store.record_outcome(entry.id, Outcome.SENT, "yes").id == entry.id
        [row] = store.search()
        assert (row.outcome, row.id > 0) == (Outcome.SENT, True)
        assert store.get(entry.id).outcome is Outcome.SENT
    assert people(team.rows()) == ["1"]


def test_the_guard_knows_what_waits(team):
    with team.machine() as store, team.away():
        sent = send(store, "1")
        with pytest.raises(ConcurrentResetError):
            send(store, "1")
        account = someone("1").account
        assert store.last_reset(account) == sent
        assert store.record_request(someone("1"), unless_after=sent.id)


def test_a_known_row_of_the_server_is_no_row_that_waits(team):
    with team.machine() as store:
        known = send(store, "1")
        with team.away():
            again = store.record_request(someone("1"), unless_after=known.id)
            assert again.id == -1


def test_a_person_who_waits_can_be_back_in(team):
    with team.machine() as store, team.away():
        entry = send(store, "1")
        assert store.record_back_in(entry.id, BACK).back_in == BACK
    with team.machine() as store:
        [row] = store.search()
        assert row.back_in == BACK


def test_rows_of_the_server_cannot_be_changed_meanwhile(team):
    with team.machine() as store:
        entry = send(store, "1")
        with team.away(), pytest.raises(HistoryUnreachableError):
            store.record_back_in(entry.id, BACK)
        assert store.record_back_in(entry.id, BACK).back_in == BACK


def test_a_wrong_password_is_not_a_server_that_is_away(team, cluster):
    address = replace(team.direct.address, host="127.0.0.1", port=cluster.port)
    wrong = PostgresServer(address, lambda: "wrong", sslmode="disable")
    with (
        HistoryStore(QueueingBackend(PostgresBackend(wrong), SqliteBackend(team.queue))) as store,
        pytest.raises(HistoryError, match="refused the connection"),
    ):
        store.record_request(request())
    assert not team.queue.exists()


def test_a_line_cut_at_any_packet_loses_and_doubles_nothing(team):
    cut = 0
    while cut == 0 or team.line.passed >= cut:
        cut += 1
        with team.machine() as store:
            store.require_writable()
            team.line.restart_count(cut)
            send(store, str(cut))
            store.search()
    assert cut > 4
    with team.machine() as store:
        store.search()
    rows = team.rows()
    assert Counter(people(rows)) == {str(number): 1 for number in range(1, cut + 1)}
    assert {row.outcome for row in rows} == {Outcome.SENT}


def test_only_the_rows_that_wait_are_not_every_row(team):
    with team.machine() as store:
        send(store, "1")
        store.require_complete()
        with team.away():
            with pytest.raises(HistoryUnreachableError):
                store.require_complete()
            send(store, "2")
        store.require_complete()
        assert people(store.search()) == ["2", "1"]


def test_rows_that_another_process_left_are_brought_before_anything_is_called_missing(team):
    with team.machine() as running:
        running.require_complete()
        with team.away(), team.machine() as other:
            send(other, "1")
        running.require_complete()
        assert people(team.rows()) == ["1"]


def test_a_row_that_waits_for_its_outcome_is_not_on_the_server_yet(team):
    with team.machine() as store:
        with team.away():
            store.record_request(someone("1"), unless_after=0)
        with pytest.raises(HistoryError, match="still wait on this machine"):
            store.require_complete()


@pytest.mark.parametrize(
    ("before", "waiting", "is_news"),
    [(None, 0, True), (None, 1, True), (0, 0, False), (0, 1, True), (1, 2, False), (2, 0, True)],
)
def test_a_user_reads_once_that_the_server_is_away_and_once_that_rows_wait(before, waiting, is_news):
    read = None if before is None else ServerAwayNotice(before)
    assert ServerAwayNotice(waiting).is_news_after(read) is is_news
