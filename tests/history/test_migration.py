"""What the rows of an older file get: an id, a place in the order, a salt, and the chain."""

import sqlite3
from contextlib import closing

import pytest

from dazos_tui.history import sqlite_file, sqlite_migration
from dazos_tui.history.audit import check_chain
from dazos_tui.history.chain import legacy_uid
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, Outcome
from dazos_tui.history.store import HistoryStore
from dazos_tui.history.times import parse_time, sort_key_of
from tests.history.older_files import older_file, version_4
from tests.reset_requests import request
from tests.support import raw_connection

TIMES = (
    "2026-11-23T13:37:00.123Z",
    "2026-11-23T13:37:00.123Z",
    "2026-11-20T00:00:00.000Z",
    "soon",
    "2026-11-24T00:00:00.000Z",
)
END, BACK = "2026-11-25T00:00:00.000Z", "2026-11-26T00:00:00.000Z"


@pytest.fixture
def version_4_file(tmp_path):
    """Return a file of version 4 with rows of each kind, not in the order of their times."""
    path = tmp_path / "state" / "history.db"
    version_4(path, 5)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.executemany(
            "UPDATE resets SET requested_at = ? WHERE id = ?", zip(TIMES, range(1, 6), strict=True)
        )
        raw.execute("UPDATE resets SET finished_at = ?", (END,))
        raw.execute("UPDATE resets SET finished_at = NULL, outcome = 'unknown', message = '' WHERE id = 2")
        raw.execute("UPDATE resets SET action = 'enable login' WHERE id = 3")
        raw.execute("UPDATE resets SET back_in_at = ?, proof = 'person' WHERE id = 5", (BACK,))
        raw.execute("UPDATE resets SET server = 'crm.example/', folded = ''")
    return path


@pytest.fixture(params=[2, 5000])
def at_once(request, monkeypatch):
    monkeypatch.setattr(sqlite_migration, "_ROWS_AT_ONCE", request.param)
    monkeypatch.setattr(sqlite_migration, "_EVENTS_AT_ONCE", request.param)


@pytest.mark.usefixtures("at_once")
def test_each_row_is_chained_as_it_is_found(version_4_file):
    with HistoryStore(version_4_file) as store:
        report = check_chain(store.backend)
        columns = "id, uid, sort_key, salt, requested_at"
        rows = store.backend.read(f"SELECT {columns} FROM resets ORDER BY id", {})  # noqa: S608
        events = store.backend.read("SELECT seq, reset_id, kind, at FROM events ORDER BY seq", {})
    assert (report.problem, report.mark.length, report.rows) == ("", 10, 5)
    assert [uid for _, uid, *_ in rows] == [
        legacy_uid(number, at, "acme", "crm.acme.example", "admin") for number, at in enumerate(TIMES, 1)
    ]
    first, last = sort_key_of(TIMES[0]), sort_key_of(TIMES[4])
    assert [key for _, _, key, *_ in rows] == [first, first + 1, first + 2, first + 3, last]
    assert len({salt for *_, salt, _ in rows}) == 5
    assert {len(salt) for *_, salt, _ in rows} == {16}
    assert [tuple(event) for event in events] == [
        (1, 1, "requested", TIMES[0]), (2, 1, "finished", END), (3, 2, "requested", TIMES[1]),
        (4, 3, "requested", TIMES[2]), (5, 3, "finished", END), (6, 4, "requested", TIMES[3]),
        (7, 4, "finished", END), (8, 5, "requested", TIMES[4]), (9, 5, "finished", END),
        (10, 5, "back in", BACK),
    ]  # fmt: skip


@pytest.mark.usefixtures("at_once")
def test_rows_are_found_as_new_ones_are(version_4_file):
    with closing(sqlite3.connect(version_4_file)) as raw, raw:
        raw.execute("UPDATE resets SET requested_at = ? WHERE id = 4", (TIMES[0],))
    with HistoryStore(version_4_file) as store:
        assert [entry.id for entry in store.search()] == [5, 4, 3, 2, 1]
        assert [entry.id for entry in store.search("enable")] == [3]
        assert [entry.id for entry in store.search("unknown")] == [2]
        assert [entry.id for entry in store.search("yes")] == [5, 4, 3, 1]
        last, begun = store.search()[0], store.search()[3]
        assert last.request == request(user_id="5", server="crm.example/")
        assert (last.outcome, last.action) == (Outcome.SENT, CrmAction.RESET_LINK)
        assert last.back_in == BackIn(parse_time(BACK), BackInProof.PERSON)
        assert (begun.id, begun.finished_at, begun.message) == (2, None, "")


def test_chaining_says_how_much_of_it_is_done(version_4_file, monkeypatch):
    monkeypatch.setattr(sqlite_migration, "_ROWS_AT_ONCE", 2)
    shares: list[float] = []
    with closing(sqlite3.connect(version_4_file, isolation_level=None)) as raw:
        for step in sqlite_file.MIGRATIONS[4]:
            if isinstance(step, str):
                raw.execute(step)
            else:
                step(raw, shares.append)
    assert shares == [0.4, 0.4, 0.2]


def test_the_events_of_an_older_chain_are_copied_some_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_migration, "_EVENTS_AT_ONCE", 2)
    older_file(tmp_path / "history.db")
    events, shares = "SELECT * FROM events ORDER BY seq", list[float]()
    schema = (
        "SELECT type, name FROM sqlite_schema WHERE tbl_name = 'events' OR name LIKE '%events%' ORDER BY 2"
    )
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as raw:
        before = raw.execute(events).fetchall(), raw.execute(schema).fetchall()
        sqlite_migration.allow_notes(raw, shares.append)
        assert (raw.execute(events).fetchall(), raw.execute(schema).fetchall()) == before
        raw.execute("INSERT INTO events VALUES (10, 1, 'noted', '', x'', x'')")
    assert shares == [2 / 9] * 5


def test_a_table_that_allows_notes_is_left_as_it_is(version_4_file):
    with HistoryStore(version_4_file) as store:
        raw, shares = raw_connection(store), list[float]()
        before = raw.execute("SELECT rowid, sql FROM sqlite_schema").fetchall()
        sqlite_migration.allow_notes(raw, shares.append)
        assert raw.execute("SELECT rowid, sql FROM sqlite_schema").fetchall() == before
        assert shares == [1]
