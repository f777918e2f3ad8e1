"""Erasing people from the history: their data is replaced, the row and its place in the chain stay.

What stays of a row: when, where, by whom in the support team, what was asked of the CRM, and the outcome.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from dazos_tui.history.backend import HistoryBackend, Row, Statement, Transaction, Value
from dazos_tui.history.models import MAX_SEND_DURATION, Account, ResetRequest
from dazos_tui.history.search_text import storable
from dazos_tui.history.statements import IS_OF_ACCOUNT, OLDEST_FIRST, REQUEST_SQL
from dazos_tui.history.times import format_time
from dazos_tui.history.writing import erasing_statements

_ROWS_AT_ONCE = 500

_SELECT = f"""
SELECT id, outcome, action, {REQUEST_SQL} FROM resets WHERE erased_at IS NULL AND
"""  # noqa: S608 - no outside text in it
_IS_ANSWERED = "(finished_at IS NOT NULL OR requested_at < :answer_by)"
"""Leaves out rows whose answer may still come."""
_IS_NAMED = (
    "(lower(email) = lower(:who) OR lower(user_name) = lower(:who) OR user_id = :who) "
    "AND (:instance = '' OR instance = :instance)"
)


def find_accounts(backend: HistoryBackend, who: str, instance: str = "") -> list[Account]:
    """Return the accounts with rows under this e-mail address, user name or record id, each once."""
    values = {"who": storable(who), "instance": storable(instance)}
    rows = backend.read(f"{_SELECT} {_IS_NAMED} {OLDEST_FIRST}", values)
    return list(dict.fromkeys(_request_of(row).account for row in rows))


def erase_accounts(backend: HistoryBackend, accounts: Sequence[Account], now: datetime) -> int:
    """Erase these accounts from all their rows, also those under earlier names; return the number of rows.

    Nothing of their data is left in the files of the database then. Raises HistoryError.
    """
    count = 0
    with backend.transaction() as transaction:
        for account in accounts:
            values: dict[str, Value] = {**asdict(account)}
            count += _erase(transaction, IS_OF_ACCOUNT, values, now)
    backend.compact()
    return count


def erase_expired(backend: HistoryBackend, keep_days: int, now: datetime) -> int:
    """Erase the people of all rows older than `keep_days`; return the number of rows. Raises HistoryError."""
    values: dict[str, Value] = {"before": format_time(now - timedelta(days=keep_days))}
    expired = "requested_at < :before"
    if not backend.read(f"{_SELECT} {expired} LIMIT 1", values):
        return 0
    count = 0
    while True:
        with backend.transaction() as transaction:
            erased = _erase(transaction, expired, values, now, limit=_ROWS_AT_ONCE)
        count += erased
        if not erased:
            break
    backend.compact()
    return count


def _erase(
    transaction: Transaction,
    condition: str,
    values: dict[str, Value],
    now: datetime,
    *,
    limit: int | None = None,
) -> int:
    """Erase the oldest rows that a condition selects, `limit` of them at most; return how many."""
    limited = "" if limit is None else f" LIMIT {limit}"
    sql = f"{_SELECT} {_IS_ANSWERED} AND {condition} {OLDEST_FIRST}{limited}"
    answer_by = format_time(now - MAX_SEND_DURATION)
    [rows] = transaction.run(Statement(sql, values | {"answer_by": answer_by}))
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        transaction.run(
            *(
                statement
                for row in rows[start : start + _ROWS_AT_ONCE]
                for statement in erasing_statements(row[0], _request_of(row), row[1], row[2], None)
            )
        )
    return len(rows)


def _request_of(row: Row) -> ResetRequest:
    return ResetRequest(*row[3:])
