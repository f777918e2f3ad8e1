"""How many bytes are sent to the terminal for each step of a day's work, which a slow line has to carry.

The steps go from the start to a sent link, one after the other, in one session. The targets are for a
terminal of 100 columns and 30 lines.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.app import app_with_everybody
from benchmarks.harness import Figure, options, report
from benchmarks.keys import BEFORE_THE_CARD
from benchmarks.server import demo_server
from benchmarks.terminal import Terminal

SIZE = 100, 30
IDLE_SECONDS = 5.0

ESCAPE = b"\x1b[27u"
"""Esc as sent with the keyboard protocol that the app asks for, so that the app does not wait after it."""

_DOWN, _UP = b"\x1b[B", b"\x1b[A"

FIRST_PAINT, LETTER, CURSOR, CARD, BOX, NOTICE = 12_000, 441, 500, 800, 4_000, 600
"""The most bytes for the start, a letter typed into the filter, a step of the cursor in the list, the card
that is drawn once the cursor rests, a dialog that opens or closes, a notice."""
ALL_ROWS = 1_800
"""The most bytes for a letter after which all rows of the list are other people: their names and e-mails are
900 characters, and the moves between those 500 bytes."""


@dataclass(frozen=True)
class Step:
    """Keys, the text that appears once they have had their effect, and the most bytes allowed, if any."""

    what: str
    keys: bytes
    words: str = ""
    most: int | None = None


def _boxes() -> Iterator[Step]:
    """Yield steps that open and close dialogs, starting from the work screen."""
    for what, keys, words in (
        ("the palette", b"\x10", "Enter run"),
        ("help", b"\x1bOP", "Esc close"),
        ("the instance picker", b"\x1bOQ", "Enter choose"),
    ):
        yield Step(what, keys, words, most=BOX)
        yield Step(f"{what} closed", ESCAPE, "Type a name", most=BOX)


def _sending(name: str) -> Sequence[Step]:
    return (
        Step("a name in the filter", name.encode(), "1 match"),
        Step("a profile", b"\r", "Last Name", most=4_000),
        Step("a notice", b"y", "clipboard", most=NOTICE),
        Step("the notice closed", ESCAPE, "f3 History"),
        Step("the profile again", b"\r", "Send link"),
        Step("the confirm dialog", b"s", "y send", most=BOX),
        Step("the confirm dialog closed", ESCAPE, "Last Name", most=BOX),
        Step("the confirm dialog again", b"s", "y send", most=BOX),
        Step("the link sent, with its notice", b"y", "Success", most=BOX + NOTICE),
    )


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, people=453).parse_args()
    with demo_server(chosen.people, page_size=20) as server, app_with_everybody(server, size=SIZE) as app:
        first = Figure("the first paint, with all people", "B", app.received, most=FIRST_PAINT)
        idle = Figure(f"idle for {IDLE_SECONDS:g} s", "B", app.idle(IDLE_SECONDS), most=0)
        name = next(person.user_name for person in server.people if person.active)
        keys = (
            ("the first letter in the filter", name[:1].encode(), ALL_ROWS),
            ("the second letter", name[1:2].encode(), ALL_ROWS),
            ("the cursor a row down", _DOWN, CURSOR),
            ("the cursor a row up", _UP, CURSOR),
        )
        figures = [first, idle, *(figure for key in keys for figure in _key_and_card(app, *key))]
        letters = [figures[2].ours, figures[4].ours]
        letters += (_key_and_card(app, "", letter.encode(), LETTER)[0].ours for letter in name[2:])
        figures.append(Figure("a letter of a name · median", "B", median(letters), most=LETTER))
        _figure(app, Step("the letters deleted", b"\x7f" * len(name), "Type a name"))
        figures += [_figure(app, step) for step in (*_boxes(), *_sending(name))]
    columns, lines = SIZE
    return report(f"bytes: {chosen.people:,} people, {columns}x{lines}", figures, strict=chosen.strict)


def _figure(app: Terminal, step: Step) -> Figure:
    before = app.received
    app.type(step.keys)
    app.ready(lambda screen: step.words in screen)
    app.settle()
    return Figure(step.what, "B", app.received - before, most=step.most)


def _key_and_card(app: Terminal, what: str, key: bytes, most: int) -> tuple[Figure, Figure]:
    """Measure what a key draws at once, and the card that is drawn once the cursor rests."""
    before = app.received
    step = app.press(key, silence=BEFORE_THE_CARD).bytes
    app.settle()
    card = app.received - before - step
    return Figure(what, "B", step, most=most), Figure("  the card after it", "B", card, most=CARD)


if __name__ == "__main__":
    sys.exit(main())
