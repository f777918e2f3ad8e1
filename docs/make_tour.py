"""Makes the README's tour: one animated picture of a link, from the start until the person is back in.

python -m docs.make_tour [--check]
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from docs.drawing import CELL, LINE, PADDING, Frame, draw, svg, window, words
from docs.stage import Stage, on_stage
from docs.written import ROOT, only_checks, write_or_check

TOUR = ROOT / "docs" / "tour.svg"

SIZE = (80, 24)
"""Columns and lines of the terminal."""

STEP, FADE = 3.0, 0.4
"""Seconds that a step is shown, and that the next one takes to fade in over it."""

HEAD, BASE = 44, 28
"""Height of the line above the terminal, and of the baseline of its text, in pixels."""

TITLE = "dazos-tui: find a person, send a reset link, see that they are back in"


@dataclass(frozen=True)
class Step:
    """The keys that are pressed, a caption of what is seen then, and the function that does it."""

    keys: tuple[str, ...]
    caption: str
    play: Callable[[Stage], Awaitable[None]]


async def start(stage: Stage) -> None:
    """Wait for the list of instances."""
    await stage.desk.sees("Which CRM instance?")


async def find(stage: Stage) -> None:
    """Choose an instance, and type a part of a name."""
    await stage.go_in()
    await stage.desk.filter("el")


async def open_profile(stage: Stage) -> None:
    """Open the profile."""
    await stage.desk.open()


async def confirm(stage: Stage) -> None:
    """Open the confirmation."""
    await stage.desk.press("s")
    await stage.desk.sees("y send")


async def note(stage: Stage) -> None:
    """Show the note."""
    stage.wait(10)
    await stage.desk.press("f4")
    await stage.desk.sees("Note for the ticket")


async def back_in(stage: Stage) -> None:
    """See that the person is back in."""
    await stage.desk.press("escape")
    await stage.gets_in("odd.garcia", after=15 * 60 - 10)


STEPS = (
    Step(("dazos-tui",), "Choose the CRM instance", start),
    Step(("Enter", "el"), "Type a part of the name", find),
    Step(("Enter",), "Open the profile", open_profile),
    Step(("s",), "Check once more: where, whom, and any warnings", confirm),
    Step(("y",), "The CRM says that the mail is on its way", Stage.send),
    Step(("F4",), "The note for your ticket", note),
    Step(("Esc", "F8"), "Later: who has signed in since?", back_in),
)
STILL = 4
"""The only step that is shown if animation is off or not possible."""


def tour(frames: list[Frame]) -> str:
    """Return the frames of the steps as one animated SVG."""
    width = frames[0].width + 2 * PADDING
    height = frames[0].height + HEAD + PADDING
    shown = "\n".join(_step(number, frame, width) for number, frame in enumerate(frames))
    back = window(width, height, frames[0].ground)
    return svg(width, height, TITLE, f"<style>{_style(len(frames))}</style>\n{back}\n{shown}")


def _step(number: int, frame: Frame, width: int) -> str:
    """Return a step that covers the inside of the window, so that it hides the previous ones."""
    kind = " still" if number == STILL else " last" if number == len(STEPS) - 1 else ""
    shown = f' class="step{kind}" style="animation-delay:{number * STEP:g}s"' if number else ""
    cover = f'<rect x="2" y="2" width="{width - 4}" height="{HEAD}" rx="7" fill="{frame.ground}"/>'
    terminal = f'<g transform="translate({PADDING} {HEAD})">\n{draw(frame)}\n</g>'
    return f"<g{shown}>\n{cover}\n{_head(number, width)}\n{terminal}\n</g>"


def _head(number: int, width: int) -> str:
    """Return the line above the terminal: the keys, the caption, and the number of the step."""
    step, x, parts = STEPS[number], PADDING + 8, []
    for key in step.keys:
        wide = len(key) * CELL + 16
        place = f'x="{x}" y="{(HEAD - LINE) / 2 - 2:g}" width="{wide}" height="{LINE + 4}" rx="5"'
        label = words(x + 8, BASE, key)
        parts.append(f'<rect {place} fill="#e6e9ef"/>\n<g fill="#10141a" font-weight="700">{label}</g>')
        x += wide + 8
    count = f"{number + 1}/{len(STEPS)}"
    parts.append(f'<g fill="#e6e9ef">{words(x + 8, BASE, step.caption)}</g>')
    parts.append(f'<g fill="#7c8da6">{words(width - PADDING - 8 - len(count) * CELL, BASE, count)}</g>')
    return "\n".join(parts)


def _style(count: int) -> str:
    """Return the style of the animation. Each step fades in over the previous one, which is then hidden."""
    whole = count * STEP
    up, over, gone = (f"{seconds / whole:.2%}" for seconds in (FADE, STEP + FADE, STEP + FADE + 0.01))
    end = f"{STEP / whole:.2%}"
    return (
        ".step{opacity:0}.still{opacity:1}"
        "@media (prefers-reduced-motion:no-preference){"
        f".step{{animation:step {whole:g}s linear infinite backwards}}.last{{animation-name:last}}}}"
        f"@keyframes step{{0%{{opacity:0}}{up},{over}{{opacity:1}}{gone},to{{opacity:0}}}}"
        f"@keyframes last{{0%{{opacity:0}}{up},{end}{{opacity:1}}{over},to{{opacity:0}}}}"
    )


async def make() -> str:
    """Run the steps in the app; return the tour."""
    frames = []
    async with on_stage(SIZE) as stage:
        for step in STEPS:
            await step.play(stage)
            frames.append(await stage.frame())
    return tour(frames)


def main() -> int:
    """Write the tour, or only compare it; return the exit code."""
    only_check = only_checks(__doc__)
    return write_or_check({TOUR: asyncio.run(make())}, only_check=only_check)


if __name__ == "__main__":
    sys.exit(main())
