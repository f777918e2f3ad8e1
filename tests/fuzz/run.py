"""Running the fuzzer: which input is which, who tries it, and what is found."""

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

SLOW = 5.0
"""Seconds of the processor that one input may take: a thousand times what it does take."""
STUCK = 120.0
"""Seconds without a word from a process, after which it is ended."""
_REPORT_EVERY = 500
_SHOWN = 20
"""Failing inputs that are kept at most: those that follow have the same causes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """So many inputs, from this seed on, over all targets alike."""

    inputs: int
    seed: int
    jobs: int
    folder: Path


@dataclass(slots=True)
class Found:
    """How often each target ended how, the slowest input of each in seconds, and failing inputs' files."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    failures: list[Path] = field(default_factory=list)

    def add(self, other: "Found") -> None:
        """Take in what another process found."""
        self.counts += other.counts
        self.slowest |= {name: max(took, self.slowest.get(name, 0)) for name, took in other.slowest.items()}
        self.failures += other.failures


def names_of(number: int) -> str:
    """Return the target of the input with this number: one after the other."""
    return list(TARGETS)[number % len(TARGETS)]


def input_of(seeds: Seeds, seed: int, number: int) -> str:
    """Return an input. The same seed and number always give the same one, whoever asks."""
    name = names_of(number)
    return TARGETS[name].make(Random(f"{seed}:{number}"), seeds[name])  # noqa: S311 - no secret


def fuzz(plan: Plan) -> Found:
    """Try all inputs, in `plan.jobs` processes; a process that crashes or hangs is a failure of its input."""
    found = Found()
    context = multiprocessing.get_context("spawn")
    running: dict[Connection, _Job] = {}
    for number in range(plan.jobs):
        job = _Job.start(context, plan, number)
        running[job.pipe] = job
    while running:
        _hear(plan, running, found)
    return found


@dataclass(slots=True)
class _Job:
    process: BaseProcess
    pipe: Connection
    current: "Synchronized[int]"
    heard: float

    @classmethod
    def start(cls, context: SpawnContext, plan: Plan, number: int) -> "_Job":
        ours, theirs = context.Pipe(duplex=False)
        current = context.Value("q", number)
        process = context.Process(target=_work, args=(plan, number, theirs, current), daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours, current, time.monotonic())


def _hear(plan: Plan, running: dict[Connection, _Job], found: Found) -> None:
    for pipe in wait(list(running), timeout=1):
        assert isinstance(pipe, Connection)
        job = running[pipe]
        try:
            part: Found | None = pipe.recv()
        except EOFError:
            part = None
            _lost(plan, job, found, "the process ended")
        if part is None:
            job.process.join()
            del running[pipe]
        else:
            found.add(part)
            job.heard = time.monotonic()
    for pipe, job in list(running.items()):
        if time.monotonic() - job.heard > patience(STUCK):
            job.process.kill()
            _lost(plan, job, found, f"no word for {STUCK:g} seconds")
            del running[pipe]


def _lost(plan: Plan, job: _Job, found: Found, why: str) -> None:
    number = job.current.value
    job.process.join()
    found.counts[names_of(number), "FAILED"] += 1
    what = f"{why} (exit code {job.process.exitcode})"
    found.failures.append(_save(plan, number, input_of(make_seeds(), plan.seed, number), what))


def _work(plan: Plan, first: int, pipe: Connection, current: "Synchronized[int]") -> None:
    seeds = make_seeds()
    for numbers in _parts(range(first, plan.inputs, plan.jobs)):
        found = Found()
        for number in numbers:
            current.value = number
            attempt(plan, seeds, number, found)
        pipe.send(found)
    pipe.send(None)


def _parts(numbers: range) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _REPORT_EVERY):
        yield numbers[start : start + _REPORT_EVERY]


def attempt(plan: Plan, seeds: Seeds, number: int, found: Found) -> None:
    """Try one input and note how it ended."""
    name = names_of(number)
    text = input_of(seeds, plan.seed, number)
    begun = time.process_time()
    try:
        outcome = try_one(TARGETS[name], text)
        took = time.process_time() - begun
        problem = f"took {took:.1f} s" if took > SLOW else ""
    except Exception:  # noqa: BLE001 - whatever comes out that must not is what is looked for
        outcome, took, problem = "", time.process_time() - begun, traceback.format_exc()
    found.slowest[name] = max(took, found.slowest.get(name, 0.0))
    found.counts[name, "FAILED" if problem else outcome] += 1
    if problem and len(found.failures) < _SHOWN:
        found.failures.append(_save(plan, number, text, problem))


def _save(plan: Plan, number: int, text: str, problem: str) -> Path:
    """Keep a failing input, as bytes that “surrogatepass” decodes, and beside it what it did."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    file = plan.folder / f"{names_of(number)}-{plan.seed}-{number}.input"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    file.with_suffix(".problem").write_text(problem, encoding="utf-8", errors="backslashreplace")
    return file
