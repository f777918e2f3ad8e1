"""How ``dazos-tui history`` writes rows. The memory does not grow with the rows."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, repeat

from dazos_tui.cli._support.output import format_person, format_table, json_line
from dazos_tui.history.export import CSV_HEADER, csv_row, entry_to_record
from dazos_tui.history.models import HistoryEntry

_FIRST_ROWS_ALIGNED, _ROWS_ALIGNED = 100, 1_000
"""So many rows of a table have common columns; fewer at first, because somebody waits for the first line."""


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
    aligned = chain([_FIRST_ROWS_ALIGNED], repeat(_ROWS_ALIGNED))
    while block := list(islice(entries, next(aligned))):
        anybody = any(entry.back_in for entry in block)
        yield from format_table([_row(entry, back_in=anybody) for entry in block])


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
