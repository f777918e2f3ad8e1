"""Remembers which ticket a link was for, and which one the next link is for, until the app ends."""

from collections.abc import Callable


class TicketMemory:
    """The ticket of each person's last link, and the newest ticket of all."""

    def __init__(self, start: str = "") -> None:
        """Build the memory; `start` is the ticket that the first instance begins with."""
        self._by_person: dict[str, str] = {}
        self._start = start
        self.last = ""
        """The newest ticket; empty at first."""
        self.next = ""
        """The ticket for the next link; empty if none was chosen."""

    def take_start(self) -> str:
        """Return the ticket to begin with, once."""
        start, self._start = self._start, ""
        return start

    def get(self, person: str) -> str:
        """Return the ticket of this person's last link; empty if there was none."""
        return self._by_person.get(person, "")

    def remember(self, person: str, ticket: str) -> None:
        """Remember the ticket of a link to this person; an empty one clears it."""
        self._by_person[person] = ticket
        self.last = ticket or self.last
        # It was offered with that person, whether it was taken or changed.
        self.next = ""


class InstanceTickets:
    """The ticket memory for the people of one instance; `show` is called when the next ticket changed."""

    def __init__(
        self, tickets: TicketMemory, instance: str, show: Callable[[], object] = lambda: None
    ) -> None:
        self._tickets, self._instance, self._show = tickets, instance, show

    def plan(self, ticket: str) -> None:
        """Use a ticket for the next link."""
        self._tickets.next = ticket
        self._show()

    def drop(self) -> bool:
        """Use no ticket for the next link; return whether there was one."""
        had_ticket, self._tickets.next = bool(self._tickets.next), ""
        self._show()
        return had_ticket

    def key(self, user_id: str) -> str:
        """Return an identifier of this person that is unique over all instances."""
        return f"{self._instance} {user_id}"

    @property
    def next(self) -> str:
        """Return the ticket for the next link; empty if none was chosen."""
        return self._tickets.next

    @property
    def last(self) -> str:
        """Return the newest ticket of all instances; empty at first."""
        return self._tickets.last

    def remember(self, user_id: str, ticket: str) -> None:
        """Remember the ticket that a link to this person is for."""
        self._tickets.remember(self.key(user_id), ticket)
        self._show()

    def dialog_defaults(self, user_id: str) -> dict[str, str]:
        """Return the dialog parameters that prefill the ticket for this person."""
        ticket = self._tickets.next or self._tickets.get(self.key(user_id))
        return {"ticket": ticket, "last_ticket": self._tickets.last}
