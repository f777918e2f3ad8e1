"""The long steps that bring an older SQLite history up to date. Each may take minutes with many rows."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from dazos_tui.history.chain import (
    GENESIS,
    EventKind,
    back_in_facts,
    chain_hash,
    event_facts,
    legacy_uid,
    outcome_facts,
    personal_text,
    request_facts,
    salted_digest,
)
from dazos_tui.history.models import ResetRequest
from dazos_tui.history.search_text import search_text
from dazos_tui.history.times import sort_key_of

CREATE_EVENTS = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    reset_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'noted', 'erased')),
    at TEXT NOT NULL,
    personal BLOB NOT NULL,
    previous BLOB NOT NULL
) STRICT
"""

OnWork = Callable[[float], None]
"""Is called with the share of a step that was done since the last call."""

_ROWS_AT_ONCE = 5000
_EVENTS_AT_ONCE = 50_000
_SALT_BYTES = 16

_SELECT = """
SELECT id, instance, environment, host, operator, user_id, user_name, name, email, ticket, server,
       requested_at, finished_at, outcome, message, action, back_in_at, proof
FROM resets WHERE id > ? ORDER BY id LIMIT ?
"""
_UPDATE = "UPDATE resets SET uid = ?, sort_key = ?, salt = ?, folded = ? WHERE id = ?"
_INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)"

_FoundEvent = tuple[EventKind, str, str, str]
"""Kind, time, facts and personal text."""


def chain_existing_rows(database: sqlite3.Connection, on_work: OnWork) -> None:
    """Give each row a unique id, its place in the order and a salt, and chain what is known of it.

    The chain proves nothing about the time before: the rows are chained as they are found.
    """
    newest, seq, head, last_key = -(2**63), 0, GENESIS, 0
    total = database.execute("SELECT count(*) FROM resets").fetchone()[0]
    while rows := database.execute(_SELECT, (newest, _ROWS_AT_ONCE)).fetchall():
        changes, events = [], []
        random = os.urandom(_SALT_BYTES * len(rows))
        for number, row in enumerate(rows):
            newest, request, requested_at = row[0], ResetRequest(*row[1:11]), row[11]
            uid = legacy_uid(newest, requested_at, request.instance, request.host, request.operator)
            salt = random[number * _SALT_BYTES : (number + 1) * _SALT_BYTES]
            last_key = max(last_key + 1, sort_key_of(requested_at))
            folded = search_text(request, row[13], row[14], row[15])
            changes.append((uid, last_key, salt, folded, newest))
            for kind, at, facts, text in _events_of(uid, request, row):
                seq += 1
                personal = salted_digest(salt, text)
                events.append((seq, newest, kind, at, personal, head))
                head = chain_hash(head, event_facts(seq, newest, kind, at, facts), personal)
        database.executemany(_UPDATE, changes)
        database.executemany(_INSERT, events)
        on_work(len(rows) / total)
    database.execute("UPDATE chain_head SET length = ?, hash = ?", (seq, head))


def allow_notes(database: sqlite3.Connection, on_work: OnWork) -> None:
    """Let the chain have events of notes. SQLite cannot change a table's check, so it is made again."""
    made = database.execute("SELECT sql FROM sqlite_schema WHERE name = 'events'").fetchone()[0]
    if "'noted'" in made:
        on_work(1)
        return
    database.execute("ALTER TABLE events RENAME TO earlier_events")
    database.execute(CREATE_EVENTS)
    total = database.execute("SELECT max(seq) FROM earlier_events").fetchone()[0] or 0
    for start in range(0, total, _EVENTS_AT_ONCE):
        database.execute(
            "INSERT INTO events SELECT * FROM earlier_events WHERE seq > ? AND seq <= ?",
            (start, start + _EVENTS_AT_ONCE),
        )
        on_work(_EVENTS_AT_ONCE / total)
    database.execute("DROP TABLE earlier_events")
    database.execute("CREATE UNIQUE INDEX events_by_row ON events (reset_id, kind)")


def _events_of(uid: str, request: ResetRequest, row: tuple[Any, ...]) -> Iterator[_FoundEvent]:
    requested_at, finished_at, outcome, message, action, back_in_at, proof = row[11:]
    yield EventKind.REQUESTED, requested_at, request_facts(uid, request, action), personal_text(request)
    if finished_at:
        yield EventKind.FINISHED, finished_at, outcome_facts(outcome), message
    if back_in_at:
        yield EventKind.BACK_IN, back_in_at, back_in_facts(back_in_at, proof), ""
