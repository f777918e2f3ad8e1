"""How ``dazos-tui history`` writes rows. The memory does not grow with the rows."""

from collections.abc import Iterable, Iterator
from itertools import islice

from dazos_tui.cli._support import output
from dazos_tui.cli._support.output import format_person, json_line
from dazos_tui.cli._support.tables import OUTCOME_COLOURS, Column, format_columns
from dazos_tui.history.export import CSV_HEADER, csv_row, entry_to_record
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import format_local_time

_FIRST_ROWS_ALIGNED, _ROWS_ALIGNED = 100, 1_000
"""So many rows of a table have common columns; fewer at first, because somebody waits for the first line."""

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
    number_aligned, titles = _FIRST_ROWS_ALIGNED, True
    while block := list(islice(entries, number_aligned)):
        anybody = any(entry.back_in for entry in block)
        columns = [column for column in _COLUMNS if anybody or column is not _BACK_IN]
        rows = [_row(entry, back_in=anybody) for entry in block]
        yield from format_columns(columns, rows, titles=titles)
        number_aligned, titles = _ROWS_ALIGNED, False


def _row(entry: HistoryEntry, *, back_in: bool) -> tuple[str, ...]:
    request = entry.request
    return (
        str(entry.id),
        format_local_time(entry.requested_at),
        entry.outcome_label,
        request.instance,
        format_person(request.name, request.user_name, request.email),
        request.ticket,
        *([entry.back_in_label] if back_in else []),
        entry.message,
    )
