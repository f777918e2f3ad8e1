"""The values that the history stores."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from dazos_tui.history.clock_skew import is_clock_ahead

MAX_SEND_DURATION = timedelta(minutes=5)
"""A row without an outcome that is older than this cannot be a send in progress: requests end much sooner."""


class Outcome(StrEnum):
    """The outcome of a reset. Scripts rely on these words."""

    SENT = "sent"
    """The CRM said success."""
    REFUSED = "refused"
    """The CRM said no; its words are kept."""
    NOT_SENT = "not sent"
    """The request provably never reached the action."""
    UNKNOWN = "unknown"
    """It may have reached the action, and no clear answer came."""


class CrmAction(StrEnum):
    """What the CRM is asked to do. Scripts rely on these words."""

    RESET_LINK = "reset link"
    """Mail the person a link: a reset."""
    ENABLE_LOGIN = "enable login"
    """Enable a locked login."""


class BackInProof(StrEnum):
    """How it is known that a person is back in. Scripts rely on these words."""

    SIGN_IN = "sign-in"
    """The CRM's login history has a sign-in after the reset."""
    PERSON = "person"
    """The person said so, and a user recorded it."""


@dataclass(frozen=True, slots=True)
class BackIn:
    """When a person got back in after a reset (UTC, by this machine's clock), and how that is known."""

    at: datetime
    proof: BackInProof


@dataclass(frozen=True, slots=True)
class Account:
    """A user's account in a CRM, with the fields by which the history identifies it.

    `server` is host, port (if not the usual one) and path. It is empty if a row is older than that column.
    """

    instance: str
    host: str
    server: str
    user_id: str
    user_name: str
    email: str


@dataclass(frozen=True, slots=True)
class ResetRequest:
    """A reset about to be requested: where, by whom, for whom, for which ticket (empty: none).

    `server` is the instance's address without its scheme: two instances with the same one are the same CRM.
    `os_user`, `os_host` and `sudo_user` say who was at the keyboard; `batch` is the id of the batch that it
    belongs to. Unknown ones are empty, and so is `batch` for a single send.
    """

    instance: str
    environment: str
    host: str
    operator: str
    user_id: str
    user_name: str
    name: str
    email: str
    ticket: str
    server: str = ""
    os_user: str = ""
    os_host: str = ""
    sudo_user: str = ""
    batch: str = ""

    @property
    def account(self) -> Account:
        """Return the account that the reset is for."""
        return Account(self.instance, self.host, self.server, self.user_id, self.user_name, self.email)

    @property
    def keyboard_label(self) -> str:
        """Return who was at the keyboard, such as “kim@desk” or “root@desk (sudo: kim)”; empty if unknown."""
        place = "@".join(filter(None, (self.os_user, self.os_host)))
        return f"{place} (sudo: {self.sudo_user})".lstrip() if self.sudo_user else place

    @property
    def asked_by(self) -> str:
        """Return the account in the CRM, and who was at the keyboard: “admin from kim@desk”."""
        return " from ".join(filter(None, (self.operator, self.keyboard_label)))


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One row of the history. Times are in UTC.

    A row without `finished_at` belongs to a send that is in progress or was interrupted: its outcome is
    unknown. `back_in` is None until it is known that the person got back in. `noted_at` is when a note about
    it for the ticket was first copied, printed or handed over, if ever.
    """

    id: int
    request: ResetRequest
    requested_at: datetime
    finished_at: datetime | None
    outcome: Outcome
    message: str
    action: CrmAction = CrmAction.RESET_LINK
    back_in: BackIn | None = None
    uid: str = field(default="", compare=False)
    """Identifies the row in every copy of the history."""
    sort_key: int = field(default=0, compare=False, repr=False)
    """Its place among all rows: the milliseconds since 1970 when it was recorded, or a little more."""
    noted_at: datetime | None = None

    @property
    def outcome_label(self) -> str:
        """Return the outcome for display: a login that was enabled is not called “sent”."""
        if self.action is CrmAction.RESET_LINK:
            return str(self.outcome)
        return {Outcome.SENT: "enabled", Outcome.NOT_SENT: "not done"}.get(self.outcome, str(self.outcome))

    @property
    def back_in_label(self) -> str:
        """Return a phrase such as ``back in 14 min later``; empty if the person is not known to be in."""
        if self.back_in is None:
            return ""
        return (
            f"back in {describe_back_in_delay(self)}"
            if self.back_in.proof is BackInProof.SIGN_IN
            else "back in, they say"
        )


@dataclass(frozen=True, slots=True)
class ServerAwayNotice:
    """That the history's server cannot be reached, and how many rows wait on this machine because of that."""

    waiting: int

    def is_news_after(self, before: "ServerAwayNotice | None") -> bool:
        """Return whether a user who has read `before` should read this, too: not for each further row."""
        return before is None or bool(before.waiting) != bool(self.waiting)

    @property
    def text(self) -> str:
        """Return it as a sentence or two."""
        if not self.waiting:
            return "The history's server cannot be reached: what others sent is not known here."
        what = "1 row waits" if self.waiting == 1 else f"{self.waiting} rows wait"
        return (
            f"The history's server cannot be reached: {what} on this machine, and is brought there later. "
            "What others sent meanwhile is not known here."
        )


def describe_back_in_delay(entry: HistoryEntry) -> str:
    """Return how long after the reset the person was back in, such as “14 min later”; empty if unknown."""
    if entry.back_in is None:
        return ""
    if is_clock_ahead(entry.requested_at, entry.back_in.at):
        return "before the link, by its date: a clock was wrong"
    minutes = max(0, int((entry.back_in.at - entry.requested_at) / timedelta(minutes=1)))
    if minutes < 1:
        return "less than a minute later"
    if minutes < 60:
        return f"{minutes} min later"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min later" if hours < 24 else f"{hours // 24} d {hours % 24} h later"
