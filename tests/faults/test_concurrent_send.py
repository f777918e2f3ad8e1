"""Two processes that send at the same time share one history. With ``FAULT_BENCH=full``, 200 links each."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from itertools import pairwise

from pydantic import TypeAdapter

from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from tests.faults.concurrent_send import SendJob
from tests.faults.scenario import ordinary
from tests.faults.served import presets
from tests.patience import patience

LINKS = 200 if os.environ.get("FAULT_BENCH") == "full" else 20


def test_two_processes_that_send_at_the_same_time_lose_nothing_and_send_nothing_twice(tmp_path):
    history = tmp_path / "state" / "history.db"
    with ExitStack() as stack:
        server = stack.enter_context(DemoServer(*presets(5 * LINKS + 50)))
        harbor = server.instance("harbor-prod")
        people = [str(person.id) for person in harbor.people if ordinary(person)][: 2 * LINKS]
        halves = {"one": people[:LINKS], "two": people[LINKS:]}
        jobs = [
            SendJob(harbor.url, harbor.username, harbor.password, history, ticket, tuple(ids))
            for ticket, ids in halves.items()
        ]
        processes = [stack.enter_context(_start(job)) for job in jobs]
        assert [_signed_in(process) for process in processes] == [b"signed in\n"] * 2
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
        assert [process.wait(timeout=patience(100)) for process in processes] == [0, 0]
        mailed = Counter(mail.user_name for mail in harbor.outbox)
    with HistoryStore(history) as store:
        rows = store.search()
    assert {row.outcome for row in rows} == {Outcome.SENT}
    assert Counter(row.request.user_name for row in rows) == mailed
    assert set(mailed.values()) == {1}
    assert len(mailed) == 2 * LINKS
    turns = sum(one.request.ticket != other.request.ticket for one, other in pairwise(rows))
    assert turns > LINKS // 4, f"they took only {turns} turns"


def _start(job: SendJob) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.faults.concurrent_send"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(TypeAdapter(SendJob).dump_json(job) + b"\n")
    process.stdin.flush()
    return process


def _signed_in(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline()
