"""The card shown before a person is selected: an overview of pending and recent resets."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import set_cell_size
from textual.content import Content

from dazos_tui.history.models import HistoryEntry, Outcome
from dazos_tui.tui.formatting import fit_width, format_duration, format_time
from dazos_tui.tui.widgets.history_list import MARKS
from dazos_tui.tui.widgets.reflowed_rows import QUIET, Rows, as_rows, wrap_text
from dazos_tui.verification.next_step import short_next_step

_ROOMY = 8
"""Height from which on the waiting people are listed."""
_MOST = 5
"""Most people that are listed."""
_AGE, _NAME = 9, 15
_UNREAD = Content.styled("The history is not read yet.", QUIET)


@dataclass(frozen=True, slots=True)
class NowCard:
    """Who is `waiting`, oldest first; `today`, the resets since midnight; the last `ticket`, if any.

    `waiting` is None while the history is not read.

    `way` is the key that shows everyone who waits, `hint` the sentence that says how to begin.
    """

    waiting: Sequence[HistoryEntry] | None
    today: Sequence[HistoryEntry]
    ticket: str
    way: str
    hint: str

    def rows(self, width: int, height: int, now: datetime) -> Rows:
        """Return the rows of the card for this size, in cells."""
        if height < _ROOMY:
            rows = [self._waiting_in_short(now), *self._today(width), *as_rows(wrap_text(self.hint, width))]
            return rows[:height]
        return [
            *self._waiting(width, height, now),
            *self._today(width),
            *self._unknown(width, now),
            *self._end(width),
        ]

    def _waiting_in_short(self, now: datetime) -> Content:
        if self.waiting is None:
            return _UNREAD
        if not self.waiting:
            return Content.styled("Nobody is waiting.", QUIET)
        oldest = format_duration(self.waiting[0].requested_at, now)
        return Content(f"{len(self.waiting)} waiting, oldest {oldest} · {self.way}")

    def _waiting(self, width: int, height: int, now: datetime) -> Iterator[Content]:
        if self.waiting is None:
            yield _UNREAD
            return
        if not self.waiting:
            yield Content.styled("Nobody is waiting.", QUIET)
            return
        yield Content.assemble((f"Waiting {len(self.waiting)}", "bold"), f" · {self.way}")
        for entry in self.waiting[: min(_MOST, max(1, height - 5))]:
            age = set_cell_size(f" {format_duration(entry.requested_at, now)}", _AGE)
            name = fit_width(entry.request.name or entry.request.user_name, _NAME - 1)
            step = fit_width(short_next_step(entry, now), max(0, width - _AGE - _NAME))
            yield Content.assemble(age, set_cell_size(name, _NAME), (step, "dim"))

    def _today(self, width: int) -> Iterator[Content]:
        if self.waiting is None:
            return
        counts = Counter(entry.outcome for entry in self.today)
        said = " · ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
        yield Content.assemble(("Today  ", "bold"), fit_width(said or "nothing sent yet", max(0, width - 7)))

    def _unknown(self, width: int, now: datetime) -> Iterator[Content]:
        for entry in [one for one in self.today if one.outcome is Outcome.UNKNOWN][:2]:
            name = fit_width(entry.request.name or entry.request.user_name, _NAME - 1)
            start = f"  {format_time(entry.requested_at, now)} {set_cell_size(name, _NAME)}"
            words = f"{MARKS[entry.outcome]} look first"
            yield Content.assemble(start, (fit_width(words, max(0, width - _AGE - _NAME)), "$text-warning"))

    def _end(self, width: int) -> Iterator[Content]:
        if self.ticket:
            yield Content.assemble(("Last ticket  ", "bold"), fit_width(self.ticket, max(0, width - 13)))
        yield Content("")
        yield from as_rows(wrap_text(self.hint, width), QUIET)
