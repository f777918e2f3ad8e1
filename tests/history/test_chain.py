"""The hash chain names the first row that was changed or is missing, on both databases."""

import sqlite3
from contextlib import closing

import pytest

from dazos_tui.history.audit import AuditReport, ChainMark, check_chain
from dazos_tui.history.backend import Statement
from dazos_tui.history.chain import (
    GENESIS,
    chain_hash,
    event_facts,
    legacy_uid,
    request_facts,
    salted_digest,
)
from dazos_tui.history.models import CrmAction, Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from tests.history.clock import BACK
from tests.history.older_files import VERSION_1
from tests.reset_requests import request

NOW_STAMP = "2026-11-23T13:37:00.123Z"
PERSON = ("42", "ann", "Ann", "a@x")


@pytest.fixture
def store_of_three(any_store):
    """Return a store with three rows: sent and back in, refused, and one without an answer."""
    any_store.record_outcome(any_store.record_request(request()).id, Outcome.SENT, "Yes, Ann")
    keyboard = {"os_user": "kim", "os_host": "desk", "sudo_user": "lee", "batch": "spring"}
    second = any_store.record_request(request(user_id="43", **keyboard))
    any_store.record_outcome(second.id, Outcome.REFUSED, "no")
    any_store.record_noted(second.id)
    any_store.record_request(request(user_id="44"), CrmAction.ENABLE_LOGIN)
    any_store.record_back_in(1, BACK)
    return any_store


def problem(store, expected=None):
    return check_chain(store.backend, expected).problem


def edit(store, *statements):
    """Change the database as its owner can, without the chain."""
    with store.backend.transaction() as transaction:
        transaction.run(*(Statement(sql, {}) for sql in statements))


def test_an_untouched_history_is_whole(store_of_three):
    report = check_chain(store_of_three.backend)
    assert (report.problem, report.rows, report.erased, report.mark.length) == ("", 3, 0, 7)


def test_an_empty_history_is_whole(new_backend):
    with closing(new_backend()) as backend:
        assert check_chain(backend) == AuditReport(ChainMark(0, "0" * 64), 0, 0)


@pytest.mark.parametrize(
    "change",
    [
        *(f"{column} = 'x'" for column in ("uid", "instance", "environment", "host", "server", "operator")),
        *(f"{column} = 'x'" for column in ("user_id", "user_name", "name", "email", "ticket", "folded")),
        *(f"{column} = 'x'" for column in ("os_user", "os_host", "sudo_user", "batch")),
        *(f"{column} = ''" for column in ("os_user", "os_host", "sudo_user", "batch")),
        "noted_at = '2026-11-23T13:37:00.000Z'",
        "noted_at = NULL",
        "message = 'x'",
        "outcome = 'sent'",
        "action = 'enable login'",
        "requested_at = '2026-11-23T13:37:00.000Z'",
        "finished_at = '2026-11-23T13:37:00.000Z'",
        "finished_at = NULL",
        "salt = NULL",
        "back_in_at = '2026-11-23T13:37:00.000Z', proof = 'person'",
        "erased_at = '2026-11-23T13:37:00.000Z'",
        "erased_at = '2026-11-23T13:37:00.000Z', salt = NULL, user_name = ''",
    ],
)
def test_a_changed_row_is_named(store_of_three, change):
    edit(store_of_three, f"UPDATE resets SET {change} WHERE id = 2")  # noqa: S608
    assert "Row 2 was changed" in problem(store_of_three)


def test_a_change_that_only_the_last_or_the_first_hash_shows(store_of_three):
    edit(store_of_three, "UPDATE resets SET proof = 'person' WHERE id = 1")
    assert problem(store_of_three) == "Row 1 was changed after it was recorded."
    edit(store_of_three, "UPDATE resets SET proof = 'sign-in' WHERE id = 1")
    assert problem(store_of_three) == ""
    with store_of_three.backend.transaction() as transaction:
        transaction.run(Statement("UPDATE events SET previous = :hash WHERE seq = 1", {"hash": b"x"}))
    assert problem(store_of_three) == "Row 1 was changed after it was recorded."


def test_a_mark_of_a_history_that_is_gone(tmp_path):
    with HistoryStore(tmp_path / "none" / "history.db") as store:
        assert problem(store) == ""
        assert problem(store, ChainMark(3, "0" * 64)) == "All rows are missing: there were 3 events."


@pytest.mark.parametrize("change", ["outcome = 'sent'", "message = 'x'"])
def test_an_outcome_given_to_a_row_without_one_is_named(store_of_three, change):
    edit(store_of_three, f"UPDATE resets SET {change} WHERE id = 3")  # noqa: S608
    assert problem(store_of_three) == "Row 3 was changed after it was recorded."


def test_the_first_of_several_changes_is_named(store_of_three):
    edit(store_of_three, "UPDATE resets SET name = 'x' WHERE id > 1")
    assert problem(store_of_three) == "Row 2 was changed after it was recorded."


@pytest.mark.parametrize("row", [1, 2, 3])
def test_a_missing_row_is_named(store_of_three, row):
    edit(store_of_three, f"DELETE FROM resets WHERE id = {row}")  # noqa: S608
    assert problem(store_of_three) == f"Row {row} is missing."


def test_a_row_removed_with_all_that_the_chain_had_of_it_is_named(store_of_three):
    edit(store_of_three, "DELETE FROM resets WHERE id = 2", "DELETE FROM events WHERE reset_id = 2")
    assert problem(store_of_three) == "Row 2 is missing."


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("1, 2", "A row is missing between the beginning and row 3."),
        ("2, 3", "A row is missing after row 1."),
        ("4", "A row is missing between row 1 and row 5."),
    ],
)
def test_where_rows_are_missing_of_which_the_chain_has_nothing(store_of_three, lost, words):
    # The event before the fourth row is that the first person is back in.
    for user_id in ("45", "46"):
        store_of_three.record_request(request(user_id=user_id))
    edit(
        store_of_three,
        f"DELETE FROM resets WHERE id IN ({lost})",  # noqa: S608
        f"DELETE FROM events WHERE reset_id IN ({lost})",  # noqa: S608
    )
    assert problem(store_of_three) == words


def test_an_event_without_its_hash_is_named(store_of_three):
    edit(store_of_three, "DELETE FROM events WHERE seq = 3")
    assert problem(store_of_three) == "The chain has lost what it knew of row 2."


def test_rows_whose_texts_have_no_empty_line_are_whole(store_of_three):
    lines = "char(10)" if store_of_three.is_local else "chr(10)"
    edit(store_of_three, f"UPDATE resets SET folded = replace(folded, {lines} || {lines}, {lines})")  # noqa: S608
    assert problem(store_of_three) == ""


def test_an_added_row_is_named(store_of_three):
    edit(
        store_of_three,
        "INSERT INTO resets (id, uid, sort_key, instance, environment, host, operator, user_id, user_name, "
        "name, email, ticket, server, requested_at, outcome, message, folded, action) "
        "SELECT 9, 'x', sort_key, instance, environment, host, operator, user_id, user_name, name, email, "
        "ticket, server, requested_at, outcome, message, folded, action FROM resets WHERE id = 3",
    )
    assert problem(store_of_three).startswith("Row 9 was changed or added by another program")


def test_a_cut_end_is_noticed(store_of_three):
    edit(store_of_three, "DELETE FROM resets WHERE id = 3", "DELETE FROM events WHERE seq > 5")
    assert problem(store_of_three) == "The end of the history is missing, after what was recorded of row 2."


def test_a_mark_kept_elsewhere_proves_that_the_end_was_cut_and_the_head_moved_back(store_of_three):
    mark = check_chain(store_of_three.backend).mark
    hashes = dict(store_of_three.backend.read("SELECT seq, previous FROM events", {}))
    edit(
        store_of_three,
        "DELETE FROM events WHERE seq = 7",
        "UPDATE resets SET back_in_at = NULL, proof = NULL WHERE id = 1",
        "UPDATE chain_head SET length = 6",
    )
    with store_of_three.backend.transaction() as transaction:
        transaction.run(Statement("UPDATE chain_head SET hash = :hash", {"hash": bytes(hashes[7])}))
    assert problem(store_of_three) == ""
    assert problem(store_of_three, mark) == "The end of the history is missing: it had 7 events, and has 6."


def test_a_mark_proves_that_a_history_was_written_again(store_of_three):
    store_of_three.record_request(request(user_id="45"))
    assert problem(store_of_three, ChainMark(3, "0" * 64)) == (
        "Rows up to row 2 were written again by another program: their hashes fit one another, but not the "
        "mark."
    )
    mark = check_chain(store_of_three.backend).mark
    assert problem(store_of_three, mark) == ""
    store_of_three.record_request(request(user_id="46"))
    assert problem(store_of_three, mark) == ""


@pytest.mark.parametrize("text", ["", "12", "x:" + "0" * 64, "1:00", "1:" + "g" * 64, "1:" + "X" * 64])
def test_a_text_that_is_no_mark(text):
    with pytest.raises(ValueError, match=r"^is not a mark, such as"):
        ChainMark.parse(text)


def test_a_mark_can_be_written_down(store_of_three):
    mark = check_chain(store_of_three.backend).mark
    assert ChainMark.parse(f" {mark}\n") == mark


def test_an_older_history_is_chained_when_it_is_opened(tmp_path):
    path = tmp_path / "state" / "history.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(VERSION_1)
    with HistoryStore(path) as store:
        assert check_chain(store.backend).mark.length == 1
        store.record_outcome(7, Outcome.SENT, "yes")
        store.record_request(request())
        assert check_chain(store.backend).problem == ""
        edit(store, "UPDATE resets SET name = 'x' WHERE id = 7")
        assert problem(store) == "Row 7 was changed after it was recorded."


def test_hashes_and_ids_are_what_they_are_in_every_version():
    assert legacy_uid(7, NOW_STAMP, "acme", "crm.example", "admin") == "3351ebbb85e680aa37774f8dea011cd6"
    facts = request_facts("u", ResetRequest("acme", "production", "h", "op", *PERSON, "T", "s"), "reset link")
    whole = event_facts(1, 7, "requested", NOW_STAMP, facts)
    digest = salted_digest(b"salt", "x")
    assert chain_hash(GENESIS, whole, digest).hex() == (
        "79a485ed13d34a578b50f9a107338d444a67445fc4a09321688edab572d8957b"
    )
