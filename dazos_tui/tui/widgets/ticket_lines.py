"""The rows above the list while a ticket is in the filter: what is known of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import utc_now
from dazos_tui.tui.formatting import fit_width, format_time, short_state_of, state_of
from dazos_tui.tui.widgets.history_list import MARKS, OUTCOME_LOOKS
from dazos_tui.tui.widgets.reflowed_rows import QUIET, as_rows, wrap_text

MAX_ENTRIES = 3
"""Most rows of the history that are shown."""
_MAX_WORDS_ROWS = 4
"""Most rows of a sentence, such as the error of a command."""
_TIME, _STATE, _SHORT_STATE = 11, 18, 10
"""Cells of the time, with a gap after it, and of what happened since, in words and in short."""
_ROOMY = 60
"""Width from which on there is room for the words."""


@dataclass(frozen=True, slots=True)
class TicketState:
    """What is known of a ticket: its links, how many people it names, and a sentence about it.

    `people` is None before the ticket was read, and where no command reads one.
    """

    ticket: str
    entries: Sequence[HistoryEntry] = ()
    people: int | None = None
    words: str = ""
    is_problem: bool = False


class TicketLines(Widget):
    """A few rows, without a cursor; hidden without a ticket."""

    state: reactive[TicketState | None] = reactive(None, layout=True)

    def watch_state(self, state: TicketState | None) -> None:
        """Show the rows only if there is a ticket."""
        self.display = state is not None

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return how many rows there are."""
        return len(self._rows(width))

    def render(self) -> Content:
        """Draw the rows."""
        return Content("\n").join(self._rows(self.content_size.width))

    def _rows(self, width: int) -> list[Content]:
        return list(self._iter_rows(self.state, width, utc_now())) if self.state is not None else []

    def _iter_rows(self, state: TicketState, width: int, now: datetime) -> Iterator[Content]:
        yield Content.assemble(
            "▸ ", (fit_width(state.ticket, max(0, width - 20)), "bold"), " for the next link"
        )
        if state.entries:
            yield _rule(f"In the history · {len(state.entries)}", width)
            yield from (_entry_row(entry, width, now) for entry in state.entries[:MAX_ENTRIES])
        if state.people is not None:
            yield _rule(f"In the ticket · {state.people}", width)
        if state.words:
            style = "$text-error" if state.is_problem else QUIET
            yield from as_rows([*wrap_text(state.words, width)][:_MAX_WORDS_ROWS], style)


def _rule(title: str, width: int) -> Content:
    return Content.styled(f"─ {title} ".ljust(width, "─")[:width], QUIET)


def _entry_row(entry: HistoryEntry, width: int, now: datetime) -> Content:
    time = set_cell_size(format_time(entry.requested_at, now), _TIME)
    is_roomy = width >= _ROOMY
    states = _STATE if is_roomy else _SHORT_STATE
    names = max(0, width - _TIME - states - 4)
    name = set_cell_size(fit_width(entry.request.name or entry.request.user_name, names), names)
    state = fit_width((state_of if is_roomy else short_state_of)(entry, now), states)
    return Content.assemble(
        time, (MARKS[entry.outcome], OUTCOME_LOOKS[entry.outcome]), f" {name}  ", (state, QUIET)
    )
