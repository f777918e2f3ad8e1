"""The history on disk: one SQLite file, safe to share between processes."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self

from dazos_tui.history.database import checkpoint_wal, open_database, rewrite_version, translate_sqlite_errors
from dazos_tui.history.errors import (
    ConcurrentResetError,
    HistoryError,
    HistoryReplacedError,
    NoSuchEntryError,
)
from dazos_tui.history.file_identity import KnownHistoryFile, OpenHistoryFiles
from dazos_tui.history.models import (
    Account,
    BackIn,
    BackInProof,
    CrmAction,
    HistoryEntry,
    Outcome,
    ResetRequest,
)
from dazos_tui.history.statements import (
    INSERT_ENTRY,
    IS_AWAITING_SIGN_IN,
    IS_NEWEST_OF_USER,
    IS_OF_ACCOUNT,
    IS_OF_MAILBOX,
    IS_SENT_OR_UNKNOWN,
    SELECT_ENTRIES,
    UPDATE_BACK_IN,
    UPDATE_OUTCOME,
)
from dazos_tui.history.times import format_time
from dazos_tui.text.normalize import fold
from dazos_tui.text.sanitize import safe_text

__all__ = ["HistoryError", "HistoryStore", "utc_now"]

_FAILED_OUTCOMES = frozenset({Outcome.REFUSED, Outcome.NOT_SENT})

MAX_SEND_DURATION = timedelta(minutes=5)
"""A row without an outcome that is older than this cannot be a send in progress: requests end much sooner."""

INTERRUPTED_MESSAGES = {
    CrmAction.RESET_LINK: "dazos-tui ended before the CRM's answer came: the link may have been sent.",
    CrmAction.ENABLE_LOGIN: "dazos-tui ended before the CRM's answer came: the login may have been enabled.",
}
"""The message recorded for a send whose process ended before the answer came."""


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class HistoryStore:
    """The record of resets in one file, created on first use. It is thread-safe, with one lock.

    Every method raises HistoryError if the file cannot be used. Nothing is ever deleted or replaced.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], datetime] = utc_now, known: KnownHistoryFile | None = None
    ) -> None:
        """Build the store; `known` is shared with this process's other stores of the same file."""
        self.path = path
        self._clock = clock
        self._known_file = known or KnownHistoryFile()
        self._files = OpenHistoryFiles(path, self._known_file)
        self._connection: sqlite3.Connection | None = None
        self._lock = RLock()

    def require_writable(self) -> None:
        """Make sure that a reset can be recorded: the file exists, is ours and is writable."""
        with self._transaction() as database:
            # A transaction can begin on a read-only file or a full disk, so something is written.
            rewrite_version(database)

    def is_missing(self) -> bool:
        """Return whether there is no history yet, so that a new one would be created."""
        # Only a file that does not exist is missing. If it cannot be read, opening it says why.
        try:
            self.path.stat()
        except FileNotFoundError:
            return True
        except (OSError, ValueError):
            return False
        return False

    def record_request(
        self,
        request: ResetRequest,
        action: CrmAction = CrmAction.RESET_LINK,
        *,
        unless_after: int | None = None,
    ) -> HistoryEntry:
        """Record that the CRM is about to be asked for this. It is on disk when this returns.

        Until `record_outcome`, the outcome is *unknown*, so the record is true even if nothing follows.
        `unless_after` is the id of the newest reset of this person that the caller knows, 0 if none; if there
        is a newer one, perhaps from another process, nothing is recorded and ConcurrentResetError is raised.
        Raises HistoryReplacedError if the row would be, or is, in another file than the one at the path.
        """
        request = ResetRequest(*(_storable(text) for text in astuple(request)))
        stamp, outcome = format_time(self._clock()), Outcome.UNKNOWN
        row = (*astuple(request), stamp, outcome, "", _search_text(request, outcome, "", action), action)
        with self._transaction() as database:
            self._require_all_rows(database)
            if unless_after is not None:
                newest = self.last_reset(request.account, mailbox=True)
                if newest is not None and newest.id > unless_after:
                    raise ConcurrentResetError(newest)
            entry = self._read_entry(database, database.execute(INSERT_ENTRY, row).lastrowid)
        self._note_ids(entry.id)
        try:
            self._files.require_unchanged()
        except HistoryReplacedError as error:
            # If the moved file is found again, this row must not look like a link that may have gone out.
            self._mark_not_sent(entry, f"Nothing was requested: {error}")
            raise
        return entry

    def record_outcome(self, entry_id: int, outcome: Outcome, message: str) -> HistoryEntry:
        """Record the outcome of a request. It is on disk when this returns.

        Raises HistoryError if there is no such entry, or if it already has an outcome. Raises
        HistoryReplacedError if it was recorded in a file that is no longer at the path.
        """
        with self._transaction(anywhere=True) as database:
            entry = self._write_outcome(database, entry_id, outcome, _storable(message))
        self._files.require_unchanged()
        self._checkpoint()
        return entry

    def mark_interrupted(self, instance: str) -> list[HistoryEntry]:
        """Mark each send whose process ended before its answer as *unknown*; return these rows.

        Each row is returned only once, over all processes. Sends that may still be in progress are skipped.
        """
        cut_off = format_time(self._clock() - MAX_SEND_DURATION)
        unfinished = "instance = ? AND finished_at IS NULL AND requested_at < ? ORDER BY id"
        if not self._select(unfinished, (_storable(instance), cut_off)):
            return []
        with self._transaction() as database:
            rows = self._select(unfinished, (_storable(instance), cut_off))
            return [
                self._write_outcome(database, row.id, Outcome.UNKNOWN, INTERRUPTED_MESSAGES[row.action])
                for row in rows
            ]

    def search(
        self,
        query: str = "",
        *,
        instance: str | None = None,
        since: datetime | None = None,
        outcome: Outcome | None = None,
        limit: int | None = None,
    ) -> list[HistoryEntry]:
        """Return the matching entries, newest first. Every word of `query` must be in one of the row's texts.

        Case, accents and apostrophes do not matter. `since` is inclusive; `limit` counts entries.
        """
        words = fold(_storable(query)).split()
        conditions: list[tuple[str, str]] = [("instr(folded, ?) > 0", word) for word in words]
        if instance is not None:
            conditions.append(("instance = ?", _storable(instance)))
        if since is not None:
            conditions.append(("requested_at >= ?", format_time(since)))
        if outcome is not None:
            conditions.append(("outcome = ?", outcome))
        where = " AND ".join(condition for condition, _ in conditions) or "TRUE"
        values = [value for _, value in conditions]
        return self._select(f"{where} ORDER BY id DESC LIMIT ?", (*values, -1 if limit is None else limit))

    def get(self, entry_id: int) -> HistoryEntry | None:
        """Return the entry with this id, or None."""
        found = self._select("id = ?", (entry_id,))
        return found[0] if found else None

    def read(self, sql: str, values: Mapping[str, str | int]) -> list[tuple[str | int | None, ...]]:
        """Return the rows of a query with values by name; none if there is no history yet."""
        # Reading must not create the folder or the file.
        if self._known_file.identity is None and self.is_missing():
            return []
        with self._lock, translate_sqlite_errors(self.path):
            return self._connect().execute(sql, values).fetchall()

    def entries_by_id(self, ids: Sequence[int]) -> list[HistoryEntry]:
        """Return the entries with these ids, in this order, without those that do not exist."""
        found = {entry.id: entry for entry in self._select(f"id IN ({', '.join(map(str, ids))})", {})}
        return [found[wanted] for wanted in ids if wanted in found]

    def last_reset(self, account: Account, *, mailbox: bool = False) -> HistoryEntry | None:
        """Return the newest entry for this account whose link went out, or may have.

        An account is one record of one server: it stays the same if the instance or the user name is renamed.
        With `mailbox`, the links of others that went to the same e-mail count, too.
        """
        found = self._newest(f"{IS_OF_ACCOUNT} AND {IS_SENT_OR_UNKNOWN}", account)
        if mailbox:
            found += self._newest(f"{IS_OF_MAILBOX} AND {IS_SENT_OR_UNKNOWN}", account)
        return max(found, key=lambda entry: entry.id, default=None)

    def entries_of_account(self, account: Account) -> list[HistoryEntry]:
        """Return all entries of this account, newest first: resets and enabled logins."""
        return self._select(f"{IS_OF_ACCOUNT} ORDER BY id DESC", _account_values(account))

    def newest_reset_by_user(self, instance: str, host: str, server: str) -> dict[str, HistoryEntry]:
        """Return the newest reset of each person of an instance at this server, by record id."""
        values = {"instance": _storable(instance), "host": _storable(host), "server": _storable(server)}
        return {entry.request.user_id: entry for entry in self._select(IS_NEWEST_OF_USER, values)}

    def last_failed_reset(self, account: Account) -> HistoryEntry | None:
        """Return the newest reset of this account if its link provably did not go out, else None."""
        found = self._newest(f"{IS_OF_ACCOUNT} AND action = 'reset link'", account)
        return next((entry for entry in found if entry.outcome in _FAILED_OUTCOMES), None)

    def _newest(self, where: str, account: Account) -> list[HistoryEntry]:
        return self._select(f"{where} ORDER BY id DESC LIMIT 1", _account_values(account))

    def resets_awaiting_sign_in(self, since: datetime, *, instance: str | None = None) -> list[HistoryEntry]:
        """Return the resets from `since` on whose person was not seen to be back in, oldest first.

        Only each person's newest link that went out, or may have, is included: earlier mails are useless.
        """
        here = "" if instance is None else " AND instance = ?"
        values = [format_time(since)] + ([] if instance is None else [_storable(instance)])
        return self._select(f"{IS_AWAITING_SIGN_IN}{here} ORDER BY id", values)

    def record_back_in(self, entry_id: int, back_in: BackIn) -> HistoryEntry:
        """Record that the person of a reset got back in, unless that is known; return the reset's row.

        It is also recorded for the person's earlier resets without a sign-in. Raises HistoryError also if the
        row is not a reset that went out, or may have.
        """
        with self._transaction() as database:
            account = self._read_entry(database, entry_id).request.account
            seen = {"at": format_time(back_in.at), "proof": back_in.proof, "id": entry_id}
            database.execute(UPDATE_BACK_IN, seen | asdict(account))
            entry = self._read_entry(database, entry_id)
            if entry.back_in is None:
                raise HistoryError(
                    f"Row {entry_id} of the history is not a link that was sent ({entry.outcome}), so nobody "
                    "can be back in because of it.",
                    advice="Choose the row of a link that was sent.",
                )
        self._checkpoint()
        return entry

    def reopen(self) -> "HistoryStore":
        """Return another store of the same history: neither waits for the other's connection."""
        return HistoryStore(self.path, clock=self._clock, known=self._known_file)

    def close(self) -> None:
        """Close the file. It then has every row, even if other processes have it open."""
        with self._lock:
            if self._connection is not None:
                checkpoint_wal(self._connection, truncate=True)
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            # Checked before as well: opening would create a missing file.
            self._files.require_known_file()
            database = open_database(self.path)
            try:
                self._files.record_opened()
                self._require_all_rows(database)
            except BaseException:
                database.close()
                raise
            self._connection = database
        return self._connection

    def _require_all_rows(self, database: sqlite3.Connection) -> None:
        # Read first, so that rows which another thread adds meanwhile do not count as missing.
        known = self._known_file.newest_id
        newest = database.execute("SELECT max(id) FROM resets").fetchone()[0] or 0
        if newest < known:
            raise self._files.replaced_error("lost rows: an older copy was put in its place")
        self._note_ids(newest)

    def _note_ids(self, *ids: int) -> None:
        self._known_file.newest_id = max(self._known_file.newest_id, *ids)

    def _mark_not_sent(self, entry: HistoryEntry, message: str) -> None:
        with suppress(HistoryError), self._transaction(anywhere=True) as database:
            self._write_outcome(database, entry.id, Outcome.NOT_SENT, _storable(message))

    def _checkpoint(self) -> None:
        with self._lock:
            checkpoint_wal(self._connect())

    @contextmanager
    def _transaction(self, *, anywhere: bool = False) -> Iterator[sqlite3.Connection]:
        """Yield the connection within a transaction, in the file at the path unless `anywhere` is set."""
        with self._lock, translate_sqlite_errors(self.path):
            database = self._connect()
            if not anywhere:
                self._files.require_unchanged()
                # Cached pages would hide that a copy was written over the file.
                database.execute("PRAGMA shrink_memory")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            finally:
                if database.in_transaction:
                    database.execute("ROLLBACK")

    def _write_outcome(
        self, database: sqlite3.Connection, entry_id: int, outcome: Outcome, message: str
    ) -> HistoryEntry:
        begun = self._read_entry(database, entry_id)
        if begun.finished_at is not None:
            raise HistoryError(
                f"Entry {entry_id} of the history already has an outcome ({begun.outcome}).",
                advice="See “dazos-tui history” for what it says.",
            )
        folded = _search_text(begun.request, outcome, message, begun.action)
        database.execute(UPDATE_OUTCOME, (format_time(self._clock()), outcome, message, folded, entry_id))
        return self._read_entry(database, entry_id)

    def _select(self, where: str, values: Sequence[str | int] | Mapping[str, str]) -> list[HistoryEntry]:
        # Reading must not create the folder or the file.
        if self._known_file.identity is None and self.is_missing():
            return []
        with self._lock, translate_sqlite_errors(self.path):
            database = self._connect()
            found = [self._parse_entry(row) for row in database.execute(SELECT_ENTRIES + where, values)]
        self._note_ids(0, *(entry.id for entry in found))
        return found

    def _read_entry(self, database: sqlite3.Connection, entry_id: int | None) -> HistoryEntry:
        row = database.execute(SELECT_ENTRIES + "id = ?", (entry_id,)).fetchone()
        if row is None:
            raise NoSuchEntryError(
                f"There is no entry {entry_id} in the history {safe_text(str(self.path))}."
            )
        return self._parse_entry(row)

    def _parse_entry(self, row: tuple[int | str, ...]) -> HistoryEntry:
        try:
            return _parse_row(row)
        except ValueError:
            raise HistoryError(
                f"Row {row[0]} of the history {safe_text(str(self.path))} has data that dazos-tui never "
                "writes.",
                advice="It was left as it is: another program has changed the file. Move it away to start a "
                "new one.",
            ) from None


def _account_values(account: Account) -> dict[str, str]:
    return {name: _storable(text) for name, text in asdict(account).items()}


def _parse_row(row: tuple[int | str, ...]) -> HistoryEntry:
    """Return a row's entry, its texts made safe, since the file can be edited. Raises ValueError."""
    entry_id, *request, requested_at, finished_at, outcome, message, action, back_in_at, proof = row
    return HistoryEntry(
        id=int(entry_id),
        request=ResetRequest(*(safe_text(str(text)) for text in request)),
        requested_at=_parse_time(str(requested_at)),
        finished_at=_parse_time(str(finished_at)) if finished_at else None,
        outcome=Outcome(str(outcome)),
        message=safe_text(str(message)),
        action=CrmAction(str(action)),
        back_in=BackIn(_parse_time(str(back_in_at)), BackInProof(str(proof))) if back_in_at else None,
    )


def _search_text(request: ResetRequest, outcome: Outcome, message: str, action: CrmAction) -> str:
    texts = (
        request.name,
        request.user_name,
        request.email,
        request.ticket,
        request.instance,
        request.operator,
        outcome,
        message,
        # Not for a reset: it would be found in every row.
        "" if action is CrmAction.RESET_LINK else action,
    )
    return "\n".join(map(fold, filter(None, texts)))


def _storable(text: str) -> str:
    """Return `text` as it is stored: safe for a terminal, with “?” for what UTF-8 cannot encode."""
    return safe_text(text.encode("utf-8", "replace").decode())


def _parse_time(stamp: str) -> datetime:
    moment = datetime.fromisoformat(stamp)
    # At either end of the range, no time can be converted to another time zone.
    if moment.tzinfo is None or not 1 < moment.year < 9999:
        raise ValueError(stamp)
    return moment
