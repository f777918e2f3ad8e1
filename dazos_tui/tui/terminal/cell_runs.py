"""Changed cells as runs of text, to be written in one of two orders.

Setting a 24-bit colour takes 19 bytes, a cursor move 4 to 8. So if many rows change, it is cheaper to write
all text of one style, wherever it is, than to write row after row with the same few styles in each.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dazos_tui.tui.terminal.sgr import PLAIN, Style, blank_style, transition

Cell = tuple[str, Style]
"""A character and its style; for a blank, only the visible part of the style."""
IRREGULAR: Cell = "", PLAIN
"""A cell of a wide or combined character: it is in no run."""

_MAX_GAP = 3
"""Up to this many cells between two runs cost less to write than a move over them."""


class Run(NamedTuple):
    """Text of one style, to be written in one go, and its start: line and column, both from 0."""

    line: int
    column: int
    style: Style
    text: str

    @property
    def end(self) -> int:
        """Return the column after the run."""
        return self.column + len(self.text)


class Change(NamedTuple):
    """The cells of a line before and after a change; None is a cell with unknown content."""

    before: list[Cell | None]
    after: list[Cell | None]


def by_row(changes: Mapping[int, Change], *, joins_blanks: bool = False) -> list[Run]:
    """Return the runs to write for these lines, from top to bottom and left to right.

    `joins_blanks`: whether blanks between two blank runs cost nothing.
    """
    found = [
        run
        for line, change in changes.items()
        for run in _joined(_pieces(line, change), change.after, {}, joins_blanks=joins_blanks)
    ]
    return sorted(found, key=lambda run: (run.line, run.column))


def by_style(changes: Mapping[int, Change], *, joins_blanks: bool = False) -> list[Run]:
    """Return the runs to write for these lines, style by style.

    A later run may overwrite part of an earlier one. `joins_blanks`: as for `by_row`.
    """
    pieces = {line: _pieces(line, change) for line, change in changes.items()}
    ranks, alike = _ranks(piece for line in pieces.values() for piece in line)
    found: list[Run] = []
    for line, change in changes.items():
        styled = [piece._replace(style=alike.get(piece.style, piece.style)) for piece in pieces[line]]
        found += _joined(styled, change.after, ranks, joins_blanks=joins_blanks)
    return sorted(found, key=lambda run: (ranks[run.style], run.line, run.column))


def _ranks(pieces: Iterable[Run]) -> tuple[dict[Style, int], dict[Style, Style]]:
    """Return the rank of each style, from 0: the most frequent, then always the one cheapest to change to.

    Also return for styles that are only on blanks another one, if they look the same in it.
    """
    visible: Counter[Style] = Counter()
    for piece in pieces:
        visible[piece.style] += len(piece.text) - piece.text.count(" ")
    left = [style for style, _ in visible.most_common()]
    on_blanks: dict[Style, Style] = {}
    for style in left:
        if visible[style]:
            on_blanks.setdefault(blank_style(style), style)
    alike = {style: on_blanks.get(style, style) for style in left if not visible[style]}
    left = [style for style in left if alike.get(style, style) is style]
    ranks: dict[Style, int] = {}
    last = left[0] if left else PLAIN
    while left:
        last = min(left, key=lambda style: len(transition(last, style)))
        left.remove(last)
        ranks[last] = len(ranks)
    return ranks, alike


def _pieces(line: int, change: Change) -> list[Run]:
    """Return the changed cells of a line, as pieces of adjacent cells in one style."""
    after = change.after
    pieces: list[Run] = []
    start, end, last = 0, 0, PLAIN
    for column, style in _styles(change).items():
        if column != end or style is not last:
            if end > start:
                pieces.append(Run(line, start, last, _text(after[start:end])))
            start, last = column, style
        end = column + 1
    return [*pieces, Run(line, start, last, _text(after[start:end]))] if end > start else pieces


def _styles(change: Change) -> dict[int, Style]:
    """Return the style in which to write each changed column; blanks take that of the text beside them."""
    chosen: dict[int, Style] = {}
    after, end, last = change.after, 0, PLAIN
    # Most cells are the same objects: comparing them would take longer.
    changed = [
        column
        for column, (old, new) in enumerate(zip(change.before, after, strict=True))
        if old is not new and old != new
    ]
    for column in changed:
        new = after[column]
        if new is None or new is IRREGULAR:
            continue
        letter, style = new
        if letter != " " or column != end or blank_style(last) != style:
            last = style
        chosen[column], end = last, column + 1
    for column in reversed(chosen):
        cell = after[column]
        if cell is not None and cell[0] == " " and chosen[column] == cell[1]:
            beside = chosen.get(column + 1)
            if beside is not None and blank_style(beside) == cell[1]:
                chosen[column] = beside
    return chosen


def _joined(
    pieces: list[Run], cells: list[Cell | None], ranks: Mapping[Style, int], *, joins_blanks: bool
) -> list[Run]:
    """Return the pieces of one line, joined where writing over the cells between them is cheaper."""
    rank_at = [-1] * len(cells)
    for piece in pieces:
        rank_at[piece.column : piece.end] = [ranks.get(piece.style, 0)] * len(piece.text)
    last: dict[Style, Run] = {}
    done: list[Run] = []
    for piece in pieces:
        before = last.get(piece.style)
        if before is not None:
            is_near = piece.column - before.end <= _MAX_GAP
            is_blank = joins_blanks and before.text[-1] == " " and _can_be_erased(piece)
            between = _between(before, piece.column, cells, rank_at) if is_near or is_blank else None
            if between is not None and (is_near or not between.strip(" ")):
                last[piece.style] = before._replace(text=before.text + between + piece.text)
                continue
            done.append(before)
        last[piece.style] = piece
    return [*done, *last.values()]


def _between(before: Run, column: int, cells: list[Cell | None], rank_at: list[int]) -> str | None:
    """Return the characters from the end of a run to a column if the run may overwrite them; else None."""
    end = before.end
    rank = rank_at[before.column]
    letters = ""
    for cell, other in zip(cells[end:column], rank_at[end:column], strict=True):
        if cell is None or not cell[0] or not (other > rank or _looks_same(cell, before.style)):
            return None
        letters += cell[0]
    return letters


def _can_be_erased(piece: Run) -> bool:
    return piece.text.isspace() and not blank_style(piece.style).attributes


def _looks_same(cell: Cell, style: Style) -> bool:
    return cell[1] == (blank_style(style) if cell[0] == " " else style)


def _text(cells: Iterable[Cell | None]) -> str:
    return "".join([cell[0] for cell in cells if cell is not None])
