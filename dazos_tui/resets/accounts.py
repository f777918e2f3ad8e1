"""The account a reset is for: how the history identifies it, and what was seen of it when it was chosen."""

from dataclasses import dataclass
from typing import Self

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import User
from dazos_tui.history.models import Account
from dazos_tui.text.normalize import fold

_ELLIPSES = ("…", "...")
"""What a list puts at the end of a name that it cut short."""


@dataclass(frozen=True, slots=True)
class UserSnapshot:
    """The fields of a user that were on screen when they were chosen; empty if not shown."""

    user_name: str = ""
    name: str = ""
    email: str = ""

    @classmethod
    def from_user(cls, user: User) -> Self:
        """Return the snapshot of a row of the user list."""
        return cls(user.user_name, user.name, user.email)


def account_of(instance: Instance, user: User) -> Account:
    """Return a user's account as the history identifies it."""
    return Account(instance.name, instance.host, instance.server, user.id, user.user_name, user.email)


def is_same_name(earlier: str, now: str) -> bool:
    """Return whether two spellings can be the same name, in any word order and cut short as in a list."""
    for cut in _ELLIPSES:
        if earlier.endswith(cut):
            return fold(now).startswith(fold(earlier.removesuffix(cut)).strip())
    return sorted(fold(earlier).split()) == sorted(fold(now).split())
