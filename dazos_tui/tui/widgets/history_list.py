"""The list of history entries."""

from collections.abc import Callable, Iterable
from datetime import datetime

from rich.cells import cell_len

from dazos_tui.history.models import HistoryEntry, Outcome, ResetRequest
from dazos_tui.history.times import utc_now
from dazos_tui.tui.formatting import fit_width, format_time, short_state_of, state_of
from dazos_tui.tui.widgets.virtual_list import Cell, VirtualList

STYLES = {
    Outcome.SENT: "good",
    Outcome.REFUSED: "bad",
    Outcome.NOT_SENT: "warn",
    Outcome.UNKNOWN: "warn",
}
OUTCOME_LOOKS = {
    Outcome.SENT: "$text-success",
    Outcome.REFUSED: "$text-error",
    Outcome.NOT_SENT: "$text-warning",
    Outcome.UNKNOWN: "$text-warning",
}
"""The colours of the outcomes outside lists."""
MARKS = {Outcome.SENT: "✓", Outcome.REFUSED: "✗", Outcome.NOT_SENT: "–", Outcome.UNKNOWN: "?"}

_MARK, _TIME, _NAME = 3, 11, 8
"""Cells of the mark, of a time, and the minimum of a name, with the gap after each."""
_WITH_TICKET, _ROOMY = 45, 60
"""Width of the list from which on there is a ticket column, and room for longer texts."""
_TICKET, _STATE, _LONG_TICKET, _LONG_STATE = 8, 10, 12, 18
"""Cells of the ticket and of the state, then of both in a roomy list."""


class HistoryList(VirtualList[HistoryEntry]):
    """Resets, newest first, one per line."""

    def __init__(self, *, id: str, clock: Callable[[], datetime] = utc_now) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock

    @property
    def newest(self) -> HistoryEntry | None:
        """Return the newest row."""
        return self.rows[0] if self.rows else None

    def identity(self, row: HistoryEntry) -> int:
        """Return the id of the history entry."""
        return row.id

    def cells(self, row: HistoryEntry, index: int, width: int) -> Iterable[Cell]:
        """Return outcome, time, person, ticket and current state; columns align across rows.

        Where narrow, the ticket is left out and the state is shorter.
        """
        request, now = row.request, self._clock()
        is_roomy = width >= _ROOMY
        ticket_width = _LONG_TICKET if is_roomy else _TICKET if width >= _WITH_TICKET else 0
        state_width = _LONG_STATE if is_roomy else _STATE
        name_width = max(_NAME, width - _MARK - _TIME - ticket_width - state_width)
        yield f" {MARKS[row.outcome]} ", _MARK, STYLES[row.outcome]
        yield format_time(row.requested_at, now), _TIME, "dim"
        yield _person_text(request, name_width - 1), name_width, "row"
        if ticket_width:
            yield fit_width(request.ticket or "–", ticket_width - 1), ticket_width, "dim"
        state = (state_of if is_roomy else short_state_of)(row, now)
        yield fit_width(state, state_width), state_width, _look_of_state(row)


def _look_of_state(row: HistoryEntry) -> str:
    if row.back_in is not None:
        return "good"
    return "warn" if row.outcome is Outcome.UNKNOWN else "dim"


def _person_text(request: ResetRequest, width: int) -> str:
    """Return the person's name, with the user name if both fit."""
    both = f"{request.name} {request.user_name}".strip()
    return both if cell_len(both) <= width else fit_width(request.name or request.user_name, width)
