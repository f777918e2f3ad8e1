"""A history on a PostgreSQL server, shared by a team. Only this module and `postgres_errors` import psycopg.

A record is one round trip: its statements go out together, in one transaction that first locks the head of
the chain. So everybody's records are one after the other, and the guard in them sees every earlier one.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from threading import Event, RLock
from time import monotonic, sleep
from typing import Any

import psycopg

from dazos_tui.config.history_url import PostgresAddress
from dazos_tui.history.backend import Row, Statement, Values
from dazos_tui.history.errors import (
    HistoryError,
    HistoryServerError,
    HistoryUnreachableError,
    OutdatedHistoryError,
)
from dazos_tui.history.open_line import OpenLine
from dazos_tui.history.postgres_errors import (
    CONNECT_SECONDS,
    LOCK_SECONDS,
    STATEMENT_SECONDS,
    to_history_error,
)
from dazos_tui.history.postgres_schema import CHANNEL, CREATE, SCHEMA, UPGRADES, VERSION
from dazos_tui.history.times import parse_time, utc_now
from dazos_tui.text.sanitize import safe_text

RETRY_SECONDS = 5.0
"""How long a record is tried again after its connection was lost: long enough for a server to restart."""

REST_SECONDS = 15.0
"""How long a server that could not be reached is left in peace, except by a record."""

ROWS_AT_ONCE = 1000

ANSWER_SECONDS = STATEMENT_SECONDS + 5.0
"""How long to wait for an answer: longer than the server itself allows a statement."""

RECORD_SECONDS = 2.0 * LOCK_SECONDS
"""How long to wait for a record: longer than the server itself lets it wait for others."""

CLOSE_SECONDS = 1.0
"""How long closing waits for an answer: long enough for a record."""

_RETRY_PAUSE = 0.1
_WATCH_PAUSE = 1.0
_WATCH_SECONDS = 0.25

_LOCK = Statement("SELECT length FROM chain_head FOR UPDATE", {})

Connection = psycopg.Connection[Row]

# Otherwise Python writes psycopg's warnings to stderr, which may be the app's screen.
logging.getLogger("psycopg").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A database, and how to get in: `password` is called for each connection, and may return None."""

    address: PostgresAddress
    password: Callable[[], str | None]
    sslmode: str = "verify-full"
    ca_file: Path | None = None

    def connect(self) -> Connection:
        """Return a new connection. Every statement commits by itself. Raises HistoryError."""
        address = self.address
        try:
            return psycopg.connect(
                host=address.host, port=address.port, dbname=address.database, user=address.user,
                password=self.password(), sslmode=self.sslmode, sslrootcert=str(self.ca_file or ""),
                connect_timeout=CONNECT_SECONDS, application_name="dazos-tui", client_encoding="UTF8",
                options=f"-c search_path={SCHEMA} -c lock_timeout={LOCK_SECONDS}s "
                f"-c statement_timeout={STATEMENT_SECONDS}s -c synchronous_commit=on",
                keepalives_idle=30, tcp_user_timeout=STATEMENT_SECONDS * 1000, autocommit=True,
                prepare_threshold=None,
            )  # fmt: skip
        except psycopg.Error as error:
            failure = to_history_error(error, str(address), connecting=True)
        # Not within `except`: the frames of psycopg's error have the password.
        raise failure


class _PostgresTransaction:
    def __init__(self, connection: Connection, line: OpenLine) -> None:
        self._connection, self._line = connection, line

    def run(self, *statements: Statement) -> list[list[Row]]:
        """Run statements in one round trip; return the rows of each."""
        with self._line.within(ANSWER_SECONDS):
            return _run_together(self._connection, statements)


class PostgresBackend:
    """The connection to one history on a server, opened on first use. It is thread-safe, with one lock."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._connection: Connection | None = None
        self._line: OpenLine | None = None
        self._closes = 0
        self._has_schema = False
        self._version = VERSION
        # The server's clock minus ours; None until it was asked.
        self._clock_offset: timedelta | None = None
        # When connecting failed last, so that the screen does not wait for it again and again.
        self._failure: tuple[float, HistoryUnreachableError] | None = None
        self._lock = RLock()

    @property
    def place(self) -> str:
        """Return the address of the database, for messages."""
        return safe_text(str(self.server.address))

    def is_missing(self) -> bool:
        """Return whether the database has no history yet."""
        with self._used():
            return not self._has_schema

    def require_writable(self) -> None:
        """Make sure that a reset can be recorded: creates what is missing, and tries to lock the chain."""
        with self.transaction():
            pass

    def require_complete(self) -> None:
        """Do nothing: if the server cannot be reached, reading says so."""

    def notice(self) -> None:
        """Return nothing: the server is there, or an error says so."""

    def now(self) -> datetime:
        """Return the server's time (UTC), as far as it is known."""
        # Once it is known, nobody waits for the connection.
        if self._clock_offset is None:
            with suppress(HistoryError), self._used():
                pass
        return utc_now() + (self._clock_offset or timedelta(0))

    def read(self, sql: str, values: Values) -> list[Row]:
        """Return the rows of a query; none if there is no history yet."""
        had_connection, closes = self._connection is not None, self._closes
        began = monotonic()
        try:
            return self._read(sql, values)
        except HistoryUnreachableError:
            # Servers and firewalls end connections that rest. One that did not answer in time will not now.
            if not had_connection or closes != self._closes or monotonic() - began > CONNECT_SECONDS:
                raise
        return self._read(sql, values)

    def write(self, *statements: Statement, anywhere: bool = False) -> list[list[Row]]:
        """Run statements in one transaction and one round trip; again if the connection was lost.

        Also if that is because it is closed meanwhile: an outcome must not be lost. No connection stays then.
        """
        closes = self._closes
        try:
            return self._write(statements)
        finally:
            if closes != self._closes:
                with self._lock:
                    self._drop()

    @contextmanager
    def transaction(self, *, anywhere: bool = False) -> Iterator[_PostgresTransaction]:
        """Begin a transaction that nobody else writes in. An error ends it, and the connection."""
        with self._used(creating=True) as connection:
            line = self._line
            assert line is not None  # noqa: S101 - it is open
            transaction = _PostgresTransaction(connection, line)
            try:
                transaction.run(Statement("BEGIN", {}), _LOCK)
                yield transaction
                transaction.run(Statement("COMMIT", {}))
            except BaseException:
                self._roll_back(connection)
                raise

    def note_rows(self, ids: Sequence[int]) -> None:
        """Do nothing: a server's rows are not a file that somebody could put a copy in the place of."""

    def require_in_place(self) -> None:
        """Do nothing: what is committed is where everybody looks for it."""

    def checkpoint(self) -> None:
        """Do nothing: the server does it."""

    def compact(self) -> None:
        """Rewrite the tables, so that the files of the database have nothing of what was erased."""
        with self._used() as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute("VACUUM FULL resets")
            with suppress(psycopg.errors.InsufficientPrivilege):
                connection.execute("CHECKPOINT")
            connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")

    def iter_tables(self, tables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[Row]]]:
        """Yield the rows of tables with these columns, some at a time, as they were at one moment."""
        with self._used() as connection:
            if self._version != VERSION:
                raise _outdated_error(self.place, self._version)
            self._execute(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                for table, columns in tables.items():
                    select = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608
                    self._execute(connection, f"DECLARE all_{table} CURSOR FOR {select}")
                    while rows := self._execute(
                        connection, f"FETCH {ROWS_AT_ONCE} FROM all_{table}"
                    ).fetchall():
                        yield table, rows
            finally:
                self._roll_back(connection)

    def watch(self, stop: Event) -> Iterator[None]:
        """Yield after each change of the history, by anybody (LISTEN), until `stop` is set.

        It has a connection of its own. After a lost one it connects again and yields once.
        """
        while not stop.is_set():
            with suppress(HistoryError, psycopg.Error), self.server.connect() as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                yield
                while not stop.is_set():
                    if list(connection.notifies(timeout=_WATCH_SECONDS, stop_after=1)):
                        yield
            stop.wait(_WATCH_PAUSE)

    def reopen(self) -> "PostgresBackend":
        """Return another connection to the same history."""
        return PostgresBackend(self.server)

    def close(self) -> None:
        """Close the connection. Who still waits in it for an answer after a moment gets an error.

        A record that waits is tried again, in a connection that is closed after it.
        """
        self._closes += 1
        if not self._lock.acquire(timeout=CLOSE_SECONDS):
            if (line := self._line) is not None:
                line.hang_up()
            self._lock.acquire()
        try:
            self._drop()
        finally:
            self._lock.release()

    def _read(self, sql: str, values: Values) -> list[Row]:
        with self._used() as connection:
            if not self._has_schema:
                return []
            if self._version != VERSION:
                raise _outdated_error(self.place, self._version)
            return self._execute(connection, sql, values).fetchall()

    def _execute(self, connection: Connection, sql: str, values: Values | None = None) -> psycopg.Cursor[Row]:
        with self._within(ANSWER_SECONDS):
            return connection.execute(_with_psycopg_names(sql), values)

    def _write(self, statements: Sequence[Statement]) -> list[list[Row]]:
        deadline = None
        while True:
            had_connection = self._connection is not None
            try:
                with self._used(creating=True, is_patient=True) as connection:
                    had_connection = True
                    together = [Statement("BEGIN", {}), _LOCK, *statements, Statement("COMMIT", {})]
                    with self._within(RECORD_SECONDS):
                        return _run_together(connection, together)[2:-1]
            except HistoryUnreachableError:
                if deadline is None:
                    if not had_connection:
                        raise
                    deadline = monotonic() + RETRY_SECONDS
                if monotonic() > deadline:
                    raise
            sleep(_RETRY_PAUSE)

    def _roll_back(self, connection: Connection) -> None:
        with suppress(psycopg.Error):
            self._execute(connection, "ROLLBACK")

    def _within(self, seconds: float) -> AbstractContextManager[None]:
        return nullcontext() if self._line is None else self._line.within(seconds)

    @contextmanager
    def _used(self, *, creating: bool = False, is_patient: bool = False) -> Iterator[Connection]:
        """Yield the open connection; after an error, the next use opens another one."""
        with self._lock:
            try:
                connection = self._connect(is_patient=is_patient)
                if creating and not self._has_schema:
                    self._create(connection)
                elif creating and self._version != VERSION:
                    self._upgrade(connection)
                yield connection
            except psycopg.Error as error:
                is_broken = self._connection is None or self._connection.broken
                self._drop()
                raise to_history_error(error, self.place, connecting=is_broken) from None

    def _connect(self, *, is_patient: bool) -> Connection:
        if self._connection is None or self._connection.broken:
            self._drop()
            if self._failure is not None and not is_patient and monotonic() < self._failure[0] + REST_SECONDS:
                raise HistoryUnreachableError(str(self._failure[1]), advice=self._failure[1].advice)
            try:
                connection = self.server.connect()
            except HistoryUnreachableError as error:
                self._failure = monotonic(), error
                raise
            self._line = OpenLine(connection.fileno())
            try:
                self._look_around(connection)
            except BaseException:
                connection.close()
                raise
            self._connection, self._failure = connection, None
        elif not self._has_schema or self._version != VERSION:
            # Another process may have created it, or brought it up to date.
            self._look_around(self._connection)
        return self._connection

    def _look_around(self, connection: Connection) -> None:
        """Find out whether there is a history, of which version, and what time it is there."""
        before = utc_now()
        with self._within(CONNECT_SECONDS):
            found = connection.execute(
                "SELECT to_regclass(%s)::text, to_char(clock_timestamp() AT TIME ZONE 'UTC', "
                """'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""",
                [f"{SCHEMA}.schema_version"],
            ).fetchone()
            assert found is not None  # noqa: S101 - it is one row
            self._clock_offset = parse_time(str(found[1])) - (before + (utc_now() - before) / 2)
            self._has_schema = found[0] is not None
            if self._has_schema:
                self._version = _usable_version(connection, self.place)

    def _create(self, connection: Connection) -> None:
        try:
            with self._within(ANSWER_SECONDS), connection.transaction():
                for statement in CREATE:
                    connection.execute(statement)
        except (psycopg.errors.DuplicateSchema, psycopg.errors.UniqueViolation):
            # Another process was quicker.
            self._version = _usable_version(connection, self.place)
        except psycopg.errors.InsufficientPrivilege:
            raise HistoryServerError(
                f"There is no history in {self.place} yet, and this user may not create one.",
                advice="Have the database's administrator run what “dazos-tui db roles” prints.",
            ) from None
        self._has_schema = True

    def _upgrade(self, connection: Connection) -> None:
        """Bring an older history up to date, as the owner of its tables can; all of it or nothing."""
        try:
            with connection.transaction():
                # Nobody else records, or brings it up to date, meanwhile.
                connection.execute(_LOCK.sql)
                connection.execute("SET LOCAL statement_timeout = 0")
                for version in range(_usable_version(connection, self.place), VERSION):
                    for statement in UPGRADES[version]:
                        connection.execute(statement)
                    connection.execute("INSERT INTO schema_version VALUES (%s)", [version + 1])
        except psycopg.errors.InsufficientPrivilege:
            raise OutdatedHistoryError(
                f"The history in {self.place} was made by an older dazos-tui, and this user may not bring it "
                f"up to date (from version {self._version} to {VERSION}).",
                advice="Have the owner of its tables, or the database's administrator, run “dazos-tui db "
                "upgrade” with an address of theirs as url in [history]. Nothing is sent until then.",
            ) from None
        self._version = VERSION

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._line is not None:
            self._line.close()
            self._line = None


def _usable_version(connection: Connection, place: str) -> int:
    """Return the version of a history: the current one, or one that can be brought up to date.

    Raises HistoryServerError for any other.
    """
    found = connection.execute(f"SELECT max(version) FROM {SCHEMA}.schema_version").fetchone()  # noqa: S608
    version = int(found[0]) if found is not None and found[0] is not None else 0
    if version == VERSION or version in UPGRADES:
        return version
    is_newer = version > VERSION
    raise HistoryServerError(
        f"The history in {place} was made by {'a newer' if is_newer else 'an older'} dazos-tui (its "
        f"version is {version}, this one knows {VERSION}).",
        advice="It was left as it is. "
        + ("Update dazos-tui." if is_newer else "Use the dazos-tui that made it, or another database."),
    )


def _outdated_error(place: str, version: int) -> OutdatedHistoryError:
    return OutdatedHistoryError(
        f"The history in {place} was made by an older dazos-tui (its version is {version}, this one needs "
        f"{VERSION}).",
        advice="The owner of its tables brings it up to date by starting the app, or with “dazos-tui db "
        "upgrade”. Until then, the dazos-tui that made it can read it.",
    )


def _run_together(connection: Connection, statements: Sequence[Statement]) -> list[list[Row]]:
    with connection.pipeline():
        cursors = [connection.execute(_with_psycopg_names(one.sql), one.values) for one in statements]
    return [cursor.fetchall() if cursor.description is not None else [] for cursor in cursors]


@lru_cache(maxsize=128)
def _with_psycopg_names(sql: str) -> Any:  # noqa: ANN401 - psycopg wants a literal, to keep others' texts out
    """Return a statement of ours with psycopg's form of named values."""
    return re.sub(r":([a-z_][a-z_0-9]*)", r"%(\1)s", sql)
