"""The app with clocks that are moved from outside, and that tells on a signal what it holds.

    python -m benchmarks.soaked_app FOLDER [arguments of dazos-tui]

The seconds by which its clocks are ahead are in FOLDER/moved, as a double. After SIGUSR1 it writes what it
holds to FOLDER/held.json.
"""

import asyncio
import json
import mmap
import runpy
import signal
import struct
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dazos_tui.history import times
from dazos_tui.tui import launch
from dazos_tui.tui.terminal.colour_support import prepare_colours

if TYPE_CHECKING:
    from dazos_tui.tui.app import DazosApp

SECONDS = struct.Struct("d")
"""How the moved seconds are stored."""


def moved_file(folder: Path) -> Path:
    """Return the file of the seconds by which the clocks are ahead."""
    return folder / "moved"


def held_file(folder: Path) -> Path:
    """Return the file in which the app writes what it holds."""
    return folder / "held.json"


def _move_clocks(folder: Path) -> None:
    """Let the wall clock, and the clock of the idle lock, be ahead by what the file says."""
    with moved_file(folder).open("rb") as file:
        moved = mmap.mmap(file.fileno(), SECONDS.size, access=mmap.ACCESS_READ)

    def ahead() -> float:
        seconds: float = SECONDS.unpack(moved[:])[0]
        return seconds

    read_wall, read_awake = times.utc_now, time.clock_gettime

    def utc_now() -> datetime:
        return read_wall() + timedelta(seconds=ahead())

    # Before the app is imported, which takes these functions by name.
    times.utc_now = utc_now
    time.clock_gettime = lambda which: read_awake(which) + ahead()


def _tell_on_signal(folder: Path) -> None:
    """Watch the app that is about to be made."""

    def prepare(environment: Any) -> bool:  # noqa: ANN401 - that of the function it replaces
        colours = prepare_colours(environment)
        # Not earlier: Textual reads the environment, which has just been prepared.
        from dazos_tui.tui import app as module

        made = module.DazosApp

        def watched(*arguments: Any, **options: Any) -> "DazosApp":  # noqa: ANN401 - those of the app
            app = made(*arguments, **options)
            signal.signal(signal.SIGUSR1, lambda *_: _write_held(app, held_file(folder)))
            return app

        module.DazosApp = watched  # type: ignore[assignment,misc]
        return colours

    vars(launch)["prepare_colours"] = prepare


def _write_held(app: "DazosApp", path: Path) -> None:
    """Write how many tasks, screens and widgets there are."""
    from textual.screen import Screen

    # Everything that has been shown and not removed, whether a screen still shows it or not.
    alive = list(app._registry)
    screens = sum(isinstance(one, Screen) for one in alive)
    held = {"tasks": len(asyncio.all_tasks()), "screens": screens, "widgets": len(alive) - screens}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(held))
    part.replace(path)


def main() -> None:
    """Run the app with the rest of this process's arguments."""
    folder = Path(sys.argv[1])
    _move_clocks(folder)
    _tell_on_signal(folder)
    sys.argv = ["dazos-tui", *sys.argv[2:]]
    runpy.run_module("dazos_tui", run_name="__main__")


if __name__ == "__main__":
    main()
