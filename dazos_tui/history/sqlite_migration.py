"""Bringing the rows of an older SQLite history into the hash chain."""

import os
import sqlite3
from collections.abc import Iterator
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

_ROWS_AT_ONCE = 5000

_SELECT = """
SELECT id, instance, environment, host, operator, user_id, user_name, name, email, ticket, server,
       requested_at, finished_at, outcome, message, action, back_in_at, proof
FROM resets WHERE id > ? ORDER BY id LIMIT ?
"""
_UPDATE = "UPDATE resets SET uid = ?, sort_key = ?, salt = ?, folded = ? WHERE id = ?"
_INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)"

_FoundEvent = tuple[EventKind, str, str, str]
"""Kind, time, facts and personal text."""


def chain_existing_rows(database: sqlite3.Connection) -> None:
    """Give each row a unique id, its place in the order and a salt, and chain what is known of it.

    The chain proves nothing about the time before: the rows are chained as they are found.
    """
    newest, seq, head, last_key = -(2**63), 0, GENESIS, 0
    while rows := database.execute(_SELECT, (newest, _ROWS_AT_ONCE)).fetchall():
        changes, events = [], []
        for row in rows:
            newest, request, requested_at = row[0], ResetRequest(*row[1:11]), row[11]
            uid = legacy_uid(newest, requested_at, request.instance, request.host, request.operator)
            salt, last_key = os.urandom(16), max(last_key + 1, sort_key_of(requested_at))
            folded = search_text(request, row[13], row[14], row[15])
            changes.append((uid, last_key, salt, folded, newest))
            for kind, at, facts, text in _events_of(uid, request, row):
                seq += 1
                personal = salted_digest(salt, text)
                events.append((seq, newest, kind, at, personal, head))
                head = chain_hash(head, event_facts(seq, newest, kind, at, facts), personal)
        database.executemany(_UPDATE, changes)
        database.executemany(_INSERT, events)
    database.execute("UPDATE chain_head SET length = ?, hash = ?", (seq, head))


def _events_of(uid: str, request: ResetRequest, row: tuple[Any, ...]) -> Iterator[_FoundEvent]:
    requested_at, finished_at, outcome, message, action, back_in_at, proof = row[11:]
    yield EventKind.REQUESTED, requested_at, request_facts(uid, request, action), personal_text(request)
    if finished_at:
        yield EventKind.FINISHED, finished_at, outcome_facts(outcome), message
    if back_in_at:
        yield EventKind.BACK_IN, back_in_at, back_in_facts(back_in_at, proof), ""
