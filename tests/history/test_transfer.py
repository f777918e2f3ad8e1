"""Rows brought from one history into another: each once, complete, and without whom either has erased."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from dazos_tui.history import transfer
from dazos_tui.history.audit import check_chain
from dazos_tui.history.backend import Statement
from dazos_tui.history.erasure import erase_accounts
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.history.transfer import bring_in, differences, iter_rows
from tests.history.clock import BACK, NOW, Clock
from tests.reset_requests import request


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return a history with rows of each kind: back in, refused and noted, without an answer, erased."""
    monkeypatch.setattr(transfer, "_ROWS_AT_ONCE", 2)
    with HistoryStore(tmp_path / "here" / "history.db", clock=Clock()) as store:
        people = [request(user_id=str(number), server="crm.example/") for number in range(1, 6)]
        for one, outcome in zip(people[:2], (Outcome.SENT, Outcome.REFUSED), strict=True):
            store.record_outcome(store.record_request(one).id, outcome, f"It is {outcome}")
        store.record_back_in(1, BACK)
        store.record_noted(2)
        store.record_request(people[2], CrmAction.ENABLE_LOGIN)
        for one in people[3:]:
            store.record_outcome(store.record_request(one).id, Outcome.UNKNOWN, "Who knows")
        erase_accounts(store.backend, [people[3].account], NOW + timedelta(days=1))
        yield store


@pytest.fixture
def there(tmp_path):
    with HistoryStore(tmp_path / "there" / "history.db", clock=Clock(NOW + timedelta(days=9))) as store:
        yield store


def bring(source, target):
    added = bring_in(target.backend, iter_rows(source.backend))
    assert check_chain(target.backend).problem == ""
    return added


def test_every_row_is_brought_once_with_all_that_is_known_of_it(here, there):
    there.record_request(request(name="Somebody else"))
    uids = [entry.uid for entry in reversed(here.search())]
    assert sorted(differences(here.backend, there.backend)) == sorted(uids)
    assert [bring(here, there), bring(here, there)] == [5, 0]
    assert list(differences(here.backend, there.backend)) == []
    brought = {entry.uid: entry for entry in there.search()}
    for entry in here.search():
        assert replace(brought[entry.uid], id=entry.id) == entry
    erased = "SELECT erased_at FROM resets WHERE erased_at IS NOT NULL"
    assert there.backend.read(erased, {}) == here.backend.read(erased, {})
    # Rows that are older than those there come before them.
    assert there.search()[0].request.name == "Somebody else"
    assert [list(there.search(word)) != [] for word in ("refused", "enable", "erased", "knows")] == [True] * 4


def test_what_is_recorded_later_is_brought_later(here, there):
    bring(here, there)
    here.record_outcome(3, Outcome.SENT, "Enabled")
    here.record_noted(5)
    here.record_back_in(5, BackIn(BACK.at + timedelta(hours=1), BackInProof.PERSON))
    later = {here.get(3).uid, here.get(5).uid}
    assert set(differences(here.backend, there.backend)) == later
    assert bring(here, there) == 0
    assert list(differences(here.backend, there.backend)) == []
    assert {replace(entry, id=0) for entry in there.search()} == {
        replace(entry, id=0) for entry in here.search()
    }


def test_whom_one_history_has_erased_stays_erased(here, there):
    bring(here, there)
    erase_accounts(there.backend, [here.get(1).request.account], NOW + timedelta(days=1))
    assert list(differences(here.backend, there.backend)) == []
    assert bring(here, there) == 0
    assert [entry.request.name for entry in there.search()].count("(erased)") == 2
    # Not the other way round: what is erased elsewhere is not erased here.
    assert bring(there, here) == 0
    assert [entry.request.name for entry in here.search()].count("(erased)") == 1
    assert list(differences(there.backend, here.backend)) == [here.get(1).uid]


@pytest.mark.parametrize(
    ("change", "is_different"),
    [
        ("noted_at = '2026-11-24T00:00:00.000Z' WHERE id = 2", False),
        ("noted_at = NULL WHERE id = 2", True),
        ("back_in_at = '2026-11-24T00:00:00.000Z', proof = 'person' WHERE id = 1", False),
        ("back_in_at = NULL, proof = NULL WHERE id = 1", True),
        ("finished_at = '2026-11-24T00:00:00.000Z', outcome = 'sent', message = 'x' WHERE id = 3", False),
        ("name = 'x' WHERE id = 2", True),
        ("name = 'x' WHERE id = 1", True),
        ("outcome = 'sent' WHERE id = 1", False),
        ("message = 'x' WHERE id = 1", True),
        ("message = 'x' WHERE id = 5", False),
        ("finished_at = NULL WHERE id = 5", True),
    ],
)
def test_a_row_is_another_if_less_is_known_of_it(here, there, change, is_different):
    bring(here, there)
    there.backend.write(Statement(f"UPDATE resets SET {change}", {}))  # noqa: S608
    assert len(list(differences(here.backend, there.backend))) == is_different


@pytest.mark.parametrize("column", ["requested_at", "finished_at", "back_in_at", "noted_at", "erased_at"])
def test_a_time_that_is_never_stored_is_named(here, there, column):
    proof = ", proof = 'person'" if column == "back_in_at" else ""
    here.backend.write(Statement(f"UPDATE resets SET {column} = 'soon'{proof} WHERE id = 4", {}))  # noqa: S608
    with pytest.raises(HistoryError) as caught:
        bring_in(there.backend, iter_rows(here.backend))
    assert str(caught.value) == f"Row 4 of the history {here.place} has a time that dazos-tui never writes."
    assert caught.value.advice == (
        "Rows before it were brought in. Another program has changed it: restore a backup."
    )
    # The two before it are a batch of their own.
    assert len(there.search()) == 2
    with pytest.raises(HistoryError, match="Row 4 of the history the backup has"):
        list(iter_rows(here.backend, "the backup"))


def test_a_row_from_before_1970_is_brought_too(there, tmp_path):
    with HistoryStore(tmp_path / "early" / "history.db", clock=Clock(NOW.replace(year=1960))) as early:
        early.record_request(request())
        assert bring(early, there) == 1
        assert list(differences(early.backend, there.backend)) == []


def test_nothing_is_brought_from_nothing(there, tmp_path):
    with closing(HistoryStore(tmp_path / "none" / "history.db")) as nothing:
        assert bring_in(there.backend, iter_rows(nothing.backend)) == 0
        assert list(differences(nothing.backend, there.backend)) == []
