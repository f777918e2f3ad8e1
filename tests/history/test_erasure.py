"""Whom an erasure finds, and what stays of their rows."""

from datetime import timedelta

import pytest

from dazos_tui.history import erasure
from dazos_tui.history.audit import check_chain
from dazos_tui.history.backend import Statement
from dazos_tui.history.erasure import erase_accounts, erase_expired, find_accounts
from dazos_tui.history.models import CrmAction, Outcome
from dazos_tui.history.search_text import search_text
from tests.history.clock import NOW
from tests.reset_requests import request


def record(store, at, *, answered=True, **changes):
    store._clock = lambda: at
    entry = store.record_request(request(**changes))
    return store.record_outcome(entry.id, Outcome.SENT, "Sent to Ann") if answered else entry


def erased(store):
    assert check_chain(store.backend).problem == ""
    return [entry.id for entry in reversed(store.search()) if entry.request.name == "(erased)"]


@pytest.mark.parametrize(
    ("who", "instance", "found"),
    [
        ("ANN@acme.example", "", [0, 2]),
        ("Ann.Lee", "", [0, 2]),
        ("42", "", [0, 2]),
        ("42", "beta", [2]),
        ("42", "gamma", []),
        ("43", "", [1]),
        ("ann", "", []),
        ("Ann Lee", "", []),
    ],
)
def test_people_are_found_by_address_user_name_or_record_id(store, who, instance, found):
    people = [request(), request(user_id="43", user_name="b", email="b@x"), request(instance="beta")]
    for one in (*people, people[0]):
        store.record_request(one)
    assert find_accounts(store.backend, who, instance) == [people[number].account for number in found]


def test_a_row_whose_answer_may_still_come_keeps_its_person(store):
    account = record(store, NOW, answered=False).request.account
    record(store, NOW + timedelta(minutes=1))
    other = record(store, NOW, user_id="7", email="7@x", user_name="x").request.account
    assert erase_accounts(store.backend, [account], NOW + timedelta(minutes=5)) == 1
    assert erased(store) == [2]
    assert erase_accounts(store.backend, [account, other], NOW + timedelta(minutes=5, seconds=1)) == 2
    assert erased(store) == [1, 2, 3]
    assert erase_accounts(store.backend, [account, other], NOW + timedelta(days=1)) == 0
    assert {entry.outcome for entry in store.search()} == {Outcome.UNKNOWN, Outcome.SENT}


def test_old_rows_lose_their_person_some_at_a_time(store, monkeypatch):
    monkeypatch.setattr(erasure, "_ROWS_AT_ONCE", 2)
    for number in range(7):
        record(store, NOW + timedelta(days=number), user_id=str(number))
    assert erase_expired(store.backend, 30, NOW + timedelta(days=30)) == 0
    assert erased(store) == []
    assert erase_expired(store.backend, 30, NOW + timedelta(days=34, seconds=1)) == 5
    assert erased(store) == [1, 2, 3, 4, 5]
    assert erase_expired(store.backend, 30, NOW + timedelta(days=34, seconds=1)) == 0


def test_many_rows_of_a_person_are_erased(store, monkeypatch):
    monkeypatch.setattr(erasure, "_ROWS_AT_ONCE", 2)
    [account] = {record(store, NOW).request.account for _ in range(5)}
    assert erase_accounts(store.backend, [account], NOW) == 5
    assert erased(store) == [1, 2, 3, 4, 5]


def test_of_an_erased_row_only_what_says_nobody_stays(store):
    keyboard = {"os_user": "kim", "os_host": "desk", "sudo_user": "lee"}
    entry = record(store, NOW, server="crm.example/", batch="spring", **keyboard)
    erase_accounts(store.backend, [entry.request.account], NOW)
    kept = request(
        server="crm.example/", user_id="", user_name="", name="(erased)", email="", ticket="", **keyboard
    )
    [left] = store.search()
    assert (left.request, left.message, left.outcome) == (kept, "", Outcome.SENT)
    assert (left.requested_at, left.finished_at) == (entry.requested_at, entry.finished_at)
    assert [len(store.search(word)) for word in ("ann", "spring", "hd-7", "kim", "erased", "sent")] == [
        0,
        0,
        0,
        1,
        1,
        1,
    ]


def test_an_erased_row_is_found_by_what_stays_of_it(store):
    store.record_request(request(), CrmAction.ENABLE_LOGIN)
    erase_accounts(store.backend, [request().account], NOW + timedelta(days=1))
    [entry] = store.search("enable")
    [(folded,)] = store.backend.read("SELECT folded FROM resets", {})
    assert folded == search_text(entry.request, entry.outcome, "", entry.action)


@pytest.mark.parametrize(
    "change",
    [
        *(
            f"{one} = 'ann'"
            for one in ("user_id", "user_name", "name", "email", "ticket", "batch", "message")
        ),
        "salt = x'00'",
    ],
)
def test_a_person_put_into_an_erased_row_is_noticed(store, change):
    erase_accounts(store.backend, [record(store, NOW).request.account], NOW)
    assert erased(store) == [1]
    store.backend.write(Statement(f"UPDATE resets SET {change}", {}))  # noqa: S608
    assert check_chain(store.backend).problem == "Row 1 was changed after it was recorded."
