"""A minimal terminal emulator of 120 columns: it understands only what the app's own drawing uses."""

import re

from rich.cells import cell_len

_TOKENS = re.compile(
    r"\x1b\[(?P<numbers>[0-9;]*)(?P<does>[BCDHJKXf])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]|(?P<move>[\r\n\x08])|(?P<text>[^\x00-\x1f\x7f]+)|."
)
_CUT = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*)?\Z")


class Screen:
    """Cells by row and column. It can clear, move and write, but does not support scrolling or inserting."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, str]] = {}
        self._row = self._column = 0
        self._rest = ""

    @property
    def text(self) -> str:
        """Return the lines shown, as one text."""
        return "\n".join(_line(self._rows[row]) for row in sorted(self._rows))

    def write(self, written: str) -> None:
        """Show what was written; an incomplete escape sequence at the end waits for its rest."""
        text = self._rest + written
        cut = _CUT.search(text)
        self._rest = cut[0] if cut else ""
        for token in _TOKENS.finditer(text.removesuffix(self._rest)):
            if token["text"]:
                self._put(token["text"])
            elif token["does"]:
                self._obey(token["does"], [int(number or 1) for number in token["numbers"].split(";")])
            elif token["move"]:
                self._move(token["move"])

    def _put(self, text: str) -> None:
        cells = self._rows.setdefault(self._row, {})
        for char in text:
            width = cell_len(char)
            for place in range(self._column, self._column + width):
                cells[place] = char if place == self._column else ""
            self._column += width

    def _obey(self, does: str, numbers: list[int]) -> None:
        if does in "Hf":
            self._row, self._column = (n - 1 for n in (*numbers, 1)[:2])
        elif does == "B":
            self._row += numbers[0]
        elif does in "CD":
            self._column = max(0, self._column + (numbers[0] if does == "C" else -numbers[0]))
        elif does == "J":
            self._rows.clear()
        elif does == "X":
            cells = self._rows.setdefault(self._row, {})
            cells.update(dict.fromkeys(range(self._column, self._column + numbers[0]), " "))
        else:
            cells = self._rows.setdefault(self._row, {})
            self._rows[self._row] = {place: char for place, char in cells.items() if place < self._column}

    def _move(self, to: str) -> None:
        if to == "\n":
            self._row += 1
        else:
            self._column = 0 if to == "\r" else max(0, self._column - 1)


def _line(cells: dict[int, str]) -> str:
    return "".join(cells.get(column, " ") for column in range(max(cells, default=-1) + 1))
