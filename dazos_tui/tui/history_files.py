"""Files and tables of history entries: CSV, JSON Lines, and a table for a ticket."""

import csv
import json
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from rich.cells import cell_len

from dazos_tui.history.export import CSV_HEADER, csv_row, entry_to_record
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import format_local_time
from dazos_tui.system.files import create_private_file

_FOLDER, _PREFIX = "exports", "history-"
_COLUMNS = ("Time", "Outcome", "Person", "E-mail", "Instance", "Operator", "Ticket", "Back in")


class ExportFormat(StrEnum):
    """The format of an exported file; the value is the end of its name."""

    CSV = "csv"
    JSON_LINES = "jsonl"


def export_entries(
    entries: Iterable[HistoryEntry], state_dir: Path, form: ExportFormat, now: datetime
) -> tuple[Path, int]:
    """Write entries to a new private file in the state folder; return its path and their number.

    A file that could not be completed is removed. Raises OSError, UnsafeFileError, and what `entries` raises.
    """
    path = _free_path(state_dir / _FOLDER, f"{_PREFIX}{now.astimezone():%Y-%m-%d-%H%M%S}", form)
    unfinished = path.with_name(f"{path.name}.part")
    create_private_file(unfinished, expected_prefixes=(_PREFIX,))
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            count = _WRITERS[form](entries, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return path, count


def _free_path(folder: Path, name: str, form: ExportFormat) -> Path:
    number, path = 1, folder / f"{name}.{form}"
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.{form}"
    return path


def _write_csv(entries: Iterable[HistoryEntry], file: TextIO) -> int:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(CSV_HEADER)
    count = 0
    for count, entry in enumerate(entries, start=1):  # noqa: B007 - the number of the last one
        writer.writerow(csv_row(entry))
    return count


def _write_json_lines(entries: Iterable[HistoryEntry], file: TextIO) -> int:
    count = 0
    for count, entry in enumerate(entries, start=1):  # noqa: B007 - the number of the last one
        file.write(json.dumps(entry_to_record(entry), ensure_ascii=False) + "\n")
    return count


_WRITERS = {ExportFormat.CSV: _write_csv, ExportFormat.JSON_LINES: _write_json_lines}


def ticket_table(entries: Sequence[HistoryEntry], total: int) -> str:
    """Return entries as a table for a ticket, in Markdown with aligned columns, times local.

    If `total` is more than the entries, a last line says how many are left out.
    """
    rows = [_COLUMNS, *map(_table_row, entries)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = [_table_line(row, widths) for row in rows]
    lines.insert(1, _table_line(["-" * width for width in widths], widths))
    if total > len(entries):
        lines.append(f"… and {total - len(entries):,} more")
    return "\n".join(lines)


def _table_row(entry: HistoryEntry) -> tuple[str, ...]:
    request = entry.request
    person = f"{request.name} ({request.user_name})" if request.name else request.user_name
    cells = (
        format_local_time(entry.requested_at), entry.outcome_label, person, request.email, request.instance,
        request.operator, request.ticket, entry.back_in_label,
    )  # fmt: skip
    return tuple(cell.replace("|", "\\|") for cell in cells)


def _table_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
