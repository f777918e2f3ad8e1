"""What a store says of rows, and which rows it finds."""

import re
from datetime import timedelta
from threading import Event

import pytest

from dazos_tui.history.errors import ConcurrentResetError
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, Outcome
from dazos_tui.history.store import HistoryError, HistoryStore
from dazos_tui.history.times import format_time, parse_time
from tests.history.clock import BACK, NOW, Clock
from tests.reset_requests import request


def test_an_entry_that_does_not_exist_is_named(store):
    store.record_request(request())
    for use in (
        lambda: store.record_outcome(2, Outcome.SENT, ""),
        lambda: store.record_noted(2),
        lambda: store.record_back_in(2, BACK),
    ):
        with pytest.raises(HistoryError) as caught:
            use()
        assert str(caught.value) == f"There is no entry 2 in the history {store.place}."
        assert caught.value.advice == "Another history may be in use."
    assert (store.get(2), store.entries_by_id([2, 1])) == (None, [store.get(1)])


def test_an_outcome_is_recorded_once(store):
    entry = store.record_request(request())
    kept = store.record_outcome(entry.id, Outcome.SENT, "yes")
    # Repeated after a lost connection.
    assert store.record_outcome(entry.id, Outcome.SENT, "yes") == kept
    for outcome, message in ((Outcome.REFUSED, "yes"), (Outcome.SENT, "no")):
        with pytest.raises(HistoryError) as caught:
            store.record_outcome(entry.id, outcome, message)
        assert str(caught.value) == "Entry 1 of the history already has an outcome (sent)."
        assert caught.value.advice == "See “dazos-tui history” for what it says."
    assert store.get(1) == kept


def test_nobody_is_back_in_because_of_a_link_that_did_not_go_out(store):
    refused = store.record_outcome(store.record_request(request()).id, Outcome.REFUSED, "")
    with pytest.raises(HistoryError) as caught:
        store.record_back_in(refused.id, BACK)
    assert str(caught.value) == (
        "Row 1 of the history is not a link that was sent (refused), so nobody can be back in because of it."
    )
    assert caught.value.advice == "Choose the row of a link that was sent."
    assert store.get(1) == refused


def test_a_row_is_noted_and_somebody_back_in_once(store):
    entry = store.record_outcome(store.record_request(request()).id, Outcome.SENT, "yes")
    noted = store.record_noted(entry.id)
    assert noted.noted_at == parse_time(format_time(NOW + timedelta(minutes=2)))
    assert store.record_noted(entry.id) == noted
    back = store.record_back_in(entry.id, BACK)
    assert back.back_in == BACK
    later = BackIn(BACK.at + timedelta(hours=1), BackInProof.PERSON)
    assert store.record_back_in(entry.id, later) == back
    assert store.get(entry.id) == back


def test_another_store_of_the_same_history_is_like_it(path):
    with HistoryStore(path, clock=lambda: NOW, cache_folder=path.parent) as store, store.reopen() as other:
        assert (other.place, other.cache_folder, other.now()) == (store.place, path.parent, NOW)
        begun, theirs = store.record_request(request()), other.record_request(request(user_id="7"))
        assert [store.read_again(theirs), other.read_again(begun)] == [theirs, begun]
        assert (list(store.watch(Event())), store.notice) == ([], None)


def test_all_rows_of_an_account_newest_first(store):
    account = request(server="crm.example/").account
    for changes in ({}, {"user_id": "43"}, {"email": "new@acme.example"}):
        store.record_request(request(server="crm.example/", **changes))
    store.record_request(request(server="crm.example/"), CrmAction.ENABLE_LOGIN)
    assert [entry.id for entry in store.entries_of_account(account)] == [4, 3, 1]


def test_the_newest_reset_of_each_person_of_an_instance(store):
    for user_id, server, instance in (
        ("1", "", "acme"), ("2", "crm.example/", "acme"), ("1", "crm.example/", "renamed"),
        ("3", "other.example/", "acme"), ("4", "", "beta"), ("2", "crm.example/", "acme"),
    ):  # fmt: skip
        store.record_request(request(user_id=user_id, server=server, instance=instance))
    store.record_request(request(user_id="2", server="crm.example/"), CrmAction.ENABLE_LOGIN)
    found = store.newest_reset_by_user("acme", "crm.acme.example", "crm.example/")
    assert {user_id: entry.id for user_id, entry in found.items()} == {"1": 3, "2": 6}
    assert store.newest_reset_by_user("x", "crm.acme.example", "") == {}
    assert store.newest_reset_by_user("acme", "x", "") == {}


def test_rows_of_a_batch(store):
    for user_id, batch in (("1", "spring"), ("2", ""), ("3", "spring"), ("1", "autumn")):
        entry = store.record_request(request(user_id=user_id, batch=batch))
        store.record_outcome(entry.id, Outcome.REFUSED if user_id == "3" else Outcome.SENT, "")
    assert [entry.id for entry in store.entries_of_batch("spring")] == [1, 3]
    assert store.entries_of_batch("") == []
    of_batch = {
        user_id: store.batch_entry(request(user_id=user_id).account, "spring") for user_id in ("1", "2", "3")
    }
    assert of_batch == {"1": store.get(1), "2": None, "3": None}
    assert store.batch_entry(request(user_id="2").account, "") is None


def test_a_search_is_narrowed_by_each_of_its_options(store):
    for number, (instance, ticket) in enumerate((("acme", "HD-1"), ("beta", "HD-1"), ("acme", "HD-2"))):
        entry = store.record_request(request(instance=instance, ticket=ticket, user_id=str(number)))
        store.record_outcome(entry.id, Outcome.REFUSED if number else Outcome.SENT, "")

    def found(*words, **options):
        return [entry.id for entry in store.search(*words, **options)]

    assert found() == [3, 2, 1]
    assert found(limit=2) == [3, 2]
    assert found("ANN hd-1") == [2, 1]
    assert found("hd-1", instance="acme") == [1]
    assert found(ticket="HD-1") == [2, 1]
    assert found(outcome=Outcome.REFUSED, limit=1) == [3]
    assert found(since=store.get(2).requested_at) == [3, 2]
    assert found(since=store.get(2).requested_at + timedelta(milliseconds=1), outcome=Outcome.SENT) == []


def test_who_waits_for_a_sign_in(store):
    for user_id, instance in (("1", "acme"), ("2", "acme"), ("1", "acme"), ("3", "beta")):
        entry = store.record_request(request(user_id=user_id, instance=instance, email=f"{user_id}@x"))
        store.record_outcome(entry.id, Outcome.SENT, "")

    def waiting(since=NOW, **options):
        return [entry.id for entry in store.resets_awaiting_sign_in(since, **options)]

    assert waiting() == [2, 3, 4]
    assert waiting(instance="acme") == [2, 3]
    assert waiting(store.get(3).requested_at) == [3, 4]
    store.record_back_in(2, BACK)
    assert waiting(instance="acme") == [3]


def test_a_link_that_went_out_meanwhile_is_not_sent_twice(path):
    with (
        HistoryStore(path, clock=Clock()) as one,
        HistoryStore(path, clock=Clock(NOW + timedelta(hours=1))) as two,
    ):
        first = one.record_request(request(operator="kim"), unless_after=0)
        with pytest.raises(ConcurrentResetError) as caught:
            two.record_request(request(), unless_after=0)
        assert caught.value.entry == first
        assert str(caught.value) == "kim requested a link for this person just now (unknown)."
        second = two.record_request(request(), unless_after=first.id)
        with pytest.raises(ConcurrentResetError) as caught:
            one.record_request(request(), unless_after=first.id)
        assert caught.value.entry == second
        assert len(one.search()) == 2


def test_a_row_has_an_id_and_a_salt_of_its_own(store):
    for _ in range(2):
        store.record_request(request())
    rows = store.backend.read("SELECT uid, salt FROM resets", {})
    assert all(re.fullmatch("[0-9a-f]{32}", uid) and len(salt) == 16 for uid, salt in rows)
    assert len({uid for uid, _ in rows}) == len({salt for _, salt in rows}) == 2
