"""Ends `dazos-tui send` by a signal, again and again, and compares its history with the CRM's outbox.

``python -m tests.faults.crash --kills 300`` starts a demo CRM in a process of its own and, for one person
after the other, the real command in another, which it ends at a moment of the send: anywhere, after the
sign-in, as the POST arrives, after the CRM acted on it, after its answer. It prints how these ended and what
is wrong with them, and ends with 1 if anything is.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import cycle
from pathlib import Path
from random import Random
from urllib.request import Request, urlopen

import tomli_w

from dazos_tui.demo.people import ADMIN
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import Entry
from dazos_tui.history.store import HistoryStore
from tests.faults.proxy import Moment, Proxy, Step, proxying
from tests.faults.story import ordinary
from tests.faults.verdict import Fate, Mail, table, violations

NAME = "harbor-prod"
_LEAST_USERS = 453
_AFTER_ANSWER = 0.05
"""Seconds after the answer within which the history is written and the command ends."""
_LONGEST = 60.0


class Aim(StrEnum):
    """The part of a send in which it is ended."""

    WHOLE = "anywhere"
    SIGNED_IN = "after the sign-in"
    ASKED = "as the POST arrives"
    ACTED = "after the CRM acted"
    ANSWERED = "after the answer"


_AIMS = (Aim.WHOLE, Aim.SIGNED_IN, Aim.ACTED, Aim.WHOLE, Aim.SIGNED_IN, Aim.ANSWERED, Aim.WHOLE, Aim.ASKED)
_SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP)

# A part of a send that begins with a request's coming so far; the others begin with the process.
_BEGINS = {
    Aim.SIGNED_IN: (Step.SIGN_IN, Moment.ANSWERED),
    Aim.ASKED: (Step.SEND, Moment.ASKED),
    Aim.ACTED: (Step.SEND, Moment.ACTED),
    Aim.ANSWERED: (Step.SEND, Moment.ANSWERED),
}
_AT_ONCE = frozenset({Aim.ASKED, Aim.ACTED})


@dataclass(frozen=True)
class Plan:
    """One send to end: by which signal, and how far (0 to 1) into which part of it."""

    person: str
    aim: Aim
    signal: signal.Signals
    part: float


@dataclass(frozen=True)
class Spans:
    """How long an undisturbed send takes, in seconds: from its start, and from the sign-in's answer."""

    whole: float
    signed_in: float

    def of(self, plan: Plan) -> float:
        """Return how long to wait after the beginning of the part that is aimed at."""
        spans = {Aim.WHOLE: self.whole, Aim.SIGNED_IN: self.signed_in, Aim.ANSWERED: _AFTER_ANSWER}
        return plan.part * spans.get(plan.aim, 0.0)


@dataclass
class Bench:
    """The demo CRM's address, a way to it, and a folder for config and history."""

    crm: str
    folder: Path
    proxy: Proxy = field(init=False)
    came: dict[tuple[Step, Moment], asyncio.Event] = field(default_factory=dict)
    when_seen: Callable[[Step, Moment], None] = lambda *_: None

    def seen(self, step: Step, moment: Moment) -> None:
        """Take notice of a request."""
        self.event(step, moment).set()
        self.when_seen(step, moment)

    def event(self, step: Step, moment: Moment) -> asyncio.Event:
        """Return what is set as soon as a request of this step has come so far."""
        return self.came.setdefault((step, moment), asyncio.Event())

    def configure(self) -> None:
        """Write the config that leads through the proxy."""
        account = {"username": ADMIN.username, "password_command": ["echo", ADMIN.password]}
        table = {"url": f"{self.proxy.url}/{NAME}/", "environment": "production", **account}
        (self.folder / "config.toml").write_text(tomli_w.dumps({"instances": {NAME: table}}))

    async def start(self, person: str) -> Process:
        """Start the command that sends this person a link."""
        self.came.clear()
        self.when_seen = lambda *_: None
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "dazos_tui", "--config", str(self.folder / "config.toml"),
            "--state", str(self.folder), "send", "-i", NAME, person, "--yes", "--json", "--again",
            env=_environment(self.folder), stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip

    async def undisturbed(self, person: str) -> tuple[Fate, Spans]:
        """Let a send run to its end."""
        began = time.monotonic()
        process = await self.start(person)
        reading = asyncio.create_task(process.communicate())
        await asyncio.wait_for(self.event(*_BEGINS[Aim.SIGNED_IN]).wait(), _LONGEST)
        signed_in = time.monotonic()
        fate = await self._fate("undisturbed", "none", person, process, reading)
        return fate, Spans(time.monotonic() - began, time.monotonic() - signed_in)

    async def end_one(self, plan: Plan, spans: Spans) -> Fate:
        """Start a send and end it as planned."""
        process = await self.start(plan.person)
        reading = asyncio.create_task(process.communicate())
        if plan.aim in _AT_ONCE:
            self.when_seen = lambda *seen: _end(process, plan) if seen == _BEGINS[plan.aim] else None
        else:
            await self._wait(plan, spans, reading)
            _end(process, plan)
        return await self._fate(plan.aim, plan.signal.name, plan.person, process, reading)

    async def _wait(self, plan: Plan, spans: Spans, reading: asyncio.Task[tuple[bytes, bytes]]) -> None:
        if plan.aim in _BEGINS:
            waiting = asyncio.create_task(self.event(*_BEGINS[plan.aim]).wait())
            await asyncio.wait({waiting, reading}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        await asyncio.wait({reading}, timeout=spans.of(plan))

    async def _fate(
        self, aim: str, by: str, person: str, process: Process, reading: asyncio.Task[tuple[bytes, bytes]]
    ) -> Fate:
        said, words = await asyncio.wait_for(reading, _LONGEST)
        await self.proxy.quiet()
        posts = self.proxy.asked.count(Step.SEND)
        self.proxy.asked.clear()
        assert process.returncode is not None
        return Fate(aim, by, person, process.returncode, said.decode(), words.decode(), posts)

    async def mails(self) -> list[Mail]:
        """Return all that the CRM mailed."""
        asked = Request(f"{self.crm}/outbox", headers={"Accept": "application/json"})  # noqa: S310 - our own
        mails = json.loads(await asyncio.to_thread(lambda: urlopen(asked, timeout=_LONGEST).read()))  # noqa: S310
        return [Mail(mail["user_name"], mail["at"]) for mail in mails]


@dataclass(frozen=True)
class Report:
    """All that was seen of a run."""

    fates: list[Fate]
    rows: list[Entry]
    mails: list[Mail]
    spans: Spans

    @property
    def violations(self) -> list[str]:
        """Return what is wrong, a sentence each."""
        return violations(self.fates, self.rows, self.mails)

    def __str__(self) -> str:
        wrong = self.violations
        return "\n".join(
            [
                f"An undisturbed send: {self.spans.whole:.2f} s, {self.spans.signed_in:.2f} s after sign-in.",
                table(self.fates, self.rows, self.mails),
                *wrong,
                f"{len(wrong)} violations",
            ]
        )


def plans(people: Sequence[str], seed: int) -> Iterator[Plan]:
    """Yield one plan for each person; the same seed gives the same plans."""
    rng = Random(seed)  # noqa: S311 - repeatable, no secret
    for person, aim, by in zip(people, cycle(_AIMS), cycle(_SIGNALS)):
        yield Plan(person, aim, by, rng.random())


async def run(kills: int, seed: int = 1) -> Report:
    """End so many sends, one after the other, after two that are left alone: the second is the measure."""
    users = max(_LEAST_USERS, 2 * kills)
    first, second, *others = _people(users, kills + 2)
    async with _bench(users) as bench:
        warming, _ = await bench.undisturbed(first)
        measured, spans = await bench.undisturbed(second)
        ended = [await bench.end_one(plan, spans) for plan in plans(others, seed)]
        with HistoryStore(bench.folder / "history.db") as store:
            return Report([warming, measured, *ended], store.search(), await bench.mails(), spans)


@asynccontextmanager
async def _bench(users: int) -> AsyncIterator[Bench]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with _demo(users, folder) as crm:
            bench = Bench(crm, folder)
            async with proxying(crm, watch=bench.seen) as bench.proxy:
                bench.configure()
                yield bench


@asynccontextmanager
async def _demo(users: int, folder: Path) -> AsyncIterator[str]:
    """Serve the demo CRM from a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dazos_tui", "--state", str(folder), "demo", "--serve-only",
        "--users", str(users), env=_environment(folder), stdin=DEVNULL, stdout=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        ready = await asyncio.wait_for(process.stdout.readline(), _LONGEST)
        yield json.loads(ready)["url"]
    finally:
        process.terminate()
        await process.communicate()


def _people(users: int, count: int) -> list[str]:
    """Return the user names of so many of the demo's people; the demo's seed makes them the same anywhere."""
    everybody = DemoServer(users=users).instance(NAME).people
    people = [person.user_name for person in everybody if ordinary(person)][:count]
    assert len(people) == count
    return people


def _end(process: Process, plan: Plan) -> None:
    # A process that has ended by itself takes no signal any more.
    with suppress(ProcessLookupError):
        process.send_signal(plan.signal)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DAZOS_TUI")}
    return {**kept, "HOME": str(folder), "TERM": "dumb"}


def main() -> int:
    """Run and print; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.crash", description="Ends sends by signals."
    )
    parser.add_argument("--kills", type=int, default=30, metavar="N", help="how many (30)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other moments (1)")
    options = parser.parse_args()
    report = asyncio.run(run(options.kills, options.seed))
    sys.stdout.write(f"{report}\n")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
