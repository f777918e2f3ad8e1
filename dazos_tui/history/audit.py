"""Checking the hash chain of a history: which row was changed or is missing, if any."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dazos_tui.history.backend import HistoryBackend, Row
from dazos_tui.history.chain import (
    GENESIS,
    EventKind,
    back_in_facts,
    chain_hash,
    event_facts,
    outcome_facts,
    personal_text,
    request_facts,
    salted_digest,
)
from dazos_tui.history.models import Outcome, ResetRequest
from dazos_tui.history.search_text import search_text
from dazos_tui.history.statements import (
    REQUEST_COLUMNS,
    SELECT_CHAIN,
    SELECT_HEAD,
    SELECT_UNCHAINED,
)
from dazos_tui.history.writing import erased_request

_EVENTS_AT_ONCE = 5000


class ChainMark(NamedTuple):
    """A place in the chain: how many events there are up to it, and the hash of the last one, as hex.

    Kept elsewhere, it proves later that nothing up to it was changed, by anybody.
    """

    length: int
    hash: str

    def __str__(self) -> str:
        return f"{self.length}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "ChainMark":
        """Return the mark written as ``12:9f86…``. Raises ValueError."""
        length, _, digest = text.strip().partition(":")
        if not length.isdecimal() or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise ValueError("is not a mark, such as 12:9f86d08…, a number and 64 digits and letters")
        return cls(int(length), digest)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The result of a check. `problem` names the first row that was changed or is missing; empty if none."""

    mark: ChainMark
    rows: int
    erased: int
    problem: str = ""


class _Event(NamedTuple):
    seq: int
    reset_id: int
    kind: str
    at: str
    personal: bytes
    previous: bytes
    row: "_StoredReset | None"


class _StoredReset(NamedTuple):
    uid: str
    request: ResetRequest
    requested_at: str
    finished_at: str | None
    outcome: str
    message: str
    folded: str
    action: str
    back_in_at: str | None
    proof: str | None
    salt: bytes | None
    erased_at: str | None
    noted_at: str | None


def check_chain(backend: HistoryBackend, expected: ChainMark | None = None) -> AuditReport:
    """Check every event against its row and against the hash that the next one carries.

    `expected` is a mark from an earlier check: the chain must still lead through it. Raises HistoryError.
    """
    head = backend.read(SELECT_HEAD, {})
    if not head:
        problem = f"All rows are missing: there were {expected.length} events." if expected else ""
        return AuditReport(ChainMark(0, GENESIS.hex()), 0, 0, problem)
    mark = ChainMark(int(head[0][0]), bytes(head[0][1]).hex())
    walk = _Walk(backend, expected)
    problem = walk.to(mark) or _unchained(backend)
    [(rows, erased)] = backend.read("SELECT count(*), count(erased_at) FROM resets", {})
    return AuditReport(mark, int(rows), int(erased), problem)


class _Walk:
    """A walk along the chain, from its first event: how far it came, and the hash of the last event."""

    def __init__(self, backend: HistoryBackend, expected: ChainMark | None) -> None:
        self._backend = backend
        self._expected = expected
        self._seq, self._row_id, self._hash = 0, 0, GENESIS

    def to(self, end: ChainMark) -> str:
        """Walk to the end; return what is wrong, or an empty text."""
        if self._expected is not None and self._expected.length > end.length:
            return (
                f"The end of the history is missing: it had {self._expected.length} events, and has "
                f"{end.length}."
            )
        for event in _iter_events(self._backend, end.length):
            if problem := self._problem_before(event) or _problem_of(event):
                return problem
            self._seq, self._row_id, self._hash = event.seq, event.reset_id, _hash_of(event)
            if self._has_missed_mark():
                return (
                    f"Rows up to row {self._row_id} were written again by another program: their hashes fit "
                    "one another, but not the mark."
                )
        if self._seq != end.length:
            return f"The end of the history is missing, after what was recorded of row {self._row_id}."
        return "" if self._hash.hex() == end.hash else _changed(self._row_id)

    def _problem_before(self, event: "_Event") -> str:
        if event.seq != self._seq + 1:
            return _missing(self._backend, self._row_id, event.reset_id)
        return "" if event.previous == self._hash else _changed(self._row_id or event.reset_id)

    def _has_missed_mark(self) -> bool:
        mark = self._expected
        return mark is not None and mark.length == self._seq and mark.hash != self._hash.hex()


def _unchained(backend: HistoryBackend) -> str:
    rows = backend.read(SELECT_UNCHAINED, {})
    if not rows:
        return ""
    return f"Row {rows[0][0]} was changed or added by another program: the chain does not have it."


def _iter_events(backend: HistoryBackend, length: int) -> Iterator[_Event]:
    # Events that are appended meanwhile are left to the next check.
    seq = 0
    while rows := backend.read(SELECT_CHAIN, {"after": seq, "limit": _EVENTS_AT_ONCE}):
        for row in rows:
            seq = row[0]
            if seq > length:
                return
            number, reset_id, kind, at, personal, previous = row[:6]
            yield _Event(number, reset_id, kind, at, bytes(personal), bytes(previous), _stored(row[6:]))


def _stored(row: Row) -> _StoredReset | None:
    uid, end = row[0], 1 + len(REQUEST_COLUMNS)
    return None if uid is None else _StoredReset(uid, ResetRequest(*row[1:end]), *row[end:])


def _problem_of(event: _Event) -> str:
    """Return what is wrong with an event's row, as far as the row itself shows it; else empty."""
    row = event.row
    if row is None:
        return f"Row {event.reset_id} is missing."
    moments = {
        EventKind.REQUESTED: row.requested_at,
        EventKind.FINISHED: row.finished_at,
        EventKind.BACK_IN: row.back_in_at,
        EventKind.NOTED: row.noted_at,
        EventKind.ERASED: row.erased_at,
    }
    if moments[EventKind(event.kind)] != event.at:
        return _changed(event.reset_id)
    if row.erased_at is not None:
        is_erased = row.salt is None and not row.message and row.request == erased_request(row.request)
        return "" if is_erased else _changed(event.reset_id)
    personal = {
        EventKind.REQUESTED: salted_digest(row.salt, personal_text(row.request)),
        EventKind.FINISHED: salted_digest(row.salt, row.message),
    }.get(EventKind(event.kind), salted_digest(row.salt, ""))
    folded = search_text(row.request, row.outcome, row.message, row.action)
    if row.finished_at is None and (row.outcome, row.message) != (Outcome.UNKNOWN, ""):
        return _changed(event.reset_id)
    # Some rows of version 6 were written without the empty line.
    if personal != event.personal or row.folded not in {folded, folded.replace("\n\n", "\n", 1)}:
        return _changed(event.reset_id)
    return ""


def _hash_of(event: _Event) -> bytes:
    row = event.row
    assert row is not None  # noqa: S101 - `_problem_of` came first
    facts = {
        EventKind.REQUESTED: request_facts(row.uid, row.request, row.action),
        EventKind.FINISHED: outcome_facts(row.outcome),
        EventKind.BACK_IN: back_in_facts(row.back_in_at or "", row.proof or ""),
    }.get(EventKind(event.kind), "")
    whole = event_facts(event.seq, event.reset_id, event.kind, event.at, facts)
    return chain_hash(event.previous, whole, event.personal)


def _changed(row_id: int) -> str:
    return f"Row {row_id} was changed after it was recorded."


def _missing(backend: HistoryBackend, before: int, after: int) -> str:
    """Return what is missing between events of two rows."""
    if lost := backend.read(SELECT_UNCHAINED, {}):
        return f"The chain has lost what it knew of row {lost[0][0]}."
    if after == before + 2:
        return f"Row {before + 1} is missing."
    if after <= before:
        # The next event is of an earlier row, such as somebody being back in.
        return f"A row is missing after row {before}."
    start = f"row {before}" if before else "the beginning"
    return f"A row is missing between {start} and row {after}."
