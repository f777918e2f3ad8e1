"""Remembers which ticket a link was for, until the app ends."""


class TicketMemory:
    """The ticket of each person's last link, and the newest ticket of all."""

    def __init__(self) -> None:
        self._by_person: dict[str, str] = {}
        self.last = ""
        """The newest ticket; empty at first."""

    def get(self, person: str) -> str:
        """Return the ticket of this person's last link; empty if there was none."""
        return self._by_person.get(person, "")

    def remember(self, person: str, ticket: str) -> None:
        """Remember the ticket of a link to this person; an empty one clears it."""
        self._by_person[person] = ticket
        self.last = ticket or self.last


class InstanceTickets:
    """The ticket memory for the people of one instance."""

    def __init__(self, tickets: TicketMemory, instance: str) -> None:
        self._tickets, self._instance = tickets, instance

    def key(self, user_id: str) -> str:
        """Return an identifier of this person that is unique over all instances."""
        return f"{self._instance} {user_id}"

    @property
    def last(self) -> str:
        """Return the newest ticket of all instances; empty at first."""
        return self._tickets.last

    def remember(self, user_id: str, ticket: str) -> None:
        """Remember the ticket that a link to this person is for."""
        self._tickets.remember(self.key(user_id), ticket)

    def dialog_defaults(self, user_id: str) -> dict[str, str]:
        """Return the dialog parameters that prefill the ticket for this person."""
        return {"ticket": self._tickets.get(self.key(user_id)), "last_ticket": self._tickets.last}
