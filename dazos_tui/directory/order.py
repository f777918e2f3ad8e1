"""The orders a list of people can be in."""

from collections.abc import Callable
from dataclasses import dataclass

from dazos_tui.crm.models import User
from dazos_tui.text.normalize import fold

SORT_COLUMNS: dict[str, Callable[[User], str]] = {
    "name": lambda user: fold(user.name),
    "user_name": lambda user: fold(user.user_name),
    "email": lambda user: fold(user.email),
    "role": lambda user: fold(user.role),
    "status": lambda user: user.status.value,
}
"""What people can be sorted by; ties are in the order of names."""


@dataclass(frozen=True, slots=True)
class SortOrder:
    """By a column, or (empty) by name. Where words are searched, it orders those who match equally well."""

    column: str = ""
    descending: bool = False


BY_RELEVANCE = SortOrder()
