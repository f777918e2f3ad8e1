"""The SQL of the history, written once for SQLite and PostgreSQL.

Two tables: `resets` with a row for each request to the CRM, and `events` with the hash chain. Values are
named ``:name``. Both databases have these functions: `server_now()`, the clock that counts, as text;
`sort_key_of(text)`, the milliseconds since 1970 of such a text; and `chain_hash` and `salted_digest` as in
`dazos_tui.history.chain`.
"""

from dataclasses import fields

from dazos_tui.history.models import ResetRequest

REQUEST_COLUMNS = tuple(field.name for field in fields(ResetRequest))
"""The columns that hold a request, in the order of its fields."""
REQUEST_SQL = ", ".join(REQUEST_COLUMNS)

IS_SENT_OR_UNKNOWN = "action = 'reset link' AND outcome IN ('sent', 'unknown')"
"""Selects the resets whose link went out, or may have."""


def _same_account_condition(row: str, other: str) -> str:
    """Return the condition that two rows are of one account; `row` and `other` prefix their columns.

    An account is one record of one server, whatever the instance and the user name are called now. An
    instance that moved to another server may have new record ids: there the user name must match, too.
    """
    return f"""(
        {row}user_id = {other}user_id AND {row}erased_at IS NULL AND (
            {row}server <> '' AND {row}server = {other}server
            OR {row}instance = {other}instance AND (
                {row}user_name = {other}user_name
                OR {row}host = {other}host AND ({row}server = '' OR {other}server = ''))))"""


IS_OF_ACCOUNT = _same_account_condition("", ":")
IS_OF_MAILBOX = "server <> '' AND server = :server AND lower(email) = lower(:email) AND email <> ''"
"""Selects the rows whose mail went to the same mailbox in the same CRM."""

NEWEST_FIRST = "ORDER BY sort_key DESC, id DESC"
OLDEST_FIRST = "ORDER BY sort_key, id"
"""The order in which rows were recorded. Rows that were brought in later are placed by their time."""

UNFINISHED = """
instance || '' = :instance AND finished_at IS NULL AND requested_at || '' < :before ORDER BY sort_key + 0, id
"""
"""Selects an instance's sends that have no outcome, oldest first.

There is hardly ever one, and they have an index: ``|| ''`` and ``+ 0`` hide those that have all rows."""

SELECT_ENTRIES = f"""
SELECT id, {REQUEST_SQL}, requested_at, finished_at, outcome, message, action, back_in_at, proof, uid,
    sort_key, noted_at
FROM resets WHERE
"""  # noqa: S608 - no outside text in it
IS_NEWEST_OF_USER = """
(user_id, sort_key) IN (SELECT user_id, max(sort_key) FROM resets WHERE action = 'reset link'
    AND (server <> '' AND server = :server OR server = '' AND instance = :instance AND host = :host)
    GROUP BY user_id)
AND action = 'reset link'
AND (server || '' = :server AND server <> '' OR server || '' = '' AND instance || '' = :instance
    AND host = :host)
"""
"""Selects each person's newest reset.

The rows are found by the pairs: ``|| ''`` hides the index of the server, which has far more rows."""
IS_WAITING = f"""
{IS_SENT_OR_UNKNOWN} AND back_in_at IS NULL AND erased_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM resets AS later
    WHERE {_same_account_condition("later.", "resets.")}
        AND (later.sort_key, later.id) > (resets.sort_key, resets.id)
        AND later.action = 'reset link' AND later.outcome IN ('sent', 'unknown'))
"""  # noqa: S608 - no outside text in it
"""Selects each person's newest link that went out, or may have, if it was not followed by a sign-in."""
IS_AWAITING_SIGN_IN = f"{IS_WAITING} AND requested_at >= :since"

_IS_LATER_THAN_KNOWN = """
sort_key > COALESCE((SELECT known.sort_key FROM resets AS known WHERE known.id = :unless_after), 0)
"""

# Each part of the guard has an index of its own.
INSERT_REQUEST = f"""
INSERT INTO resets (uid, sort_key, {REQUEST_SQL}, requested_at, outcome, message, folded,
    action, salt)
SELECT :uid, CASE WHEN sort_key_of(clock.at) > clock.next OR :is_brought_in = 1
        THEN sort_key_of(clock.at) ELSE clock.next END,
    {", ".join(f":{name}" for name in REQUEST_COLUMNS)}, clock.at, :outcome, '', :folded, :action, :salt
FROM (SELECT COALESCE(:now, server_now()) AS at,
        (SELECT COALESCE(max(sort_key), 0) + 1 FROM resets) AS next) AS clock
WHERE NOT EXISTS (SELECT 1 FROM resets WHERE uid = :uid)
    AND (:is_guarded = 0 OR NOT EXISTS (
        SELECT 1 FROM resets WHERE {IS_OF_ACCOUNT} AND {IS_SENT_OR_UNKNOWN} AND {_IS_LATER_THAN_KNOWN}))
    AND (:is_guarded = 0 OR NOT EXISTS (
        SELECT 1 FROM resets WHERE {IS_OF_MAILBOX} AND {IS_SENT_OR_UNKNOWN} AND {_IS_LATER_THAN_KNOWN}))
"""  # noqa: S608 - no outside text in it
"""Records a request, unless its `uid` is recorded, or a reset of the person later than the known one is."""

UPDATE_OUTCOME = """
UPDATE resets SET finished_at = COALESCE(:now, server_now()), outcome = :outcome,
    message = CASE WHEN erased_at IS NULL THEN :message ELSE '' END,
    folded = CASE WHEN erased_at IS NULL THEN :folded ELSE folded END
WHERE id = :id AND finished_at IS NULL RETURNING id
"""
SELECT_FOR_BACK_IN = f"""
SELECT id FROM resets
WHERE {IS_OF_ACCOUNT} AND sort_key <= :sort_key AND back_in_at IS NULL AND {IS_SENT_OR_UNKNOWN}
{OLDEST_FIRST}
"""  # noqa: S608 - no outside text in it
UPDATE_BACK_IN = "UPDATE resets SET back_in_at = :at, proof = :proof WHERE id = :id AND back_in_at IS NULL"
UPDATE_NOTED = """
UPDATE resets SET noted_at = COALESCE(:now, server_now()) WHERE id = :id AND noted_at IS NULL
"""
UPDATE_ERASED = """
UPDATE resets SET user_id = '', user_name = '', name = :name, email = '', ticket = '', batch = '',
    message = '', folded = :folded, salt = NULL, erased_at = COALESCE(:now, server_now())
WHERE id = :id AND erased_at IS NULL
"""

_APPEND = """
INSERT INTO events (seq, reset_id, kind, at, personal, previous)
SELECT head.length + 1, resets.id, '{kind}', {at}, salted_digest({salt}, {text}), head.hash
FROM resets, chain_head AS head
WHERE {row} AND {at} IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM events WHERE events.reset_id = resets.id AND events.kind = '{kind}')
"""
APPEND_REQUESTED = _APPEND.format(
    kind="requested", at="resets.requested_at", salt="resets.salt", text=":personal", row="resets.uid = :uid"
)
APPEND_FINISHED = _APPEND.format(
    kind="finished", at="resets.finished_at", salt="resets.salt", text="resets.message", row="resets.id = :id"
)
APPEND_BACK_IN = _APPEND.format(
    kind="back in", at="resets.back_in_at", salt="resets.salt", text="''", row="resets.id = :id"
)
APPEND_NOTED = _APPEND.format(
    kind="noted", at="resets.noted_at", salt="resets.salt", text="''", row="resets.id = :id"
)
APPEND_ERASED = _APPEND.format(
    kind="erased", at="resets.erased_at", salt="resets.salt", text="''", row="resets.id = :id"
)
"""Append an event to the chain, unless the row has it. `ADVANCE_HEAD` must follow, with the event's facts."""

ADVANCE_HEAD = """
UPDATE chain_head SET length = length + 1, hash = (
    SELECT chain_hash(events.previous, events.seq || ' ' || events.reset_id || ' ' || events.kind || ' '
        || events.at || ' ' || :facts, events.personal)
    FROM events WHERE events.seq = chain_head.length + 1)
WHERE EXISTS (SELECT 1 FROM events WHERE events.seq = chain_head.length + 1)
"""
SELECT_HEAD = "SELECT length, hash FROM chain_head"

SELECT_CHAIN = f"""
SELECT seq, reset_id, kind, at, personal, previous, uid, {REQUEST_SQL}, requested_at, finished_at, outcome,
    message, folded, action, back_in_at, proof, salt, erased_at, noted_at
FROM events LEFT JOIN resets ON resets.id = events.reset_id
WHERE seq > :after ORDER BY seq LIMIT :limit
"""  # noqa: S608 - no outside text in it
SELECT_UNCHAINED = """
SELECT resets.id FROM resets
WHERE NOT EXISTS (SELECT 1 FROM events WHERE reset_id = resets.id AND kind = 'requested')
    OR resets.finished_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM events WHERE reset_id = resets.id AND kind = 'finished')
    OR resets.back_in_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM events WHERE reset_id = resets.id AND kind = 'back in')
    OR resets.noted_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM events WHERE reset_id = resets.id AND kind = 'noted')
    OR resets.erased_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM events WHERE reset_id = resets.id AND kind = 'erased')
ORDER BY resets.id LIMIT 1
"""
"""Selects the first row whose state the chain does not know of."""
