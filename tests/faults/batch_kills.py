"""Kills a batch at random moments and continues it, and watches its memory.

``python -m tests.faults.batch_kills --people 200 --kills 20`` starts a demo CRM, and sends to a file of
people with the real command. It is killed (SIGKILL) at random moments, of the plan as of the sends, and
started again, until everybody was asked for. Then the history must agree with the CRM's outbox: nobody was
asked for twice, and everybody once. ``--people 1000 --kills 0`` shows the memory of the process while it
sends.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import tomli_w

from dazos_tui.demo.instance import DemoInstance
from dazos_tui.demo.people import Person
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.history.store import HistoryStore
from tests.faults.scenario import ordinary
from tests.patience import patience

_LONGEST = 600.0
_ANSWER_SECONDS = 0.03
"""How long the CRM takes for a link: a kill in this time leaves an outcome that nobody knows."""
_MOST_AFTER_MAIL = 0.12
"""Seconds after a mail within which the next person is checked, and their link requested."""
_WENT_OUT = frozenset({Outcome.SENT, Outcome.UNKNOWN})


@dataclass
class BatchBench:
    """A demo CRM, a file of people, and the command that sends to them."""

    crm: DemoInstance
    folder: Path
    people: list[Person]
    config: dict[str, object]
    kills: int = 0
    memory: list[tuple[int, float]] = field(default_factory=list)
    """How many mails were sent, and the memory of the process (MB) then."""

    def prepare(self) -> None:
        """Write the config and the file of people."""
        settings = {"batch": {"links_per_minute": 6000}, **self.config}
        (self.folder / "config.toml").write_text(tomli_w.dumps(settings))
        rows = ["Name;E-Mail", *(f"{person.last_name};{person.email1}" for person in self.people)]
        (self.folder / "people.csv").write_text("\n".join(rows), encoding="utf-8")

    @property
    def command(self) -> list[str]:
        """Return the command that sends to everybody in the file."""
        return [
            sys.executable, "-m", "dazos_tui", "--config", str(self.folder / "config.toml"),
            "--state", str(self.folder / "state"), "send", "-i", self.crm.name,
            "--from", str(self.folder / "people.csv"), "--yes", "--json",
        ]  # fmt: skip

    def start(self) -> "subprocess.Popen[str]":
        """Start the command."""
        return subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run_and_kill(self, rng: Random, planning: float) -> None:
        """Run the command, and kill it at a random moment of its plan, or of its sends."""
        mails = len(self.crm.outbox)
        with self.start() as process:
            if rng.random() < 0.25:
                _sleep_while_running(process, rng.uniform(0, planning))
            else:
                wanted = mails + rng.randint(1, max(1, len(self.people) // (self.kills or 1) // 2 or 1))
                self._wait_for_mails(wanted, process)
                _sleep_while_running(process, rng.uniform(0, _MOST_AFTER_MAIL))
            process.kill()

    def _wait_for_mails(self, count: int, process: "subprocess.Popen[str]") -> None:
        _wait(lambda: len(self.crm.outbox) >= count or process.poll() is not None)

    def run(self) -> list[dict[str, object]]:
        """Run the command to its end; return its report."""
        before = len(self.crm.outbox)
        left = len(self.people) - before
        with self.start() as process:
            for mark in range(1, left, max(1, left // 10)):
                self._wait_for_mails(before + mark, process)
                if process.poll() is None:
                    self.memory.append((before + mark, _resident_megabytes(process.pid)))
            stdout, _ = process.communicate(timeout=patience(_LONGEST))
        return [json.loads(line) for line in stdout.splitlines()]

    def entries(self) -> list[HistoryEntry]:
        """Return the history's rows."""
        with HistoryStore(self.folder / "state" / "history.db") as store:
            return store.search()

    def result(self, report: Sequence[dict[str, object]]) -> "BatchKills":
        """Return what the runs showed, with the report of the last one."""
        mails = Counter(mail.user_name for mail in self.crm.outbox)
        return BatchKills(self.people, report, self.entries(), mails, self.memory)


@dataclass(frozen=True)
class BatchKills:
    """What a run showed: the report of the last command, the rows, and the mails by user name."""

    people: Sequence[Person]
    report: Sequence[dict[str, object]]
    entries: Sequence[HistoryEntry]
    mails: Counter[str]
    memory: Sequence[tuple[int, float]]

    @property
    def unknown(self) -> int:
        """Return how many were under way when the process was killed."""
        return sum(entry.finished_at is None for entry in self.entries)

    @property
    def missed(self) -> list[str]:
        """Return the user names for whom no link was requested, or none was mailed that was sent."""
        asked = {entry.request.user_name for entry in self.entries if entry.outcome in _WENT_OUT}
        sent = {entry.request.user_name for entry in self.entries if entry.outcome is Outcome.SENT}
        names = [person.user_name for person in self.people]
        return [name for name in names if name not in asked or (name in sent and not self.mails[name])]

    @property
    def doubled(self) -> list[str]:
        """Return the user names for whom more than one link was requested or mailed."""
        asked = Counter(entry.request.user_name for entry in self.entries if entry.outcome in _WENT_OUT)
        names = [person.user_name for person in self.people]
        return [name for name in names if max(asked[name], self.mails[name]) > 1]

    @property
    def violations(self) -> list[str]:
        """Return a sentence for each thing that is wrong: everybody is asked for once, in one batch."""
        batches = {entry.request.batch for entry in self.entries}
        return [
            *(f"{name} was not asked for" for name in self.missed),
            *(f"{name} was asked for more than once" for name in self.doubled),
            *([] if len(batches) == 1 else [f"the rows have the batches {batches}"]),
        ]


@contextmanager
def benching(people: int, kills: int = 0) -> Iterator[BatchBench]:
    """Open a bench with this many people to whom nothing speaks against a link."""
    with tempfile.TemporaryDirectory() as folder, DemoServer(users=people * 2 + 100) as demo:
        crm = demo.instances[0]
        shared = Counter(one.email1 for one in crm.people)
        fit = [
            one for one in crm.people if ordinary(one) and "," not in one.email1 and shared[one.email1] == 1
        ]
        bench = BatchBench(crm, Path(folder), fit[:people], demo_config(demo.instances), kills)
        assert len(bench.people) == people
        bench.prepare()
        crm.faults.delay("action", _ANSWER_SECONDS, times=None)
        yield bench


def run(people: int, kills: int, seed: int = 1) -> BatchKills:
    """Send to this many people, killed this many times; return what it showed."""
    rng = Random(seed)  # noqa: S311 - not for secrets
    with benching(people, kills) as bench:
        for _ in range(kills):
            bench.run_and_kill(rng, planning=1.0 + people * 0.02)
        report = bench.run()
        return bench.result(report)


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + patience(_LONGEST)
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def _sleep_while_running(process: "subprocess.Popen[str]", seconds: float) -> None:
    deadline = time.monotonic() + seconds
    _wait(lambda: time.monotonic() >= deadline or process.poll() is not None)


def _resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) / 1024


def main() -> int:
    """Run as the arguments say; return 1 if somebody was not asked for exactly once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    began = time.monotonic()
    result = run(chosen.people, chosen.kills, chosen.seed)
    outcomes = Counter(entry.outcome for entry in result.entries)
    lines = [
        f"{chosen.people} people, {chosen.kills} kills, {time.monotonic() - began:.0f} s",
        f"rows: {dict(outcomes)}, of which {result.unknown} were under way at a kill; "
        f"{sum(result.mails.values())} mails",
        *(f"{megabytes:.1f} MB after {mails} mails" for mails, megabytes in result.memory),
        *result.violations,
    ]
    sys.stdout.write("\n".join([*lines, ""]))
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
