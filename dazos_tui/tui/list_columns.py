"""The columns of the user list, for its widget and for the frame before that."""

from functools import lru_cache
from itertools import pairwise

LAST_LINK_COLUMN = "last"
"""The column with each person's newest reset. It comes from the history, so the list cannot sort by it."""

TITLES = {
    "name": "Name", "user_name": "User name", "email": "E-mail", "role": "Role", "status": "Status",
    LAST_LINK_COLUMN: "Last link",
}  # fmt: skip
"""The title of each column."""

_WITH_EMAIL, _WITH_ROLE, _FOR_USER_NAME = 48, 78, 16
"""Width of the list from which on a column is shown; the last is what the user name adds to that."""
_WITH_USER_NAME = 130
"""Terminal width from which on the user name is shown."""
_LAST_WIDTH = 12
"""Cells of an outcome mark and a time."""

MATCH_STYLE = 3
"""Cells of the status mark at the start of a row."""

MARKS = {"active": "●", "inactive": "○", "unknown": "?"}
"""The mark of each status."""


@lru_cache(maxsize=8)
def columns_for(width: int, terminal: int) -> tuple[tuple[str, int], ...]:
    """Return the columns of a list this wide, with the cells of each; one more cell separates them.

    `terminal` is the width of the terminal. Name and e-mail have priority: they identify the person and the
    recipient. Any width is valid, also a negative one, which remains of a terminal of one column.
    """
    shares = [("name", 4)]
    if width >= _WITH_EMAIL:
        shares.append(("email", 7))
    if terminal >= _WITH_USER_NAME:
        shares.append(("user_name", 3))
    if width >= _WITH_ROLE + (_FOR_USER_NAME if terminal >= _WITH_USER_NAME else 0):
        shares.append(("role", 3))
    total = sum(share for _, share in shares)
    last = _LAST_WIDTH if width >= MATCH_STYLE + 2 * _LAST_WIDTH else 0
    room = max(0, width - MATCH_STYLE - len(shares) - last - 1)
    edges = [0]
    for _, share in shares:
        edges.append(edges[-1] + share)
    rights = [room * edge // total for edge in edges]
    widths = [right - left for left, right in pairwise(rights)]
    return (
        *((field, cells) for (field, _), cells in zip(shares, widths, strict=True)),
        (LAST_LINK_COLUMN, last),
    )
