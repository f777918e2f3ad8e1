"""The record of resets: one set of rules and statements, on SQLite or PostgreSQL."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

from dazos_tui.history.backend import HistoryBackend, Row, Statement, Transaction, Value
from dazos_tui.history.errors import (
    ConcurrentResetError,
    HistoryError,
    HistoryReplacedError,
    NoSuchEntryError,
    OutdatedHistoryError,
)
from dazos_tui.history.models import (
    MAX_SEND_DURATION,
    Account,
    BackIn,
    BackInProof,
    CrmAction,
    HistoryEntry,
    Outcome,
    ResetRequest,
    ServerAwayNotice,
)
from dazos_tui.history.search_text import search_text, storable
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.statements import (
    IS_AWAITING_SIGN_IN,
    IS_NEWEST_OF_INSTANCE,
    IS_NEWEST_OF_USER,
    IS_OF_ACCOUNT,
    IS_OF_MAILBOX,
    IS_SENT_OR_UNKNOWN,
    NEWEST_FIRST,
    OLDEST_FIRST,
    REQUEST_COLUMNS,
    SELECT_ENTRIES,
    SELECT_FOR_BACK_IN,
    UNFINISHED,
)
from dazos_tui.history.times import format_time, parse_time, utc_now
from dazos_tui.history.writing import (
    back_in_statements,
    noted_statements,
    outcome_statements,
    request_statements,
    request_values,
)
from dazos_tui.text.sanitize import safe_text

__all__ = ["HistoryError", "HistoryStore", "utc_now"]

_FAILED_OUTCOMES = frozenset({Outcome.REFUSED, Outcome.NOT_SENT})

INTERRUPTED_MESSAGES = {
    CrmAction.RESET_LINK: "dazos-tui ended before the CRM's answer came: the link may have been sent.",
    CrmAction.ENABLE_LOGIN: "dazos-tui ended before the CRM's answer came: the login may have been enabled.",
}
"""The message recorded for a send whose process ended before the answer came."""


class HistoryStore:
    """The record of resets in one database, created on first use. It is thread-safe.

    Every method raises HistoryError if the database cannot be used. No row is ever deleted or replaced.
    """

    def __init__(
        self,
        place: Path | HistoryBackend,
        *,
        clock: Callable[[], datetime] | None = None,
        cache_folder: Path | None = None,
    ) -> None:
        """Build the store on a back end, or on the SQLite file at a path.

        Without a `clock`, the database's own clock counts. A cache of a server's history may be in the
        `cache_folder`.
        """
        self.cache_folder = cache_folder
        self.backend: HistoryBackend = SqliteBackend(place) if isinstance(place, Path) else place
        self._clock = clock
        self._begun: dict[int, HistoryEntry] = {}

    @property
    def place(self) -> str:
        """Return where the history is, for messages."""
        return self.backend.place

    @property
    def is_local(self) -> bool:
        """Return whether it is a file of this machine, which is read in milliseconds."""
        return isinstance(self.backend, SqliteBackend)

    def now(self) -> datetime:
        """Return the time (UTC) by the clock that counts for this history."""
        return self._clock() if self._clock is not None else self.backend.now()

    @property
    def notice(self) -> ServerAwayNotice | None:
        """Return what the user should know about the state of the history; None if nothing."""
        return self.backend.notice()

    def require_writable(self) -> None:
        """Make sure that a reset can be recorded: the history exists, is ours and is writable."""
        self.backend.require_writable()

    def require_current(self) -> None:
        """Make sure that the history can be read: an older one is brought up to date, if this user may."""
        try:
            self.search(limit=1)
        except OutdatedHistoryError:
            self.require_writable()

    def is_missing(self) -> bool:
        """Return whether there is no history yet, so that a new one would be created."""
        return self.backend.is_missing()

    def record_request(
        self,
        request: ResetRequest,
        action: CrmAction = CrmAction.RESET_LINK,
        *,
        unless_after: int | None = None,
    ) -> HistoryEntry:
        """Record that the CRM is about to be asked for this. It is durable when this returns.

        Until `record_outcome`, the outcome is *unknown*, so the record is true even if nothing follows.
        `unless_after` is the id of the newest reset of this person that the caller knows, 0 if none; if there
        is a newer one, perhaps from another process or machine, nothing is recorded and ConcurrentResetError
        is raised. The database decides that: of several at the same moment, one is recorded.
        Raises HistoryReplacedError if the row would be, or is, in another file than the one at the path.
        """
        request = ResetRequest(*map(storable, _texts_of(request)))
        uid = os.urandom(16).hex()
        values = request_values(uid, request, action.value, now=self._stamp())
        newest = list[Statement]()
        if unless_after is not None:
            values |= {"is_guarded": 1, "unless_after": unless_after}
            newest = [self._newest_statement(one, request.account) for one in (IS_OF_ACCOUNT, IS_OF_MAILBOX)]
        begun = request_statements(values, request)
        recorded, *known = self.backend.write(
            *begun, Statement(f"{SELECT_ENTRIES} uid = :uid", {"uid": uid}), *newest
        )[len(begun) :]
        if not recorded:
            raise ConcurrentResetError(
                max((self._parse_entry(row) for rows in known for row in rows), key=_place_of)
            )
        entry = self._parse_entry(recorded[0])
        self.backend.note_rows([entry.id])
        self._require_in_place(entry)
        self._begun[entry.id] = entry
        return entry

    def record_outcome(self, entry_id: int, outcome: Outcome, message: str) -> HistoryEntry:
        """Record the outcome of a request. It is durable when this returns.

        Raises HistoryError if there is no such entry, or if it already has another outcome. Raises
        HistoryReplacedError if it was recorded in a file that is no longer at the path.
        """
        begun = self._begun.get(entry_id) or self._require_entry(entry_id)
        entry = self._finish(begun, outcome, storable(message))
        self._begun.pop(entry_id, None)
        self.backend.require_in_place()
        self.backend.checkpoint()
        return entry

    def mark_interrupted(self, instance: str) -> list[HistoryEntry]:
        """Mark each send whose process ended before its answer as *unknown*; return these rows.

        Each row is returned only once, over all processes. Sends that may still be in progress are skipped.
        """
        values: dict[str, Value] = {
            "instance": storable(instance), "before": format_time(self.now() - MAX_SEND_DURATION)
        }  # fmt: skip
        if not self._select(UNFINISHED, values):
            return []
        with self.backend.transaction() as transaction:
            [rows] = transaction.run(Statement(SELECT_ENTRIES + UNFINISHED, values))
            return [
                self._finish_in(transaction, entry, INTERRUPTED_MESSAGES[entry.action])
                for entry in map(self._parse_entry, rows)
            ]

    def search(  # noqa: PLR0913 - each narrows the search
        self,
        query: str = "",
        *,
        instance: str | None = None,
        ticket: str | None = None,
        since: datetime | None = None,
        outcome: Outcome | None = None,
        limit: int | None = None,
    ) -> list[HistoryEntry]:
        """Return the matching entries, newest first. Every word of `query` must be in one of the row's texts.

        Case, accents and apostrophes do not matter, but for U+00B4 (`fold_stored`). `since` is inclusive;
        `limit` counts entries.
        """
        # Imported here: a send searches nothing.
        from dazos_tui.history import query as words
        from dazos_tui.history.query_sql import query_to_sql

        terms: list[words.HistoryTerm] = [
            words.TextTerm(text) for word in query.split() if (text := words.folded_text(word))
        ]
        if instance is not None:
            terms.append(words.ColumnTerm(instance, ("instance",)))
        if ticket is not None:
            terms.append(words.ColumnTerm(ticket, ("ticket",)))
        if since is not None:
            terms.append(words.TimeTerm(since))
        if outcome is not None:
            terms.append(words.OutcomeTerm(frozenset({outcome})))
        wanted = query_to_sql(words.HistoryQuery(tuple(terms)))
        if limit is None:
            return self._select(f"{wanted.where} {NEWEST_FIRST}", wanted.values)
        return self._select(f"{wanted.where} {NEWEST_FIRST} LIMIT :limit", {**wanted.values, "limit": limit})

    def get(self, entry_id: int) -> HistoryEntry | None:
        """Return the entry with this id, or None."""
        found = self._select("id = :id", {"id": entry_id})
        return found[0] if found else None

    def read_again(self, entry: HistoryEntry) -> HistoryEntry | None:
        """Return the row of an entry as it is now, None if it is not there.

        A row that waited for a server has another id there.
        """
        return next(iter(self._select("uid = :uid", {"uid": entry.uid})), None)

    def entries_by_id(self, ids: Sequence[int]) -> list[HistoryEntry]:
        """Return the entries with these ids, in this order, without those that do not exist."""
        if not ids:
            return []
        # Rows that wait for a server have negative ids, except in conditions.
        found = {abs(entry.id): entry for entry in self._select(f"id IN ({', '.join(map(str, ids))})", {})}
        return [found[abs(wanted)] for wanted in ids if abs(wanted) in found]

    def last_reset(self, account: Account, *, mailbox: bool = False) -> HistoryEntry | None:
        """Return the newest entry for this account whose link went out, or may have.

        An account is one record of one server: it stays the same if the instance or the user name is renamed.
        With `mailbox`, the links of others that went to the same e-mail count, too.
        """
        conditions = (IS_OF_ACCOUNT, IS_OF_MAILBOX) if mailbox else (IS_OF_ACCOUNT,)
        statements = [self._newest_statement(condition, account) for condition in conditions]
        found = [entry for one in statements for entry in self._entries(one.sql, one.values)]
        return max(found, key=_place_of, default=None)

    def entries_of_account(self, account: Account) -> list[HistoryEntry]:
        """Return all entries of this account, newest first: resets and enabled logins."""
        return self._select(f"{IS_OF_ACCOUNT} {NEWEST_FIRST}", _account_values(account))

    def newest_reset_by_user(self, instance: str, host: str, server: str) -> dict[str, HistoryEntry]:
        """Return the newest reset of each person of an instance at this server, by record id."""
        values = {"instance": storable(instance), "host": storable(host), "server": storable(server)}
        found = self._select(f"{IS_NEWEST_OF_USER} {OLDEST_FIRST}", values)
        return {entry.request.user_id: entry for entry in found}

    def newest_by_instance(self, names: Sequence[str]) -> dict[str, HistoryEntry]:
        """Return the newest entry of each of these instances, by name, in one round trip."""
        if not names:
            return {}
        values = {f"name{number}": storable(name) for number, name in enumerate(names)}
        wanted = ", ".join(f"(CAST(:{key} AS TEXT))" for key in values)
        found = self._select(IS_NEWEST_OF_INSTANCE.format(names=wanted), values)
        return {entry.request.instance: entry for entry in found}

    def last_failed_reset(self, account: Account) -> HistoryEntry | None:
        """Return the newest reset of this account if its link provably did not go out, else None."""
        newest = f"{IS_OF_ACCOUNT} AND action = 'reset link' {NEWEST_FIRST} LIMIT 1"
        found = self._select(newest, _account_values(account))
        return next((entry for entry in found if entry.outcome in _FAILED_OUTCOMES), None)

    def resets_awaiting_sign_in(self, since: datetime, *, instance: str | None = None) -> list[HistoryEntry]:
        """Return the resets from `since` on whose person was not seen to be back in, oldest first.

        Only each person's newest link that went out, or may have, is included: earlier mails are useless.
        """
        values: dict[str, Value] = {"since": format_time(since)}
        if instance is None:
            return self._select(f"{IS_AWAITING_SIGN_IN} {OLDEST_FIRST}", values)
        values["instance"] = storable(instance)
        return self._select(f"{IS_AWAITING_SIGN_IN} AND instance = :instance {OLDEST_FIRST}", values)

    def record_back_in(self, entry_id: int, back_in: BackIn) -> HistoryEntry:
        """Record that the person of a reset got back in, unless that is known; return the reset's row.

        It is also recorded for the person's earlier resets without a sign-in. Raises HistoryError also if the
        row is not a reset that went out, or may have.
        """
        at, proof = format_time(back_in.at), back_in.proof.value
        with self.backend.transaction() as transaction:
            entry = self._entry_in(transaction, entry_id)
            values = _account_values(entry.request.account) | {"sort_key": entry.sort_key}
            for (row_id,) in transaction.run(Statement(SELECT_FOR_BACK_IN, values))[0]:
                transaction.run(*back_in_statements(row_id, at, proof))
            entry = self._entry_in(transaction, entry_id)
            if entry.back_in is None:
                raise HistoryError(
                    f"Row {entry_id} of the history is not a link that was sent ({entry.outcome}), so nobody "
                    "can be back in because of it.",
                    advice="Choose the row of a link that was sent.",
                )
        self.backend.checkpoint()
        return entry

    def record_noted(self, entry_id: int) -> HistoryEntry:
        """Record that a note about a row was taken for the ticket, unless that is known; return the row.

        Raises HistoryError if there is no such row.
        """
        *_, rows = self.backend.write(
            *noted_statements(entry_id, self._stamp()), _entry_statement(entry_id), anywhere=True
        )
        if not rows:
            raise self._no_such_entry(entry_id)
        return self._parse_entry(rows[0])

    def require_complete(self) -> None:
        """Make sure that every row can be read, not only those of a server that cannot be reached now."""
        self.backend.require_complete()

    def entries_of_batch(self, batch: str) -> list[HistoryEntry]:
        """Return all rows of a batch, oldest first; none for an empty id."""
        # An index has only the rows that belong to a batch.
        return self._select(f"batch = :batch AND batch <> '' {OLDEST_FIRST}", {"batch": storable(batch)})

    def batch_entry(self, account: Account, batch: str) -> HistoryEntry | None:
        """Return this account's newest row of a batch if its link went out, or may have, else None.

        Others with the same e-mail do not count.
        """
        of_batch = f"batch = :batch AND batch <> '' AND {IS_OF_ACCOUNT} AND {IS_SENT_OR_UNKNOWN}"
        values = {**_account_values(account), "batch": storable(batch)}
        return next(iter(self._select(f"{of_batch} {NEWEST_FIRST} LIMIT 1", values)), None)

    def watch(self, stop: Event) -> Iterator[None]:
        """Yield once for each change that may be by others, until `stop` is set; for a thread of its own."""
        return self.backend.watch(stop)

    def reopen(self) -> "HistoryStore":
        """Return another store of the same history: neither waits for the other's connection."""
        return HistoryStore(self.backend.reopen(), clock=self._clock, cache_folder=self.cache_folder)

    def close(self) -> None:
        """Close the database. A file then has every row, even if other processes have it open."""
        self.backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _require_in_place(self, entry: HistoryEntry) -> None:
        """Raise HistoryReplacedError if a new row is in another file than the one at the path."""
        try:
            self.backend.require_in_place()
        except HistoryReplacedError as error:
            # If the moved file is found again, this row must not look like a link that may have gone out.
            with suppress(HistoryError):
                self._finish(entry, Outcome.NOT_SENT, storable(f"Nothing was requested: {error}"))
            raise

    def _stamp(self) -> str | None:
        return format_time(self._clock()) if self._clock is not None else None

    def _finish(self, begun: HistoryEntry, outcome: Outcome, message: str) -> HistoryEntry:
        # In whatever file the row is: the request is under way.
        changed, *_, rows = self.backend.write(
            *self._outcome_statements(begun, outcome, message), _entry_statement(begun.id), anywhere=True
        )
        if not rows:
            raise self._no_such_entry(begun.id)
        entry = self._parse_entry(rows[0])
        # Repeated after a lost connection, it finds its own outcome.
        if not changed and (entry.outcome, entry.message) != (outcome, message):
            raise HistoryError(
                f"Entry {entry.id} of the history already has an outcome ({entry.outcome}).",
                advice="See “dazos-tui history” for what it says.",
            )
        return entry

    def _finish_in(self, transaction: Transaction, begun: HistoryEntry, message: str) -> HistoryEntry:
        transaction.run(*self._outcome_statements(begun, Outcome.UNKNOWN, message))
        return self._entry_in(transaction, begun.id)

    def _outcome_statements(
        self, begun: HistoryEntry, outcome: Outcome, message: str
    ) -> tuple[Statement, ...]:
        folded = search_text(begun.request, outcome, message, begun.action)
        return outcome_statements(begun.id, outcome.value, message, folded, self._stamp())

    def _newest_statement(self, of_whom: str, account: Account) -> Statement:
        newest = f"{SELECT_ENTRIES} {of_whom} AND {IS_SENT_OR_UNKNOWN} {NEWEST_FIRST} LIMIT 1"
        return Statement(newest, _account_values(account))

    def _select(self, condition: str, values: Mapping[str, Value]) -> list[HistoryEntry]:
        return self._entries(SELECT_ENTRIES + condition, values)

    def _entries(self, sql: str, values: Mapping[str, Value]) -> list[HistoryEntry]:
        found = [self._parse_entry(row) for row in self.backend.read(sql, values)]
        self.backend.note_rows([entry.id for entry in found])
        return found

    def _require_entry(self, entry_id: int) -> HistoryEntry:
        entry = self.get(entry_id)
        if entry is None:
            raise self._no_such_entry(entry_id)
        return entry

    def _entry_in(self, transaction: Transaction, entry_id: int) -> HistoryEntry:
        [rows] = transaction.run(_entry_statement(entry_id))
        if not rows:
            raise self._no_such_entry(entry_id)
        return self._parse_entry(rows[0])

    def _no_such_entry(self, entry_id: int) -> NoSuchEntryError:
        return NoSuchEntryError(f"There is no entry {entry_id} in the history {self.place}.")

    def _parse_entry(self, row: Row) -> HistoryEntry:
        try:
            return _parse_row(row)
        except ValueError:
            raise HistoryError(
                f"Row {row[0]} of the history {self.place} has data that dazos-tui never writes.",
                advice="It was left as it is: another program has changed it. Restore a copy, or move it "
                "away to start a new one.",
            ) from None


_texts_of = attrgetter(*REQUEST_COLUMNS)


def _entry_statement(entry_id: int) -> Statement:
    return Statement(f"{SELECT_ENTRIES} id = :id", {"id": entry_id})


def _place_of(entry: HistoryEntry) -> tuple[int, int]:
    return entry.sort_key, entry.id


def _account_values(account: Account) -> dict[str, Value]:
    return {name: storable(text) for name, text in asdict(account).items()}


def _parse_row(row: Row) -> HistoryEntry:
    """Return a row's entry, its texts made safe, since the database can be edited. Raises ValueError."""
    end = 1 + len(REQUEST_COLUMNS)
    requested_at, finished_at, outcome, message, action, back_in_at, proof, uid, key, noted_at = row[end:]
    return HistoryEntry(
        id=int(row[0]),
        request=ResetRequest(*(safe_text(str(text)) for text in row[1:end])),
        requested_at=parse_time(str(requested_at)),
        finished_at=parse_time(str(finished_at)) if finished_at else None,
        outcome=Outcome(str(outcome)),
        message=safe_text(str(message)),
        action=CrmAction(str(action)),
        back_in=BackIn(parse_time(str(back_in_at)), BackInProof(str(proof))) if back_in_at else None,
        uid=safe_text(str(uid)),
        sort_key=int(key),
        noted_at=parse_time(str(noted_at)) if noted_at else None,
    )
