"""A team's history that goes on while its server cannot be reached: new rows wait in a file of this machine.

Rows that wait have negative ids. Once the server answers, they are brought there before anything else, in
order; a row's unique id keeps it from being there twice. A row that was brought there is emptied here, which
also marks it. While the server cannot be reached, only the rows that wait are seen, so the guard knows of no
other.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from threading import Event, RLock
from typing import TypeVar

from dazos_tui.history.backend import HistoryBackend, Row, Statement, Transaction, Values
from dazos_tui.history.errors import HistoryError, HistoryUnreachableError
from dazos_tui.history.models import MAX_SEND_DURATION, ResetRequest, ServerAwayNotice
from dazos_tui.history.statements import (
    INSERT_REQUEST,
    REQUEST_COLUMNS,
    REQUEST_SQL,
    SELECT_ENTRIES,
    SELECT_FOR_BACK_IN,
)
from dazos_tui.history.times import format_time
from dazos_tui.history.transfer import PortableRow, bring_in, bring_in_batch, portable
from dazos_tui.history.writing import erasing_statements

T = TypeVar("T")

CLOSE_SECONDS = 1.0
"""How long closing waits for an answer of the server."""

_SELECT_WAITING = f"""
SELECT id, uid, {REQUEST_SQL}, requested_at, finished_at, outcome, message, action, back_in_at, proof,
    erased_at, noted_at
FROM resets WHERE erased_at IS NULL ORDER BY sort_key, id LIMIT 1
"""  # noqa: S608 - no outside text in it
_SELECT_UID = "SELECT uid FROM resets WHERE id = :id AND erased_at IS NOT NULL"
_FROM_RESETS = re.compile(r"\bFROM resets\b(?: +(AS \w+))?")
_SELECT_ID = "SELECT id FROM resets WHERE uid = :uid"


class QueueingBackend:
    """A server's history, with a local one for the time in which the server cannot be reached."""

    def __init__(self, server: HistoryBackend, queue: HistoryBackend) -> None:
        self.server = server
        self._queue = queue
        self._lock = RLock()
        # Rows that were begun on the server: their outcome may have to wait here.
        self._begun: dict[int, Row] = {}
        self._may_wait = True
        # Whether the last use of the server failed, so that the rows that wait were used instead.
        self._is_away = False

    @property
    def place(self) -> str:
        """Return where the history is, for messages."""
        return self.server.place

    def is_missing(self) -> bool:
        """Return whether the server has no history yet; while it cannot be reached, that is not known."""
        return self._either(self.server.is_missing, lambda: False)

    def require_writable(self) -> None:
        """Make sure that a reset can be recorded, there or here."""
        self._either(self.server.require_writable, self._queue.require_writable)

    def require_complete(self) -> None:
        """Make sure that the server has every row, and answers."""
        with self._lock:
            # It connects again if the connection was lost meanwhile; bringing rows there does not.
            self.server.read("SELECT 1", {})
            # Another process may have left rows here.
            self._may_wait = True
            self._bring()
            if self._waiting_count():
                raise HistoryError(
                    "Rows of the history still wait on this machine: one of them was begun a moment ago.",
                    advice="Try again in a few minutes, when it is brought to the server.",
                )

    def now(self) -> datetime:
        """Return the server's time (UTC), as far as it is known."""
        return self.server.now()

    def notice(self) -> ServerAwayNotice | None:
        """Return how many rows wait because the server cannot be reached.

        It is None if the server was reached last and nothing waits.
        """
        with self._lock, suppress(HistoryError):
            self._bring()
        count = self._waiting_count() if self._may_wait else 0
        return ServerAwayNotice(count) if count or self._is_away else None

    def read(self, sql: str, values: Values) -> list[Row]:
        """Return the rows of a query: those of the server or, while it cannot be reached, those that wait."""
        if _is_of_waiting(values):
            return self._read_waiting(sql, values)
        return self._either(
            lambda: self.server.read(sql, values),
            lambda: _outward(sql, self._queue.read(_among_waiting(sql), values)),
        )

    def write(self, *statements: Statement, anywhere: bool = False) -> list[list[Row]]:
        """Run statements in one transaction, there or here."""
        if any(_is_of_waiting(one.values) for one in statements):
            return self._write_waiting(statements, anywhere=anywhere)
        return self._either(lambda: self._write_there(statements), lambda: self._write_here(statements))

    @contextmanager
    def transaction(self, *, anywhere: bool = False) -> Iterator[Transaction]:
        """Begin a transaction on the server or, while it cannot be reached, among the rows that wait."""
        with self._lock, ExitStack() as stack:
            transaction: Transaction
            try:
                self._bring()
                transaction = stack.enter_context(self.server.transaction())
            except HistoryUnreachableError as error:
                here = stack.enter_context(self._queue.transaction(anywhere=anywhere))
                transaction = _WaitingTransaction(here, error)
            yield transaction

    def note_rows(self, ids: Sequence[int]) -> None:
        """Do nothing: the queue notes its rows itself."""

    def require_in_place(self) -> None:
        """Raise HistoryReplacedError if the last row went into a file that is no longer at its path."""
        if self._is_away:
            self._queue.require_in_place()

    def checkpoint(self) -> None:
        """Do nothing: the queue is not the history, and no copy of it is needed."""

    def compact(self) -> None:
        """Rewrite the server's tables."""
        self.server.compact()

    def iter_tables(self, tables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[Row]]]:
        """Yield the rows of the server's tables."""
        return self.server.iter_tables(tables)

    def watch(self, stop: Event) -> Iterator[None]:
        """Yield after each change on the server, until `stop` is set."""
        return self.server.watch(stop)

    def reopen(self) -> "QueueingBackend":
        """Return another connection to both."""
        return QueueingBackend(self.server.reopen(), self._queue.reopen())

    def close(self) -> None:
        """Bring what waits to the server if it can be reached, and close both connections."""
        is_answering = self._lock.acquire(timeout=CLOSE_SECONDS)
        if not is_answering:
            # Somebody waits for an answer of the server. Then it is not asked for more.
            self.server.close()
            self._lock.acquire()
        try:
            with suppress(HistoryError):
                if is_answering:
                    self._bring()
            self.server.close()
            self._queue.close()
        finally:
            self._lock.release()

    def _either(self, there: Callable[[], T], here: Callable[[], T]) -> T:
        with self._lock:
            try:
                self._bring()
                self._is_away = False
                return there()
            except HistoryUnreachableError:
                self._may_wait = self._is_away = True
                return here()

    def _write_there(self, statements: Sequence[Statement]) -> list[list[Row]]:
        found = self.server.write(*(self._guarded_there(one) for one in statements))
        if statements[0].sql == INSERT_REQUEST:
            for one, rows in zip(statements, found, strict=True):
                if _is_entries(one.sql) and "uid" in one.values:
                    self._begun |= {row[0]: row for row in rows}
        return found

    def _guarded_there(self, one: Statement) -> Statement:
        known = one.values.get("unless_after")
        if not isinstance(known, int) or known >= 0:
            return one
        return Statement(one.sql, {**one.values, "unless_after": self._id_there(-known) or 0})

    def _write_here(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Write to the queue: a new row, or the outcome of one that was begun on the server."""
        known = next((one.values["id"] for one in statements if "id" in one.values), None)
        if known is None:
            found = self._queue.write(*map(_guarded_here, statements))
            return [_outward(one.sql, rows) for one, rows in zip(statements, found, strict=True)]
        begun = self._begun.get(known) if isinstance(known, int) else None
        if begun is None:
            raise HistoryUnreachableError(
                f"Row {known!s} of the history {self.place} cannot be completed: no server answers.",
                advice="Try again when it can be reached.",
            )
        with self._queue.transaction() as transaction:
            waiting = _portable_entry(begun)
            bring_in_batch(transaction, [waiting])
            [[(row_id,)]] = transaction.run(Statement(_SELECT_ID, {"uid": waiting.uid}))
            found = transaction.run(*(_with_id(one, row_id) for one in statements))
        return [_renumbered(one.sql, rows, begun[0]) for one, rows in zip(statements, found, strict=True)]

    def _write_waiting(self, statements: Sequence[Statement], *, anywhere: bool) -> list[list[Row]]:
        row_id = -next(int(str(one.values["id"])) for one in statements if "id" in one.values)
        with self._lock:
            there = self._id_there(row_id)
            if there is not None:
                found = self.server.write(*(_with_id(one, there) for one in statements))
            else:
                inner = [_with_id(one, row_id) for one in statements]
                found = self._queue.write(*inner, anywhere=anywhere)
        return [_renumbered(one.sql, rows, -row_id) for one, rows in zip(statements, found, strict=True)]

    def _read_waiting(self, sql: str, values: Values) -> list[Row]:
        row_id = -int(str(values["id"]))
        with self._lock:
            there = self._id_there(row_id)
            if there is not None:
                rows = self.server.read(sql, {**values, "id": there})
            else:
                rows = self._queue.read(sql, {**values, "id": row_id})
        return _renumbered(sql, rows, -row_id)

    def _id_there(self, row_id: int) -> int | None:
        """Return the server's id of a row that has waited; None if it still waits."""
        if not (found := self._queue.read(_SELECT_UID, {"id": row_id})):
            return None
        rows = self.server.read(_SELECT_ID, {"uid": found[0][0]})
        return int(rows[0][0]) if rows else None

    def _waiting_count(self) -> int:
        rows = self._queue.read("SELECT count(*) FROM resets WHERE erased_at IS NULL", {})
        return int(rows[0][0]) if rows else 0

    def _bring(self) -> None:
        """Bring what waits to the server, in order. Raises HistoryUnreachableError."""
        if not self._may_wait:
            return
        was_waiting = False
        while rows := self._queue.read(_SELECT_WAITING, {}):
            was_waiting, row = True, portable(rows[0][1:])
            if row.finished_at is None and row.requested_at > format_time(
                self._queue.now() - MAX_SEND_DURATION
            ):
                # Its send is under way. What follows it waits, too, so that the order stays.
                return
            bring_in(self.server, [row])
            self._queue.write(*erasing_statements(rows[0][0], row.request, row.outcome, row.action, None))
        self._may_wait = False
        if was_waiting:
            self._is_away = False
            with suppress(HistoryError):
                self._queue.compact()


class _WaitingTransaction:
    """A transaction among the rows that wait. Rows of the server cannot be changed in it."""

    def __init__(self, transaction: Transaction, reason: HistoryUnreachableError) -> None:
        self._transaction = transaction
        self._reason = reason

    def run(self, *statements: Statement) -> list[list[Row]]:
        """Run statements in order; return the rows of each."""
        found = self._transaction.run(*map(self._inward, statements))
        return [_outward(one.sql, rows) for one, rows in zip(statements, found, strict=True)]

    def _inward(self, one: Statement) -> Statement:
        row_id = one.values.get("id")
        if not isinstance(row_id, int):
            return one
        if row_id > 0:
            raise self._reason
        return _with_id(one, -row_id)


def _among_waiting(sql: str) -> str:
    """Return a query without the rows that were brought to the server: only their shells are here."""
    waiting = "FROM (SELECT * FROM resets WHERE erased_at IS NULL)"
    return _FROM_RESETS.sub(lambda found: f"{waiting} {found[1] or 'AS resets'}", sql)


def _is_of_waiting(values: Values) -> bool:
    row_id = values.get("id")
    return isinstance(row_id, int) and row_id < 0


def _is_entries(sql: str) -> bool:
    return sql.startswith(SELECT_ENTRIES)


def _with_id(one: Statement, row_id: int) -> Statement:
    return Statement(one.sql, {**one.values, "id": row_id}) if "id" in one.values else one


def _guarded_here(one: Statement) -> Statement:
    known = one.values.get("unless_after")
    if not isinstance(known, int):
        return one
    # A row that the server has is not among those that wait.
    return Statement(one.sql, {**one.values, "unless_after": max(-known, 0)})


def _outward(sql: str, rows: list[Row]) -> list[Row]:
    """Return rows of the queue as others see them: with negative ids."""
    return [(-row[0], *row[1:]) for row in rows] if _is_entries(sql) or sql == SELECT_FOR_BACK_IN else rows


def _renumbered(sql: str, rows: list[Row], row_id: int) -> list[Row]:
    return [(row_id, *row[1:]) for row in rows] if _is_entries(sql) else rows


def _portable_entry(row: Row) -> PortableRow:
    """Return a row of `SELECT_ENTRIES` without an outcome."""
    end = 1 + len(REQUEST_COLUMNS)
    requested_at, _, outcome, _, action, _, _, uid = row[end : end + 8]
    return PortableRow(
        uid=uid, request=ResetRequest(*row[1:end]), requested_at=requested_at, finished_at=None,
        outcome=outcome, message="", action=action, back_in_at=None, proof=None,
    )  # fmt: skip
