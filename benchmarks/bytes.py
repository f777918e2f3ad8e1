"""How many bytes a terminal is sent for each step of a day's work: what a slow line has to carry.

The steps are those from the start to a link that was sent, one after the other, in one session.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.app import app_with_everybody
from benchmarks.harness import Figure, options, report
from benchmarks.server import demo_server
from benchmarks.terminal import Terminal

SIZE = 100, 30
IDLE_SECONDS = 5.0

ESCAPE = b"\x1b[27u"
"""As a terminal with the keyboard protocol that the app asks for sends it: nothing is waited for after it."""


@dataclass(frozen=True)
class Step:
    """Keys, the words that show once they have had their effect, and the most bytes it may take, if any."""

    what: str
    keys: bytes
    words: str
    most: int | None = None


def _steps(name: str) -> Sequence[Step]:
    return (
        Step("the palette", b"\x10", "Search for commands", most=15_000),
        Step("the palette closed", ESCAPE, "Type a name"),
        Step("help", b"\x1bOP", "Esc closes"),
        Step("help closed", ESCAPE, "Type a name"),
        Step("a name in the filter", name.encode(), "1 match"),
        Step("a profile", b"\r", "Last Name", most=6_000),
        Step("the confirm dialog", b"s", "y send"),
        Step("the link sent, with its notice", b"y", "Success"),
    )


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, people=453).parse_args()
    with demo_server(chosen.people, page_size=20) as server, app_with_everybody(server, size=SIZE) as app:
        first = Figure("the first paint, with everybody read", "B", app.received, most=25_000)
        idle = Figure(f"idle for {IDLE_SECONDS:g} s", "B", app.idle(IDLE_SECONDS), most=0)
        name = next(person.user_name for person in server.people if person.active)
        figures = [first, idle, *(_figure(app, step) for step in _steps(name))]
    columns, lines = SIZE
    return report(f"bytes: {chosen.people:,} people, {columns}x{lines}", figures, strict=chosen.strict)


def _figure(app: Terminal, step: Step) -> Figure:
    before = app.received
    app.type(step.keys)
    app.ready(lambda screen: step.words in screen)
    app.settle()
    return Figure(step.what, "B", app.received - before, most=step.most)


if __name__ == "__main__":
    sys.exit(main())
