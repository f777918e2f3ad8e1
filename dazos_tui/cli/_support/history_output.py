"""How ``dazos-tui history`` writes rows and statistics. The memory does not grow with the rows."""

import shutil
from collections.abc import Iterable, Iterator
from itertools import count, islice

from dazos_tui.cli._support import output
from dazos_tui.cli._support.output import can_encode, format_person, is_terminal, json_line
from dazos_tui.cli._support.tables import OUTCOME_COLOURS, Column, format_columns
from dazos_tui.history.charts import BLOCKS, PLAIN, statistics_lines
from dazos_tui.history.export import CSV_HEADER, csv_row, entry_to_record
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.statistics import HistoryStatistics

_ROWS_ALIGNED = 1_000
"""So many rows of a table have common columns."""
_USUAL_WIDTH, _LARGEST_WIDTH = 80, 120

_BACK_IN = Column("back in", optional=True)
_COLUMNS = (
    Column("id", fixed=True),
    Column("requested", fixed=True),
    Column("outcome", fixed=True, colours=OUTCOME_COLOURS),
    Column("instance", optional=True),
    Column("person"),
    Column("ticket", optional=True),
    _BACK_IN,
    Column("message", optional=True),
)
"""Of all rows; the id is what “note” and “verify --confirm” take."""


def json_lines(entries: Iterable[HistoryEntry]) -> Iterator[str]:
    """Yield entries as JSON Lines."""
    return (json_line({**entry_to_record(entry)}) for entry in entries)


def csv_lines(entries: Iterable[HistoryEntry]) -> Iterator[str]:
    """Return entries as CSV with a header."""
    return output.csv_lines(CSV_HEADER, map(csv_row, entries))


def table_lines(entries: Iterator[HistoryEntry]) -> Iterator[str]:
    """Yield entries as a table. The column of who is back in is left out while nobody of a block is."""
    for number in count():
        if not (block := list(islice(entries, _ROWS_ALIGNED))):
            return
        anybody = any(entry.back_in for entry in block)
        columns = [column for column in _COLUMNS if anybody or column is not _BACK_IN]
        rows = [_row(entry, back_in=anybody) for entry in block]
        yield from format_columns(columns, rows, titles=number == 0)


def statistics_text(found: HistoryStatistics) -> list[str]:
    """Return statistics as lines for the terminal, 80 columns wide if stdout is none."""
    width = shutil.get_terminal_size().columns if is_terminal("stdout") else _USUAL_WIDTH
    drawn = BLOCKS if can_encode("█▓░▌✓✗–≤") else PLAIN
    return statistics_lines(found, min(width, _LARGEST_WIDTH), drawn) if found.total else []


def _row(entry: HistoryEntry, *, back_in: bool) -> tuple[str, ...]:
    request = entry.request
    return (
        str(entry.id),
        f"{entry.requested_at.astimezone():%Y-%m-%d %H:%M}",
        entry.outcome_label,
        request.instance,
        format_person(request.name, request.user_name, request.email),
        request.ticket,
        *([entry.back_in_label] if back_in else []),
        entry.message,
    )
