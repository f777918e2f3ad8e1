"""Leaves out of what is written to the terminal all that it shows already.

Textual paints whole regions, and the whole screen when a box opens or closes, however little of it looks
different after. Here each cell is compared with what was written there last, and only the others are sent.
Codes: ECMA-48, 8.3.21 (CUP), 8.3.20 (CUF), 8.3.117 (SGR).
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category

from rich.cells import cell_len

from dazos_tui.tui.sgr import PLAIN, Style, after, change, on_blanks

_TOKEN = re.compile(
    r"(?P<move>\x1b\[(?P<line>\d+);(?P<column>\d+)H)"
    r"|\x1b\[(?P<style>[0-9;]{0,200})m"
    r"|(?P<down>\n)"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
)
_HARMLESS = re.compile(
    r"(?:\x1b\[\?(?!1049)\d+[hl]"
    r"|\x1b\](?:[0-2]|22|52);[^\x00-\x1f\x7f]*(?:\x07|\x1b\\)"
    r"|\x1b\[2[23](?:;\d)?t"
    r"|\x07)*"
)
"""What changes nothing on the screen: modes switched on and off, such as a synchronised update (but 1049 goes
to another screen); title, shape of the pointer and clipboard (xterm's OSC 0 to 2, 22 and 52), titles kept and
put back (XTWINOPS 22 and 23), the bell."""
_BRIDGE = 3
"""So many cells that did not change cost less to send again than a move over them."""

_FIRST_EMOJI = "\U0001f000"
"""From here on are emoji, of which several may be drawn as one (Unicode's emoji-sequences.txt)."""

_Cell = tuple[str, Style]
_ODD: _Cell = "", PLAIN
"""A cell of a letter that is wide or is drawn together with others: written again each time."""
_Place = tuple[int, int]
"""Line and column, both from 0."""


class _Piece(NamedTuple):
    """Text of one style, and where it begins."""

    line: int
    column: int
    style: Style
    text: str


class Painted:
    """What a terminal shows, as far as it is known. It is told of everything that is written to it."""

    def __init__(self) -> None:
        self._lines: dict[int, list[_Cell | None]] = {}
        self._cursor: _Place | None = None

    def forget(self) -> None:
        """Take nothing for known any more: the terminal may show something else."""
        self._lines.clear()
        self._cursor = None

    def changes(self, data: str) -> str:
        """Return what has to be written for the terminal to show what `data` would make it show.

        `data` begins and ends in no style, and so does what is returned. Whatever is more than styled text in
        given places is returned as it is.
        """
        if _HARMLESS.fullmatch(data):
            return data
        read = _read(data)
        if read is None:
            self.forget()
            return data
        # Between two writes another program may have moved the cursor.
        self._cursor = None
        pieces, cursor = read
        out = [part for piece in pieces for part in self._paint(piece)]
        if cursor is not None:
            out.append(self._go(cursor))
        return "".join(out)

    def shows(self, line: int, column: int, text: str) -> bool:
        """Tell whether the terminal shows `text` in this place; of odd letters, whether such are there."""
        width = cell_len(text)
        cells = self._lines.get(line, [])[column : column + width]
        known = [cell for cell in cells if cell is not None]
        if len(known) < width or not _is_narrow(text):
            return len(known) == width
        return all(cell is _ODD or cell[0] == letter for cell, letter in zip(known, text, strict=True))

    def _paint(self, piece: _Piece) -> Iterator[str]:
        line = self._lines.setdefault(piece.line, [])
        width = cell_len(piece.text)
        start, end = piece.column, piece.column + width
        line += [None] * (end - len(line))
        if not _is_narrow(piece.text):
            # Terminals disagree on how wide such letters are: a cell they leave out is to show a blank.
            line[start:end] = [_ODD] * width
            for text in (" " * width, piece.text):
                yield self._go((piece.line, start)) + _styled(piece.style, text)
                self._cursor = None
            return
        cells = _cells(piece.text, piece.style)
        before = line[start:end]
        line[start:end] = cells
        for first, last in _different(before, cells):
            yield self._go((piece.line, start + first)) + _written(cells[first:last])
            self._cursor = piece.line, start + last

    def _go(self, place: _Place) -> str:
        """Return what moves the cursor there, nothing if it is there."""
        before, self._cursor = self._cursor, place
        if before == place:
            return ""
        if before is not None and before[0] == place[0] and before[1] < place[1]:
            return f"\x1b[{place[1] - before[1]}C"
        return f"\x1b[{place[0] + 1};{place[1] + 1}H"


def _read(data: str) -> tuple[list[_Piece], _Place | None] | None:
    """Return the pieces of text, and where the cursor is put at the end; None if there is anything else."""
    pieces: list[_Piece] = []
    place: _Place | None = None
    moved, style, end = False, PLAIN, 0
    for token in _TOKEN.finditer(data):
        if token.start() != end:
            return None
        end, moved = token.end(), token["move"] is not None
        if moved:
            place = int(token["line"]) - 1, int(token["column"]) - 1
        elif token["style"] is not None:
            style = after(style, token["style"])
        elif token["down"]:
            # Textual always says after it where it goes on.
            place = None
        elif place is None:
            return None
        else:
            pieces.append(_Piece(*place, style, token["text"]))
            place = place[0], place[1] + cell_len(token["text"])
    return (pieces, place if moved else None) if end == len(data) else None


def _is_narrow(text: str) -> bool:
    """Tell whether each letter takes one cell, and is drawn by itself."""
    return text.isascii() or all(map(_takes_one_cell, text))


@lru_cache(maxsize=4096)
def _takes_one_cell(letter: str) -> bool:
    """Tell it of one letter. Marks join the letter before them, and a flag is two letters of one cell."""
    return cell_len(letter) == 1 and letter < _FIRST_EMOJI and not category(letter).startswith("M")


def _cells(text: str, style: Style) -> list[_Cell]:
    blank = " ", on_blanks(style)
    return [(letter, style) if letter != " " else blank for letter in text]


def _different(before: Sequence[_Cell | None], cells: Sequence[_Cell]) -> list[tuple[int, int]]:
    """Return from where to where the cells are to be written."""
    runs: list[tuple[int, int]] = []
    if before == cells:
        return runs
    for index, (old, new) in enumerate(zip(before, cells, strict=True)):
        if old == new:
            continue
        if runs and index - runs[-1][1] <= _BRIDGE:
            runs[-1] = runs[-1][0], index + 1
        else:
            runs.append((index, index + 1))
    return runs


def _written(cells: Sequence[_Cell]) -> str:
    """Return these cells as text with styles; a blank that looks the same in the style before keeps that."""
    out: list[str] = []
    shown = PLAIN
    for letter, style in cells:
        if style != shown and not (letter == " " and on_blanks(shown) == style):
            out.append(change(shown, style))
            shown = style
        out.append(letter)
    out.append(change(shown, PLAIN))
    return "".join(out)


def _styled(style: Style, text: str) -> str:
    return f"{change(PLAIN, style)}{text}{change(style, PLAIN)}"
