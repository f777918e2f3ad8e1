"""What a guard finds before a send, and which findings a user can override."""

from dataclasses import dataclass

RESEND_CODES = frozenset({"sent_recently", "sent_meanwhile"})
"""What a deliberate second send overrides: the finding, and a reset since the check (not a finding)."""

OVERRIDABLE_CODES = ("role", "invalid_email", "email_changed", "name_changed", "locked")
"""Codes of the other findings that stop a send unless the user overrides them."""

OVERRIDABLE = frozenset({"sent_recently", *OVERRIDABLE_CODES})
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
