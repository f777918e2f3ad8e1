"""Rows of one kind as a table, as JSON Lines and as CSV."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dazos_tui.cli._support.output import csv_lines, echo_note, json_line
from dazos_tui.cli._support.output_options import RowFormat
from dazos_tui.cli._support.tables import Column, format_columns
from dazos_tui.history.export import no_formula

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowKind(Generic[T]):
    """One kind of row: `record` is its JSON, `cells` the texts under `columns`.

    `csv_header` names the values of the record that are in the CSV, those of its `user` as in
    `flat_record`.
    """

    columns: Sequence[Column]
    cells: Callable[[T], Sequence[str]]
    record: Callable[[T], Mapping[str, object]]
    csv_header: Sequence[str]

    def lines(self, rows: Iterable[T], row_format: RowFormat) -> Iterable[str]:
        """Return rows as lines. No spreadsheet takes a cell of the CSV for a formula."""
        match row_format:
            case RowFormat.JSON:
                return map(json_line, map(self.record, rows))
            case RowFormat.CSV:
                return csv_lines(self.csv_header, map(self._csv_cells, rows))
            case RowFormat.TABLE:
                return format_columns(self.columns, [self.cells(row) for row in rows])

    def _csv_cells(self, row: T) -> list[str]:
        record = flat_record(self.record(row))
        return [no_formula(_csv_text(record[key])) for key in self.csv_header]


def flat_record(record: Mapping[str, object]) -> dict[str, object]:
    """Return a record with the values of its `user` beside the others; the user's `id` as `user_id`."""
    flat = dict(record)
    user = flat.pop("user", None)
    if isinstance(user, Mapping):
        flat |= {"user_id" if key == "id" else str(key): value for key, value in user.items()}
    return flat


def note_limit(count: int, limit: int | None) -> None:
    """Remark how many of `count` rows --limit left out, if any."""
    if limit is not None and count > limit:
        echo_note(f"The first {limit:,} of {count:,}. Without --limit there are all of them.")


def _csv_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
