"""Bringing the rows of one history into another: each once, in order, however often it is repeated."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from dazos_tui.history.backend import HistoryBackend, Row, Statement, Transaction
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import ResetRequest
from dazos_tui.history.search_text import search_text
from dazos_tui.history.statements import OLDEST_FIRST, REQUEST_COLUMNS, REQUEST_SQL
from dazos_tui.history.times import parse_time
from dazos_tui.history.writing import (
    back_in_statements,
    erasing_statements,
    noted_statements,
    outcome_statements,
    request_statements,
    request_values,
)

_ROWS_AT_ONCE = 200

_SELECT = f"""
SELECT sort_key, id, uid, {REQUEST_SQL}, requested_at, finished_at, outcome, message, action, back_in_at,
    proof, erased_at, noted_at
FROM resets WHERE (sort_key, id) > (:after_key, :after_id) {OLDEST_FIRST} LIMIT :limit
"""  # noqa: S608 - no outside text in it
_SELECT_IDS = "SELECT id FROM resets WHERE uid = :uid"


@dataclass(frozen=True, slots=True)
class PortableRow:
    """A row without what belongs to one database: its id, its place in the order and the chain."""

    uid: str
    request: ResetRequest
    requested_at: str
    finished_at: str | None
    outcome: str
    message: str
    action: str
    back_in_at: str | None
    proof: str | None
    erased_at: str | None = None
    noted_at: str | None = None


def iter_rows(source: HistoryBackend, name: str = "") -> Iterator[PortableRow]:
    """Yield all rows of a history in the order in which they were recorded; `name` is for messages.

    Raises HistoryError, also for a row with a time that the history never stores.
    """
    key, row_id = -(2**63), 0
    while rows := source.read(_SELECT, {"after_key": key, "after_id": row_id, "limit": _ROWS_AT_ONCE}):
        for row in rows:
            key, row_id = row[:2]
            found = portable(row[2:])
            _require_times(found, f"Row {row_id} of the history {name or source.place}")
            yield found


def _require_times(row: PortableRow, name: str) -> None:
    try:
        later = (row.finished_at, row.back_in_at, row.noted_at, row.erased_at)
        for stamp in filter(None, (row.requested_at, *later)):
            parse_time(stamp)
    except ValueError:
        raise HistoryError(
            f"{name} has a time that dazos-tui never writes.",
            advice="Rows before it were brought in. Another program has changed it: restore a backup.",
        ) from None


def portable(row: Row) -> PortableRow:
    """Return a row from its columns, as `iter_rows` selects them."""
    end = 1 + len(REQUEST_COLUMNS)
    return PortableRow(row[0], ResetRequest(*row[1:end]), *row[end:])


def bring_in(target: HistoryBackend, rows: Iterable[PortableRow]) -> int:
    """Add the rows that a history does not have, and complete those it has; return how many were added.

    A row whose person was erased here keeps none, wherever it comes from. Each batch is one transaction.
    """
    remaining, added = iter(rows), 0
    while batch := list(islice(remaining, _ROWS_AT_ONCE)):
        with target.transaction() as transaction:
            added += bring_in_batch(transaction, batch)
    return added


def bring_in_batch(transaction: Transaction, rows: Sequence[PortableRow]) -> int:
    """Add and complete rows within a transaction; return how many were added."""
    known = transaction.run(*(Statement(_SELECT_IDS, {"uid": row.uid}) for row in rows))
    new = [row for row, found in zip(rows, known, strict=True) if not found]
    transaction.run(*(one for row in new for one in _request_statements(row)))
    ids = transaction.run(*(Statement(_SELECT_IDS, {"uid": row.uid}) for row in rows))
    fresh = {row.uid for row in new}
    for row, [(row_id,)] in zip(rows, ids, strict=True):
        transaction.run(*_completing_statements(row, row_id, is_new=row.uid in fresh))
    return len(fresh)


def _request_statements(row: PortableRow) -> tuple[Statement, ...]:
    values = request_values(row.uid, row.request, row.action, now=row.requested_at)
    return request_statements(values | {"is_brought_in": 1}, row.request)


def _completing_statements(row: PortableRow, row_id: int, *, is_new: bool) -> Iterator[Statement]:
    if row.erased_at is not None and not is_new:
        return
    if row.finished_at is not None:
        folded = search_text(row.request, row.outcome, row.message, row.action)
        yield from outcome_statements(row_id, row.outcome, row.message, folded, row.finished_at)
    if row.back_in_at is not None:
        yield from back_in_statements(row_id, row.back_in_at, row.proof or "")
    if row.noted_at is not None:
        yield from noted_statements(row_id, row.noted_at)
    if row.erased_at is not None:
        yield from erasing_statements(row_id, row.request, row.outcome, row.action, row.erased_at)


def differences(source: HistoryBackend, target: HistoryBackend) -> Iterator[str]:
    """Yield the unique ids of rows that the target lacks or has otherwise, apart from what it erased."""
    select = _SELECT.partition("WHERE")[0]
    for row in iter_rows(source):
        found = target.read(f"{select} WHERE uid = :uid", {"uid": row.uid})
        there = portable(found[0][2:]) if found else None
        is_known = there is not None and (there.erased_at is not None or _is_completed(row, there))
        if not is_known:
            yield row.uid


def _is_completed(row: PortableRow, there: PortableRow) -> bool:
    """Return whether a row is the same there, or more is known of it, such as who is back in since.

    When it was noted, and seen to be back in, is what was recorded there first.
    """
    if there.noted_at is not None:
        there = replace(there, noted_at=row.noted_at)
    if there.back_in_at is not None:
        there = replace(there, back_in_at=row.back_in_at, proof=row.proof)
    return there == row or (
        row.back_in_at is None
        and there.noted_at == row.noted_at
        and (there.finished_at is not None or row.finished_at is None)
        and there.request == row.request
    )
