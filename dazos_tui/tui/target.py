"""The person that an action is for."""

from dataclasses import dataclass

from dazos_tui.crm.models import User
from dazos_tui.history.models import HistoryEntry


@dataclass(frozen=True, slots=True)
class ResetTarget:
    """A CRM record as the user saw it. If its user name differs later, it belongs to another person."""

    id: str
    user_name: str
    name: str
    email: str

    @classmethod
    def of_user(cls, user: User) -> "ResetTarget":
        """Return the target for a row of the list, or for a profile."""
        return cls(user.id, user.user_name, user.name or user.user_name, user.email)

    @classmethod
    def of_row(cls, entry: HistoryEntry) -> "ResetTarget":
        """Return the target for a history entry."""
        request = entry.request
        return cls(request.user_id, request.user_name, request.name or request.user_name, request.email)
