"""The errors of psycopg and the server, as errors of the history."""

import re

import psycopg

from dazos_tui.history.errors import HistoryError, HistoryServerError, HistoryUnreachableError
from dazos_tui.text.sanitize import safe_text

CONNECT_SECONDS = 3
"""How long the server may take to answer at the beginning."""

LOCK_SECONDS = 5
"""How long to wait for others who are writing."""

STATEMENT_SECONDS = 30
"""How long the server may take for one statement."""

_RIGHTS_ADVICE = (
    "The rights that a sender and a reader need are in what “dazos-tui db roles” prints; other commands need "
    "the owner's."
)
_PREFIX = re.compile(r"^(connection failed: )?connection to server .*?failed: ", re.DOTALL)
_UNTRUSTED = re.compile(
    r"certificate|not support ssl|ssl negotiation|wrong version number|unsupported protocol"
)
"""What libpq says of a server that may be another one. A connection that was cut is not among it."""
_WANTS_MORE = "no password supplied"
"""What libpq says if it was given none."""
_PASSING = re.compile(
    r"starting up|shutting down|recovery mode|accepting connections|too many (clients|connections)|"
    r"reserved for"
)
"""What a server says that refuses connections only for now (PostgreSQL's 57P03, 57P01 and 53300)."""


def to_history_error(error: psycopg.Error, place: str, *, connecting: bool) -> HistoryError:
    """Return the error that says what happened and what to do; `connecting`: there is no connection."""
    words = _first_line(error)
    match error.sqlstate or "":
        case "42501":
            return HistoryError(f"The history {place} refused this: {words}", advice=_RIGHTS_ADVICE)
        case "57014":
            return HistoryError(
                f"The history {place} did not answer within {STATEMENT_SECONDS} seconds.",
                advice="Try again. If that does not help, ask the database's administrator.",
            )
        case "55P03":
            return HistoryError(
                f"The history {place} has been in use by somebody else for more than {LOCK_SECONDS} seconds.",
                advice="Try again. If that does not help, ask the database's administrator.",
            )
        case "53100" | "53200" | "58030":
            return HistoryError(
                f"The history {place} cannot be written: {words}",
                advice="The server's disk or memory is full or failing: tell its administrator.",
            )
        case state if state[:2] in {"08", "57"} or (not state and (connecting or _is_lost(error))):
            return _connection_error(words, place)
        case _:
            return HistoryError(
                f"The history {place} cannot be used ({words})", advice="It was left as it is."
            )


def _is_lost(error: psycopg.Error) -> bool:
    return isinstance(error, psycopg.OperationalError)


def _connection_error(words: str, place: str) -> HistoryError:
    said = words.casefold()
    if _UNTRUSTED.search(said):
        return HistoryServerError(
            f"The history's server {place} was not trusted: {words}",
            advice="Nothing was sent to it. Set ca_file in [history] if the server has a certificate of your "
            "own authority.",
        )
    if _WANTS_MORE in said:
        return HistoryServerError(
            f"The history's server {place} wants a password, and none is configured.",
            advice="Set password_command, password_env or keyring = true in [history].",
        )
    if "fatal:" in said and not _PASSING.search(said):
        return HistoryServerError(
            f"The history's server {place} refused the connection: {words}",
            advice="Check user, database and password: the url and password_command, password_env or "
            "keyring in [history].",
        )
    return HistoryUnreachableError(
        f"The history's server {place} cannot be reached: {words}",
        advice="Check that it runs and that this machine may connect to it, then try again.",
    )


def _first_line(error: psycopg.Error) -> str:
    lines = [line.strip() for line in _PREFIX.sub("", str(error)).splitlines() if line.strip()]
    said = safe_text(lines[0] if lines else type(error).__name__, limit=200)
    return said if said.endswith(".") else f"{said}."
