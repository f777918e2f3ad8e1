"""A disrupted send always leaves a true history. For long runs see `crash`."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from dazos_tui.history.models import HistoryEntry, Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from tests.faults import crash
from tests.faults.crash_target import Disruption
from tests.faults.disk import Disk, has_compiler, may_mount
from tests.faults.expectations import Mail, SendResult, violations

KILLS = 12
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MAIL = Mail("ann", AT.isoformat())
KILLED = SendResult("anywhere", "SIGKILL", "ann", -signal.SIGKILL, "", "", 1)
SENT = '{"outcome": "sent"}'
DONE = SendResult("undisturbed", "none", "ann", 0, SENT, "", 1)


def row(outcome, *, finished=True, at=AT):
    request = ResetRequest("x", "production", "x.example.com", "op", "7", "ann", "Ann", "ann@example.com", "")
    return HistoryEntry(1, request, at, at if finished else None, outcome, "")


CUT = row(Outcome.UNKNOWN, finished=False)


@pytest.mark.without_coverage
@pytest.mark.parametrize("route", crash.ROUTES)
async def test_the_history_of_disrupted_sends_agrees_with_the_outbox(route):
    report = await crash.run(KILLS, route=route)
    assert report.violations == [], str(report)
    assert sum(result.code < 0 for result in report.results) >= KILLS // 3
    cut_off = {row.request.user_name for row in report.rows if row.finished_at is None}
    assert cut_off & {mail.person for mail in report.mails}, str(report)


@pytest.mark.skipif(not may_mount(), reason="only root can have a small disk")
def test_a_disk_that_runs_full_during_a_send_leaves_a_true_history():
    command = [
        sys.executable,
        "-m",
        "tests.faults.crash",
        "--only",
        Disruption.FULL,
        "--small-disk",
        "--kills",
        "5",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(Disruption.FULL) == len(crash.Aim)


@pytest.mark.skipif(not has_compiler(), reason="needs a C compiler")
def test_a_power_cut_loses_only_what_was_not_synced(tmp_path):
    disk = Disk(tmp_path / "state", tmp_path)
    environment = {**os.environ, **disk.environment()}
    for script in (_SYNCED, _NOT_SYNCED):
        subprocess.run([sys.executable, "-c", script, str(disk.folder)], env=environment, check=False)
    disk.cut_power(Random(1))  # noqa: S311 - repeatable, no secret
    with HistoryStore(disk.folder / "history.db") as store:
        assert [entry.request.user_name for entry in store.search()] == ["synced"]


_SYNCED = """
import os, signal, sys
from pathlib import Path
from dazos_tui.history.models import ResetRequest
from dazos_tui.history.store import HistoryStore
store = HistoryStore(Path(sys.argv[1]) / "history.db")
store.record_request(ResetRequest("x", "production", "h", "op", "7", "synced", "n", "e", ""))
os.kill(os.getpid(), signal.SIGKILL)
"""
_NOT_SYNCED = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1] + "/history.db", isolation_level=None)
database.execute("PRAGMA synchronous = OFF")
database.execute("UPDATE resets SET user_name = 'not synced'")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("result", "rows", "mails"),
    [
        (KILLED, [], []),
        (KILLED, [row(Outcome.UNKNOWN, finished=False)], []),
        (KILLED, [row(Outcome.UNKNOWN, finished=False)], [MAIL]),
        (KILLED, [row(Outcome.SENT)], [MAIL]),
        (DONE, [row(Outcome.SENT)], [MAIL]),
        (SendResult("x", Disruption.FULL, "ann", 3, "", "The history is full", 0), [], []),
        (SendResult("x", Disruption.NO_WRITES, "ann", 0, SENT, "The history is full", 1), [CUT], [MAIL]),
        (SendResult("x", Disruption.DEAF, "ann", 0, "", "", 1), [row(Outcome.SENT)], [MAIL]),
    ],
)
def test_allowed_results_are_not_violations(result, rows, mails):
    asked = [replace(result, posts=len(rows))]
    assert violations(asked, rows, mails) == []


@pytest.mark.parametrize(
    ("result", "rows", "mails", "words"),
    [
        (KILLED, [], [MAIL], "and no row"),
        (KILLED, [row(Outcome.SENT)], [], "sent, without a mail"),
        (KILLED, [row(Outcome.NOT_SENT)], [MAIL], "not sent, with a mail"),
        (KILLED, [row(Outcome.SENT)], [MAIL, MAIL], "2 mails"),
        (KILLED, [row(Outcome.SENT), row(Outcome.SENT)], [MAIL], "2 rows"),
        (KILLED, [row(Outcome.SENT, at=AT.replace(second=6))], [MAIL], "newer"),
        (KILLED, [], [Mail("bob", MAIL.at)], "no process"),
        (DONE, [row(Outcome.UNKNOWN, finished=False)], [MAIL], "without outcome"),
        (SendResult("x", "y", "ann", 1, "", "Traceback", 0), [], [], "Traceback"),
        (SendResult("x", Disruption.FULL, "ann", -7, "", "", 0), [], [], "ended with -7"),
        (
            SendResult("x", Disruption.FULL, "ann", 3, "", "The history is full", 1),
            [CUT],
            [MAIL],
            "ended with 3",
        ),
        (SendResult("x", Disruption.FULL, "ann", 0, SENT, "", 1), [CUT], [MAIL], "without outcome"),
        (SendResult("x", Disruption.DEAF, "ann", 130, "", "", 1), [CUT], [MAIL], "ended with 130"),
        (SendResult("x", Disruption.DEAF, "ann", 0, "", "", 1), [CUT], [MAIL], "without outcome"),
    ],
)
def test_violations_are_found(result, rows, mails, words):
    assert words in "\n".join(violations([result], rows, mails))
