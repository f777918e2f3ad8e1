"""A batch that is killed again and again asks for everybody's link once. For long runs see `batch_kills`."""

import asyncio
import os

from dazos_tui.history.models import Outcome
from tests.faults import batch_kills
from tests.faults.crash_target import CrashTarget, Disruption
from tests.support import eventually

PEOPLE, KILLS = (200, 20) if os.environ.get("FAULT_BENCH") == "full" else (40, 6)


def test_a_batch_that_is_killed_and_continued_asks_for_everybody_once():
    result = batch_kills.run(PEOPLE, KILLS)
    assert result.violations == []
    assert len(result.report) == PEOPLE
    assert {one["outcome"] for one in result.report} <= {"sent", "unknown"}
    assert sum(one["outcome"] == "unknown" for one in result.report) == result.unknown


def test_the_memory_of_a_batch_does_not_grow_with_its_sends():
    result = batch_kills.run(120, 0)
    assert result.violations == []
    assert {entry.outcome for entry in result.entries} == {Outcome.SENT}
    early, late = result.memory[2][1], result.memory[-1][1]
    assert late - early < 6, result.memory


async def test_a_lost_terminal_lets_the_one_under_way_end():
    with batch_kills.benching(8) as bench:
        target = await CrashTarget.start(bench.command, dict(os.environ), Disruption.TERMINAL)
        assert await asyncio.to_thread(eventually, lambda: len(bench.crm.outbox) >= 2, seconds=20)
        target.disrupt(Disruption.TERMINAL)
        await target.ending
        assert target.process.returncode == 130
        outcomes = [entry.outcome for entry in bench.entries()]
        assert outcomes == [Outcome.SENT] * len(bench.crm.outbox)
        assert 2 <= len(outcomes) < 8
        assert bench.result(await asyncio.to_thread(bench.run)).violations == []
