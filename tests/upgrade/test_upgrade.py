"""What earlier commits left on a disk opens with this version.

`make_fixtures.py` made the files with those commits' own code.
"""

import io
import json
import sqlite3
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dazos_tui.cli.app import run_cli
from dazos_tui.config.load import load_config
from dazos_tui.directory.remembered import people_path, remembered_people
from dazos_tui.history.audit import check_chain
from dazos_tui.history.models import Outcome
from dazos_tui.history.offline_queue import QueueingBackend
from dazos_tui.history.postgres import PostgresBackend
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore
from tests.clusters import cluster
from tests.reset_requests import request
from tests.upgrade.make_fixtures import COMMITS, CONFIGS, QUEUING, REMEMBERING, STATES

__all__ = ["cluster"]


def restored(commit: str, path: Path) -> Path:
    """Make the database of a commit at this path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript((STATES / f"{commit}.sql").read_text(encoding="utf-8"))
    return path


def output_of(*arguments: str) -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        assert run_cli(arguments) == 0
    out.seek(0)
    return out.read()


@pytest.mark.parametrize("commit", COMMITS)
def test_a_history_opens_and_goes_on(commit, tmp_path):
    state = tmp_path / "state"
    path = restored(commit, state / "history.db")
    at = ("--config", str(tmp_path / "none.toml"), "--state", str(state))
    rows = [json.loads(line) for line in output_of(*at, "history", "--json").splitlines()]
    assert [(row["outcome"], row["ticket"], row["instance"]) for row in rows] == [
        ("sent", "T-1", "harbor-prod")
    ] * 2
    with HistoryStore(path) as store:
        entry = store.record_request(request())
        store.record_outcome(entry.id, Outcome.SENT, "yes")
        assert len(store.search()) == 3
        assert check_chain(store.backend).problem == ""
    assert "3 rows" in output_of(*at, "db", "check")


@pytest.mark.parametrize("commit", QUEUING)
def test_a_send_that_waits_for_the_server_is_brought_there(commit, tmp_path, cluster):
    queue = restored(f"{commit}-queue", tmp_path / "state" / "history-queue.db")
    server = PostgresBackend(cluster.server(cluster.new_database(), "administrator"))
    with HistoryStore(QueueingBackend(server, SqliteBackend(queue))) as store:
        store.record_outcome(store.record_request(request()).id, Outcome.SENT, "yes")
    with HistoryStore(server) as store:
        assert [row.outcome for row in store.search()] == [Outcome.SENT] * 2
        assert "T-1" in {row.request.ticket for row in store.search()}
        assert check_chain(store.backend).problem == ""


@pytest.mark.parametrize("commit", REMEMBERING)
def test_a_remembered_list_opens(commit, tmp_path):
    path, file = STATES / f"{commit}.tsv", people_path(tmp_path, "harbor-prod")
    file.parent.mkdir(mode=0o700)
    file.write_bytes(path.read_bytes())
    file.chmod(0o600)
    header = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    read_at = datetime.fromisoformat(header["read_at"])
    people = remembered_people(tmp_path, "harbor-prod", now=read_at + timedelta(hours=1))
    assert people is not None
    assert len(people) == header["people"] == 40


@pytest.mark.parametrize("commit", CONFIGS)
def test_a_config_opens(commit):
    config = load_config(STATES / f"{commit}.toml")
    assert config.instances
    assert [warning.rpartition(": ")[0] for warning in config.deprecations] == (
        [f"{STATES / commit}.toml: sign_in_check_minutes"] if commit == "1158b8b" else []
    )


def test_a_key_with_a_new_name_is_converted_and_named(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("sign_in_check_minutes = 2\n")
    assert load_config(path).sign_in_check_seconds == 120
    [warning] = load_config(path).deprecations
    assert warning.endswith(
        "sign_in_check_minutes: has a new name; write sign_in_check_seconds = 120 instead"
    )
    err = io.StringIO()
    with redirect_stdout(io.TextIOWrapper(io.BytesIO())), redirect_stderr(err):
        assert run_cli(["--config", str(path), "config", "check"]) == 0
    assert err.getvalue().count("Warning: ") == 1
    path.write_text("sign_in_check_minutes = 2\nsign_in_check_seconds = 30\n")
    assert load_config(path).sign_in_check_seconds == 30
    [warning] = load_config(path).deprecations
    assert warning.endswith("is not used, because sign_in_check_seconds is there; remove it")
