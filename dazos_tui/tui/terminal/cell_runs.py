"""Changed cells as runs of text, to be written in one of two orders.

Setting a 24-bit colour takes 19 bytes, a cursor move 4 to 8. So if many rows change, it is cheaper to write
all text of one style, wherever it is, than to write row after row with the same few styles in each.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dazos_tui.tui.terminal.sgr import PLAIN, Style, blank_style

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


def by_row(changes: Mapping[int, Change]) -> list[Run]:
    """Return the runs to write for these lines, from top to bottom and left to right."""
    chosen = {line: _styles(change) for line, change in changes.items()}
    order = dict.fromkeys((style for styles in chosen.values() for style in styles.values()), 0)
    found = [
        run for line, styles in chosen.items() for run in _runs(line, changes[line].after, styles, order)
    ]
    return sorted(found, key=lambda run: (run.line, run.column))


def by_style(changes: Mapping[int, Change]) -> list[Run]:
    """Return the runs to write for these lines, style by style.

    A later run may overwrite part of an earlier one.
    """
    chosen = {line: _styles(change) for line, change in changes.items()}
    order = _order(chosen, changes)
    style_on_blanks: dict[Style, Style] = {}
    for style in order:
        style_on_blanks.setdefault(blank_style(style), style)
    found: list[Run] = []
    for line, styles in chosen.items():
        adjusted = {
            column: style if style in order else style_on_blanks.get(style, style)
            for column, style in styles.items()
        }
        for style in adjusted.values():
            order.setdefault(style, len(order))
        found += _runs(line, changes[line].after, adjusted, order)
    return sorted(found, key=lambda run: (order[run.style], run.line, run.column))


def _order(chosen: Mapping[int, Mapping[int, Style]], changes: Mapping[int, Change]) -> dict[Style, int]:
    """Return the styles of visible characters with their ranks, from 0: the most frequent comes first."""
    count = Counter(
        style
        for line, styles in chosen.items()
        for column, style in styles.items()
        if _letter(changes[line].after[column]) != " "
    )
    return {style: rank for rank, (style, _) in enumerate(count.most_common())}


def _styles(change: Change) -> dict[int, Style]:
    """Return the style in which to write each changed column; blanks take that of the text beside them."""
    chosen: dict[int, Style] = {}
    for column, (old, new) in enumerate(zip(change.before, change.after, strict=True)):
        if old != new and new is not None and new is not IRREGULAR:
            chosen[column] = _neighbour_style(new, chosen.get(column - 1))
    for column in reversed(chosen):
        cell = change.after[column]
        if cell is not None and chosen[column] == cell[1]:
            chosen[column] = _neighbour_style(cell, chosen.get(column + 1))
    return chosen


def _neighbour_style(cell: Cell, style: Style | None) -> Style:
    """Return the neighbour's `style` for a blank that looks the same in it; else the cell's own style."""
    letter, own = cell
    return style if letter == " " and style is not None and blank_style(style) == own else own


def _runs(
    line: int, cells: list[Cell | None], styles: Mapping[int, Style], order: Mapping[Style, int]
) -> Iterable[Run]:
    """Return the runs of one line, given the style for each changed column."""
    last: dict[Style, Run] = {}
    done: list[Run] = []
    for column, style in styles.items():
        before = last.get(style)
        between = None
        if before is not None and column - before.end <= _MAX_GAP:
            between = _between(cells, range(before.end, column), style, styles, order)
        letter = _letter(cells[column])
        if before is not None and between is not None:
            last[style] = before._replace(text=before.text + between + letter)
        else:
            done += [before] if before is not None else []
            last[style] = Run(line, column, style, letter)
    return [*done, *last.values()]


def _between(
    cells: list[Cell | None],
    columns: range,
    style: Style,
    styles: Mapping[int, Style],
    order: Mapping[Style, int],
) -> str | None:
    """Return the characters of these columns if a run of this style may overwrite them; else None."""
    letters = [_letter(cells[column]) for column in columns]
    allowed = all(
        letter and (_written_later(column, style, styles, order) or _looks_same(cells[column], style))
        for letter, column in zip(letters, columns, strict=True)
    )
    return "".join(letters) if allowed else None


def _written_later(
    column: int, style: Style, styles: Mapping[int, Style], order: Mapping[Style, int]
) -> bool:
    return column in styles and order[styles[column]] > order[style]


def _looks_same(cell: Cell | None, style: Style) -> bool:
    return cell is not None and cell[1] == (blank_style(style) if cell[0] == " " else style)


def _letter(cell: Cell | None) -> str:
    return cell[0] if cell is not None else ""
