"""Rows of one kind as a table, as JSON Lines and as CSV."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from dazos_tui.cli._support.output import csv_lines, echo_note, json_line
from dazos_tui.cli._support.output_options import RowFormat
from dazos_tui.cli._support.tables import Column, Table, format_columns
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
                return csv_lines(
                    self.csv_header, (csv_cells(self.record(row), self.csv_header) for row in rows)
                )
            case RowFormat.TABLE:
                return format_columns(self.columns, [self.cells(row) for row in rows])


class GrowingRows(Generic[T]):
    """Rows of one kind that are written as they come, up to a limit."""

    def __init__(self, kind: RowKind[T], row_format: RowFormat, limit: int | None) -> None:
        self._kind, self._format, self._limit = kind, row_format, limit
        self._table = Table(kind.columns)
        self._count = 0
        self._has_titles = False

    def lines(self, rows: Sequence[T]) -> Iterable[str]:
        """Return more rows as lines; the first ones under the titles of a table or a CSV."""
        written, self._count = self._count, self._count + len(rows)
        shown = rows if self._limit is None else rows[: max(0, self._limit - written)]
        if self._format is RowFormat.TABLE:
            return self._table.lines([self._kind.cells(row) for row in shown])
        lines = self._kind.lines(shown, self._format)
        if self._format is not RowFormat.CSV:
            return lines
        had_titles, self._has_titles = self._has_titles, True
        return islice(lines, 1 if had_titles else 0, None)

    def end(self) -> None:
        """Remark how many rows the limit left out, if any."""
        note_limit(self._count, self._limit)


def csv_cells(record: Mapping[str, object], header: Sequence[str]) -> list[str]:
    """Return the values of a record that are in a CSV, those of its `user` as in `flat_record`.

    No spreadsheet takes one for a formula.
    """
    flat = flat_record(record)
    return [no_formula(_csv_text(flat[key])) for key in header]


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
