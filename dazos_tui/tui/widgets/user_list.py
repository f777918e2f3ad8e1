"""The list of people."""

from collections.abc import Sequence
from itertools import pairwise

from dazos_tui.crm.models import Status, User
from dazos_tui.tui.phrases import fitted
from dazos_tui.tui.widgets.line_list import Cell, LineList

# Which columns there are from which width on, with the share of the width each gets.
_LAYOUTS: tuple[tuple[int, tuple[tuple[str, int], ...]], ...] = (
    (0, (("name", 1),)),
    (36, (("name", 5), ("user_name", 4))),
    (62, (("name", 5), ("email", 6), ("role", 3))),
    (96, (("name", 5), ("user_name", 4), ("email", 6), ("role", 3))),
)


def columns_for(width: int) -> tuple[tuple[str, int], ...]:
    """Return the columns of a list this wide, as (field, share of the width)."""
    return next(columns for least, columns in reversed(_LAYOUTS) if width >= least)


class UserList(LineList[User]):
    """People, one a line: a mark for the status, then as many columns as fit."""

    def identity(self, row: User) -> str:
        """Return the record id."""
        return row.id

    def cells(self, row: User, width: int) -> Sequence[Cell]:
        """Return status mark, name and the further columns that fit."""
        columns = columns_for(width)
        inactive = row.status is Status.INACTIVE
        room = width - 3 - len(columns)
        edges = [room * share // _total(columns) for share in _running(columns)]
        widths = [right - left for left, right in pairwise([0, *edges])]
        cells: list[Cell] = [(" ○ " if inactive else " ● ", 3, "dim" if inactive else "good")]
        for (field, _), cell_width in zip(columns, widths, strict=True):
            text = str(getattr(row, field)) or "—"
            if field == "name" and inactive:
                text += " (inactive)"
            style = "row" if field == "name" and not inactive else "dim"
            cells += [(fitted(text, cell_width), cell_width, style), (" ", 1, "row")]
        return cells


def _total(columns: Sequence[tuple[str, int]]) -> int:
    return sum(share for _, share in columns)


def _running(columns: Sequence[tuple[str, int]]) -> list[int]:
    return [_total(columns[: count + 1]) for count in range(len(columns))]
