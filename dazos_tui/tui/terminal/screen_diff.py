"""Reduces terminal output to the cells that changed.

Textual repaints whole regions, and the whole screen when a box opens or closes, even if little of it looks
different. This module compares each cell with what was last written there, and sends only the changes.
Codes: ECMA-48, 8.3.21 (CUP), 8.3.18 to 8.3.20 (CUB, CUD, CUF), 8.3.38 (ECH), 8.3.117 (SGR).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from unicodedata import category

from rich.cells import cell_len

from dazos_tui.tui.terminal.cell_runs import IRREGULAR, Cell, Change, Run, by_row, by_style
from dazos_tui.tui.terminal.sgr import PLAIN, Style, apply_codes, blank_style, transition

_TOKEN = re.compile(
    r"(?P<move>\x1b\[(?P<line>\d+);(?P<column>\d+)H)"
    r"|\x1b\[(?P<style>[0-9;]{0,200})m"
    r"|(?P<down>\n)"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
)
_NO_CHANGE_SEQUENCES = re.compile(
    r"(?:\x1b\[\?(?!1049)\d+[hl]"
    r"|\x1b\](?:[0-2]|22|52);[^\x00-\x1f\x7f]*(?:\x07|\x1b\\)"
    r"|\x1b\[2[23](?:;\d)?t"
    r"|\x07)*"
)
"""Sequences that do not change the screen's cells: modes on and off, such as synchronized updates (but 1049
switches to another screen); title, pointer shape and clipboard (xterm's OSC 0 to 2, 22 and 52); saving and
restoring titles (XTWINOPS 22 and 23); and the bell."""
_FEW_ROWS = 4
"""Up to this many rows, as for a step of the cursor, may be cheaper row by row than style by style."""
_ERASED = 5
"""From this many blanks on, erasing them is cheaper than writing them."""

_FIRST_EMOJI = "\U0001f000"
"""The first emoji. Several of them may be drawn as one (Unicode's emoji-sequences.txt)."""

_Position = tuple[int, int]
"""Line and column, both from 0."""


class ScreenDiff:
    """The known content of the terminal. It must see everything that is written to it."""

    def __init__(self, *, erases: bool = False) -> None:
        """Start with unknown content. `erases`: whether ECH leaves blanks in the present background."""
        self._erases = erases
        self._lines: dict[int, list[Cell | None]] = {}
        self._cursor: _Position | None = None
        self._width = 0
        self._size: tuple[int, int] | None = None

    def invalidate(self) -> None:
        """Assume the terminal's content is unknown; repaint everything."""
        self._lines.clear()
        self._cursor = None
        self._width = 0

    def changes(self, data: str, size: tuple[int, int] | None = None) -> str:
        """Return the output that makes the terminal show what `data` would make it show.

        Both `data` and the result begin and end without a style. If `data` contains more than styled text in
        given places, it is returned unchanged. `size` is the terminal's present columns and rows, None if not
        known. What a terminal shows after a change of its size, or after a frame drawn for a larger one, is
        unknown.
        """
        if _NO_CHANGE_SEQUENCES.fullmatch(data):
            return data
        if size != self._size:
            self.invalidate()
            self._size = size
        read = _read(data)
        if read is None or (size is not None and not all(_fits(piece, size) for piece in read[0])):
            self.invalidate()
            return data
        # Between two writes another program may have moved the cursor.
        self._cursor = None
        pieces, cursor = read
        changed: dict[int, Change] = {}
        out = [part for piece in pieces for part in self._record(piece, changed)]
        differ = {line: change for line, change in changed.items() if change.before != change.after}
        out.append(self._shortest(differ))
        if cursor is not None:
            out.append(self._move_to(cursor))
        return "".join(out)

    def shows(self, line: int, column: int, text: str) -> bool:
        """Return whether the terminal shows `text` there; of irregular characters, whether any are there."""
        width = cell_len(text)
        cells = self._lines.get(line, [])[column : column + width]
        known = [cell for cell in cells if cell is not None]
        if len(known) < width or not _is_single_width(text):
            return len(known) == width
        return all(cell is IRREGULAR or cell[0] == letter for cell, letter in zip(known, text, strict=True))

    def _record(self, piece: Run, changed: dict[int, Change]) -> Iterator[str]:
        """Record what a piece changes; yield the part of it that has to be written first."""
        line = self._lines.setdefault(piece.line, [])
        change = changed.setdefault(piece.line, Change([*line], line))
        width = cell_len(piece.text)
        start, end = piece.column, piece.column + width
        self._width = max(self._width, end)
        change.before.extend([None] * (end - len(change.before)))
        line.extend([None] * (end - len(line)))
        if _is_single_width(piece.text):
            line[start:end] = _cells(piece.text, piece.style)
            return
        # Terminals disagree on the width of such characters: a cell they leave out should be blank.
        line[start:end] = change.before[start:end] = [IRREGULAR] * width
        for text in (" " * width, piece.text):
            yield self._move_to((piece.line, start)) + _with_style(piece.style, text)
            self._cursor = None

    def _shortest(self, differ: Mapping[int, Change]) -> str:
        """Return the output for these lines, in the shorter of both orders."""
        start, found = self._cursor, dict[str, _Position | None]()
        for order in (by_row, by_style) if len(differ) <= _FEW_ROWS else (by_style,):
            self._cursor = start
            output = "".join(self._render(order(differ, joins_blanks=self._erases)))
            found[output] = self._cursor
        output = min(found, key=len)
        self._cursor = found[output]
        return output

    def _render(self, found: Iterable[Run]) -> Iterator[str]:
        """Yield the output for these runs, with styles and cursor moves."""
        shown = PLAIN
        for run in found:
            yield self._move_to((run.line, run.column))
            if not (run.text.isspace() and blank_style(shown) == blank_style(run.style)):
                yield transition(shown, run.style)
                shown = run.style
            text = run.text.rstrip(" ") if self._erases and not blank_style(shown).attributes else run.text
            blanks = len(run.text) - len(text)
            if blanks < _ERASED:
                text, blanks = run.text, 0
            yield text + (f"\x1b[{blanks}X" if blanks else "")
            self._cursor = run.line, run.column + len(text)
        yield transition(shown, PLAIN)

    def _move_to(self, place: _Position) -> str:
        """Return the shortest sequence that moves the cursor there; empty if it is there."""
        before, self._cursor = self._cursor, place
        if before == place:
            return ""
        line, column = place
        to = f"\x1b[{line + 1};{column + 1}H"
        # After a character in the last column, terminals disagree on where the cursor is.
        width = self._width if self._size is None else self._size[0]
        if before is None or before[0] > line or before[1] >= width:
            return to
        return min(_move(line - before[0], "B") + _across(column - before[1]), to, key=len)


def _across(columns: int) -> str:
    """Return the sequence that moves the cursor to the right, or to the left for a negative number."""
    return _move(columns, "C") if columns >= 0 else min("\b" * -columns, _move(-columns, "D"), key=len)


def _move(count: int, final: str) -> str:
    return f"\x1b[{count if count > 1 else ''}{final}" if count else ""


def _read(data: str) -> tuple[list[Run], _Position | None] | None:
    """Return the pieces of text and the final cursor position; None if `data` contains anything else."""
    pieces: list[Run] = []
    place: _Position | None = None
    moved, style, end = False, PLAIN, 0
    for token in _TOKEN.finditer(data):
        if token.start() != end:
            return None
        end, moved = token.end(), token["move"] is not None
        if moved:
            place = int(token["line"]) - 1, int(token["column"]) - 1
        elif token["style"] is not None:
            style = apply_codes(style, token["style"])
        elif token["down"]:
            # Textual always sets the cursor after a newline.
            place = None
        elif place is None:
            return None
        else:
            pieces.append(Run(*place, style, token["text"]))
            place = place[0], place[1] + cell_len(token["text"])
    return (pieces, place if moved else None) if end == len(data) else None


def _fits(piece: Run, size: tuple[int, int]) -> bool:
    columns, rows = size
    return piece.column + cell_len(piece.text) <= columns and piece.line < rows


def _is_single_width(text: str) -> bool:
    """Return whether each character occupies one cell and is drawn separately."""
    return text.isascii() or all(map(_is_one_cell, text))


@lru_cache(maxsize=4096)
def _is_one_cell(letter: str) -> bool:
    """Return whether a character occupies one cell and, unlike marks and flags, is never combined."""
    return cell_len(letter) == 1 and letter < _FIRST_EMOJI and not category(letter).startswith("M")


def _cells(text: str, style: Style) -> list[Cell]:
    blank = " ", blank_style(style)
    return [(letter, style) if letter != " " else blank for letter in text]


def _with_style(style: Style, text: str) -> str:
    return f"{transition(PLAIN, style)}{text}{transition(style, PLAIN)}"
