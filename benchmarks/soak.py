"""A working day of eight hours in about a quarter of an hour: does anything grow, stay behind, or drift?

The clocks of the app and of the demo CRM are moved. Every simulated half hour has sends, back-in checks, a
lock, sessions that end, lists that are read again, windows of other sizes, palettes, helps and histories, in
two instances; then it is counted what the app holds, and the terminal's picture is compared with a full
repaint. It exits with 1 if a target is missed.
"""

import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.app_user import User
from benchmarks.harness import Figure, options, report, say
from benchmarks.screen import Screen
from benchmarks.soak_graph import graph
from benchmarks.soaked_app import SECONDS, held_file, moved_file
from benchmarks.terminal import SIZE, Terminal
from dazos_tui.demo.presets import InstancePreset
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import write_demo_config
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from tests.tui.emulator import Terminal as Emulator

NAMES = "harbor-prod", "bay-prod"
"""The instances: the user changes between both."""
MOST_GROWTH = 1.05
"""The most memory at the end, beside that after the first hour."""
MOST_POOLED = 2
"""The most threads more: asyncio's pool adds one where two calls overlap for the first time, and keeps it."""
LOCK_MINUTES, HALF_HOUR = 16, 30
_KEEP_ALIVE_SECONDS = 6.0
"""For so long connections may stay open for the next request."""
_TRIES = 15
"""How many seconds to wait for what ends by itself."""
_REDRAW = b"\x0c"


class Clock:
    """The clock of the demo CRM and, through a file, of the app."""

    def __init__(self, folder: Path) -> None:
        self._file = moved_file(folder)
        self._moved = 0.0
        self.move(0)

    def __call__(self) -> float:
        """Return the current time in seconds since the epoch."""
        return time.time() + self._moved

    def move(self, minutes: float) -> None:
        """Let minutes pass at once."""
        self._moved += minutes * 60
        # In place: the app has mapped this file.
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(SECONDS.pack(self._moved))


class Pictured(Screen):
    """The text of the terminal, and beside it what an emulator with colours shows."""

    def __init__(self, columns: int, lines: int) -> None:
        super().__init__(columns, lines)
        self._unread = bytearray()
        self._emulator = Emulator(columns=columns)

    def feed(self, sent: bytes) -> None:
        """Process the next bytes, and keep them for the emulator."""
        super().feed(sent)
        self._unread += sent

    def resize(self, columns: int, lines: int) -> None:
        """Change the size. The app draws everything again, so a new emulator is as good."""
        super().resize(columns, lines)
        self.begin_again(columns)

    def begin_again(self, columns: int) -> None:
        """Forget everything that was shown with colours."""
        self._unread.clear()
        self._emulator = Emulator(columns=columns)

    @property
    def seen(self) -> dict[tuple[int, int], object]:
        """Return what is seen in each cell, with its colours. All sequences must have arrived."""
        self._emulator.write(self._unread.decode("utf-8", "replace"))
        self._emulator.others.clear()
        self._unread.clear()
        return {**self._emulator.seen}


@dataclass(frozen=True)
class Sample:
    """What the app held at a simulated hour, and whether the terminal's picture was the app's."""

    hour: float
    megabytes: float
    tasks: int
    threads: int
    files: int
    sockets: int
    screens: int
    widgets: int
    drifted: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells of its row in the table."""
        counts = (str(getattr(self, what)) for what in COUNTS)
        return f"{self.hour:g}", f"{self.megabytes:.1f}", *counts, "no" if self.drifted else "yes"


COUNTS = "tasks", "threads", "files", "sockets", "screens", "widgets"
"""What is counted, by its name in a sample."""
HEAD = "hour", "MB", *COUNTS, "picture"


class Observer:
    """Counts what the app holds."""

    def __init__(self, app: Terminal, picture: Pictured, folder: Path) -> None:
        self._app, self._picture, self._folder = app, picture, folder
        self._least = sys.maxsize

    def sample(self, hour: float) -> Sample:
        """Wait until the app rests, and count."""
        self._app.idle(_KEEP_ALIVE_SECONDS)
        megabytes = self._app.resident_megabytes
        held = self._at_rest()
        links = list(_links(self._app.pid))
        return Sample(
            hour,
            megabytes,
            held["tasks"],
            len(list(Path(f"/proc/{self._app.pid}/task").iterdir())),
            len(links),
            sum(link.startswith("socket:") for link in links),
            held["screens"],
            held["widgets"],
            self._has_drifted(),
        )

    def _at_rest(self) -> dict[str, int]:
        """Return what the app holds once it is as little as before: a notice or a check soon ends."""
        for _ in range(_TRIES):
            held = self._held()
            if held["tasks"] <= self._least:
                break
            self._app.idle(1.0)
        self._least = held["tasks"]
        return held

    def _held(self) -> dict[str, int]:
        """Ask the app what it holds, and wait for the answer."""
        path = held_file(self._folder)
        path.unlink(missing_ok=True)
        os.kill(self._app.pid, signal.SIGUSR1)
        while not path.exists():
            self._app.idle(0.05)
        held: dict[str, int] = json.loads(path.read_text())
        return held

    def _has_drifted(self) -> bool:
        """Compare the picture with a repaint; again if it differs, since an age may have changed between."""
        for _ in range(3):
            self._app.idle(0.3)
            before = self._picture.seen
            self._picture.begin_again(SIZE[0])
            self._app.press(_REDRAW, silence=0.5)
            if before == self._picture.seen:
                return False
        return True


def _links(pid: int) -> Iterator[str]:
    """Yield what each file descriptor of a process is open on."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in between
            yield str(descriptor.readlink())


class Day:
    """A day in the app."""

    def __init__(self, user: User, server: DemoServer, clock: Clock, sends: int) -> None:
        self._user, self._server, self._clock, self._sends = user, server, clock, sends
        self._next = {
            name: iter([one for one in server.instance(name).people if one.active]) for name in NAMES
        }
        self.sent: list[tuple[str, str]] = []
        """Instance and user name of each person who got a link, in order."""

    def half_hour(self) -> None:
        """Do what a user does in half an hour, and let the time pass."""
        self._lock()
        for name in NAMES[::-1]:
            self._user.switch(name)
            self._server.instance(name).expire_sessions()
            for _ in range(self._sends // 2):
                self._send(name)
            self._user.reload()
        self._user.look_around()
        self._user.rest()

    def _lock(self) -> None:
        self._clock.move(LOCK_MINUTES)
        self._user.unlock()

    def _send(self, name: str) -> None:
        """Send to the next person of whom the app does not warn; every third signs in soon."""
        person = next(one for one in self._next[name] if self._user.send(one.user_name))
        self.sent.append((name, person.user_name))
        self._clock.move((HALF_HOUR - LOCK_MINUTES) / self._sends)
        if len(self.sent) % 3 == 0:
            self._server.instance(name).accounts.record_sign_in(person, "192.0.2.7", self._clock())


def _presets(people: int) -> Iterator[InstancePreset]:
    for name in NAMES:
        yield InstancePreset(name, f"{name} (demo)", f"{name}.example.com", users=people)


@contextmanager
def _app_in(folder: Path, server: DemoServer) -> Iterator[tuple[Terminal, Pictured]]:
    """Open the app on the first instance."""
    config = folder / "config.toml"
    write_demo_config(config, server.instances)
    # As often on the app's clock as usually: a simulated minute takes a little more than a second.
    config.write_text("sign_in_check_seconds = 5\n" + config.read_text())
    command = [sys.executable, "-m", "benchmarks.soaked_app", str(folder), "--config", str(config)]
    with Terminal([*command, "--state", str(folder / "state"), "-i", NAMES[0]]) as app:
        picture = app.screen = Pictured(*SIZE)
        yield app, picture


def soak(hours: float, sends: int, people: int) -> tuple[list[Sample], list[Figure]]:
    """Do it all; return the samples and the figures.

    Raises TimeoutError if the app does not react, RuntimeError if no link was sent.
    """
    samples = []
    with tempfile.TemporaryDirectory(prefix="dazos-tui-soak-") as name:
        folder = Path(name)
        clock = Clock(folder)
        with DemoServer(*_presets(people), clock=clock) as server, _app_in(folder, server) as (app, picture):
            user = User(app)
            user.loaded()
            day, observer = Day(user, server, clock, sends), Observer(app, picture, folder)
            say("  ".join(word.rjust(7) for word in HEAD))
            for half in range(1, round(hours * 2) + 1):
                day.half_hour()
                samples.append(observer.sample(half / 2))
                say("  ".join(word.rjust(7) for word in samples[-1].cells))
            user.quit()
            mails = Counter((mail.instance, mail.user_name) for mail in server.world.mails)
        if not day.sent:
            raise RuntimeError("No link was sent.")
        return samples, [*_growth(samples), *_sends(folder, Counter(day.sent), mails)]


def _growth(samples: Sequence[Sample]) -> list[Figure]:
    """Return what the end has more than the first hour; without targets for less than two hours."""
    first, last = samples[min(1, len(samples) - 1)], samples[-1]
    long = last.hour >= 2
    ratio = MOST_GROWTH if long else None
    memory = "memory at the end, beside that after the first hour"
    figures = [Figure(memory, "MB", last.megabytes, first.megabytes, most_ratio=ratio)]
    for what in COUNTS:
        more = getattr(last, what) - getattr(first, what)
        most = MOST_POOLED if what == "threads" else 0
        figures.append(
            Figure(f"{what} more than after the first hour", "", more, most=most if long else None)
        )
    drifted = sum(sample.drifted for sample in samples)
    return [*figures, Figure("pictures that differ from a full repaint", "", drifted, most=0)]


def _sends(
    folder: Path, wanted: Counter[tuple[str, str]], mails: Counter[tuple[str, str]]
) -> Iterator[Figure]:
    """Yield in how many cases the history and the outbox differ from what the user saw being sent."""
    with HistoryStore(folder / "state" / "history.db") as store:
        entries = store.search(limit=None)
    rows = Counter((one.request.instance, one.request.user_name) for one in entries)
    yield Figure("sends", "", wanted.total())
    for what, found in (("history", rows), ("outbox", mails)):
        wrong = (wanted - found).total() + (found - wanted).total()
        yield Figure(f"sends not exactly once in the {what}", "", wrong, most=0)
    yield Figure(
        "rows that do not say sent", "", sum(one.outcome is not Outcome.SENT for one in entries), most=0
    )
    yield Figure("people seen back in", "", sum(one.back_in is not None for one in entries))


def _graph(samples: Sequence[Sample]) -> str:
    """Return the samples as SVG."""
    counts = {what: [float(getattr(sample, what)) for sample in samples] for what in COUNTS}
    hours = [sample.hour for sample in samples]
    return graph(hours, [sample.megabytes for sample in samples], counts, MOST_GROWTH)


def main() -> int:
    """Measure and print; return the exit code."""
    parser = options(__doc__, people=453)
    parser.add_argument("--hours", type=float, default=8.0, metavar="N", help="simulated; default 8")
    parser.add_argument("--sends", type=int, default=20, metavar="N", help="in half an hour; default 20")
    parser.add_argument("--write", type=Path, metavar="FILE", help="draw the samples into this SVG")
    chosen = parser.parse_args()
    samples, figures = soak(chosen.hours, chosen.sends, chosen.people)
    if chosen.write is not None:
        chosen.write.write_text(_graph(samples), encoding="utf-8")
    return report("soak", figures, strict=chosen.strict)


if __name__ == "__main__":
    sys.exit(main())
