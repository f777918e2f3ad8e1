"""The mail that an instance sends, and the links in it."""

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
        """The time it was sent: ISO 8601, UTC."""
        return datetime.fromtimestamp(self.sent, UTC).isoformat(timespec="seconds")

    def as_dict(self) -> dict[str, str]:
        """Return the mail's record in the JSON form of the outbox."""
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
    """A link with which a new password can be set, once."""

    id: str
    secret: str
    person: Person
    made: float
    state: LinkState = "good"


class ResetLinks:
    """The reset links of one instance. If a person has several, only the newest works."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._links: dict[str, ResetLink] = {}

    def create(self, person: Person, now: float) -> ResetLink:
        """Create a link for a person. It invalidates their earlier links."""
        for link in self._links.values():
            if link.person is person and link.state == "good":
                link.state = "replaced"
        made = ResetLink(secrets.token_hex(8), secrets.token_hex(20), person, now)
        self._links[made.id] = made
        return made

    def find(self, link_id: str, now: float) -> tuple[LinkState, ResetLink | None]:
        """Return the state of the link with this id, and the link itself if it can be used."""
        link = self._links.get(link_id)
        if link is None:
            return "unknown", None
        if link.state == "good" and now > link.made + self._lifetime:
            link.state = "expired"
        return link.state, link if link.state == "good" else None
