"""``--log`` with a path that must not be a log does not change what is there."""

import os

import pytest

from dazos_tui.system.event_log import stop_log

OWN = [
    "config.toml", "state/history.db", "state/history.db-wal", "state/demo/history.db",
    "state/history.db-search", "state/history-queue.db-wal",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _ends():
    yield
    stop_log()


@pytest.mark.parametrize("command", [("history",), ("config", "check"), ("users", "-i", "harbor-prod")])
@pytest.mark.parametrize("name", OWN)
def test_the_log_does_not_overwrite_our_own_files(desk, harbor, command, name):
    (desk.state / "demo").mkdir(parents=True, mode=0o700)
    desk.state.chmod(0o700)
    path, before = desk.folder / name, desk.config.read_bytes()
    done = desk.call("--log", str(path), *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing is logged there" in done.stderr
    assert "Use another file. Choose it with --log FILE." in done.stderr
    assert desk.config.read_bytes() == before
    assert not (desk.state / "history.db").exists()
    assert not harbor.requests


def test_the_log_does_not_overwrite_a_history_with_rows(desk):
    assert desk.call("send", "-i", "harbor-prod", "cara.beacon", "--yes").returncode == 0
    done = desk.call("--log", str(desk.state / "history.db"), "history")
    assert done.returncode == 2
    assert "cara.beacon" in desk.call("history").stdout


def test_the_log_does_not_overwrite_the_cache_of_a_servers_history(desk):
    desk.state.mkdir(mode=0o700, exist_ok=True)
    cache = desk.state / "history-0123456789ab.db-search"
    cache.write_bytes(b"a cache")
    done = desk.call("--log", str(cache), "history")
    assert (done.returncode, cache.read_bytes()) == (2, b"a cache")


def test_the_log_does_not_overwrite_a_config_elsewhere(desk, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text('theme = "dazos-light"\n')
    assert desk.call("--log", str(other), "history").returncode == 2
    assert other.read_text() == 'theme = "dazos-light"\n'


def test_a_pipe_is_refused_without_waiting(desk, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert desk.call("--log", str(tmp_path / "pipe"), "history").returncode == 2


def test_an_earlier_log_is_continued(desk, tmp_path):
    for _ in range(2):
        assert desk.call("--log", str(tmp_path / "log.jsonl"), "history").returncode == 0
    assert (tmp_path / "log.jsonl").read_text().count('"event": "start"') == 2
