"""The list of resets asked for."""

from collections.abc import Callable, Sequence
from datetime import datetime

from rich.cells import cell_len

from dazos_tui.history.models import Entry, Outcome, Request
from dazos_tui.history.store import utc_now
from dazos_tui.tui.phrases import ago, back_in, fitted, outcome_words
from dazos_tui.tui.widgets.line_list import Cell, LineList

STYLES = {
    Outcome.SENT: "good",
    Outcome.REFUSED: "bad",
    Outcome.NOT_SENT: "warn",
    Outcome.UNKNOWN: "warn",
}
LOOKS = {
    Outcome.SENT: "$text-success",
    Outcome.REFUSED: "$text-error",
    Outcome.NOT_SENT: "$text-warning",
    Outcome.UNKNOWN: "$text-warning",
}
"""The colours of the outcomes, where they are not a list's."""
MARKS = {Outcome.SENT: "✓", Outcome.REFUSED: "✗", Outcome.NOT_SENT: "–", Outcome.UNKNOWN: "?"}


class HistoryList(LineList[Entry]):
    """Resets, the newest first, one a line."""

    def __init__(self, *, id: str, clock: Callable[[], datetime] = utc_now) -> None:  # noqa: A002
        super().__init__(id=id)
        self._clock = clock

    @property
    def newest(self) -> Entry | None:
        """Return the newest row."""
        return self._rows[0] if self._rows else None

    def identity(self, row: Entry) -> int:
        """Return the row's number in the history."""
        return row.id

    def cells(self, row: Entry, index: int, width: int) -> Sequence[Cell]:
        """Return outcome, whether the person is back in, person, age and ticket, as far as they fit."""
        request, style = row.request, STYLES[row.outcome]
        ticket_width = 12 if width >= 60 else 0
        what_width = 9 + 12 if width < 76 else 28
        name_width = max(8, width - 3 - what_width - ticket_width)
        return [
            (f" {MARKS[row.outcome]} ", 3, style),
            *self._what(row, what_width, style),
            (_who(request, name_width - 1), name_width, "row"),
            (request.ticket, ticket_width, "dim"),
        ]

    def _what(self, row: Entry, width: int, style: str) -> Sequence[Cell]:
        words, seen = outcome_words(row), back_in(row)
        if not seen:
            return [(words, 9, style), (ago(row.requested_at, self._clock()), width - 9, "dim")]
        # Where there is little room, that the person is back in says also that the link was sent.
        whole = f"{words} → {seen}"
        short = seen.replace("back in less than a minute", "back after < 1 min").replace(
            "back in ", "back after "
        )
        said = whole if len(whole) < width else short.removesuffix(" later")
        return [(fitted(said, width - 1), width, "good")]


def _who(request: Request, width: int) -> str:
    """Return the person's name, and the user name too if there is room for all of it."""
    both = f"{request.name} {request.user_name}".strip()
    return both if cell_len(both) <= width else fitted(request.name or request.user_name, width)
