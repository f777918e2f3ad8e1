import errno
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.history import sqlite_file
from dazos_tui.history.models import CrmAction, HistoryEntry, Outcome
from dazos_tui.history.store import HistoryError, HistoryStore, utc_now
from dazos_tui.text.sanitize import safe_text
from tests.history.clock import NOW
from tests.history.older_files import VERSION_1
from tests.patience import patience
from tests.reset_requests import request
from tests.support import raw_connection


def refused(path: Path) -> HistoryError:
    """Return the error of a store for this file, the same for reading and writing."""
    found = []
    for use in (lambda store: store.record_request(request()), lambda store: store.search()):
        with HistoryStore(path) as store, pytest.raises(HistoryError) as caught:
            use(store)
        found.append(caught.value)
    assert {str(error) for error in found} == {str(found[0])}
    assert safe_text(str(path)) in str(found[0])
    return found[0]


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_stored(store, path, outcome):
    store.record_outcome(store.record_request(request()).id, outcome, "words")
    with HistoryStore(path) as other:
        (entry,) = other.search()
    assert (entry.outcome, entry.message) == (outcome, "words")
    assert entry.finished_at is not None


def test_times_are_stored_in_utc_with_any_clock(path):
    local = datetime(2026, 6, 1, 1, 0, tzinfo=UTC).astimezone()
    with HistoryStore(path, clock=lambda: local) as store:
        assert store.record_request(request()).requested_at == local
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT requested_at FROM resets").fetchone() == ("2026-06-01T01:00:00.000Z",)
    raw.close()


def test_reading_creates_neither_folder_nor_file(store, path):
    assert store.search() == []
    assert store.last_reset(request().account) is None
    assert not path.parent.exists()
    store.record_request(request())
    assert len(store.search()) == 1


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_only_the_owner_can_read_it_whatever_the_umask(tmp_path, umask):
    path = tmp_path / "new" / "state" / "history.db"
    before = os.umask(umask)
    try:
        store = HistoryStore(path)
        store.record_request(request())
    finally:
        os.umask(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    store.close()
    assert modes == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}
    for folder in (path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_and_a_folder_that_others_could_read_are_made_private(path):
    path.parent.mkdir(mode=0o755)
    path.touch(mode=0o644)
    with HistoryStore(path) as store:
        store.record_request(request())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_with_other_files_keeps_its_mode(path):
    path.parent.mkdir(mode=0o755)
    (path.parent / "letters").mkdir()
    with HistoryStore(path) as store:
        store.record_request(request())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755


def test_it_is_durable_and_has_our_application_id(store, path):
    store.record_request(request())
    with HistoryStore(path) as other:
        connection = raw_connection(other)
        values = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "application_id", "user_version", "busy_timeout")
        }
    assert values == {
        "journal_mode": "wal", "synchronous": 2, "application_id": 0x447A5475, "user_version": 6,
        "busy_timeout": 5000,
    }  # fmt: skip


_BEGIN_AND_HANG = """
import sys, time
from pathlib import Path
from dazos_tui.history.models import ResetRequest
from dazos_tui.history.store import HistoryStore
store = HistoryStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    request = ("acme", "production", "h", "admin", str(number), "ann", "Ann", "a@b", sys.argv[3])
    store.record_request(ResetRequest(*request))
print("begun", flush=True)
time.sleep(600 if sys.argv[3] == "hang" else 0)
"""


def _another_process(path: Path, count: int, ticket: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _BEGIN_AND_HANG, str(path), str(count), ticket]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_a_killed_process_leaves_the_reset_unknown(path):
    with _another_process(path, 1, "hang") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGKILL)
    with HistoryStore(path) as store:
        (entry,) = store.search()
        assert (entry.outcome, entry.finished_at) == (Outcome.UNKNOWN, None)
        assert store.record_outcome(entry.id, Outcome.NOT_SENT, "seen later").finished_at is not None


def test_processes_that_start_at_once_lose_nothing(path):
    processes = [_another_process(path, 25, f"T{number}") for number in range(4)]
    assert [process.communicate(timeout=patience(60))[0] for process in processes] == [b"begun\n"] * 4
    with HistoryStore(path) as store:
        entries = store.search()
    assert len(entries) == len({entry.id for entry in entries}) == 100
    assert {len([entry for entry in entries if entry.request.ticket == f"T{n}"]) for n in range(4)} == {25}


def test_two_connections_see_each_other(path):
    with HistoryStore(path) as one, HistoryStore(path) as two:
        first, second = one.record_request(request(name="One")), two.record_request(request(name="Two"))
        assert one.record_outcome(second.id, Outcome.SENT, "") in two.search()
        assert two.record_outcome(first.id, Outcome.SENT, "") in one.search()
        assert len({first.id, second.id}) == 2


def test_a_lock_by_another_program_is_reported(store, path, monkeypatch):
    store.record_request(request())
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with HistoryStore(path) as late:
        with pytest.raises(HistoryError, match="in use by another program") as caught:
            late.record_request(request())
        assert "Try again" in caught.value.advice
        assert len(late.search()) == 1
        other.execute("ROLLBACK")
        assert late.record_request(request()).id == 2
    other.close()


@pytest.mark.parametrize("content", [b"this is no database, just some text" * 9, b"\0" * 5000])
def test_a_file_that_is_not_a_database_is_unchanged(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    error = refused(path)
    assert "damaged or not a database" in str(error)
    assert error.advice.startswith("It was left as it is. Restore a copy, or move it away: a new history")
    assert "without the earlier resets" in error.advice
    assert path.read_bytes() == content


def test_a_damaged_database_is_unchanged(path):
    with HistoryStore(path) as store:
        for _ in range(200):
            store.record_request(request())
    content = path.read_bytes()
    broken = content[:4096] + b"\xff" * (len(content) - 4096)
    path.write_bytes(broken)
    assert "damaged or not a database" in str(refused(path))
    assert path.read_bytes() == broken


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE other (x)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"]
)
def test_another_programs_database_is_unchanged(path, statement):
    path.parent.mkdir()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(statement)
    other.close()
    before = path.read_bytes()
    assert "database of another program" in str(refused(path))
    assert path.read_bytes() == before


def test_a_newer_version_is_unchanged(path):
    with HistoryStore(path) as store:
        store.record_request(request())
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    before = path.read_bytes()
    error = refused(path)
    assert "made by a newer dazos-tui (its version is 99, this one knows 6)" in str(error)
    assert "Update dazos-tui" in error.advice
    assert path.read_bytes() == before


def test_a_folder_in_place_of_the_file(path):
    path.mkdir(parents=True)
    assert "cannot be opened for writing" in str(refused(path))


def test_a_folder_that_cannot_be_created(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    for folder, reason in (
        ("file", "Not a directory"),
        ("file/sub", "Not a directory"),
        ("a\0b", "not a path"),
        ("x" * 300, "File name too long"),
        ("loop", "Too many levels of symbolic links"),
    ):
        error = refused(tmp_path / folder / "history.db")
        assert f"cannot be created: {reason}" in str(error)
        assert "use another folder" in error.advice


def test_an_unreadable_folder(path, monkeypatch):
    def deny(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    path.parent.mkdir()
    # Root may read everything, so the file system's error is simulated.
    monkeypatch.setattr(Path, "stat", deny)
    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(HistoryError, match="Permission denied"):
        HistoryStore(path).search()


def test_whether_a_reset_can_be_recorded_is_checked_first(store, path):
    store.require_writable()
    assert store.search() == []
    assert path.exists()
    raw_connection(store).execute("PRAGMA query_only = ON")
    with pytest.raises(HistoryError, match="cannot be opened for writing"):
        store.require_writable()


def test_a_disk_that_refuses_writes_is_found_first(store):
    store.record_request(request())
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, unlimited[1]))
    try:
        with pytest.raises(HistoryError, match="disk is full or failing"):
            store.require_writable()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    store.require_writable()


def test_a_read_only_folder(path):
    path.parent.mkdir(mode=0o500)
    if os.access(path.parent, os.W_OK):
        pytest.skip("this account may write everywhere")
    with pytest.raises(HistoryError, match="cannot be created: Permission denied"):
        HistoryStore(path).record_request(request())


def test_a_read_only_file(path):
    with HistoryStore(path) as store:
        store.record_request(request())
    path.chmod(0o400)
    if os.access(path, os.W_OK):
        pytest.skip("this account may write everywhere")
    for write in (HistoryStore.require_writable, lambda store: store.record_request(request())):
        with HistoryStore(path) as store, pytest.raises(HistoryError, match="cannot be opened for writing"):
            write(store)


def test_a_read_only_database(store, path):
    store.record_request(request())
    raw_connection(store).execute("PRAGMA query_only = ON")
    with pytest.raises(HistoryError, match="cannot be opened for writing") as caught:
        store.record_request(request())
    assert "Check the permissions" in caught.value.advice


def test_a_full_disk_is_reported(store):
    store.record_request(request())
    raw_connection(store).execute("PRAGMA max_page_count = 1")
    with pytest.raises(HistoryError, match="disk is full"):
        [store.record_request(request(ticket="x" * 900)) for _ in range(100)]
    assert store.search()


_DAMAGED = "is damaged or not a database"
_IN_USE = "has been in use by another program for more than 5 seconds"
_CLOSED = "cannot be opened for writing"
_FULL = "cannot be written: the disk is full or failing"
_ODD = "cannot be used (odd \ufffd[31m words)"
_ADVICE = {
    _DAMAGED: "It was left as it is. Restore a copy, or move it away: a new history starts without the "
    "earlier resets.",
    _IN_USE: "Try again. If that does not help, find out which program has it open.",
    _CLOSED: "Check the permissions of the file and its folder. You can use another folder, but its history "
    "lacks the earlier resets.",
    _FULL: "Free some space on the disk and try again.",
}


_WORDS = {
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT_INDEX: _DAMAGED,
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_BUSY_SNAPSHOT: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_READONLY_DBMOVED: _CLOSED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_FSYNC: _FULL,
    sqlite3.SQLITE_MISMATCH: _ODD,
    None: _ODD,
}


@pytest.mark.parametrize("code", _WORDS)
def test_sqlites_errors_in_words(code):
    what = _WORDS[code]
    error = sqlite3.OperationalError("odd \x1b[31m words")
    if code is not None:
        error.sqlite_errorcode = code
    with pytest.raises(HistoryError) as caught, sqlite_file.translate_sqlite_errors(Path("a\x07/history.db")):
        raise error
    assert str(caught.value) == f"The history a\ufffd/history.db {what}."
    assert caught.value.advice == _ADVICE.get(what, _ADVICE[_DAMAGED])


def test_a_log_that_is_being_read_cannot_be_emptied(store, path):
    store.record_request(request())
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM resets").fetchone()
        raw = raw_connection(store)
        raw.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(HistoryError) as caught:
            sqlite_file.empty_wal(raw, store.place)
    assert str(caught.value) == (
        f"The log beside {path} could not be emptied: another program is reading the history."
    )
    assert caught.value.advice == "Quit dazos-tui everywhere; then the log has to be emptied once more."
    sqlite_file.empty_wal(raw, store.place)
    assert path.with_name("history.db-wal").stat().st_size == 0


def test_an_error_of_this_program_stays_what_it_is():
    with pytest.raises(sqlite3.ProgrammingError), sqlite_file.translate_sqlite_errors(Path("history.db")):
        raise sqlite3.ProgrammingError


def test_an_old_sqlite_is_reported(path, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(HistoryError, match=r"needs SQLite 3\.37"):
        HistoryStore(path).record_request(request())
    assert not path.exists()


@pytest.fixture
def version_1(path: Path) -> Path:
    path.parent.mkdir()
    raw = sqlite3.connect(path)
    raw.executescript(VERSION_1)
    raw.close()
    return path


def test_a_history_of_version_1_opens(version_1):
    with HistoryStore(version_1) as store:
        assert store.search("ann") == [
            HistoryEntry(7, request(), NOW.replace(microsecond=123000), None, Outcome.UNKNOWN, "")
        ]
        assert store.record_request(request()).id == 8


def test_migrations_run_once_in_order_and_whole(version_1, monkeypatch):
    added = ("ALTER TABLE resets ADD COLUMN seen_at TEXT",)
    monkeypatch.setattr(
        sqlite_file, "MIGRATIONS", (*sqlite_file.MIGRATIONS, added, ("CREATE TABLE resets (broken)",))
    )
    with pytest.raises(HistoryError, match="already exists"):
        HistoryStore(version_1).search()
    monkeypatch.setattr(sqlite_file, "MIGRATIONS", sqlite_file.MIGRATIONS[:-1])
    for _ in range(2):
        with HistoryStore(version_1) as store:
            assert raw_connection(store).execute("SELECT seen_at FROM resets").fetchall() == [(None,)]
            assert raw_connection(store).execute("PRAGMA user_version").fetchone() == (7,)


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(name=_TEXT, email=_TEXT, ticket=_TEXT, message=_TEXT)
def test_any_text_is_stored_and_found(tmp_path_factory, name, email, ticket, message):
    with HistoryStore(tmp_path_factory.mktemp("any") / "history.db") as store:
        wanted = request(name=name, email=email, ticket=ticket)
        store.record_request(request(name="", user_name="", email="", ticket="", instance="", operator=""))
        finished = store.record_outcome(store.record_request(wanted).id, Outcome.SENT, message)
        kept = request(name=safe_text(name), email=safe_text(email), ticket=safe_text(ticket))
        assert (finished.request, finished.message) == (kept, safe_text(message))
        for text in (name, email, ticket, message):
            assert finished in store.search(text)
        assert store.last_reset(request().account) == finished


@given(st.text())
def test_no_text_breaks_it(tmp_path_factory, text):
    with HistoryStore(tmp_path_factory.mktemp("any") / "history.db") as store:
        wanted = request(name=text, user_id=text, user_name=text, instance=text)
        store.record_outcome(store.record_request(wanted).id, Outcome.SENT, text)
        assert len(store.search(text)) == 1
        assert [store.last_reset(wanted.account)] == store.search(text, instance=text)


def edit(store, **values):
    """Change the only row, as a user with a database editor might."""
    other = sqlite3.connect(store.place)
    with closing(other), other:
        changes = ", ".join(f"{column} = ?" for column in values)
        other.execute(f"UPDATE resets SET {changes}", tuple(values.values()))  # noqa: S608


@pytest.mark.parametrize(
    "column",
    [
        "instance",
        "environment",
        "host",
        "operator",
        "user_id",
        "user_name",
        "name",
        "email",
        "ticket",
        "message",
    ],
)
def test_a_row_that_another_program_wrote_is_made_safe(store, column):
    store.record_outcome(store.record_request(request()).id, Outcome.SENT, "Sent.")
    edit(store, **{column: "a\x1b]52;c;AAAA\x07\u202e\x9b2J" + "\u0301" * 500 + "b" * 5_000})
    (entry,) = store.search()
    shown = entry.message if column == "message" else getattr(entry.request, column)
    assert shown == safe_text(shown)
    assert len(shown) <= 1_000
    assert shown.startswith("a\ufffd]52;")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *[("requested_at", value) for value in ("", "yesterday", "2026-11-23", "2026-11-23T13:37:00.000")],
        ("requested_at", "9999-12-31T23:59:59.000Z"),
        ("requested_at", "0001-01-01T00:00:00.000Z"),
        ("finished_at", "soon\x1b[31m"),
    ],
)
def test_a_row_with_an_invalid_time_is_named(store, column, value):
    store.record_outcome(store.record_request(request()).id, Outcome.SENT, "Sent.")
    edit(store, **{column: value})
    for look in (store.search, lambda: store.last_reset(request().account)):
        with pytest.raises(HistoryError, match=r"Row 1 of the history .* never writes") as caught:
            look()
        assert str(caught.value) == safe_text(str(caught.value))
        assert caught.value.advice == (
            "It was left as it is: another program has changed it. Restore a copy, or move it away to start "
            "a new one."
        )


def test_the_clock_is_in_utc():
    assert utc_now().utcoffset() == timedelta(0)


def test_an_interrupted_send_is_marked_once_as_unknown(path):
    with HistoryStore(path, clock=lambda: utc_now() - timedelta(minutes=6)) as long_ago:
        cut_off = long_ago.record_request(request(name="Cut Off"))
        finished = long_ago.record_request(request(name="Finished"))
        long_ago.record_outcome(finished.id, Outcome.SENT, "words")
        elsewhere = long_ago.record_request(request(instance="beta"))
    with HistoryStore(path) as store:
        under_way = store.record_request(request(name="Under Way"))
        [settled] = store.mark_interrupted("acme")
        assert (settled.id, settled.outcome) == (cut_off.id, Outcome.UNKNOWN)
        assert "ended before the CRM's answer came" in settled.message
        assert settled.finished_at is not None
        assert store.mark_interrupted("acme") == []
        left = {entry.id for entry in store.search() if entry.finished_at is None}
    assert left == {under_way.id, elsewhere.id}


def test_looking_for_interrupted_sends_creates_no_file(path):
    with HistoryStore(path) as store:
        assert store.mark_interrupted("acme") == []
    assert not path.exists()


_MANY = """
import sys
from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from pathlib import Path
store = HistoryStore(Path(sys.argv[1]))
for number in range(200):
    request = ResetRequest("acme", "production", "h", sys.argv[2], str(number), "u", "n", "e", "")
    entry = store.record_request(request)
    store.record_outcome(entry.id, Outcome.SENT, "words")
"""


def test_two_processes_write_two_hundred_each_and_none_is_lost(path):
    processes = [
        subprocess.Popen([sys.executable, "-c", _MANY, str(path), name], stderr=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    said = [process.communicate(timeout=patience(60))[1] for process in processes]
    assert ([process.returncode for process in processes], said) == ([0, 0], ["", ""])
    with HistoryStore(path) as store:
        rows = store.search()
    assert len(rows) == 400
    assert {entry.outcome for entry in rows} == {Outcome.SENT}


# -- who is back in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keyboard", "words"),
    [
        ({}, "admin"),
        ({"os_user": "kim"}, "admin from kim"),
        ({"os_user": "kim", "os_host": "desk"}, "admin from kim@desk"),
        ({"os_user": "root", "os_host": "desk", "sudo_user": "kim"}, "admin from root@desk (sudo: kim)"),
        ({"sudo_user": "kim"}, "admin from (sudo: kim)"),
    ],
)
def test_who_asked(keyboard, words):
    assert request(**keyboard).asked_by == words


def test_an_interrupted_row_names_its_action(path):
    now = [NOW]
    with HistoryStore(path, clock=lambda: now[0]) as store:
        store.record_request(request(), CrmAction.ENABLE_LOGIN)
        now[0] += timedelta(hours=1)
        assert "the login may have been enabled" in store.mark_interrupted("acme")[0].message


def test_the_newest_row_of_each_of_many_instances(any_store):
    for user_id, name in enumerate(("acme", "east", "acme", "west")):
        any_store.record_request(
            request(instance=name, user_id=str(user_id), email=f"{user_id}@acme.example")
        )
    names = [*(f"site-{number}" for number in range(200)), "east", "acme"]
    found = any_store.newest_by_instance(names)
    assert {name: entry.id for name, entry in found.items()} == {"acme": 3, "east": 2}
    assert any_store.newest_by_instance([]) == {}
