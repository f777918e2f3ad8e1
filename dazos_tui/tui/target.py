"""Somebody that something is to be done for, as they were chosen."""

from dataclasses import dataclass

from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry


@dataclass(frozen=True, slots=True)
class ResetTarget:
    """A record of the CRM, and what was shown of it: another user name there by now is another person."""

    id: str
    user_name: str
    name: str
    email: str

    @classmethod
    def of_user(cls, user: User) -> "ResetTarget":
        """Return whom a row of the list, or a profile, shows."""
        return cls(user.id, user.user_name, user.name or user.user_name, user.email)

    @classmethod
    def of_row(cls, entry: HistoryEntry) -> "ResetTarget":
        """Return whom a row of the history is about."""
        request = entry.request
        return cls(request.user_id, request.user_name, request.name or request.user_name, request.email)
