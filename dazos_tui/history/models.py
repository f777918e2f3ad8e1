"""The values the history holds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a reset. Scripts rely on these words."""

    SENT = "sent"
    """The CRM said success."""
    REFUSED = "refused"
    """The CRM said no; its words are kept."""
    NOT_SENT = "not sent"
    """The request provably never reached the action."""
    UNKNOWN = "unknown"
    """It may have reached the action, and no clear answer came."""


@dataclass(frozen=True, slots=True)
class Request:
    """A reset about to be asked for: where, by whom, for whom, for which ticket (empty: none)."""

    instance: str
    environment: str
    host: str
    operator: str
    user_id: str
    user_name: str
    name: str
    email: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the history. Times are in UTC.

    A row without `finished_at` belongs to a send that is under way or was cut off: its outcome is unknown.
    """

    id: int
    request: Request
    requested_at: datetime
    finished_at: datetime | None
    outcome: Outcome
    message: str
