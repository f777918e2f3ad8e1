"""What the store needs of a database. SQLite and PostgreSQL are the two that there are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any, Protocol, Self

from dazos_tui.history.models import ServerAwayNotice

Value = str | int | bytes | None
Values = Mapping[str, Value]
Row = tuple[Any, ...]
"""One row of a result: texts, whole numbers, bytes and None."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of SQL that both databases understand, with its values by name (``:name``)."""

    sql: str
    values: Values


class Transaction(Protocol):
    """A transaction in which nobody else writes. It is committed at its end, or nothing of it is."""

    def run(self, *statements: Statement) -> list[list[Row]]:
        """Run statements in order; return the rows of each."""


class HistoryBackend(Protocol):
    """One database with the tables of a history. It is thread-safe. Every method raises HistoryError."""

    @property
    def place(self) -> str:
        """Return where the history is, for messages."""

    def is_missing(self) -> bool:
        """Return whether there is no history yet, so that a new one would be created."""

    def require_writable(self) -> None:
        """Make sure that a reset can be recorded."""

    def require_complete(self) -> None:
        """Raise HistoryError if only some of the rows can be read now."""

    def notice(self) -> ServerAwayNotice | None:
        """Return what the user should know about the state of the history; None if nothing."""

    def now(self) -> datetime:
        """Return the time (UTC) by the clock that counts for this history."""

    def read(self, sql: str, values: Values) -> list[Row]:
        """Return the rows of a query; none if there is no history yet. Reading creates nothing."""

    def write(self, *statements: Statement, anywhere: bool = False) -> list[list[Row]]:
        """Run statements in one transaction, which is durable when this returns; return the rows of each.

        Running them twice must be the same as running them once: they may be repeated if the connection was
        lost. `anywhere` allows a file that is no longer at its path.
        """

    def transaction(self, *, anywhere: bool = False) -> AbstractContextManager[Transaction]:
        """Begin a transaction in which nobody else writes. It is never repeated."""

    def note_rows(self, ids: Sequence[int]) -> None:
        """Remember that these rows exist, so that an older copy in their place is noticed."""

    def require_in_place(self) -> None:
        """Raise HistoryReplacedError if what was written is not where everybody looks for it."""

    def checkpoint(self) -> None:
        """Move what was written to where a copy of the database has it, soon. Never raises."""

    def compact(self) -> None:
        """Rewrite the database, so that nothing of what was erased is left in it."""

    def iter_tables(self, tables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[Row]]]:
        """Yield the rows of tables with these columns, some at a time, as they were at one moment."""

    def watch(self, stop: Event) -> Iterator[None]:
        """Yield once for each change that may be by others, until `stop` is set; nothing if unsupported."""

    def reopen(self) -> Self:
        """Return another connection to the same history: neither waits for the other."""

    def close(self) -> None:
        """Close the connection."""
