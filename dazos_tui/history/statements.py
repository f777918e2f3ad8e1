"""The SQL of the history's store: one table, `resets`, with a row for each request to the CRM."""

INSERT_ENTRY = """
INSERT INTO resets
    (instance, environment, host, operator, user_id, user_name, name, email, ticket, server,
     requested_at, outcome, message, folded, action)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
SELECT_ENTRIES = """
SELECT id, instance, environment, host, operator, user_id, user_name, name, email, ticket, server,
       requested_at, finished_at, outcome, message, action, back_in_at, proof
FROM resets WHERE
"""
IS_SENT_OR_UNKNOWN = "action = 'reset link' AND outcome IN ('sent', 'unknown')"
"""Selects the resets whose link went out, or may have."""


def _same_account_condition(row: str, other: str) -> str:
    """Return the condition that two rows are of one account; `row` and `other` prefix their columns.

    An account is one record of one server, whatever the instance and the user name are called now. An
    instance that moved to another server may have new record ids: there the user name must match, too.
    """
    return f"""(
        {row}user_id = {other}user_id AND (
            {row}server <> '' AND {row}server = {other}server
            OR {row}instance = {other}instance AND (
                {row}user_name = {other}user_name
                OR {row}host = {other}host AND ({row}server = '' OR {other}server = ''))))"""


IS_OF_ACCOUNT = _same_account_condition("", ":")
IS_OF_MAILBOX = "server <> '' AND server = :server AND lower(email) = lower(:email) AND email <> ''"
"""Selects the rows whose mail went to the same mailbox in the same CRM."""
IS_NEWEST_OF_USER = """
id IN (SELECT max(id) FROM resets WHERE action = 'reset link'
    AND (server <> '' AND server = :server OR server = '' AND instance = :instance AND host = :host)
    GROUP BY user_id)
"""
"""Selects each person's newest reset."""
IS_WAITING = f"""
{IS_SENT_OR_UNKNOWN} AND back_in_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM resets AS later
    WHERE {_same_account_condition("later.", "resets.")} AND later.id > resets.id
        AND later.action = 'reset link' AND later.outcome IN ('sent', 'unknown'))
"""  # noqa: S608 - no outside text in it
"""Selects each person's newest link that went out, or may have, if it was not followed by a sign-in."""
IS_AWAITING_SIGN_IN = f"{IS_WAITING} AND requested_at >= ?"
UPDATE_BACK_IN = f"""
UPDATE resets SET back_in_at = :at, proof = :proof
WHERE {IS_OF_ACCOUNT} AND id <= :id AND back_in_at IS NULL AND {IS_SENT_OR_UNKNOWN}
"""  # noqa: S608 - no outside text in it
UPDATE_OUTCOME = "UPDATE resets SET finished_at = ?, outcome = ?, message = ?, folded = ? WHERE id = ?"
