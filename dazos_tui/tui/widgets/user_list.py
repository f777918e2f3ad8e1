"""The list of people."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rich.cells import cell_len

from dazos_tui.crm.models import Status, User
from dazos_tui.directory.highlight import spans
from dazos_tui.directory.index import Index
from dazos_tui.directory.lines import line_of
from dazos_tui.directory.matches import Matches
from dazos_tui.directory.query import Term
from dazos_tui.tui.phrases import fitted
from dazos_tui.tui.widgets.line_list import Cell, LineList

# Which columns there are from which width on, with the share of the width each gets.
_LAYOUTS: tuple[tuple[int, tuple[tuple[str, int], ...]], ...] = (
    (0, (("name", 1),)),
    (36, (("name", 5), ("user_name", 4))),
    (62, (("name", 5), ("email", 6), ("role", 3))),
    (96, (("name", 5), ("user_name", 4), ("email", 6), ("role", 3))),
)

TITLES = {"name": "Name", "user_name": "User name", "email": "E-mail", "role": "Role", "status": "Status"}
"""The columns by what they are called."""

MARK = 3
"""Cells of the mark that a row begins with."""

_TERM_FIELDS = {"user_name": "user"}
"""What a query calls a column, where that is not its own name."""


def columns_for(width: int) -> list[tuple[str, int]]:
    """Return the columns of a list this wide, with the cells each gets; one more cell parts them.

    Any width will do, also one below 0, as what is left of a terminal of one column is.
    """
    shares = next(columns for least, columns in reversed(_LAYOUTS) if max(0, width) >= least)
    total = sum(share for _, share in shares)
    room = max(0, width - MARK - len(shares))
    edges = [0]
    for _, share in shares:
        edges.append(edges[-1] + share)
    rights = [room * edge // total for edge in edges]
    return [(field, right - left) for (field, _), (left, right) in zip(shares, pairwise(rights), strict=True)]


_MARKS = {Status.ACTIVE: "●", Status.INACTIVE: "○", Status.UNKNOWN: "?"}


class UserList(LineList[User]):
    """People, one a line: a mark for the status, then as many columns as fit."""

    def identity(self, row: User) -> str:
        """Return the record id."""
        return row.id

    def place_of(self, row: User, rows: Sequence[User]) -> int | None:
        """Return where a person is among those who match as typed."""
        if not isinstance(rows, Matches):
            return super().place_of(row, rows)
        place = rows.place_of(row)
        if place is None and not _is_as_it_was(row, rows.people):
            place = super().place_of(row, rows)
        return place if place is not None and place < rows.as_typed else None

    def cells(self, row: User, index: int, width: int) -> Iterable[Cell]:
        """Return status mark, name and the further columns that fit, with what was typed shown in them."""
        inactive = row.status is Status.INACTIVE
        is_like = isinstance(self._rows, Matches) and index >= self._rows.as_typed
        yield f" {_MARKS[row.status]} ", MARK, "good" if row.status is Status.ACTIVE else "dim"
        left = list(self._rows.terms) if isinstance(self._rows, Matches) and not is_like else []
        for field, cell_width in columns_for(width):
            text = row.status.words if field == "status" else str(getattr(row, field)) or "—"
            shown = f"≈ {text}" if is_like and field == "name" else text
            if field == "name" and inactive:
                shown += " (inactive)"
            style = "row" if field == "name" and not (inactive or is_like) else "dim"
            marked, left = _found_in(text, left, _TERM_FIELDS.get(field, field))
            yield from _cut(fitted(shown, cell_width), cell_width + 1, marked, style)


def _is_as_it_was(row: User, people: Index) -> bool:
    """Tell whether a person stands there as this row has them: a role may have come since, or a new name."""
    return any(people.users[place] == row for place in people.lines.rows_of(line_of(row)))


def _found_in(text: str, terms: list[Term], field: str) -> tuple[list[tuple[int, int]], list[Term]]:
    """Return where a text shows terms, each at its first place, and the terms it does not show."""
    found, left = [], []
    for term in terms:
        places = spans(text, [term], field)
        found += places[:1]
        if not places:
            left.append(term)
    return sorted(found), left


def _cut(text: str, width: int, marked: Iterable[tuple[int, int]], style: str) -> Iterator[Cell]:
    """Yield the pieces of a text that is to be `width` cells wide, those `marked` in the style of a match."""
    done = 0
    for start, end in marked:
        if start >= done:
            yield from _piece(text[done:start], style)
            yield from _piece(text[start:end], "match")
            done = end
    rest = text[done:]
    yield rest, width - cell_len(text[:done]), style


def _piece(text: str, style: str) -> Iterator[Cell]:
    if text:
        yield text, cell_len(text), style
