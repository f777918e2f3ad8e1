"""The part of vtiger's query language (VTQL) that the demo supports; all else is a syntax error.

Strings are as vtiger 8.0 reads them (``VTQL_Lexer``): in apostrophes, never empty, apostrophes doubled.
Column names must match exactly, keywords may have any case.
"""

import re
from dataclasses import dataclass

from dazos_tui.demo.webservice.access import AccessRefusedError

MOST_ROWS = 100
"""The most rows of a query, whatever its limit is."""

_CONDITION = r"\w+\s*(?:!=|<=|>=|=|<|>|\slike\s)\s*'(?:[^']|'')+'"

_QUERY = re.compile(
    r"\s*select\s+(?P<columns>\*|count\s*\(\s*\*\s*\)|\w+(?:\s*,\s*\w+)*)\s+from\s+(?-i:Users)"
    rf"(?:\s+where\s+(?P<where>{_CONDITION}(?:\s+(?:and|or)\s+{_CONDITION})*))?"
    r"(?:\s+order\s+by\s+id)?"
    r"(?:\s+limit\s+(?:(?P<offset>\d{1,9})\s*,\s*)?(?P<limit>\d{1,9}))?\s*;\s*",
    re.IGNORECASE | re.ASCII,
)
_PART = re.compile(
    r"(?P<column>\w+)\s*(?P<operator>!=|<=|>=|=|<|>|like)\s*'(?P<text>(?:[^']|'')+)'(?:\s+(?P<joint>and|or))?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class QueryCondition:
    """One comparison of a ``WHERE`` clause."""

    column: str
    operator: str
    text: str


@dataclass(frozen=True)
class VtqlQuery:
    """A parsed query. Rows are always ordered by record id."""

    columns: tuple[str, ...]
    """The columns named; ``("*",)`` for all."""
    is_count: bool
    """Whether only the number of rows is requested."""
    any_of: tuple[tuple[QueryCondition, ...], ...]
    """Groups of conditions, joined by OR; in a group they are joined by AND. No groups match all rows."""
    offset: int
    limit: int

    @classmethod
    def parse(cls, text: str) -> "VtqlQuery":
        """Parse a query. Raises AccessRefusedError if it is not of the supported form."""
        found = _QUERY.fullmatch(text)
        if found is None:
            raise AccessRefusedError("QUERY_SYNTAX_ERROR", "Syntax Error in the query")
        columns = tuple(column.strip() for column in found["columns"].split(","))
        return cls(
            columns=columns,
            is_count="(" in found["columns"],
            any_of=_groups(found["where"] or ""),
            offset=int(found["offset"] or 0),
            limit=min(int(found["limit"] or MOST_ROWS), MOST_ROWS),
        )


def _groups(where: str) -> tuple[tuple[QueryCondition, ...], ...]:
    """Parse the conditions. AND binds more tightly than OR."""
    groups: list[list[QueryCondition]] = [[]]
    for part in _PART.finditer(where):
        text = part["text"].replace("''", "'")
        groups[-1].append(QueryCondition(part["column"], part["operator"].lower(), text))
        if (part["joint"] or "").lower() == "or":
            groups.append([])
    return tuple(tuple(group) for group in groups if group)
