"""How ``dazos-tui history`` writes rows and statistics. The memory does not grow with the rows."""

import csv
import io
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from dazos_tui.cli._support.output import can_encode, format_person, format_table, is_terminal, json_line
from dazos_tui.history.charts import BLOCKS, PLAIN, statistics_lines
from dazos_tui.history.export import CSV_HEADER, csv_row, entry_to_record
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.statistics import HistoryStatistics

_ROWS_ALIGNED = 1_000
"""So many rows of a table have common columns."""
_USUAL_WIDTH, _LARGEST_WIDTH = 80, 120


def json_lines(entries: Iterable[HistoryEntry]) -> Iterator[str]:
    """Yield entries as JSON Lines."""
    return (json_line({**entry_to_record(entry)}) for entry in entries)


def csv_lines(entries: Iterable[HistoryEntry]) -> Iterator[str]:
    """Yield entries as CSV with a header."""
    yield _csv_line(CSV_HEADER)
    for entry in entries:
        yield _csv_line(csv_row(entry))


def table_lines(entries: Iterator[HistoryEntry]) -> Iterator[str]:
    """Yield entries as a table. The column of who is back in is left out while nobody of a block is."""
    while block := list(islice(entries, _ROWS_ALIGNED)):
        anybody = any(entry.back_in for entry in block)
        yield from format_table([_row(entry, back_in=anybody) for entry in block])


def statistics_text(found: HistoryStatistics) -> list[str]:
    """Return statistics as lines for the terminal, 80 columns wide if stdout is none."""
    width = shutil.get_terminal_size().columns if is_terminal("stdout") else _USUAL_WIDTH
    drawn = BLOCKS if can_encode("█▓░▌✓✗–≤") else PLAIN
    return statistics_lines(found, min(width, _LARGEST_WIDTH), drawn) if found.total else []


def _csv_line(cells: Sequence[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow(cells)
    return file.getvalue()


def _row(entry: HistoryEntry, *, back_in: bool) -> tuple[str, ...]:
    request = entry.request
    return (
        f"{entry.requested_at.astimezone():%Y-%m-%d %H:%M}",
        entry.outcome_label,
        request.instance,
        format_person(request.name, request.user_name, request.email),
        request.ticket,
        *([entry.back_in_label] if back_in else []),
        entry.message,
    )
