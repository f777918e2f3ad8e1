"""What somebody at the far end of a slow line waits for, from the start to a dialog, at 100x30.

The line carries 1,000 bytes a second and delays them by 150 ms each way, unless a row says otherwise. The
times are those at the far end: until it shows what was asked for, or until the last byte has arrived there.
"""

import sys
from statistics import median

from benchmarks.app import FILTER_IS_EMPTY
from benchmarks.bytes import ESCAPE
from benchmarks.harness import Figure, options, report
from benchmarks.screen import Screen
from benchmarks.server import Server, demo_server
from benchmarks.slow_terminal import SlowTerminal

SIZE = 100, 30
THIN_RATE, THIN_DELAY, FAR_DELAY = 1_000, 0.15, 0.3
REPEATS, REPEAT_SECONDS = 30, 1 / 30
"""How often a key that is held down comes, and how often the size changes while an edge is dragged."""
_DOWN, _PAGE_DOWN, _PALETTE = b"\x1b[B", b"\x1b[6~", b"\x10"


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, people=453).parse_args()
    with demo_server(chosen.people, page_size=20) as server:
        figures = [*_thin(server), *_far(server)]
    columns, lines = SIZE
    return report(f"slow_line: {chosen.people:,} people, {columns}x{lines}", figures, strict=chosen.strict)


def _thin(server: Server) -> list[Figure]:
    """Measure a line of 1,000 bytes a second."""
    with SlowTerminal(server.app, delay=THIN_DELAY, rate=THIN_RATE, size=SIZE) as app:
        typing = app.ready(lambda screen: FILTER_IS_EMPTY in screen)
        shown = app.ready(_shows_everybody)
        app.settle()
        figures = [
            Figure("until you can type", "ms", typing, most=1_400),
            Figure("the whole list", "ms", shown, most=8_000),
            Figure("30 × Page Down, held: after the last", "ms", _page_down(app), most=2_500),
            Figure("the window's edge, dragged: after the end", "ms", _drag(app), most=3_000),
            Figure("the palette", "ms", _press(app, _PALETTE), most=4_000),
        ]
        _press(app, ESCAPE)
        _shown(app, server.people[0].user_name.encode(), "1 match")
        _shown(app, b"\r", "Send link")
        app.type(b"s")
        # Its keys are named once the terminal has answered, and the user can have read it.
        box = app.milliseconds_until_drawn(apart_from=" send")
        return [*figures, Figure("the confirm dialog", "ms", box, most=3_500)]


def _far(server: Server) -> list[Figure]:
    """Measure a line without a limit, and with a long delay."""
    with SlowTerminal(server.app, delay=FAR_DELAY, size=SIZE) as app:
        app.ready(_shows_everybody)
        app.settle()
        name = server.people[0].user_name
        letters = [_shown(app, letter.encode(), f"│ {name[:at]} ") for at, letter in enumerate(name[:5], 1)]
    return [
        Figure(f"{FAR_DELAY * 1000:g} ms each way, a letter · median", "ms", median(letters), most=640),
        Figure(f"{FAR_DELAY * 1000:g} ms each way, a letter · worst", "ms", max(letters)),
    ]


def _shows_everybody(screen: Screen) -> bool:
    return "active ·" in screen and "reading" not in screen and "INCOMPLETE" not in screen


def _shown(app: SlowTerminal, keys: bytes, words: str) -> float:
    """Type; return the milliseconds until these words are shown. Wait for the rest as well."""
    app.type(keys)
    shown = app.milliseconds_until(words)
    app.settle()
    return shown


def _press(app: SlowTerminal, keys: bytes) -> float:
    """Type; return the milliseconds until the last byte has arrived."""
    app.type(keys)
    return app.milliseconds_until_silent()


def _page_down(app: SlowTerminal) -> float:
    """Hold a key; return the milliseconds from its last repetition until the last byte has arrived."""
    app.type(_DOWN)
    app.settle()
    for number in range(REPEATS):
        app.type(_PAGE_DOWN, later=number * REPEAT_SECONDS)
    app.idle((REPEATS - 1) * REPEAT_SECONDS)
    return app.milliseconds_until_silent()


def _drag(app: SlowTerminal) -> float:
    """Drag the edge inwards and back; return the milliseconds from then until the screen is right again."""
    columns, lines = SIZE
    half = range(1, REPEATS // 2 + 1)
    for number, inwards in enumerate((*half, *reversed(half), 0)):
        app.resize(columns - inwards, lines, later=number * REPEAT_SECONDS)
    app.idle(REPEATS * REPEAT_SECONDS)
    # Then everything is sent again, in case that this terminal has not kept what fits.
    return app.milliseconds_until_drawn()


if __name__ == "__main__":
    sys.exit(main())
