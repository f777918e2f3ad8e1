"""Reduces terminal output to the cells that changed.

Textual repaints whole regions, and the whole screen when a box opens or closes, even if little of it looks
different. This module compares each cell with what was last written there, and sends only the changes.
Codes: ECMA-48, 8.3.21 (CUP), 8.3.18 to 8.3.20 (CUB, CUD, CUF), 8.3.38 (ECH), 8.3.117 (SGR).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from unicodedata import category

from rich.cells import cell_len, set_cell_size

from dazos_tui.tui.terminal.cell_runs import IRREGULAR, Cell, Change, Run, by_row, by_style
from dazos_tui.tui.terminal.sgr import PLAIN, Style, apply_codes, blank_style, transition

_TOKEN = re.compile(r"(?:\x1b\[([0-9;]{0,200})([mH]))?([^\x00-\x1f\x7f-\x9f]*)(\n?)")
"""A style or a move, then text and the end of a line: any of them may be missing."""
_PLACE = re.compile(r"(\d+);(\d+)")
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
_GAP = re.compile(" {12,}")
"""Blanks inside a text that are cheaper to erase and pass over than to write."""
_ERASED = 5
"""From this many blanks on, erasing them is cheaper than writing them."""

_FIRST_EMOJI = "\U0001f000"
"""The first emoji. Several of them may be drawn as one (Unicode's emoji-sequences.txt)."""

PlacedText = tuple[int, int, str]
"""A piece of text with its line and column, both from 0."""

_Position = tuple[int, int]
"""Line and column, both from 0."""


@dataclass(slots=True)
class _Line:
    """What a line shows: its cells, and the pieces with irregular characters that are not covered wholly."""

    cells: list[Cell | None] = field(default_factory=list)
    irregular: list[Run] = field(default_factory=list)

    def copy(self, columns: int | None = None) -> "_Line":
        """Return a copy, cut to this number of columns."""
        return _Line(self.cells[:columns], [*self.irregular])

    def padded(self, width: int) -> list[Cell | None]:
        return self.cells + [None] * (width - len(self.cells))

    def write(self, piece: Run) -> int:
        """Note what was written; return the column after it."""
        start, end = piece.column, piece.column + cell_len(piece.text)
        if end > len(self.cells):
            self.cells.extend([None] * (end - len(self.cells)))
        if self.irregular:
            self.irregular = [
                one for one in self.irregular if one.column < start or one.column + cell_len(one.text) > end
            ]
        if _is_single_width(piece.text):
            self.cells[start:end] = _cells(piece.text, piece.style)
        else:
            self.cells[start:end] = [IRREGULAR] * (end - start)
            self.irregular.append(piece)
        return end

    def letters(self) -> list[str | None]:
        """Return what each cell shows, None if unknown: a wide character is in its last cell."""
        found = [cell[0] if cell is not None else None for cell in self.cells]
        for piece in self.irregular:
            # Marks without a letter of their own take no cell.
            fresh = [""] * max(1, cell_len(piece.text))
            for end, letter in enumerate(piece.text, 1):
                fresh[max(cell_len(piece.text[:end]) - 1, 0)] += letter
            for column, letters in enumerate(fresh, piece.column):
                if self.cells[column : column + 1] == [IRREGULAR]:
                    found[column] = letters
        return found


class ScreenDiff:
    """What the app wants the terminal to show, and what was sent to it.

    It must see everything that is written to the terminal. Several pictures may be recorded before the
    difference to the newest one is sent, at once or in parts.
    """

    def __init__(self, *, erases: bool = False) -> None:
        """Start with unknown content. `erases`: whether ECH leaves blanks in the present background."""
        self._erases = erases
        self._wanted: dict[int, _Line] = {}
        self._sent: dict[int, _Line] = {}
        self._changed: set[int] = set()
        """The lines that may differ."""
        self._doubtful: set[int] = set()
        """The lines of which the terminal may show something else than what was sent."""
        self._wanted_place: _Position | None = None
        self._sent_place: _Position | None = None
        self._cursor: _Position | None = None
        self._width = 0
        self._size: tuple[int, int] | None = None

    def invalidate(self) -> None:
        """Assume the terminal's content is unknown; repaint everything, after what differs from it."""
        self._doubtful, self._sent_place = {*self._sent}, None

    def clear(self) -> None:
        """Want nothing any more, and assume the terminal's content is unknown."""
        # New ones: a signal that suspends the app may come while the old ones are read.
        self._wanted, self._sent, self._changed, self._doubtful = {}, {}, set(), set()
        self._wanted_place = self._sent_place = None
        self._width = 0

    @property
    def differs(self) -> bool:
        """Return whether the terminal may have to show something else."""
        waits = self._changed or not self._doubtful.isdisjoint(self._wanted)
        return bool(waits) or self._wanted_place != self._sent_place

    def resize(self, size: tuple[int, int] | None) -> bool:
        """Note the terminal's present columns and rows, None if not known; return whether known ones changed.

        The app then draws everything again. What a terminal shows after a change of its size is unknown, but
        most keep what fits.
        """
        if size == self._size:
            return False
        size_before, before, self._size = self._size, self._sent, size
        self.clear()
        if size is not None:
            columns, rows = size
            self._sent = {line: shown.copy(columns) for line, shown in before.items() if line < rows}
            self.invalidate()
        return size_before is not None

    def record(self, data: str) -> str:
        """Record what `data` would make the terminal show; return what has to be sent at once.

        That is empty for styled text in given places, which begins and ends without a style. Anything else is
        returned unchanged, after what was not sent yet. What does not fit is cut off: it was drawn for an
        earlier size.
        """
        if _NO_CHANGE_SEQUENCES.fullmatch(data):
            return data
        read = _read(data)
        if read is None:
            before = self.output()
            self.clear()
            return before + data
        pieces, cursor = read
        for piece in map(self._fitting, pieces):
            if piece.text:
                line = self._wanted.get(piece.line) or self._wanted.setdefault(piece.line, _Line())
                end = line.write(piece)
                self._changed.add(piece.line)
                self._width = max(self._width, end)
        if cursor is not None:
            self._wanted_place = cursor
        return ""

    def output(self, most: int | None = None) -> str:
        """Return the output that makes the terminal show what was recorded last. It counts as sent.

        With `most`, return only as many rows as fit into this number of bytes, but at least one; the others
        are left for the next call. The rows nearest to the cursor come first.
        """
        changed = self._changed_lines()
        doubted = self._doubtful.intersection(self._wanted if most is None or not changed else ())
        lines = self._nearest({*changed, *doubted})
        out = self._drawn(lines, doubted)
        while most is not None and len(lines) > 1 and (size := len(out.encode())) > most:
            lines = lines[: max(1, min(len(lines) - 1, len(lines) * most // size))]
            out = self._drawn(lines, doubted)
        for line in lines:
            self._sent[line] = self._wanted.get(line, _NOTHING).copy()
        self._changed.difference_update(lines)
        self._doubtful.difference_update(doubted.intersection(lines))
        self._sent_place = self._wanted_place
        return out

    def shows(self, line: int, column: int, text: str) -> bool:
        """Return whether `text` was sent there last."""
        sent = self._sent.get(line, _NOTHING) if line not in self._doubtful else _NOTHING
        shown = ""
        # Not as many cells as the text takes: a joiner at the end of a part would take the next part with it.
        for letter in sent.letters()[column:]:
            if letter is None or len(shown) >= len(text):
                break
            shown += letter
        return shown == text

    def _fitting(self, piece: Run) -> Run:
        """Return the part of a piece that fits."""
        columns, rows = self._size or (None, None)
        if columns is None or rows is None:
            return piece
        room = max(0, columns - piece.column) if piece.line < rows else 0
        return piece if cell_len(piece.text) <= room else piece._replace(text=set_cell_size(piece.text, room))

    def _changed_lines(self) -> set[int]:
        """Return the lines that differ, and forget the others."""
        self._changed = {line for line in self._changed if self._sent.get(line) != self._wanted.get(line)}
        return self._changed

    def _nearest(self, lines: Iterable[int]) -> list[int]:
        """Return these lines, those nearest to the cursor first."""
        focus = self._wanted_place[0] if self._wanted_place is not None else 0
        return sorted(lines, key=lambda line: (abs(line - focus), line))

    def _drawn(self, lines: Sequence[int], doubted: Set[int]) -> str:
        """Return the output that draws these lines, the doubted ones wholly, and sets the cursor."""
        # Between two writes another program may have moved the cursor.
        self._cursor = None
        out: list[str] = []
        changes: dict[int, Change] = {}
        for line in sorted(lines):
            wanted = self._wanted.get(line, _NOTHING)
            sent = self._sent.get(line, _NOTHING) if line not in doubted else _NOTHING
            width = max(len(sent.cells), len(wanted.cells))
            change = changes[line] = Change(sent.padded(width), wanted.padded(width))
            if wanted.irregular != sent.irregular or (
                wanted.irregular
                and any(new is IRREGULAR and old is not IRREGULAR for old, new in zip(*change, strict=True))
            ):
                out += self._draw_irregular(wanted.irregular, change)
        out.append(self._shortest(changes))
        if self._wanted_place is not None and (lines or self._wanted_place != self._sent_place):
            out.append(self._move_to(self._wanted_place))
        return "".join(out)

    def _draw_irregular(self, pieces: Iterable[Run], change: Change) -> Iterator[str]:
        """Yield the output of these pieces of a line, in the order in which they were drawn."""
        for piece in pieces:
            width = cell_len(piece.text)
            change.before[piece.column : piece.column + width] = [IRREGULAR] * width
            # Terminals disagree on the width of such characters: a cell they leave out should be blank.
            for text in (" " * width, piece.text):
                yield self._move_to((piece.line, piece.column)) + _with_style(piece.style, text)
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
            yield self._with_gaps(text, shown) + (f"\x1b[{blanks}X" if blanks else "")
            self._cursor = run.line, run.column + len(text)
        yield transition(shown, PLAIN)

    def _with_gaps(self, text: str, style: Style) -> str:
        """Return the text with long blanks inside it erased and passed over, where that is cheaper."""
        if not self._erases or blank_style(style).attributes:
            return text
        return _GAP.sub(lambda gap: f"\x1b[{len(gap[0])}X\x1b[{len(gap[0])}C", text)

    def _move_to(self, place: _Position) -> str:
        """Return the shortest sequence that moves the cursor there; empty if it is there."""
        before, self._cursor = self._cursor, place
        if before == place:
            return ""
        line, column = place
        to = f"\x1b[{line + 1};{column + 1}H"
        # After a character in the last column, terminals disagree on where the cursor is. After a change of
        # the size, another one may be coming, which changes the last column.
        width = self._width if self._size is None else self._size[0]
        if before is None or before[0] > line or before[1] >= width or self._doubtful:
            return to
        return min(_move(line - before[0], "B") + _across(column - before[1]), to, key=len)


_NOTHING = _Line()
"""A line that nothing was drawn in."""


def _across(columns: int) -> str:
    """Return the sequence that moves the cursor to the right, or to the left for a negative number."""
    return _move(columns, "C") if columns >= 0 else min("\b" * -columns, _move(-columns, "D"), key=len)


def _move(count: int, final: str) -> str:
    return f"\x1b[{count if count > 1 else ''}{final}" if count else ""


def _read(data: str) -> tuple[list[Run], _Position | None] | None:
    """Return the pieces of text and the final cursor position; None if `data` contains anything else."""
    pieces: list[Run] = []
    place: _Position | None = None
    style, end, moved = PLAIN, 0, False
    for token in _TOKEN.finditer(data):
        if token.start() != end:
            return None
        codes, final, text, newline = token.groups()
        if token.end() > end:
            moved = final == "H" and not (text or newline)
            end = token.end()
        if final == "m":
            style = apply_codes(style, codes)
        elif final:
            place = _place(codes)
        if text:
            if place is None:
                return None
            if not (width := cell_len(text)) and pieces and place == _behind(pieces[-1]):
                # Marks without a letter of their own are drawn on the one before.
                pieces[-1] = pieces[-1]._replace(text=pieces[-1].text + text)
            else:
                pieces.append(Run(*place, style, text))
                place = place[0], place[1] + width
        if newline:
            # Textual always sets the cursor after a newline.
            place = None
    return (pieces, place if moved else None) if end == len(data) else None


def _behind(piece: Run) -> _Position:
    return piece.line, piece.column + cell_len(piece.text)


def _place(codes: str) -> _Position | None:
    numbers = _PLACE.fullmatch(codes)
    return (int(numbers[1]) - 1, int(numbers[2]) - 1) if numbers else None


def _is_single_width(text: str) -> bool:
    """Return whether each character occupies one cell and is drawn separately."""
    return text.isascii() or all(map(_is_one_cell, text))


@lru_cache(maxsize=4096)
def _is_one_cell(letter: str) -> bool:
    """Return whether a character occupies one cell and, unlike marks and flags, is never combined."""
    return cell_len(letter) == 1 and letter < _FIRST_EMOJI and not category(letter).startswith("M")


@lru_cache(maxsize=1024)
def _cells(text: str, style: Style) -> list[Cell]:
    """Return the cells of a text. Equal cells are the same object, which is compared faster."""
    return [_cell(letter, style) for letter in text]


@lru_cache(maxsize=4096)
def _cell(letter: str, style: Style) -> Cell:
    return letter, style if letter != " " else blank_style(style)


def _with_style(style: Style, text: str) -> str:
    return f"{transition(PLAIN, style)}{text}{transition(style, PLAIN)}"
