"""The sort orders of a list of people."""

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
"""The columns that people can be sorted by, with their sort keys; ties are in the order of names."""


@dataclass(frozen=True, slots=True)
class SortOrder:
    """A sort order by a column, or (empty) by name. In a search it orders people who match equally well."""

    column: str = ""
    descending: bool = False


BY_RELEVANCE = SortOrder()
