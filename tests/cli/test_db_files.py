"""``dazos-tui db``: files of other kinds than regular ones, and names that mean something to SQLite."""

import os
import shlex
import sqlite3
import subprocess
from contextlib import closing

import pytest

from dazos_tui.history.store import HistoryStore
from tests.patience import patience
from tests.reset_requests import request


@pytest.fixture
def rows(desk):
    """Return the desk with a history of two rows, and the file that they are exported to."""
    with HistoryStore(desk.state / "history.db") as store:
        for user_id in ("1", "2"):
            store.record_request(request(user_id=user_id))
    export = desk.folder / "rows.jsonl"
    export.write_text(desk.call("history", "--json").stdout)
    return desk, export


@pytest.mark.parametrize("line", ["cat {file} | {command} /dev/stdin", "{command} <(cat {file})"])
def test_rows_in_a_pipe_are_refused_and_not_lost(rows, line):
    desk, export = rows
    command = shlex.join(desk.command("--state", str(desk.folder / "other"), "db", "import", "--json"))
    for file in (export, desk.state / "history.db"):
        done = subprocess.run(
            ["bash", "-c", line.format(file=shlex.quote(str(file)), command=command)],
            env=desk.all_environment(), capture_output=True, text=True, check=False, timeout=patience(30),
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, "")
        assert "it is a pipe, a device or a socket, not a regular file." in done.stderr
        assert "Save the rows in a file first." in done.stderr
    assert not (desk.folder / "other").exists()


def test_a_regular_file_may_be_stdin(rows):
    desk, export = rows
    with export.open() as file:
        done = desk.run("--state", str(desk.folder / "other"), "db", "import", "/dev/stdin", stdin=file)
    assert (done.returncode, done.stderr) == (0, "2 rows brought in from /dev/stdin.\n")


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(desk):
    os.mkfifo(desk.folder / "pipe")
    assert desk.call("db", "import", str(desk.folder / "pipe")).returncode == 2


def test_a_folder_is_named_as_one(desk):
    done = desk.call("db", "import", str(desk.folder))
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        f"Could not read {desk.folder}: Is a directory.",
    )


def test_a_backup_may_have_any_name(rows, monkeypatch):
    desk, _ = rows
    monkeypatch.chdir(desk.folder)
    for name in (":memory:", "file:x"):
        assert desk.call("db", "backup", name).stderr == f"2 rows written to {name}.\n"
        with closing(sqlite3.connect(desk.folder / name)) as database:
            assert database.execute("SELECT count(*) FROM resets").fetchone() == (2,)
        assert desk.call("db", "import", name).stderr == f"0 rows brought in from {name}.\n"


def test_a_backup_whose_name_leaves_no_room_for_a_log_beside_it_is_brought_in(rows):
    desk, _ = rows
    desk.call("db", "backup", str(desk.folder / "short"))
    long = (desk.folder / "short").rename(desk.folder / ("a" * 253))
    assert desk.call("db", "import", str(long)).stderr == f"0 rows brought in from {long}.\n"
