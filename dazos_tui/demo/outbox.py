"""The mail an instance sends, and the links in it."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from dazos_tui.demo.people import Person

LinkState = Literal["good", "unknown", "used", "replaced", "expired"]

SUBJECT = "Request : ForgotPassword"


@dataclass(frozen=True)
class Mail:
    """One mail with a reset link."""

    instance: str
    to: str
    user_name: str
    name: str
    sent: float
    link: str
    subject: str = SUBJECT

    @property
    def at(self) -> str:
        """When it was sent: ISO 8601, UTC."""
        return datetime.fromtimestamp(self.sent, UTC).isoformat(timespec="seconds")

    def as_dict(self) -> dict[str, str]:
        """Return what the outbox tells programs about this mail."""
        return {
            "to": self.to,
            "user_name": self.user_name,
            "at": self.at,
            "subject": self.subject,
            "link": self.link,
            "instance": self.instance,
        }


@dataclass
class ResetLink:
    """A link that lets its bearer set a new password, once."""

    id: str
    secret: str
    person: Person
    made: float
    state: LinkState = "good"


class ResetLinks:
    """The reset links of one instance. Of several for one person only the newest works."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._links: dict[str, ResetLink] = {}

    def create(self, person: Person, now: float) -> ResetLink:
        """Make a link for this person; their earlier ones are void from here on."""
        for link in self._links.values():
            if link.person is person and link.state == "good":
                link.state = "replaced"
        made = ResetLink(secrets.token_hex(8), secrets.token_hex(20), person, now)
        self._links[made.id] = made
        return made

    def find(self, link_id: str, now: float) -> tuple[LinkState, ResetLink | None]:
        """Return the link with this id, if it still works; else say why it does not."""
        link = self._links.get(link_id)
        if link is None:
            return "unknown", None
        if link.state == "good" and now > link.made + self._lifetime:
            link.state = "expired"
        return link.state, link if link.state == "good" else None
