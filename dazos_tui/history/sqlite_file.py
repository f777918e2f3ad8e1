"""The SQLite file of a history: created private, migrated to the current schema, never replaced."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from time import monotonic, sleep

from dazos_tui.history.chain import GENESIS, chain_hash, salted_digest
from dazos_tui.history.errors import HistoryError, UnfinishedErasureError, UnusableHistoryError
from dazos_tui.history.sqlite_migration import CREATE_EVENTS, OnWork, allow_notes, chain_existing_rows
from dazos_tui.history.times import sort_key_of
from dazos_tui.history.upgrade_progress import UpgradeWatch
from dazos_tui.system.files import STATE_PREFIXES, UnsafeFileError, create_private_file
from dazos_tui.text.sanitize import safe_text

BUSY_SECONDS = 5.0
"""How long to wait for another process that is writing."""

_BUSY_RETRY_SECONDS = 0.01

_CHECKPOINT_MILLISECONDS = 500
"""How long a closing process waits for others before it leaves the write-ahead log to them."""

APPLICATION_ID = 0x447A5475
"""Marks the file as ours, for us and for the program `file`: "DzTu"."""

MigrationStep = str | Callable[[sqlite3.Connection, OnWork], None]
Migration = Sequence[MigrationStep]

_WORK: Mapping[MigrationStep, float] = {chain_existing_rows: 60, allow_notes: 8}
"""The work of the long steps, where that of a statement is 1."""
_COMMIT_WORK = 6

_MIGRATION_CACHE = -65536
"""How much of the file is in memory during a migration, in kibibytes with SQLite's minus."""

MIGRATIONS: Sequence[Migration] = (
    (
        """
        CREATE TABLE resets (
            id INTEGER PRIMARY KEY,
            instance TEXT NOT NULL,
            environment TEXT NOT NULL,
            host TEXT NOT NULL,
            operator TEXT NOT NULL,
            user_id TEXT NOT NULL,
            user_name TEXT NOT NULL,
            name TEXT NOT NULL,
            email TEXT NOT NULL,
            ticket TEXT NOT NULL,
            requested_at TEXT NOT NULL,
            finished_at TEXT,
            outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'not sent', 'unknown')),
            message TEXT NOT NULL,
            folded TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX resets_by_person ON resets (instance, user_id)",
    ),
    (
        "CREATE INDEX resets_by_instance ON resets (instance)",
        "CREATE INDEX resets_unfinished ON resets (instance) WHERE finished_at IS NULL",
    ),
    (
        """
        ALTER TABLE resets ADD COLUMN action TEXT NOT NULL DEFAULT 'reset link'
            CHECK (action IN ('reset link', 'enable login'))
        """,
        "ALTER TABLE resets ADD COLUMN back_in_at TEXT",
        "ALTER TABLE resets ADD COLUMN proof TEXT CHECK (proof IN ('sign-in', 'person'))",
        "CREATE INDEX resets_by_time ON resets (requested_at)",
    ),
    (
        "ALTER TABLE resets ADD COLUMN server TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX resets_by_record ON resets (user_id)",
        "CREATE INDEX resets_by_mailbox ON resets (server, lower(email))",
    ),
    (
        "ALTER TABLE resets ADD COLUMN uid TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE resets ADD COLUMN sort_key INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE resets ADD COLUMN salt BLOB",
        "ALTER TABLE resets ADD COLUMN erased_at TEXT",
        CREATE_EVENTS,
        "CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, "
        "hash BLOB NOT NULL) STRICT",
        f"INSERT INTO chain_head VALUES (1, 0, x'{GENESIS.hex()}')",  # noqa: S608 - our own
        chain_existing_rows,
        "CREATE UNIQUE INDEX resets_by_uid ON resets (uid)",
        "CREATE UNIQUE INDEX events_by_row ON events (reset_id, kind)",
        # The place in the order is in each index by which the newest row of somebody is looked up.
        "DROP INDEX resets_by_record",
        "CREATE INDEX resets_by_record ON resets (user_id, sort_key)",
        "DROP INDEX resets_by_mailbox",
        "CREATE INDEX resets_by_mailbox ON resets (server, lower(email), sort_key)",
        "DROP INDEX resets_by_instance",
        "CREATE INDEX resets_by_instance ON resets (instance, sort_key)",
        "CREATE INDEX resets_by_order ON resets (sort_key)",
        "CREATE INDEX resets_to_erase ON resets (requested_at) WHERE erased_at IS NULL",
    ),
    (
        "ALTER TABLE resets ADD COLUMN os_user TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE resets ADD COLUMN os_host TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE resets ADD COLUMN sudo_user TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE resets ADD COLUMN batch TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE resets ADD COLUMN noted_at TEXT",
        allow_notes,
        "CREATE INDEX resets_by_batch ON resets (batch) WHERE batch <> ''",
    ),
)
"""Statements that lead from one schema version to the next. Released ones are never changed.

`folded` has the row's texts as a search compares them: a change of the folding needs a migration.
"""

_OLDEST_SQLITE = (3, 37)

_LEFT_UNTOUCHED_ADVICE = (
    "It was left as it is. Restore a copy, or move it away: a new history starts without the earlier resets."
)
_OTHER_FOLDER_ADVICE = "You can use another folder, but its history lacks the earlier resets."


def open_database(path: Path, server_now: Callable[[], str]) -> sqlite3.Connection:
    """Return a connection to the history at `path`, created if it is missing: folder 0700, file 0600.

    It has the functions that the shared SQL uses; `server_now` is the clock that counts.

    Every statement commits by itself unless a transaction is begun. Several threads may use it, but not at
    the same time. Raises HistoryError.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise HistoryError(
            f"The history needs SQLite 3.37 or newer; this Python has {sqlite3.sqlite_version}.",
            advice="Install dazos-tui with a newer Python.",
        )
    _create_private_file(path)
    with translate_sqlite_errors(path):
        database = sqlite3.connect(
            path.absolute(), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _add_functions(database, server_now)
            _prepare_database(database, path)
        except BaseException:
            database.close()
            raise
    return database


@contextmanager
def translate_sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into a HistoryError that names the file and says what to do."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        raise _to_history_error(error, path) from error


def _create_private_file(path: Path) -> None:
    try:
        create_private_file(path, expected_prefixes=(*STATE_PREFIXES, path.name))
    except UnsafeFileError as error:
        raise UnusableHistoryError(
            f"The history {_display_path(path)} is not used: {error}",
            advice=f"{error.advice} {_OTHER_FOLDER_ADVICE}",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise UnusableHistoryError(
            f"The history {_display_path(path)} cannot be created: {reason}.",
            advice="Check the permissions of the folder, or use another folder.",
        ) from error


def _add_functions(database: sqlite3.Connection, server_now: Callable[[], str]) -> None:
    database.create_function("server_now", 0, server_now)
    database.create_function("sort_key_of", 1, sort_key_of, deterministic=True)
    database.create_function("chain_hash", 3, chain_hash, deterministic=True)
    database.create_function("salted_digest", 2, salted_digest, deterministic=True)


def _prepare_database(database: sqlite3.Connection, path: Path) -> None:
    _require_own_database(database, path)
    # WAL lets others read while one writes; FULL puts every commit on the disk before it returns.
    _use_wal(database)
    database.execute("PRAGMA synchronous = FULL")
    # What is deleted or changed is overwritten with zeros: erasing a person must not leave their bytes.
    database.execute("PRAGMA secure_delete = ON")
    if _pragma(database, "user_version") < len(MIGRATIONS):
        _migrate(database)


def _use_wal(database: sqlite3.Connection) -> None:
    # If two processes change a new file to WAL at once, SQLite makes one of them fail without waiting.
    deadline = monotonic() + BUSY_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(_BUSY_RETRY_SECONDS)
        else:
            return


def _require_own_database(database: sqlite3.Connection, path: Path) -> None:
    """Raise HistoryError if the file is another program's or a newer version's, before any write."""
    # In one transaction: else another process may create the tables between two of these reads.
    database.execute("BEGIN")
    try:
        application, version = _pragma(database, "application_id"), _pragma(database, "user_version")
        is_new = application == version == 0 and not _pragma(database, "schema_version")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")
    if not is_new and application != APPLICATION_ID:
        raise UnusableHistoryError(
            f"The file {_display_path(path)} is a database of another program.",
            advice="It was left as it is. Use another folder for the history.",
        )
    if version > len(MIGRATIONS):
        raise UnusableHistoryError(
            f"The history {_display_path(path)} was made by a newer dazos-tui "
            f"(its version is {version}, this one knows "
            f"{len(MIGRATIONS)}).",
            advice=f"It was left as it is. Update dazos-tui. {_OTHER_FOLDER_ADVICE}",
        )


def _migrate(database: sqlite3.Connection) -> None:
    database.execute(f"PRAGMA cache_size = {_MIGRATION_CACHE}")
    database.execute("BEGIN IMMEDIATE")
    try:
        # Read again: another process may have migrated it first.
        _run_steps(database, list(chain.from_iterable(MIGRATIONS[_pragma(database, "user_version") :])))
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


def _run_steps(database: sqlite3.Connection, steps: Sequence[MigrationStep]) -> None:
    watch = UpgradeWatch(_COMMIT_WORK + sum(_WORK.get(step, 1) for step in steps))
    try:
        for step in steps:
            if isinstance(step, str):
                database.execute(step)
                watch.advance(1)
            else:
                step(database, partial(watch.advance, of=_WORK[step]))
    finally:
        watch.end()


def checkpoint_wal(database: sqlite3.Connection, *, truncate: bool = False) -> None:
    """Move SQLite's write-ahead log into the file itself, so that a copy of it has every row.

    What another process is reading right now stays in the log. With `truncate`, it waits a moment for others
    and leaves an empty log. Never raises: the rows are safe in the log, too.
    """
    mode = "TRUNCATE" if truncate else "PASSIVE"
    try:
        if truncate:
            database.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_MILLISECONDS}")
        database.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    except sqlite3.Error as error:
        # Imported late: it takes as long to import as the history to open, and is hardly ever needed.
        from dazos_tui.system.event_log import log_error

        log_error("log not folded", error)


def empty_wal(database: sqlite3.Connection, place: str) -> None:
    """Move the write-ahead log into the file and cut it to nothing.

    Raises UnfinishedErasureError if another process that reads keeps it from being cut.
    """
    is_busy, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise UnfinishedErasureError(
            f"The log beside {place} could not be emptied: another program is reading the history.",
            advice="Quit dazos-tui everywhere; then the log has to be emptied once more.",
        )


def rewrite_version(database: sqlite3.Connection) -> None:
    """Rewrite the current version within a transaction. Raises sqlite3.Error if the file is not writable."""
    database.execute(f"PRAGMA user_version = {_pragma(database, 'user_version')}")


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _to_history_error(error: sqlite3.Error, path: Path) -> HistoryError:
    shown = _display_path(path)
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF:
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            what, advice = "is damaged or not a database", _LEFT_UNTOUCHED_ADVICE
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            what = f"has been in use by another program for more than {BUSY_SECONDS:g} seconds"
            advice = "Try again. If that does not help, find out which program has it open."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            what = "cannot be opened for writing"
            advice = f"Check the permissions of the file and its folder. {_OTHER_FOLDER_ADVICE}"
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            what, advice = (
                "cannot be written: the disk is full or failing",
                "Free some space on the disk and try again.",
            )
        case _:
            what = f"cannot be used ({safe_text(str(error))})"
            advice = _LEFT_UNTOUCHED_ADVICE
    return HistoryError(f"The history {shown} {what}.", advice=advice)


def _display_path(path: Path) -> str:
    return safe_text(str(path))
