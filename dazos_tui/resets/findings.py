"""What a guard finds before a send, and which findings a user can override."""

from collections.abc import Set
from dataclasses import dataclass

SENT_RECENTLY = "sent_recently"
"""Code of the finding that a link was requested a short while ago."""

SENT_MEANWHILE = "sent_meanwhile"
"""Code of a reset that was requested since the check."""

RESEND_CODES = frozenset({SENT_RECENTLY, SENT_MEANWHILE})
"""What a deliberate second send overrides: the finding, and a reset since the check (not a finding)."""

OVERRIDABLE_CODES = ("role", "invalid_email", "email_changed", "name_changed", "locked")
"""Codes of the other findings that stop a send unless the user overrides them."""

OVERRIDABLE = frozenset({SENT_RECENTLY, *OVERRIDABLE_CODES})
"""Codes of all findings that stop a send unless the user overrides them."""

NO_MENU_ITEM = "no_menu_item"
"""Code of the finding that no menu has the item that sends a link."""

UNUSABLE_MENU_ITEM = "unusable_menu_item"
"""Code of the finding that the item that sends a link cannot be run from here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing before a send.

    If it `is_blocking`, nothing can be sent; if it `is_overridable`, only if the user overrides it.
    """

    code: str
    message: str
    is_blocking: bool = False

    @property
    def is_overridable(self) -> bool:
        """Return whether it stops a send until the user overrides it; a mere note does not."""
        return self.code in OVERRIDABLE

    def stops(self, allowed: Set[str]) -> bool:
        """Return whether it stops a send if the findings with the codes `allowed` are overridden."""
        return self.is_blocking or (self.is_overridable and self.code not in allowed)
