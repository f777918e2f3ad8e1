"""Which ticket a link was for, remembered for as long as the app runs."""


class Tickets:
    """The ticket of each person a link was sent to, and the newest of all."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self.last = ""
        """The newest ticket; empty while there was none."""

    def of(self, person: str) -> str:
        """Return the ticket of this person's last link; empty if there was none."""
        return self._of.get(person, "")

    def keep(self, person: str, ticket: str) -> None:
        """Remember the ticket that a link to this person is for; an empty one is forgotten."""
        self._of[person] = ticket
        self.last = ticket or self.last
