"""Makes the README's screenshot: the app itself, on its demo CRM, after a send.

    python docs/make_screenshot.py [FILE.svg] [WIDTHxHEIGHT] [KEY ...]

The keys are pressed after `harbor-prod` was chosen; without any, the screenshot shows a link just sent.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from dazos_tui.config import Config, Instance
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.app import DazosApp
from dazos_tui.tui.dialogs.deliberate import READING_SECONDS, REGRET_SECONDS
from dazos_tui.tui.start import Start

PORT = 8765
"""Fixed, because the address is part of the picture."""

KEYS = (*"garcia", "enter", "wait", "s", "wait", "y", "wait")


async def _quiet(pilot: Pilot[None]) -> None:
    """Wait until nothing is under way any more."""
    await asyncio.sleep(READING_SECONDS + REGRET_SECONDS)
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def _press(pilot: Pilot[None], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key != "wait":
            await pilot.press(key)
        await _quiet(pilot)


async def make(size: tuple[int, int], keys: tuple[str, ...]) -> str:
    """Run the app at `size` (columns, lines), press `keys`, and return what it shows as SVG."""
    with DemoServer(port=PORT) as server, tempfile.TemporaryDirectory() as state:
        tables = demo_config(server.instances)["instances"]
        config = Config(instances={name: Instance(name=name, **table) for name, table in tables.items()})
        store = HistoryStore(Path(state) / "history.db")
        app = DazosApp(lambda: Start(config, store))
        async with app.run_test(size=size, notifications=True) as pilot:
            await _press(pilot, ("wait", "enter", "wait", *keys))
            picture = app.export_screenshot(title="dazos-tui")
        store.close()
    # A picture that loads nothing from elsewhere: without Textual's web font the viewer's own is taken.
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


def main(arguments: list[str]) -> None:
    """Read the arguments and make the picture."""
    target = Path(arguments[0] if arguments else "docs/screenshot.svg")
    width, height = (arguments[1] if len(arguments) > 1 else "120x34").split("x")
    picture = asyncio.run(make((int(width), int(height)), tuple(arguments[2:]) or KEYS))
    target.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
