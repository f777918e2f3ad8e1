"""Whose reset it is: how an account is told, and whether it is still the one that was chosen."""

from dataclasses import dataclass
from typing import Self

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import User
from dazos_tui.history.models import Account
from dazos_tui.text.normalize import fold

_ELLIPSES = ("…", "...")
"""How a list ends a name that was too long for it."""


@dataclass(frozen=True, slots=True)
class UserSnapshot:
    """What was seen of somebody when they were chosen; empty where it was not seen."""

    user_name: str = ""
    name: str = ""
    email: str = ""

    @classmethod
    def from_user(cls, user: User) -> Self:
        """Return what a row of the list shows of a person."""
        return cls(user.user_name, user.name, user.email)


def account_of(instance: Instance, user: User) -> Account:
    """Return a person's account as the history knows it."""
    return Account(instance.name, instance.host, instance.server, user.id, user.user_name, user.email)


def is_same_name(earlier: str, now: str) -> bool:
    """Tell whether two ways of writing a name can be one: in any order, and cut short as lists do it."""
    for cut in _ELLIPSES:
        if earlier.endswith(cut):
            return fold(now).startswith(fold(earlier.removesuffix(cut)).strip())
    return sorted(fold(earlier).split()) == sorted(fold(now).split())
