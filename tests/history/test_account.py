"""An account of a server stays the same when the instance or the user is renamed."""

import pytest

from dazos_tui.history.errors import ConcurrentResetError
from dazos_tui.history.models import CrmAction, Outcome
from dazos_tui.history.statements import (
    IS_OF_ACCOUNT,
    IS_OF_MAILBOX,
    IS_SENT_OR_UNKNOWN,
    NEWEST_FIRST,
    SELECT_ENTRIES,
    UNFINISHED,
)
from dazos_tui.history.store import HistoryStore
from tests.history.clock import BACK, NOW
from tests.reset_requests import request
from tests.support import raw_connection


@pytest.fixture
def store(any_store):
    return any_store


SERVER = "crm.acme.example/crm/"


def asked(store, outcome=Outcome.SENT, **changes):
    return store.record_outcome(store.record_request(request(**{"server": SERVER} | changes)).id, outcome, "")


def test_renaming_the_instance_or_the_user_keeps_the_account(store):
    first = asked(store)
    for changes in ({"instance": "acme-too"}, {"user_name": "ann.bell"}, {"instance": "x", "user_name": "y"}):
        account = request(**{"server": SERVER} | changes).account
        assert store.last_reset(account) == first
        with pytest.raises(ConcurrentResetError):
            store.record_request(request(**{"server": SERVER} | changes), unless_after=0)


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": "43"},
        {"server": "crm.acme.example/sandbox/", "instance": "sandbox"},
        {"server": "crm.acme.example:8443/crm/", "instance": "other"},
    ],
)
def test_another_record_or_another_server_is_another_account(store, changes):
    asked(store)
    account = request(**{"server": SERVER, "email": "other@acme.example"} | changes).account
    assert store.last_reset(account) is None
    assert store.last_reset(account, mailbox=True) is None


def test_the_same_mailbox_in_the_same_crm_counts_on_request(store):
    first = asked(store)
    account = request(server=SERVER, user_id="43", user_name="desk", email="ANN@acme.example").account
    assert store.last_reset(account) is None
    assert store.last_reset(account, mailbox=True) == first
    sandbox = request(server="crm.acme.example/sandbox/", instance="sandbox", user_id="43").account
    assert store.last_reset(sandbox, mailbox=True) is None
    nothing = request(server=SERVER, user_id="44", email="").account
    asked(store, user_id="45", email="")
    assert store.last_reset(nothing, mailbox=True) is None


def test_rows_without_a_server_still_count(store):
    old = store.record_outcome(store.record_request(request()).id, Outcome.SENT, "")
    assert store.last_reset(request(server=SERVER).account) == old
    assert store.last_reset(request(server=SERVER, user_name="ann.bell").account) == old
    moved = request(server="new.example/", host="new.example", user_name="ann.bell").account
    assert store.last_reset(moved) is None


def test_only_an_accounts_newest_link_waits_and_back_in_goes_to_all(store):
    asked(store)
    newest = asked(store, instance="acme-too", user_name="ann.bell")
    assert [entry.id for entry in store.resets_awaiting_sign_in(NOW)] == [newest.id]
    store.record_back_in(newest.id, BACK)
    assert [entry.back_in for entry in store.search()] == [BACK, BACK]


def test_the_newest_attempt_is_returned_if_it_did_not_go_out(store):
    account = request(server=SERVER).account
    assert store.last_failed_reset(account) is None
    refused = asked(store, Outcome.REFUSED)
    assert store.last_failed_reset(account) == refused
    asked(store)
    assert store.last_failed_reset(account) is None
    failed = asked(store, Outcome.NOT_SENT)
    store.record_request(request(server=SERVER), CrmAction.ENABLE_LOGIN)
    assert store.last_failed_reset(account) == failed
    asked(store, Outcome.UNKNOWN)
    assert store.last_failed_reset(account) is None


def test_a_lookup_of_one_account_reads_no_other_rows(tmp_path):
    with HistoryStore(tmp_path / "state" / "history.db") as store:
        for condition in (
            f"{IS_OF_ACCOUNT} AND {IS_SENT_OR_UNKNOWN}",
            f"{IS_OF_MAILBOX} AND {IS_SENT_OR_UNKNOWN}",
        ):
            values = dict.fromkeys(("instance", "host", "server", "user_id", "user_name", "email"), "x")
            plan = raw_connection(store).execute(
                f"EXPLAIN QUERY PLAN {SELECT_ENTRIES} {condition} {NEWEST_FIRST} LIMIT 1", values
            )
            assert all("USING INDEX" in row[3] for row in plan if "resets" in row[3])


def test_a_lookup_of_unfinished_sends_reads_no_finished_ones(tmp_path):
    with HistoryStore(tmp_path / "state" / "history.db") as store:
        [(*_, plan), *_] = raw_connection(store).execute(
            f"EXPLAIN QUERY PLAN {SELECT_ENTRIES} {UNFINISHED}", {"instance": "x", "before": "x"}
        )
        assert plan.endswith("USING INDEX resets_unfinished")
