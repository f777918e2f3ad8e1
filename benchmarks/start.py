"""How long the app takes until you can type, or see a person, compared with an empty Textual app.

You can type when a letter, pressed as the program is started, is seen in the filter.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Event, Thread
from urllib.parse import urlsplit

from benchmarks.harness import Figure, options, report
from benchmarks.line import slow_line
from benchmarks.screen import Screen
from benchmarks.server import INSTANCE, Server, demo_server
from benchmarks.terminal import Terminal
from dazos_tui.config.load import load_config
from dazos_tui.crm.models import Status, User
from dazos_tui.directory.directory import Directory
from dazos_tui.history.times import utc_now
from dazos_tui.instances.remembered_list import keep_list

EMPTY_APP = [sys.executable, "-m", "benchmarks.empty_app"]
MOST_OF_EMPTY = 1.15
KEY = "q"
LINE_SECONDS = 0.05
REMEMBERED, MANY = 5_000, 100_000
ELENA = User("1", "elena.garcia", "Elena García", "elena.garcia@example.com", "", Status.ACTIVE, None)


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, rounds=9).parse_args()
    with demo_server(453, page_size=20) as server, _over_slow_line(server) as slow:
        few, many = server.folder / "few", server.folder / "many"
        _remember(slow, few, REMEMBERED)
        _remember(slow, many, MANY)
        commands: dict[str, tuple[list[str], Callable[[Screen], bool]]] = {
            "empty": (EMPTY_APP, lambda screen: "ready" in screen),
            "type": (server.app, _shows_key),
            "answer": (_app(slow, few), _shows_answer),
            "person": ([*_app(slow, few), "garcia"], lambda screen: ELENA.email in screen),
            "many": (_app(slow, many), _shows_key),
            "many answer": (_app(slow, many), _shows_answer),
        }
        times: dict[str, list[float]] = {what: [] for what in commands}
        # The first start is not counted: there are no compiled modules and no warm file cache yet.
        for number in range(chosen.rounds + 1):
            for what, (command, is_ready) in commands.items():
                taken = _started(command, is_ready)
                times[what] += [taken] if number else []
    return report(f"start: {chosen.rounds} rounds", _figures(times), strict=chosen.strict)


def _figures(times: dict[str, list[float]]) -> list[Figure]:
    empty = median(times["empty"])
    person = f"a person of {REMEMBERED:,} remembered on the screen · median"
    many = f"until you can type, {MANY:,} remembered · median"
    answer = "until {:,} remembered are searched for what you typed · median"
    return [
        Figure("until you can type · median", "ms", median(times["type"]), empty, most_ratio=MOST_OF_EMPTY),
        Figure("until you can type · worst", "ms", max(times["type"]), max(times["empty"])),
        Figure(person, "ms", median(times["person"]), empty, most_ratio=MOST_OF_EMPTY),
        Figure(answer.format(REMEMBERED), "ms", median(times["answer"]), empty, most_ratio=MOST_OF_EMPTY),
        Figure(many, "ms", median(times["many"]), empty, most_ratio=MOST_OF_EMPTY),
        Figure(answer.format(MANY), "ms", median(times["many answer"]), empty),
    ]


def _started(command: list[str], is_ready: Callable[[Screen], bool]) -> float:
    with Terminal(command) as terminal:
        terminal.type(KEY.encode())
        return terminal.ready(is_ready)


def _shows_key(screen: Screen) -> bool:
    """Return whether the key is in the filter: in one of the lines below the top bar, as its only word."""
    return any(line.strip("│ ").split("  ")[0] == KEY for line in screen.lines[1:3])


def _shows_answer(screen: Screen) -> bool:
    return _shows_key(screen) and " match" in screen


@contextmanager
def _over_slow_line(server: Server) -> Iterator[Path]:
    """Yield a config that reaches the server over a slow line."""
    port, ends = urlsplit(server.url).port or 80, Event()
    ready: list[int] = []
    is_ready = Event()

    async def relay() -> None:
        async with slow_line(port, there_and_back=LINE_SECONDS) as near:
            ready.append(near)
            is_ready.set()
            await asyncio.to_thread(ends.wait)

    line = Thread(target=lambda: asyncio.run(relay()), daemon=True)
    line.start()
    is_ready.wait()
    config = server.folder / "slow.toml"
    config.write_text((server.folder / "config.toml").read_text().replace(f":{port}", f":{ready[0]}"))
    config.chmod(0o600)
    try:
        yield config
    finally:
        ends.set()
        line.join()


def _app(config: Path, state: Path) -> list[str]:
    return [sys.executable, "-m", "dazos_tui", "--config", str(config), "--state", str(state), "-i", INSTANCE]


def _remember(config: Path, state: Path, people: int) -> None:
    """Keep a list of this many people for the instance of a config."""
    names = (f"user.{number:06}" for number in range(2, people + 1))
    others = (
        User(name, name, f"Person {name[5:]}", f"{name}@example.com", "Case Manager", Status.ACTIVE, None)
        for name in names
    )
    everybody = Directory.from_users([ELENA, *others])
    keep_list(state, load_config(config).instance(INSTANCE), 24, everybody, utc_now())


if __name__ == "__main__":
    sys.exit(main())
