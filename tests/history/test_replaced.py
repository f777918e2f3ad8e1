"""A history whose file was replaced accepts no row and says so; one file has every row."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dazos_tui.history.errors import HistoryError, HistoryReplacedError
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from tests.patience import patience
from tests.reset_requests import request
from tests.support import settle

FILES = ("history.db", "history.db-wal", "history.db-shm")


@pytest.fixture
def store_of_one(path: Path):
    with HistoryStore(path) as store:
        store.record_outcome(store.record_request(request()).id, Outcome.SENT, "yes")
        settle(store)
        yield store


def removed(path):
    for name in FILES:
        (path.parent / name).unlink()


def moved(path):
    path.rename(path.with_name("elsewhere.db"))


def folder_moved(path):
    path.parent.rename(path.parent.with_name("elsewhere"))


def folder_replaced(path):
    folder_moved(path)
    with HistoryStore(path) as other:
        other.record_request(request(user_id="7"))


def restored(path):
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.rename(path)


def log_removed(path):
    path.with_name("history.db-wal").unlink()


def index_removed(path):
    path.with_name("history.db-shm").unlink()


def linked(path):
    os.link(path, path.with_name("second.db"))


WAYS = [removed, moved, folder_moved, folder_replaced, restored, log_removed, index_removed, linked]


def rows(path):
    """Return the user ids and outcomes in this file, without its write-ahead log."""
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy)) as raw:
        return raw.execute("SELECT user_id, outcome FROM resets ORDER BY id").fetchall()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_is_recorded_in_a_file_that_is_no_longer_at_the_path(store_of_one, path, way):
    way(path)
    at_path = rows(path) if path.exists() else None
    with pytest.raises(
        HistoryReplacedError, match="removed, moved, linked or replaced while dazos-tui had it"
    ):
        store_of_one.record_request(request(user_id="8"))
    assert (rows(path) if path.exists() else None) == at_path
    with pytest.raises(HistoryReplacedError):
        store_of_one.require_writable()


@pytest.mark.parametrize("way", [removed, moved, folder_moved, restored], ids=lambda way: way.__name__)
def test_a_second_connection_creates_no_new_file_there(store_of_one, path, way):
    another = store_of_one.reopen()
    way(path)
    was_there = path.exists()
    with another, pytest.raises(HistoryReplacedError):
        another.record_request(request(user_id="8"))
    assert path.exists() == was_there


def test_an_older_copy_written_over_the_file_is_detected(store_of_one, path):
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    store_of_one.record_outcome(store_of_one.record_request(request(user_id="8")).id, Outcome.SENT, "yes")
    settle(store_of_one)
    inode = path.stat().st_ino
    shutil.copyfile(copy, path)
    assert path.stat().st_ino == inode
    with pytest.raises(HistoryReplacedError, match="lost rows: an older copy was put in its place"):
        store_of_one.record_request(request(user_id="9"))


def test_a_file_replaced_while_the_row_is_written_says_not_sent(store_of_one, path, monkeypatch):
    """The file moves between the check and the commit: its row says that nothing was requested."""
    begun = store_of_one.backend._require_all_rows

    def begun_then_moved(database):
        begun(database)
        if path.exists():
            moved(path)

    monkeypatch.setattr(store_of_one.backend, "_require_all_rows", begun_then_moved)
    with pytest.raises(HistoryReplacedError):
        store_of_one.record_request(request(user_id="8"))
    store_of_one.close()
    assert rows(path.with_name("elsewhere.db")) == [("42", "sent"), ("8", "not sent")]


def test_an_outcome_recorded_in_a_moved_file_is_reported(store_of_one, path):
    entry = store_of_one.record_request(request(user_id="8"))
    moved(path)
    with pytest.raises(HistoryReplacedError):
        store_of_one.record_outcome(entry.id, Outcome.SENT, "yes")
    store_of_one.close()
    assert rows(path.with_name("elsewhere.db")) == [("42", "sent"), ("8", "sent")]


def test_a_note_is_recorded_in_the_file_that_has_the_row(store_of_one, path):
    moved(path)
    assert store_of_one.record_noted(1).noted_at is not None


def test_closing_a_moved_file_does_not_touch_a_new_one_at_the_path(store_of_one, path):
    moved(path)
    for name in FILES[1:]:
        path.with_name(name).unlink()
    code = (
        "import sys; from pathlib import Path; from tests.reset_requests import request\n"
        "from dazos_tui.history.store import HistoryStore\n"
        f"store = HistoryStore(Path({str(path)!r})); store.record_request(request(user_id='7'))\n"
        "print('begun', flush=True); sys.stdin.read(); print(len(store.search()), flush=True)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "begun\n"
    store_of_one.close()
    stdout, _ = other.communicate("", timeout=patience(30))
    assert (other.returncode, stdout) == (0, "1\n")
    assert rows(path) == [("7", "unknown")]


def test_other_processes_opening_and_closing_change_nothing(store_of_one, path):
    code = (
        "from pathlib import Path; from tests.reset_requests import request\n"
        "from dazos_tui.history.store import HistoryStore\n"
        f"with HistoryStore(Path({str(path)!r})) as store: store.record_request(request(user_id='7'))"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code], check=True)
        store_of_one.record_outcome(store_of_one.record_request(request(user_id="8")).id, Outcome.SENT, "yes")
    assert len(store_of_one.search()) == 5


def test_the_file_itself_has_every_finished_row_while_others_have_it_open(store_of_one, path):
    with store_of_one.reopen() as another:
        another.search()
        for number in range(3):
            store_of_one.record_outcome(
                store_of_one.record_request(request(user_id=str(number))).id, Outcome.SENT, "yes"
            )
        settle(store_of_one)
        assert len(rows(path)) == 4


def test_closing_checkpoints_the_log_while_others_have_the_file_open(store_of_one, path):
    with store_of_one.reopen() as another:
        another.record_request(request(user_id="8"))
        store_of_one.close()
        assert rows(path) == [("42", "sent"), ("8", "unknown")]
        assert path.with_name("history.db-wal").stat().st_size == 0
        another.record_request(request(user_id="9"))
    assert len(rows(path)) == 3


def test_a_failed_checkpoint_loses_no_row_and_stops_nothing(store_of_one, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM resets").fetchone()
        store_of_one.record_outcome(store_of_one.record_request(request(user_id="8")).id, Outcome.SENT, "yes")
        store_of_one.close()
        reader.execute("COMMIT")
    with HistoryStore(path) as again:
        assert len(again.search()) == 2


def test_a_replaced_history_says_what_to_do(store_of_one, path):
    moved(path)
    with pytest.raises(HistoryError) as caught:
        store_of_one.record_request(request())
    assert str(path) in str(caught.value)
    assert caught.value.advice == (
        "Put the right file in its place, with no other dazos-tui running; then quit and start dazos-tui "
        "again."
    )
