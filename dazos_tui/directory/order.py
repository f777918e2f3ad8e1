"""The sort orders of a list of people."""

from dataclasses import dataclass

SORT_COLUMNS = {"name": "name", "user_name": "user", "email": "email", "role": "role", "status": "status"}
"""The columns that people can be sorted by, as a query names them. Ties are in the order of names."""


@dataclass(frozen=True, slots=True)
class SortOrder:
    """A sort order by a column, or (empty) by name. In a search it orders people who match equally well."""

    column: str = ""
    descending: bool = False


BY_RELEVANCE = SortOrder()
