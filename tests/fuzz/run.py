"""Runs the fuzzer: makes the inputs, tries them in several processes, and collects the results."""

import multiprocessing
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from random import Random

from tests.fuzz.seeds import Seeds, make_seeds
from tests.fuzz.targets import TARGETS, try_one
from tests.patience import patience

MAX_CPU_SECONDS = 5.0
"""CPU seconds that one input may take: a thousand times what it normally takes."""
STUCK_SECONDS = 120.0
"""Seconds without a report from a process after which it is killed."""
_REPORT_EVERY = 500
_MAX_SAVED = 20
"""The most failing inputs that a process saves for one report: further ones mostly have the same causes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many inputs to try, evenly over all targets, with which seed, and where to save failing ones."""

    inputs: int
    seed: int
    jobs: int
    folder: Path


@dataclass(slots=True)
class FuzzResult:
    """Counts by target and outcome, the slowest input of each target in seconds, and the failing inputs."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    failures: list[Path] = field(default_factory=list)

    def add(self, other: "FuzzResult") -> None:
        """Add the result of another process."""
        self.counts += other.counts
        self.slowest |= {name: max(took, self.slowest.get(name, 0)) for name, took in other.slowest.items()}
        self.failures += other.failures


def target_name(number: int) -> str:
    """Return the name of the target of the input with this number: the targets take turns."""
    return list(TARGETS)[number % len(TARGETS)]


def make_input(seeds: Seeds, seed: int, number: int) -> str:
    """Return an input. The same seed and number give the same one in every process."""
    name = target_name(number)
    return TARGETS[name].make(Random(f"{seed}:{number}"), seeds[name])  # noqa: S311 - no secret


def fuzz(plan: Plan) -> FuzzResult:
    """Try all inputs in `plan.jobs` processes; a process that crashes or hangs is a failure of its input."""
    result = FuzzResult()
    context = multiprocessing.get_context("spawn")
    running: dict[Connection, _Job] = {}
    for number in range(plan.jobs):
        job = _Job.start(context, plan, number)
        running[job.pipe] = job
    while running:
        _collect_reports(plan, running, result)
    return result


@dataclass(slots=True)
class _Job:
    process: BaseProcess
    pipe: Connection
    current: "Synchronized[int]"
    last_report: float

    @classmethod
    def start(cls, context: SpawnContext, plan: Plan, number: int) -> "_Job":
        ours, theirs = context.Pipe(duplex=False)
        current = context.Value("q", number)
        process = context.Process(target=_run_job, args=(plan, number, theirs, current), daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours, current, time.monotonic())


def _collect_reports(plan: Plan, running: dict[Connection, _Job], result: FuzzResult) -> None:
    for pipe in wait(list(running), timeout=1):
        assert isinstance(pipe, Connection)
        job = running[pipe]
        try:
            report: FuzzResult | None = pipe.recv()
        except EOFError:
            report = None
            _record_lost_job(plan, job, result, "the process ended")
        if report is None:
            job.process.join()
            del running[pipe]
        else:
            result.add(report)
            job.last_report = time.monotonic()
    for pipe, job in list(running.items()):
        if time.monotonic() - job.last_report > patience(STUCK_SECONDS):
            job.process.kill()
            _record_lost_job(plan, job, result, f"no report for {STUCK_SECONDS:g} seconds")
            del running[pipe]


def _record_lost_job(plan: Plan, job: _Job, result: FuzzResult, reason: str) -> None:
    number = job.current.value
    job.process.join()
    result.counts[target_name(number), "FAILED"] += 1
    problem = f"{reason} (exit code {job.process.exitcode})"
    result.failures.append(_save(plan, number, make_input(make_seeds(), plan.seed, number), problem))


def _run_job(plan: Plan, first: int, pipe: Connection, current: "Synchronized[int]") -> None:
    seeds = make_seeds()
    for numbers in _batches(range(first, plan.inputs, plan.jobs)):
        result = FuzzResult()
        for number in numbers:
            current.value = number
            attempt(plan, seeds, number, result)
        pipe.send(result)
    pipe.send(None)


def _batches(numbers: range) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _REPORT_EVERY):
        yield numbers[start : start + _REPORT_EVERY]


def attempt(plan: Plan, seeds: Seeds, number: int, result: FuzzResult) -> None:
    """Try one input and record its outcome."""
    name = target_name(number)
    text = make_input(seeds, plan.seed, number)
    start = time.process_time()
    try:
        outcome = try_one(TARGETS[name], text)
        took = time.process_time() - start
        problem = f"took {took:.1f} s" if took > MAX_CPU_SECONDS else ""
    except Exception:  # noqa: BLE001 - any other exception is a finding of the fuzzer
        outcome, took, problem = "", time.process_time() - start, traceback.format_exc()
    result.slowest[name] = max(took, result.slowest.get(name, 0.0))
    result.counts[name, "FAILED" if problem else outcome] += 1
    if problem and len(result.failures) < _MAX_SAVED:
        result.failures.append(_save(plan, number, text, problem))


def _save(plan: Plan, number: int, text: str, problem: str) -> Path:
    """Save a failing input, as bytes that “surrogatepass” decodes, and its problem in a file beside it."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    file = plan.folder / f"{target_name(number)}-{plan.seed}-{number}.input"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    file.with_suffix(".problem").write_text(problem, encoding="utf-8", errors="backslashreplace")
    return file
