"""Makes the README's screenshots: the app itself, on its demo CRM.

python -m docs.make_screenshot [--check]
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from docs.drawing import PADDING, Frame, draw, svg, window
from docs.stage import INSTANCE, Stage, on_stage
from docs.written import ROOT, only_checks, write_or_check

REFUSED = '{"success":false,"error":{"code":"MAIL","message":"The mail server said no."}}'


async def asked(stage: Stage) -> None:
    """Show the confirmation of a send."""
    await stage.go_in()
    await stage.ask("garcia")


async def busy(stage: Stage) -> None:
    """Send several links, the last one just now, in a list with many people."""
    await stage.go_in()
    for query, user_name in (("eli amber", "eli.amber"), ("hana fennel", "hana.fennel")):
        await stage.ask(query)
        await stage.send()
        await stage.gets_in(user_name, after=15 * 60)
        stage.wait(20 * 60)
    await stage.ask("kira hazel")
    stage.demo.instance(INSTANCE).faults.answer_with("action", REFUSED)
    await stage.desk.confirm()
    await stage.desk.sees("Refused by the CRM")
    await stage.desk.press("escape")
    stage.wait(4 * 60)
    await stage.desk.filter("garcia")
    await stage.desk.sees("1 match")
    await stage.ask("el")
    await stage.send()


async def looking_back(stage: Stage) -> None:
    """Show the statistics of a busy morning."""
    await busy(stage)
    # Closes the notice.
    await stage.desk.press("escape")
    await stage.desk.press("f3", "h", "t")
    await stage.desk.sees("Until back in", "08–10 h")


async def in_trouble(stage: Stage) -> None:
    """Show what keeps a person from signing in."""
    await stage.go_in()
    await stage.desk.filter("lena acorn")
    await stage.desk.open()
    await stage.desk.press("w")
    await stage.desk.sees("one letter off")


PICTURES: dict[str, tuple[tuple[int, int], Callable[[Stage], Awaitable[None]], str]] = {
    "screenshot.svg": ((120, 34), busy, "dazos-tui, 120 columns wide: a link was sent"),
    "screenshot-history.svg": ((100, 24), looking_back, "dazos-tui: statistics of the history"),
    "screenshot-troubleshooting.svg": (
        (100, 16),
        in_trouble,
        "dazos-tui: what keeps a person from signing in",
    ),
    "screenshot-narrow.svg": ((45, 20), asked, "dazos-tui, 45 columns wide: send a reset link?"),
}
"""The pictures by file name: columns and lines, what is done in the app, and the title."""


def picture(frame: Frame, title: str) -> str:
    """Return a frame in a window, as SVG."""
    width, height = frame.width + 2 * PADDING, frame.height + 2 * PADDING
    shown = f'<g transform="translate({PADDING} {PADDING})">\n{draw(frame)}\n</g>'
    return svg(width, height, title, f"{window(width, height, frame.ground)}\n{shown}")


async def make() -> dict[Path, str]:
    """Run the app for each picture; return the pictures by their paths."""
    made = {}
    for name, (size, act, title) in PICTURES.items():
        async with on_stage(size) as stage:
            await act(stage)
            made[ROOT / "docs" / name] = picture(await stage.frame(), title)
    return made


def main() -> int:
    """Write the pictures, or only compare them; return the exit code."""
    only_check = only_checks(__doc__)
    return write_or_check(asyncio.run(make()), only_check=only_check)


if __name__ == "__main__":
    sys.exit(main())
