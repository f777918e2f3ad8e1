"""How long the redraw after a key takes and how many bytes it sends, compared with fzf in an equal terminal.

Both have the same people in the same columns and get the same keys, in turn. The time is from the key to the
last byte of the redraw, which ends with a silence. fzf matches fuzzily, so the two show different rows. The
card of a person, which the app draws once the cursor rests, is no part of it; the next key comes after it.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import fzf
from benchmarks.app import app_with_everybody
from benchmarks.harness import Figure, options, report, say
from benchmarks.screen import Screen
from benchmarks.server import Server, Shown, demo_server
from benchmarks.terminal import Redraw, Terminal

PAGE_SIZE = 100
TYPED = ("willow", "priya juniper", "sven.ember2", "lantern bill", "zz")
CLEAR = b"\x15"
"""Ctrl+U, which clears the text in both programs."""
IDLE_SECONDS = 5.0
BEFORE_THE_CARD = 0.1
"""Seconds of silence after which a key's redraw has ended: half of the delay before the card is drawn."""
AFTER_THE_CARD = 0.4
"""Seconds after which the card has been drawn too."""
WORST_MS = 20.0
MOST_BYTES = 441.0
"""The most bytes for a key, as the median."""

_EDGE = re.compile("[│┃║|▏▕▎▌▐█]")


def main() -> int:
    """Measure and print; return the exit code."""
    chosen = options(__doc__, people=100_000).parse_args()
    with demo_server(chosen.people, page_size=PAGE_SIZE) as server, app_with_everybody(server) as ours:
        figures = _figures(server, ours)
    return report(
        f"keys: {chosen.people:,} people, {len(''.join(TYPED))} keys", figures, strict=chosen.strict
    )


def _figures(server: Server, ours: Terminal) -> list[Figure]:
    tool = fzf.find_fzf()
    if tool is None:
        say(fzf.MISSING)
        (typing,) = _typed_in_turn([ours])
        return _compared(typing)
    file = server.folder / "rows.txt"
    _write_rows(file, server.people, columns_of(ours.screen))
    with Terminal([tool, "--layout=reverse"], stdin=file) as theirs:
        count = len(server.people)
        theirs.ready(lambda screen: f"{count}/{count}" in screen)
        theirs.settle()
        return _compared(*_typed_in_turn([ours, theirs]))


@dataclass(frozen=True)
class Typing:
    """The measurements of typing in one program.

    `times` are in milliseconds and `sizes` in bytes, one for each key. `processor` is the processor time for
    a key in milliseconds, and `idle` the bytes written while nothing was typed.
    """

    times: tuple[float, ...]
    sizes: tuple[int, ...]
    processor: float
    idle: int


def _typed_in_turn(terminals: Sequence[Terminal]) -> list[Typing]:
    """Type all texts, each key into one terminal after the other."""
    before = [terminal.processor_milliseconds for terminal in terminals]
    redraws = list(zip(*_pressed(terminals), strict=True))
    after = [terminal.processor_milliseconds for terminal in terminals]
    return [
        Typing(
            times=tuple(redraw.milliseconds for redraw in keys),
            sizes=tuple(redraw.bytes for redraw in keys),
            processor=(ended - began) / (len(keys) + len(TYPED)),
            idle=terminal.idle(IDLE_SECONDS),
        )
        for terminal, keys, began, ended in zip(terminals, redraws, before, after, strict=True)
    ]


def _pressed(terminals: Sequence[Terminal]) -> Iterator[list[Redraw]]:
    for text in TYPED:
        for key in text:
            yield [_press(terminal, key.encode()) for terminal in terminals]
        for terminal in terminals:
            _press(terminal, CLEAR)


def _press(terminal: Terminal, key: bytes) -> Redraw:
    redraw = terminal.press(key, silence=BEFORE_THE_CARD)
    terminal.idle(AFTER_THE_CARD)
    return redraw


def _compared(ours: Typing, fzf: Typing | None = None) -> list[Figure]:
    def figure(what: str, unit: str, measured: Callable[[Typing], float], **target: float) -> Figure:
        return Figure(what, unit, measured(ours), measured(fzf) if fzf else None, **target)

    return [
        figure("a key until drawn · median", "ms", lambda typing: median(typing.times), most_ratio=1),
        figure("a key until drawn · worst", "ms", lambda typing: max(typing.times), most=WORST_MS),
        figure("bytes for a key · median", "B", lambda typing: median(typing.sizes), most=MOST_BYTES),
        figure("bytes for a key · most", "B", lambda typing: max(typing.sizes)),
        figure("bytes for all keys", "B", lambda typing: sum(typing.sizes), most_ratio=1),
        figure("processor time for a key", "ms", lambda typing: typing.processor),
        figure(f"bytes while idle for {IDLE_SECONDS:g} s", "B", lambda typing: typing.idle, most=0),
    ]


Column = tuple[str, int]
"""A field of a person (empty for a column that fzf has nothing for), and its width in cells."""

_FIELD_OF = {"Name": "name", "E-mail": "email", "User name": "user_name", "Role": "role"}
_TITLE = re.compile(r"\S+(?: \S+)*")


def columns_of(screen: Screen) -> list[Column]:
    """Return the columns of the app's list at this size, read from the line with their titles.

    Raises RuntimeError if there is no such line on the screen.
    """
    for line in screen.lines:
        # The list is the first box of the line.
        titles = list(_TITLE.finditer(_EDGE.split(line)[1] if _EDGE.search(line) else ""))
        if {"Name", "E-mail"} <= {title[0] for title in titles}:
            ends = [*(title.start() for title in titles[1:]), titles[-1].end()]
            return [
                (_FIELD_OF.get(title[0], ""), end - title.start())
                for title, end in zip(titles, ends, strict=True)
            ]
    raise RuntimeError("The app's screen has no line with the titles of the columns.")


def _write_rows(file: Path, people: Sequence[Shown], columns: Sequence[Column]) -> None:
    with file.open("w") as rows:
        for person in people:
            cells = (f"{getattr(person, field, '')[: width - 1]:{width}}" for field, width in columns)
            rows.write("".join(cells).rstrip() + "\n")


if __name__ == "__main__":
    sys.exit(main())
