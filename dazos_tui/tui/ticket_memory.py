"""Which ticket a link was for, remembered for as long as the app runs."""


class TicketMemory:
    """The ticket of each person a link was sent to, and the newest of all."""

    def __init__(self) -> None:
        self._by_person: dict[str, str] = {}
        self.last = ""
        """The newest ticket; empty while there was none."""

    def get(self, person: str) -> str:
        """Return the ticket of this person's last link; empty if there was none."""
        return self._by_person.get(person, "")

    def remember(self, person: str, ticket: str) -> None:
        """Remember the ticket that a link to this person is for; an empty one is forgotten."""
        self._by_person[person] = ticket
        self.last = ticket or self.last


class InstanceTickets:
    """The tickets of the people of one instance."""

    def __init__(self, tickets: TicketMemory, instance: str) -> None:
        self._tickets, self._instance = tickets, instance

    def key(self, user_id: str) -> str:
        """Return what names this person among those of all instances."""
        return f"{self._instance} {user_id}"

    def remember(self, user_id: str, ticket: str) -> None:
        """Remember the ticket that a link to this person is for."""
        self._tickets.remember(self.key(user_id), ticket)

    def dialog_defaults(self, user_id: str) -> dict[str, str]:
        """Return what a box that asks about this person begins with, by the names of its parameters."""
        return {"ticket": self._tickets.get(self.key(user_id)), "last_ticket": self._tickets.last}
