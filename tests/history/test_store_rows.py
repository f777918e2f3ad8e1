"""Which rows a store in a file finds, and what each of them has."""

import re
from threading import Event

from dazos_tui.history.models import CrmAction
from dazos_tui.history.store import HistoryStore
from tests.history.clock import NOW
from tests.reset_requests import request


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


def test_a_row_has_an_id_and_a_salt_of_its_own(store):
    for _ in range(2):
        store.record_request(request())
    rows = store.backend.read("SELECT uid, salt FROM resets", {})
    assert all(re.fullmatch("[0-9a-f]{32}", uid) and len(salt) == 16 for uid, salt in rows)
    assert len({uid for uid, _ in rows}) == len({salt for _, salt in rows}) == 2
