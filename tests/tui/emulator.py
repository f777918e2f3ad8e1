"""A minimal terminal emulator, to compare what the output shows."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.cells import cell_len

_TOKEN = re.compile(
    r"\x1b\[(?P<style>[\d;]*)m"
    r"|\x1b\[(?P<count>\d*)(?P<way>[BCDX])"
    r"|\x1b\[(?P<y>\d+);(?P<x>\d+)H"
    r"|(?P<other>\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[<-?]?[\d;]*[A-Za-ln-z]|\x07)"
    r"|(?P<text>.)",
    re.DOTALL,
)
_ENDS = {22: {1, 2}, 23: {3}, 24: {4, 21}, 25: {5, 6}, 27: {7}, 28: {8}, 29: {9}, 54: {51, 52}, 55: {53}}
_RIVALS = ({4, 21}, {5, 6}, {51, 52})
"""Attributes of which a terminal shows only the last one."""

_REST = "\N{ZERO WIDTH SPACE}"
"""The content of the second cell of a wide character."""
_SEEN_ON_BLANKS = frozenset({4, 5, 6, 7, 9, 21, 51, 52, 53})

Cell = tuple[str, object, object, frozenset[int]]
"""A character (or a sequence), its colours and its attributes."""


@dataclass
class Terminal:
    """A terminal with styled characters; it records all other sequences."""

    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    others: list[Cell] = field(default_factory=list)
    x: int = 0
    y: int = 0
    foreground: object = None
    background: object = None
    attributes: frozenset[int] = frozenset()
    widths: Callable[[str], int] = cell_len
    """Returns the width of a character in cells: terminals disagree on it."""
    columns: int | None = None
    """The width of the terminal. After a character in the last column the cursor stays in it, as in xterm."""

    @classmethod
    def showing(cls, data: str) -> "Terminal":
        terminal = cls()
        terminal.write(data)
        return terminal

    def write(self, data: str) -> None:
        for token in _TOKEN.finditer(data):
            self.take(token)

    def take(self, token: re.Match[str]) -> None:
        if token["style"] is not None:
            self.style([int(code or 0) for code in token["style"].split(";")])
        elif token["y"]:
            self.y, self.x = int(token["y"]) - 1, int(token["x"]) - 1
        elif token["way"]:
            count = int(token["count"] or 1)
            self.y += count * (token["way"] == "B")
            self.x += count * {"B": 0, "C": 1, "D": -1, "X": 0}[token["way"]]
            if token["way"] == "X":
                self.erase(count)
        elif token["text"] == "\b":
            self.x -= 1
        elif token["other"]:
            self.others.append((token["other"], *self.look))
        elif token["text"] == "\n":
            self.y += 1
        else:
            self.letter(token["text"])

    def letter(self, letter: str) -> None:
        width = self.widths(letter)
        for x in range(self.x, self.x + width):
            self.leave(self.y, x)
        for x in range(self.x, self.x + width):
            self.cells[self.y, x] = (letter if x == self.x else _REST, *self.look)
        self.x += width
        if self.columns is not None:
            self.x = min(self.x, self.columns - 1)

    def erase(self, count: int) -> None:
        """Erase characters in the present background, as terminals do that have `bce`."""
        for x in range(self.x, self.x + count):
            self.leave(self.y, x)
            self.cells[self.y, x] = (" ", None, self.background, frozenset())

    def leave(self, y: int, x: int) -> None:
        """Blank the other half of a wide character that occupies this cell."""
        here, after = (self.cells.get((y, one), (" ",))[0] for one in (x, x + 1))
        for half in [x - 1] * (here == _REST) + [x + 1] * (after == _REST and here != _REST):
            self.cells[y, half] = (" ", *self.cells[y, half][1:])

    @property
    def look(self) -> tuple[object, object, frozenset[int]]:
        return self.foreground, self.background, self.attributes

    def style(self, codes: list[int]) -> None:
        while codes:
            code = codes.pop(0)
            if code in {38, 48}:
                self.colour(code, codes)
            elif code == 0:
                self.foreground = self.background = None
                self.attributes = frozenset()
            elif 30 <= code <= 39 or 90 <= code <= 97:
                self.foreground = code if code != 39 else None
            elif 40 <= code <= 49 or 100 <= code <= 107:
                self.background = code if code != 49 else None
            elif code in _ENDS:
                self.attributes -= _ENDS[code]
            elif code in {1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 51, 52, 53}:
                rivals = next((rivals for rivals in _RIVALS if code in rivals), frozenset[int]())
                self.attributes = (self.attributes - rivals) | {code}

    def colour(self, code: int, codes: list[int]) -> None:
        count = {5: 2, 2: 4}.get(codes[0], 0) if codes else 0
        values, codes[: count or len(codes)] = tuple(codes[:count]), []
        if count and len(values) == count:
            if code == 38:
                self.foreground = values
            else:
                self.background = values

    @property
    def shown(self) -> tuple[object, ...]:
        return self.seen, self.others, (self.y, self.x) if self.cells or self.others else None

    @property
    def seen(self) -> dict[tuple[int, int], Cell]:
        """Return what a user can see: of a blank only background and lines; of an empty cell nothing."""
        seen: dict[tuple[int, int], Cell] = {}
        for place, cell in self.cells.items():
            letter, _, background, attributes = cell
            if letter != " " or attributes & _SEEN_ON_BLANKS:
                seen[place] = cell
            elif background is not None:
                seen[place] = letter, None, background, frozenset()
        return seen
