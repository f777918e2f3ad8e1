"""Backups: private, whole, and nothing is left of one that fails."""

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from dazos_tui.history import backup
from dazos_tui.history.audit import check_chain
from dazos_tui.history.backup import back_up, is_sqlite_file, opened_copy
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore
from tests.reset_requests import request
from tests.support import raw_connection


@pytest.fixture
def store_of_two(tmp_path):
    with HistoryStore(tmp_path / "state" / "history.db") as store:
        for user_id in ("1", "2"):
            store.record_request(request(user_id=user_id))
        yield store


def people(path):
    with opened_copy(path) as copy:
        assert copy.place != str(path)
        return [user_id for (user_id,) in copy.read("SELECT user_id FROM resets ORDER BY id", {})]


def test_a_backup_has_every_row_and_is_only_yours(store_of_two, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    umask = os.umask(0)
    try:
        assert back_up(store_of_two.backend, tmp_path / "copy.db") == 2
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert people(tmp_path / "copy.db") == ["1", "2"]
    assert list(Path.cwd().iterdir()) == []
    assert is_sqlite_file(tmp_path / "copy.db")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("taken", "File exists"), ("none/copy.db", "No such file or directory"), ("a\0b", "not a path")],
)
def test_a_file_that_cannot_be_made_is_named(store_of_two, tmp_path, name, reason):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(HistoryError) as caught:
        back_up(store_of_two.backend, tmp_path / name)
    shown = str(tmp_path / name).replace("\0", "\ufffd")
    assert str(caught.value) == f"Could not write {shown}: {reason}."
    assert caught.value.advice == "Name a file that does not exist yet."
    assert (tmp_path / "taken").read_text() == "mine"


def test_nothing_is_left_of_a_backup_that_fails(store_of_two, tmp_path, monkeypatch):
    def fail(target):
        for suffix in ("-wal", "-shm", "-journal"):
            (tmp_path / f"copy.db{suffix}").touch()
        raise sqlite3.OperationalError("odd")

    monkeypatch.setattr(store_of_two.backend, "copy_to", fail)
    with pytest.raises(HistoryError, match=r"copy\.db cannot be used \(odd\)"):
        back_up(store_of_two.backend, tmp_path / "copy.db")
    assert list(tmp_path.glob("copy.db*")) == []


def test_there_is_nothing_to_back_up(tmp_path):
    with (
        closing(SqliteBackend(tmp_path / "none" / "history.db")) as backend,
        pytest.raises(HistoryError) as caught,
    ):
        back_up(backend, tmp_path / "copy.db")
    assert str(caught.value) == f"There is no history in {backend.place} yet."
    assert caught.value.advice == "Nothing was written."
    assert not (tmp_path / "copy.db").exists()


def test_rows_that_are_only_in_the_log_beside_it_are_read_too(store_of_two, tmp_path):
    with store_of_two.reopen() as other:
        other.record_request(request(user_id="3"))
        for path in store_of_two.backend.path.parent.glob("history.db*"):
            shutil.copy(path, tmp_path / path.name)
    assert (tmp_path / "history.db-wal").stat().st_size
    assert people(tmp_path / "history.db") == ["1", "2", "3"]


def test_a_backup_is_not_changed_by_reading_it(store_of_two, tmp_path):
    back_up(store_of_two.backend, tmp_path / "copy.db")
    before = (tmp_path / "copy.db").read_bytes()
    (tmp_path / "copy.db").chmod(0o400)
    assert people(tmp_path / "copy.db") == ["1", "2"]
    assert (tmp_path / "copy.db").read_bytes() == before
    assert [path.name for path in tmp_path.glob("copy.db*")] == ["copy.db"]


def test_the_file_itself_is_named_if_it_cannot_be_read(tmp_path):
    path = tmp_path / "odd\x07.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE other (x)")
    with pytest.raises(HistoryError) as caught, opened_copy(path):
        pass
    assert str(caught.value) == f"The file {tmp_path}/odd\ufffd.db is a database of another program."
    assert caught.value.advice == "Nothing was brought in."


@pytest.mark.parametrize(
    ("content", "is_one"),
    [(b"SQLite format 3\0", True), (b"SQLite format 3", False), (b"", False), (b"{}\n" * 9, False)],
)
def test_what_is_a_database(tmp_path, content, is_one):
    (tmp_path / "file").write_bytes(content)
    assert is_sqlite_file(tmp_path / "file") is is_one


def test_the_tables_of_a_backup_are_those_of_a_history(store_of_two):
    database = raw_connection(store_of_two)
    for table, columns in backup.TABLES.items():
        assert {column[1] for column in database.execute(f"PRAGMA table_info({table})")} == set(columns)
    assert Path(store_of_two.place).exists()


def test_a_history_that_is_not_in_a_file_becomes_one(store_of_two, tmp_path, monkeypatch):
    # Its rows come table by table then.
    with monkeypatch.context() as patched:
        patched.setattr(backup, "SqliteBackend", type("Made", (SqliteBackend,), {}))
        assert back_up(store_of_two.backend, tmp_path / "copy.db") == 2
    assert check_chain(store_of_two.backend).rows == 2
    with HistoryStore(tmp_path / "copy.db") as copy:
        assert check_chain(copy.backend) == check_chain(store_of_two.backend)
        for table in backup.TABLES:
            rows = f"SELECT * FROM {table}"  # noqa: S608
            assert copy.backend.read(rows, {}) == store_of_two.backend.read(rows, {})
