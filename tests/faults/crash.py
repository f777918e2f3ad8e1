"""Disrupts `dazos-tui send` again and again, and compares its history with the CRM's outbox.

``python -m tests.faults.crash --kills 300`` starts a demo CRM in its own process. For one person after the
other it then runs the real command, and disrupts it at some moment of the send: at any time, after the
sign-in, when the POST arrives, after the CRM has acted on it, after the answer. The disruptions are a signal,
a lost terminal, failing writes and a power cut (see `disk`). It prints how the processes ended and all
violations, and exits with 1 if there are any. ``--route form`` sends by the forgot-password form.
``--small-disk``, for root, also lets the disk run full.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import cycle, product
from pathlib import Path
from random import Random
from urllib.request import Request, urlopen

import tomli_w

from dazos_tui.demo.people import ADMIN
from dazos_tui.demo.server import DemoServer
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.store import HistoryStore
from tests.faults.crash_target import CrashTarget, Disruption
from tests.faults.disk import Disk, has_compiler, on_small_disk
from tests.faults.expectations import Mail, SendResult, table, violations
from tests.faults.proxy import Moment, Proxy, Step, proxying
from tests.faults.scenario import ordinary, route_of
from tests.faults.served import presets
from tests.patience import patience

_LEAST_USERS = 453
_AFTER_ANSWER = 0.05
"""Seconds after the answer within which the history is written and the command ends."""
_LONGEST = 60.0

ROUTES = {"menu": Step.SEND, "form": Step.FORM}
"""The routes of a link, each with the step whose POST requests it."""


class Aim(StrEnum):
    """The part of a send that is disrupted."""

    WHOLE = "anywhere"
    SIGNED_IN = "after the sign-in"
    ASKED = "as the POST arrives"
    ACTED = "after the CRM acted"
    ANSWERED = "after the answer"


_AIMS = (Aim.WHOLE, Aim.SIGNED_IN, Aim.ASKED, Aim.ACTED, Aim.ANSWERED)
_MOMENTS = {Aim.ASKED: Moment.ASKED, Aim.ACTED: Moment.ACTED, Aim.ANSWERED: Moment.ANSWERED}
_AT_ONCE = frozenset({Aim.ASKED, Aim.ACTED})


@dataclass(frozen=True)
class Plan:
    """One send: its disruption, and how far (0 to 1) into which part it comes."""

    person: str
    aim: Aim
    disruption: Disruption
    part: float


@dataclass(frozen=True)
class Spans:
    """How long an undisturbed send takes, in seconds: from its start, and from the sign-in's answer."""

    whole: float
    signed_in: float

    def of(self, plan: Plan) -> float:
        """Return the seconds from the beginning of the disrupted part to the disruption."""
        spans = {Aim.WHOLE: self.whole, Aim.SIGNED_IN: self.signed_in, Aim.ANSWERED: _AFTER_ANSWER}
        return plan.part * spans.get(plan.aim, 0.0)


@dataclass
class CrashBench:
    """The demo CRM's URL, a proxy to it, and a disk for the history."""

    crm: str
    step: Step
    disk: Disk
    rng: Random
    proxy: Proxy = field(init=False)
    came: dict[tuple[Step, Moment], asyncio.Event] = field(default_factory=dict)
    when_seen: Callable[[Step, Moment], None] = lambda *_: None

    def seen(self, step: Step, moment: Moment) -> None:
        """Note how far a request has come."""
        self.event((step, moment)).set()
        self.when_seen(step, moment)

    def event(self, moment: tuple[Step, Moment]) -> asyncio.Event:
        """Return the event that is set once a request of this step has come this far."""
        return self.came.setdefault(moment, asyncio.Event())

    def configure(self) -> None:
        """Write a config that goes through the proxy."""
        name = route_of(self.step).instance
        account = {"username": ADMIN.username, "password_command": ["echo", ADMIN.password]}
        keys = {"environment": "production", "reset_route": "forgot_password", **account}
        instances = {name: {"url": f"{self.proxy.url}/{name}/", **keys}}
        (self.disk.workshop / "config.toml").write_text(tomli_w.dumps({"instances": instances}))

    async def start(self, person: str, disruption: Disruption | None) -> CrashTarget:
        """Start a command that sends this person a link."""
        self.came.clear()
        self.when_seen = lambda *_: None
        command = [
            sys.executable, "-m", "dazos_tui", "--config", str(self.disk.workshop / "config.toml"),
            "--state", str(self.disk.folder), "send", "-i", route_of(self.step).instance, person,
            "--yes", "--json", "--again",
        ]  # fmt: skip
        environment = _environment(self.disk.workshop) | self.disk.environment()
        return await CrashTarget.start(command, environment, disruption)

    async def undisturbed(self, person: str) -> tuple[SendResult, Spans]:
        """Run a send without a disruption."""
        began = time.monotonic()
        target = await self.start(person, None)
        await asyncio.wait_for(self.event((Step.SIGN_IN, Moment.ANSWERED)).wait(), patience(_LONGEST))
        signed_in = time.monotonic()
        result = await self._result_of("undisturbed", "none", person, target)
        return result, Spans(time.monotonic() - began, time.monotonic() - signed_in)

    async def play(self, plan: Plan, spans: Spans) -> SendResult:
        """Start a send and disrupt it as planned."""
        target = await self.start(plan.person, plan.disruption)
        if plan.aim in _AT_ONCE:
            begins = self._begins(plan.aim)
            self.when_seen = lambda *seen: self._strike(target, plan.disruption) if seen == begins else None
        else:
            await self._wait(plan, spans, target)
            self._strike(target, plan.disruption)
        result = await self._result_of(plan.aim, plan.disruption, plan.person, target)
        self._restore(plan.disruption)
        return result

    def _begins(self, aim: Aim) -> tuple[Step, Moment] | None:
        """Return what a part of a send begins with; None if it begins with the process."""
        if aim is Aim.SIGNED_IN:
            return Step.SIGN_IN, Moment.ANSWERED
        return (self.step, _MOMENTS[aim]) if aim in _MOMENTS else None

    async def _wait(self, plan: Plan, spans: Spans, target: CrashTarget) -> None:
        begins = self._begins(plan.aim)
        if begins is not None:
            waiting = asyncio.create_task(self.event(begins).wait())
            await asyncio.wait({waiting, target.ending}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        await asyncio.wait({target.ending}, timeout=spans.of(plan))

    def _strike(self, target: CrashTarget, disruption: Disruption) -> None:
        if disruption is Disruption.FULL:
            self.disk.fill()
        target.disrupt(disruption)

    def _restore(self, disruption: Disruption) -> None:
        """Restore the machine for the next send."""
        if disruption is Disruption.POWER:
            self.disk.cut_power(self.rng)
        elif disruption is Disruption.NO_WRITES:
            # The image could not be written either.
            self.disk.settle()
        elif disruption is Disruption.FULL:
            self.disk.clear()

    async def _result_of(self, aim: str, by: str, person: str, target: CrashTarget) -> SendResult:
        said, words = await asyncio.wait_for(target.ending, patience(_LONGEST))
        await self.proxy.quiet()
        posts = self.proxy.asked.count(self.step)
        self.proxy.asked.clear()
        assert target.process.returncode is not None
        return SendResult(aim, by, person, target.process.returncode, said, words, posts)

    async def mails(self) -> list[Mail]:
        """Return all mails of the CRM."""
        asked = Request(f"{self.crm}/outbox", headers={"Accept": "application/json"})  # noqa: S310 - our own
        mails = json.loads(await asyncio.to_thread(lambda: urlopen(asked, timeout=patience(_LONGEST)).read()))  # noqa: S310
        return [Mail(mail["user_name"], mail["at"]) for mail in mails]


@dataclass(frozen=True)
class Report:
    """The observations of a run."""

    results: list[SendResult]
    rows: list[HistoryEntry]
    mails: list[Mail]
    spans: Spans

    @property
    def violations(self) -> list[str]:
        """All violations, one sentence each."""
        return violations(self.results, self.rows, self.mails)

    def __str__(self) -> str:
        wrong = self.violations
        return "\n".join(
            [
                f"An undisturbed send: {self.spans.whole:.2f} s, {self.spans.signed_in:.2f} s after sign-in.",
                table(self.results, self.rows, self.mails),
                *wrong,
                f"{len(wrong)} violations",
            ]
        )


def plans(people: Sequence[str], disruptions: Sequence[Disruption], rng: Random) -> Iterator[Plan]:
    """Yield a plan for each person: all disruptions in all parts of a send, repeated, in random order."""
    pairs = list(product(_AIMS, disruptions))
    rng.shuffle(pairs)
    for person, (aim, disruption) in zip(people, cycle(pairs)):
        yield Plan(person, aim, disruption, rng.random())


async def run(
    kills: int,
    *,
    seed: int = 1,
    route: str = "menu",
    only: Disruption | None = None,
    small_disk: Path | None = None,
) -> Report:
    """Disrupt `kills` sends, one after the other.

    Three undisturbed ones come first. The quicker of the last two is the measure: a disruption that is
    planned for later than a send takes would miss it.
    """
    rng = Random(seed)  # noqa: S311 - repeatable, no secret
    users = max(_LEAST_USERS, 2 * kills)
    first, second, third, *others = _people(route_of(ROUTES[route]).instance, users, kills + 3)
    disruptions = (
        [only]
        if only is not None
        else [disruption for disruption in Disruption if _is_possible(disruption, small_disk)]
    )
    async with _bench(users, ROUTES[route], rng, small_disk) as bench:
        warming, _ = await bench.undisturbed(first)
        measured = [await bench.undisturbed(person) for person in (second, third)]
        spans = min((found for _, found in measured), key=lambda found: found.whole)
        ended = [await bench.play(plan, spans) for plan in plans(others, disruptions, rng)]
        with HistoryStore(bench.disk.folder / "history.db") as store:
            undisturbed = [warming, *(result for result, _ in measured)]
            return Report([*undisturbed, *ended], store.search(), await bench.mails(), spans)


def _is_possible(disruption: Disruption, small_disk: Path | None) -> bool:
    return {Disruption.POWER: has_compiler(), Disruption.FULL: small_disk is not None}.get(disruption, True)


@asynccontextmanager
async def _bench(users: int, step: Step, rng: Random, small_disk: Path | None) -> AsyncIterator[CrashBench]:
    with tempfile.TemporaryDirectory() as name:
        workshop = Path(name)
        disk = Disk((small_disk or workshop) / "state", workshop)
        async with _demo(users, workshop) as crm:
            bench = CrashBench(crm, step, disk, rng)
            async with proxying(crm, watch=bench.seen) as bench.proxy:
                bench.configure()
                yield bench


@asynccontextmanager
async def _demo(users: int, folder: Path) -> AsyncIterator[str]:
    """Serve the demo CRM from its own process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.served", str(users),
        env=_environment(folder), stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await asyncio.wait_for(process.stdout.readline(), patience(_LONGEST))).decode().strip()
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), patience(_LONGEST))


def _people(instance: str, users: int, count: int) -> list[str]:
    """Return the user names of `count` people of an instance."""
    everybody = DemoServer(*presets(users)).instance(instance).people
    people = [person.user_name for person in everybody if ordinary(person)][:count]
    assert len(people) == count
    return people


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DAZOS_TUI")}
    return {**kept, "HOME": str(folder), "TERM": "dumb"}


def main(arguments: Sequence[str]) -> int:
    """Run and print; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.crash", description="Disrupts sends and checks their history."
    )
    parser.add_argument("--kills", type=int, default=30, metavar="N", help="how many sends (30)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="other moments (1)")
    parser.add_argument("--route", choices=ROUTES, default="menu", help="how the link is requested (menu)")
    parser.add_argument("--only", type=Disruption, choices=Disruption, help="only this disruption")
    parser.add_argument("--small-disk", action="store_true", help="also let a disk run full; needs root")
    parser.add_argument("--mounted", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.small_disk and options.mounted is None:
        with tempfile.TemporaryDirectory() as mount:
            again = [sys.executable, "-m", "tests.faults.crash", *arguments, "--mounted", mount]
            return on_small_disk(Path(mount), again)
    report = asyncio.run(
        run(
            options.kills,
            seed=options.seed,
            route=options.route,
            only=options.only,
            small_disk=options.mounted,
        )
    )
    sys.stdout.write(f"{report}\n")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
