"""One link from the command line, as whole processes: compared with a bare script, and with a browser.

The script (`benchmarks/bare_send.py`) makes the requests of the protocol, and records and checks nothing. The
browser is a headless Chromium that walks the screens (`benchmarks.browser`); without Chromium those lines are
missing. The demo CRM counts the requests and the bytes.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.browser import SCRIPT_BYTES, SCRIPTS, STYLE_BYTES, STYLES, WithFiles, send_by_browser
from benchmarks.harness import Figure, options, report
from benchmarks.server import INSTANCE
from dazos_tui.demo.app import make_app
from dazos_tui.demo.instance import DemoInstance, WorldPlan
from dazos_tui.demo.listing import ListQuery
from dazos_tui.demo.people import Person
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.server import AppServer
from tests.recordings.chromium import find_chromium

MOST_REQUESTS_MORE, MOST_OF_SCRIPT = 2, 1.35
MOST_OF_BROWSER, MOST_OF_BROWSER_BYTES = 0.14, 0.04
"""A seventh of the browser's time, a twenty-fifth of its bytes."""

_SCRIPT = Path(__file__).with_name("bare_send.py")
_WITHOUT_RICH = """
import runpy, sys
sys.modules["httpx._main"] = None
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script as where rich is not installed: there httpx does not import its own command line."""


@dataclass(frozen=True)
class Cost:
    """What one send takes: milliseconds, requests, and bytes of the answers."""

    milliseconds: float
    requests: int
    received: int


class Desk:
    """The demo CRM in this process, and the commands that send a link to one of its people."""

    def __init__(self, instance: DemoInstance, files: WithFiles, folder: Path) -> None:
        self._instance, self._files = instance, files
        self._person = _somebody(instance)
        self._config = folder / "config.toml"
        self._config.write_text(
            f'[instances.{INSTANCE}]\nurl = "{instance.url}"\nusername = "{instance.username}"\n'
            'environment = "sandbox"\npassword_env = "CRM_PASSWORD"\n',
            encoding="utf-8",
        )
        # Compiled modules are kept, as they are where a program is installed.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self._environment = kept | {"CRM_PASSWORD": instance.password, "DAZOS_TUI_STATE": str(folder)}

    def ours(self) -> Cost:
        """Send with the app's command."""
        what = ("--config", str(self._config), "send", "-i", INSTANCE, self._person.email1)
        return self._cost(lambda: self._run("-m", "dazos_tui", *what, "--yes", "--again"))

    def script(self, *before: str) -> Cost:
        """Send with the bare script."""
        instance = self._instance
        what = (str(_SCRIPT), instance.url, instance.username, self._person.email1)
        return self._cost(lambda: self._run(*before, *what))

    def browser(self, *, with_files: bool) -> Cost:
        """Send with the browser."""
        self._files.is_on = with_files
        try:
            return self._cost(lambda: send_by_browser(self._instance, self._person))
        finally:
            self._files.is_on = False

    def _run(self, *arguments: str) -> None:
        command = [sys.executable, *arguments]
        subprocess.run(command, env=self._environment, check=True, capture_output=True)

    def _cost(self, send: Callable[[], object]) -> Cost:
        """Return what a send costs. Raises RuntimeError if it did not mail exactly one link."""
        mails, requests, received = len(self._instance.outbox), self._files.requests, self._files.sent_bytes
        start = perf_counter()
        send()
        taken = (perf_counter() - start) * 1000
        if len(self._instance.outbox) != mails + 1:
            raise RuntimeError("The demo CRM did not mail one link.")
        return Cost(taken, self._files.requests - requests, self._files.sent_bytes - received)


@contextmanager
def open_desk() -> Iterator[Desk]:
    """Serve a demo CRM with 453 people until the context ends."""
    preset = InstancePreset(INSTANCE, "Harbor Recovery (demo)", "harbor.example.com", users=453)
    world = WorldPlan((preset,)).build()
    server, files = AppServer(), WithFiles(make_app(world))
    world.base_url = server.listen()
    server.start(files)
    with tempfile.TemporaryDirectory(prefix="dazos-tui-bench-") as folder:
        try:
            yield Desk(world.instances[INSTANCE], files, Path(folder))
        finally:
            server.stop()


def _somebody(instance: DemoInstance) -> Person:
    """Return a colleague on the first page of the list, where a browser shows them at once."""
    addresses = [person.email1.casefold() for person in instance.people]
    return next(
        person
        for person in instance.user_list.page(ListQuery()).people
        if not person.is_admin
        and addresses.count(person.email1.casefold()) == 1
        and person.email1 == f"{person.user_name}@{instance.preset.domain}"
        and not instance.accounts.is_locked(person, instance.clock())
    )


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, rounds=15).parse_args()
    with open_desk() as desk:
        ways = (desk.ours, desk.script, lambda: desk.script("-c", _WITHOUT_RICH))
        ours, script, lean = _alternately(ways, chosen.rounds)
        figures = [
            Figure(
                "requests, beyond the script's", "", ours.requests - script.requests, most=MOST_REQUESTS_MORE
            ),
            Figure(
                "whole process · median",
                "ms",
                ours.milliseconds,
                script.milliseconds,
                most_ratio=MOST_OF_SCRIPT,
            ),
            Figure(
                "whole process · script where rich is not installed",
                "ms",
                ours.milliseconds,
                lean.milliseconds,
            ),
            Figure("bytes of the answers", "B", ours.received, script.received),
            *_browser_figures(desk, ours, max(1, chosen.rounds // 3)),
        ]
    return report(f"send: {chosen.rounds} rounds", figures, strict=chosen.strict)


def _browser_figures(desk: Desk, ours: Cost, rounds: int) -> list[Figure]:
    if find_chromium() is None:
        return []
    ways = (lambda: desk.browser(with_files=False), lambda: desk.browser(with_files=True))
    plain, loaded = _alternately(ways, rounds)
    size = (SCRIPTS * SCRIPT_BYTES + STYLES * STYLE_BYTES) / 1e6
    files = f"{SCRIPTS + STYLES} empty scripts and styles, {size:.0f} MB, as from vtiger"
    return [
        Figure("Chromium, only the demo's pages", "ms", ours.milliseconds, plain.milliseconds),
        Figure("Chromium, only the demo's pages · bytes", "B", ours.received, plain.received),
        Figure(
            f"Chromium, with {files}",
            "ms",
            ours.milliseconds,
            loaded.milliseconds,
            most_ratio=MOST_OF_BROWSER,
        ),
        Figure(
            "Chromium, with these · bytes",
            "B",
            ours.received,
            loaded.received,
            most_ratio=MOST_OF_BROWSER_BYTES,
        ),
        Figure("Chromium, with these · requests", "", ours.requests, loaded.requests),
    ]


def _alternately(ways: Sequence[Callable[[], Cost]], rounds: int) -> list[Cost]:
    """Return the median costs of these ways to send, taken in turn after one round that is not counted."""
    for way in ways:
        way()
    costs = [[way() for way in ways] for _ in range(rounds)]
    return [
        Cost(median(one.milliseconds for one in way), way[0].requests, way[0].received)
        for way in zip(*costs, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
