"""Tables for people: titles, columns fitted to the terminal, and colour where it is wanted."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from dazos_tui.cli._support.output import is_terminal
from dazos_tui.system.terminal_name import has_dumb_name
from dazos_tui.text.cells import cell_width, pad_cells, truncate_cells

_GAP = 2
_READABLE_CELLS, _LEAST_CELLS = 12, 4
"""Columns are not cut to fewer cells: the former while there is another that can be left out."""

# Sixteen colours, so that the terminal's own theme decides how they look (ECMA-48, SGR).
BOLD, RED, GREEN, YELLOW, DIM = "1", "31", "32", "33", "2"

OUTCOME_COLOURS = {"sent": GREEN, "enabled": GREEN, "refused": RED, "not sent": RED, "unknown": YELLOW}
ENVIRONMENT_COLOURS = {"PRODUCTION": RED, "STAGING": YELLOW, "SANDBOX": GREEN}
STATUS_COLOURS = {"inactive": DIM}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: one that is `fixed` is never cut; the last `optional` ones go first where there is no room.

    `colours` has the SGR parameters of the cells with a certain text, which says the same without colour.
    """

    title: str
    fixed: bool = False
    optional: bool = False
    colours: Mapping[str, str] = field(default_factory=dict)


def format_columns(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, titles: bool = True
) -> list[str]:
    """Return rows as lines under their titles; no lines at all without rows.

    On a terminal no line is wider than it. Otherwise nothing is cut, unless COLUMNS is set.
    """
    return Table(columns, titles=titles).lines(rows)


class Table:
    """A table whose rows come one after another: a column grows with them, and never shrinks."""

    def __init__(self, columns: Sequence[Column], *, titles: bool = True) -> None:
        self._columns = columns
        self._titles = [[column.title.upper() for column in columns]] if titles else []
        self._natural = [cell_width(column.title) for column in columns]

    def lines(self, rows: Sequence[Sequence[str]]) -> list[str]:
        """Return more rows as lines, the first ones under the titles."""
        if not rows:
            return []
        self._natural = [
            max(width, *(cell_width(row[at]) for row in rows)) for at, width in enumerate(self._natural)
        ]
        titles, self._titles = self._titles, []
        room, coloured = output_width(), can_colour()
        layout = _fit(self._columns, self._natural, room)
        return [
            _line(_cells(row, self._columns, layout, is_title=number < len(titles)), room, coloured=coloured)
            for number, row in enumerate([*titles, *rows])
        ]


def output_width() -> int | None:
    """Return how many cells a line may have: COLUMNS, else the terminal's; None if nothing limits it."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdecimal() and 0 < int(columns) < 100_000:
        return int(columns)
    with suppress(OSError, ValueError):
        # Not by `shutil`, which imports three compression libraries.
        return os.get_terminal_size(sys.stdout.fileno()).columns or None if is_terminal("stdout") else None
    return None


def can_colour() -> bool:
    """Return whether the output may have colours: a terminal that has some, and nobody objects.

    See https://no-color.org for the variable NO_COLOR.
    """
    return not has_dumb_name() and not os.environ.get("NO_COLOR") and is_terminal("stdout")


def paint(text: str, style: str) -> str:
    """Return a text with SGR parameters switched on before it and off after it."""
    return f"\x1b[{style}m{text}\x1b[0m" if style and text else text


def _fit(columns: Sequence[Column], natural: Sequence[int], room: int | None) -> dict[int, int]:
    """Return the width of each column that is shown, by its place."""
    widths = dict(enumerate(natural))
    if room is None:
        return widths
    optional = [at for at, column in enumerate(columns) if column.optional]
    while (narrowed := _cut(columns, widths, room, _READABLE_CELLS)) is None and optional:
        del widths[optional.pop()]
    return narrowed or _cut(columns, widths, room, _LEAST_CELLS) or widths


def _cut(
    columns: Sequence[Column], widths: Mapping[int, int], room: int, least: int
) -> dict[int, int] | None:
    """Return the widths cut to `room`, none below `least` cells; None if that is not possible."""
    cut = dict(widths)
    while (missing := sum(cut.values()) + _GAP * (len(cut) - 1) - room) > 0:
        cuttable = [at for at, width in cut.items() if width > least and not columns[at].fixed]
        if not cuttable:
            return None
        # What may be left out is cut before the rest; then the widest, down to the next widest one.
        optional = [at for at in cuttable if columns[at].optional]
        *others, widest = sorted(optional or cuttable, key=lambda at: cut[at])
        level = max(cut[widest] - missing, least, cut[others[-1]] - 1 if others else 0)
        cut[widest] = min(level, cut[widest] - 1)
    return cut


def _line(cells: Iterator[tuple[str, str, int]], room: int | None, *, coloured: bool) -> str:
    line, used = "", 0
    for text, style, width in cells:
        # Where not even the fixed columns have room, the line is cut.
        cut = truncate_cells(text, width if room is None else max(1, min(width, room - used)))
        line += paint(cut, style if coloured else "") + pad_cells("", width - cell_width(cut) + _GAP)
        used += width + _GAP
        if room is not None and used >= room:
            break
    return line.rstrip()


def _cells(
    row: Sequence[str], columns: Sequence[Column], layout: Mapping[int, int], *, is_title: bool
) -> Iterator[tuple[str, str, int]]:
    """Yield the text, the SGR parameters and the width of each cell that is shown."""
    for at, width in layout.items():
        yield row[at], BOLD if is_title else columns[at].colours.get(row[at], ""), width
