"""The totals of what a search of the history found, in one line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from dazos_tui.history.models import Outcome
from dazos_tui.tui.formatting import fit_width, format_length
from dazos_tui.tui.widgets.history_list import MARKS

_GAP = "   "


@dataclass(frozen=True, slots=True)
class HistoryTotals:
    """Numbers of what was found.

    `label` is the number of rows. `outcomes` counts them, `days` does so for each local day. `back_in` counts
    people who were seen to be back in, half of them within `half_within`; `waiting` those who were not.
    """

    label: str = ""
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    back_in: int = 0
    half_within: timedelta | None = None
    waiting: int = 0
    days: Mapping[date, Mapping[Outcome, int]] = field(default_factory=dict)

    def words(self, width: int) -> str:
        """Return the totals for a line of `width` cells: with words, else with marks, else in part."""
        rows = f"{self.label} {'row' if self.label == '1' else 'rows'}"
        waiting = [f"{self.waiting:,} waiting"] if self.waiting else []
        candidates = (
            _GAP.join([rows, self.outcome_words(" · "), *self._back_in("half of them within"), *waiting]),
            " · ".join([self.label, self.outcome_marks(" · "), *self._back_in("half within"), *waiting]),
            " · ".join([self.label, self.outcome_marks(" "), *self._back_in("")]),
            " · ".join([self.label, self.outcome_marks(" ")]),
        )
        fitting = (words for words in candidates if cell_len(words) <= width)
        return next(fitting, fit_width(candidates[-1], width))

    def outcome_words(self, gap: str) -> str:
        """Return the outcomes that occur, such as ``26 sent · 3 refused``."""
        return gap.join(f"{number:,} {outcome}" for outcome, number in self._outcomes())

    def outcome_marks(self, gap: str) -> str:
        """Return the outcomes that occur, such as ``26 ✓ · 3 ✗``."""
        return gap.join(f"{number:,} {MARKS[outcome]}" for outcome, number in self._outcomes())

    def _outcomes(self) -> Iterator[tuple[Outcome, int]]:
        return ((outcome, self.outcomes[outcome]) for outcome in Outcome if self.outcomes.get(outcome))

    def _back_in(self, half: str) -> Iterator[str]:
        if self.back_in:
            within = f", {half} {format_length(self.half_within)}" if half and self.half_within else ""
            yield f"{self.back_in:,} back in{within}"


class TotalsLine(Widget):
    """The line with the totals; `problem` replaces them, such as a term that is not understood."""

    totals: reactive[HistoryTotals | None] = reactive(None)
    problem: reactive[str] = reactive("")

    def render(self) -> RenderResult:
        """Draw the line."""
        width = self.content_size.width
        if self.problem:
            return Content.styled(fit_width(self.problem, width), "$text-warning")
        if self.totals is None or not self.totals.outcomes:
            return Content("")
        return Content(self.totals.words(width))
