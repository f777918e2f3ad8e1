"""Converting a file of an older version: it says how far it is, and is done wholly or not at all."""

import shutil
import signal
import subprocess
import sys

import pytest

from dazos_tui.history import upgrade_progress
from dazos_tui.history.audit import check_chain
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.sqlite_file import MIGRATIONS
from dazos_tui.history.store import HistoryStore
from dazos_tui.history.upgrade_progress import UPGRADE_LISTENER, UpgradeProgress, UpgradeWatch
from tests.history.older_files import content, older_file, version_4
from tests.patience import patience

ROWS = 20_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return an older file, to be copied."""
    path = tmp_path_factory.mktemp("made") / "history.db"
    version_4(path, ROWS)
    return path


@pytest.fixture
def version_4_file(made, tmp_path):
    path = tmp_path / "state" / "history.db"
    path.parent.mkdir()
    shutil.copy(made, path)
    return path


@pytest.fixture
def heard(monkeypatch):
    """Return what is said of each part of the work."""
    monkeypatch.setattr(upgrade_progress, "SILENT_SECONDS", 0.0)
    monkeypatch.setattr(upgrade_progress, "_PAUSE", 0.0)
    said: list[UpgradeProgress | None] = []
    token = UPGRADE_LISTENER.set(said.append)
    yield said
    UPGRADE_LISTENER.reset(token)


def is_whole(path):
    with HistoryStore(path) as store:
        report = check_chain(store.backend)
    return (report.problem, report.rows) == ("", ROWS) and content(path)[0] == len(MIGRATIONS)


def test_it_says_how_far_it_is_and_when_it_is_done(version_4_file, heard):
    assert is_whole(version_4_file)
    *parts, last = heard
    assert last is None
    shares = [one.share for one in parts]
    assert shares == sorted(shares)
    assert len(set(shares)) > 4
    # Writing all of it down comes last.
    assert 0.9 < shares[-1] < 1
    assert str(parts[0]).startswith("Updating the history: ")


def test_the_copying_of_the_events_is_said_too(tmp_path, heard):
    older_file(tmp_path / "history.db")
    with HistoryStore(tmp_path / "history.db") as store:
        store.search()
    assert heard[-2].share > 0.7


def test_a_short_conversion_says_nothing(tmp_path):
    said: list[UpgradeProgress | None] = []
    token = UPGRADE_LISTENER.set(said.append)
    older_file(tmp_path / "history.db")
    with HistoryStore(tmp_path / "history.db") as store:
        store.search()
    UPGRADE_LISTENER.reset(token)
    assert said == []


def test_it_says_something_after_a_second_and_then_five_times_a_second(monkeypatch):
    now, said = [100.0], list[UpgradeProgress | None]()
    monkeypatch.setattr(upgrade_progress, "monotonic", lambda: now[0])
    token = UPGRADE_LISTENER.set(said.append)
    watch = UpgradeWatch(40)
    for now[0], share, work in (
        (100.9, 0.5, 8.0), (101.0, 0.5, 8.0), (101.1, 1, 2.0), (101.2, 0, 1.0), (104.0, 10, 1.0),
        (105.0, 30, 1.0),
    ):  # fmt: skip
        watch.advance(share, of=work)
    watch.end()
    UPGRADE_LISTENER.reset(token)
    *parts, last = said
    assert last is None
    assert [(part.share, round(part.seconds_left, 3)) for part in parts if part] == [
        (0.2, 4.0), (0.25, 3.6), (0.5, 4.0), (1.0, 0.0),
    ]  # fmt: skip


def test_where_nobody_listens_and_before_anything_is_done(monkeypatch):
    now, said = [100.0], list[UpgradeProgress | None]()
    monkeypatch.setattr(upgrade_progress, "monotonic", lambda: now[0])
    watch = UpgradeWatch(40)
    now[0] = 102.0
    watch.advance(1)
    watch.end()
    token = UPGRADE_LISTENER.set(said.append)
    watch = UpgradeWatch(40)
    watch.end()
    assert said == []
    now[0] = 104.0
    watch.advance(0)
    UPGRADE_LISTENER.reset(token)
    assert [(part.share, part.seconds_left) for part in said if part] == [(0.0, 2000.0)]


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (UpgradeProgress(0.421, 29.6), "Updating the history: 42%, about 30 s left"),
        (UpgradeProgress(0.02, 200), "Updating the history: 2%, about 3 min left"),
        (UpgradeProgress(0, 99), "Updating the history: 0%, about 99 s left"),
        (UpgradeProgress(0, 100), "Updating the history: 0%, about 2 min left"),
    ],
)
def test_what_is_said(progress, words):
    assert str(progress) == words


def test_if_it_is_stopped_the_file_is_as_it_was(version_4_file, heard):
    before = content(version_4_file)

    def stop(progress):
        if progress is not None and progress.share > 0.5:
            raise HistoryError("stopped", advice="")

    token = UPGRADE_LISTENER.set(stop)
    with HistoryStore(version_4_file) as store, pytest.raises(HistoryError, match="stopped"):
        store.search()
    UPGRADE_LISTENER.reset(token)
    assert content(version_4_file) == before
    assert before[0] == 4
    assert is_whole(version_4_file)


CONVERT = """
import sys
from pathlib import Path
from dazos_tui.history import upgrade_progress
from dazos_tui.history.store import HistoryStore
upgrade_progress.SILENT_SECONDS = upgrade_progress._PAUSE = 0.0
upgrade_progress.UPGRADE_LISTENER.set(lambda progress: print(progress and progress.share, flush=True))
HistoryStore(Path(sys.argv[1])).search(limit=1)
"""


def killed_when(path, is_time):
    """Convert a file in a process of its own, and kill it when it says so."""
    command = [sys.executable, "-c", CONVERT, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if is_time(line))
        process.kill()
        assert process.wait(patience(20)) == -signal.SIGKILL


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_killed_at_any_point_the_file_is_as_it_was(version_4_file, share):
    before = content(version_4_file)
    killed_when(version_4_file, lambda line: float(line) >= share)
    assert content(version_4_file) == before
    assert is_whole(version_4_file)


def test_killed_while_all_of_it_is_committed_it_is_the_old_file_or_the_new_one(version_4_file):
    before = content(version_4_file)
    killed_when(version_4_file, lambda line: line == "None\n")
    assert content(version_4_file) == before or content(version_4_file)[0] == len(MIGRATIONS)
    assert is_whole(version_4_file)


def test_without_room_on_the_disk_the_file_is_as_it_was(version_4_file):
    before = content(version_4_file)
    limit = version_4_file.stat().st_size // 2
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n{CONVERT}"
    done = subprocess.run(
        [sys.executable, "-c", code, str(version_4_file)], capture_output=True, text=True, check=False,
        preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
    )  # fmt: skip
    assert "cannot be written: the disk is full or failing" in done.stderr
    assert content(version_4_file) == before
    assert is_whole(version_4_file)
