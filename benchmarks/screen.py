"""The text that a terminal shows, from the bytes sent to it, as far as benchmarks and tests need it."""

import codecs
import re
from collections.abc import Callable
from unicodedata import combining, east_asian_width

_TOKEN = re.compile(
    r"\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"  # a control sequence
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\)"  # a command string, such as a title
    r"|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ\\`-~]"  # any other escape
    r"|(?P<text>[^\x00-\x1f\x7f]+)|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])",
    re.DOTALL,
)


class Screen:
    """A grid of characters with a cursor. Colours and scrolling are ignored: both programs draw in place."""

    def __init__(self, columns: int, lines: int) -> None:
        self._columns, self._height = columns, lines
        self._grid = [[" "] * columns for _ in range(lines)]
        self._x = self._y = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._actions: dict[str, Callable[[list[int]], None]] = {
            "H": self._go, "f": self._go, "G": self._go_across, "d": self._go_down, "K": self._erase_line,
            "J": self._erase_screen, "A": self._up, "B": self._down, "C": self._right, "D": self._left,
            "X": self._erase_characters,
        }  # fmt: skip

    @property
    def lines(self) -> list[str]:
        """Return the text of each line, from the top."""
        return ["".join(line) for line in self._grid]

    @property
    def text(self) -> str:
        """Return the lines without the spaces at their ends, as one text."""
        return "\n".join(line.rstrip() for line in self.lines)

    def __contains__(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size, as terminals do: what fits stays in its place, the rest is lost."""
        for line in self._grid:
            line[columns:] = [" "] * (columns - len(line))
        self._grid[lines:] = [[" "] * columns for _ in range(lines - len(self._grid))]
        self._columns, self._height = columns, lines
        self._y, self._x = self._inside(self._y, self._x)

    def feed(self, sent: bytes) -> None:
        """Process the next bytes. An incomplete sequence is kept until the rest of it arrives."""
        text = self._rest + self._decoder.decode(sent)
        place = 0
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                break
            self._take(token)
            place = token.end()
        self._rest = text[place:]

    def _take(self, token: "re.Match[str]") -> None:
        if token["text"]:
            self._write(token["text"])
        elif token["control"]:
            self._control(token["control"])
        elif token["final"] in self._actions and token["parameters"][:1] not in {"?", "<", "=", ">"}:
            self._actions[token["final"]](
                [
                    int(number or 0)
                    for number in token["parameters"].split(";")
                    if number.isdigit() or not number
                ]
            )

    def _write(self, text: str) -> None:
        for letter in text:
            if combining(letter):
                continue
            width = 2 if east_asian_width(letter) in {"W", "F"} else 1
            if self._x < self._columns:
                self._grid[self._y][self._x : self._x + width] = [letter, ""][:width]
            self._x = min(self._x + width, self._columns)

    def _control(self, control: str) -> None:
        match control:
            case "\r":
                self._x = 0
            case "\n":
                self._down([1])
            case "\b":
                self._left([1])

    def _go(self, numbers: list[int]) -> None:
        line, column = (*numbers, 1, 1)[:2]
        self._y, self._x = self._inside(line - 1, column - 1)

    def _go_across(self, numbers: list[int]) -> None:
        self._y, self._x = self._inside(self._y, numbers[0] - 1)

    def _go_down(self, numbers: list[int]) -> None:
        self._y, self._x = self._inside(numbers[0] - 1, self._x)

    def _up(self, numbers: list[int]) -> None:
        self._y, self._x = self._inside(self._y - max(1, numbers[0]), self._x)

    def _down(self, numbers: list[int]) -> None:
        self._y, self._x = self._inside(self._y + max(1, numbers[0]), self._x)

    def _right(self, numbers: list[int]) -> None:
        self._y, self._x = self._inside(self._y, self._x + max(1, numbers[0]))

    def _left(self, numbers: list[int]) -> None:
        self._y, self._x = self._inside(self._y, self._x - max(1, numbers[0]))

    def _inside(self, y: int, x: int) -> tuple[int, int]:
        return max(0, min(y, self._height - 1)), max(0, min(x, self._columns - 1))

    def _erase_line(self, numbers: list[int]) -> None:
        start = self._x if numbers[0] == 0 else 0
        end = min(self._x + 1, self._columns) if numbers[0] == 1 else self._columns
        self._grid[self._y][start:end] = [" "] * (end - start)

    def _erase_characters(self, numbers: list[int]) -> None:
        end = min(self._x + max(1, numbers[0]), self._columns)
        self._grid[self._y][self._x : end] = [" "] * (end - self._x)

    def _erase_screen(self, numbers: list[int]) -> None:
        self._erase_line(numbers)
        above = range(self._y) if numbers[0] in {1, 2, 3} else range(0)
        below = range(self._y + 1, self._height) if numbers[0] in {0, 2, 3} else range(0)
        for line in (*above, *below):
            self._grid[line] = [" "] * self._columns
