"""The totals of what a search of the history found, in one line."""

from collections.abc import Iterator
from datetime import timedelta

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from dazos_tui.history.models import Outcome
from dazos_tui.history.statistics import HistoryStatistics
from dazos_tui.tui.formatting import fit_width, format_count, format_length
from dazos_tui.tui.widgets.history_list import MARKS

_GAP = "   "


def totals_words(found: HistoryStatistics, width: int) -> str:
    """Return the totals for a line of `width` cells: with words, else with marks, else in part."""
    total, links = f"{found.total:,}", format_count(found.total, "link")
    waiting = [f"{found.back_in.not_yet:,} waiting"] if found.back_in.not_yet else []
    in_words = " · ".join(f"{number:,} {outcome}" for outcome, number in _outcomes(found))
    marks = [f"{number:,} {MARKS[outcome]}" for outcome, number in _outcomes(found)]
    candidates = (
        _GAP.join([links, in_words, *_back_in(found, "half of them within"), *waiting]),
        " · ".join([total, *marks, *_back_in(found, "half within"), *waiting]),
        " · ".join([total, *marks, *_back_in(found, "")]),
        " · ".join([total, " ".join(marks)]),
    )
    return next((words for words in candidates if cell_len(words) <= width), fit_width(candidates[-1], width))


def _outcomes(found: HistoryStatistics) -> Iterator[tuple[Outcome, int]]:
    return ((outcome, number) for outcome, number in found.outcomes.items() if number)


def _back_in(found: HistoryStatistics, half: str) -> Iterator[str]:
    times = found.back_in
    if times.count:
        is_known = half and times.median is not None
        within = f", {half} {format_length(timedelta(minutes=times.median or 0))}" if is_known else ""
        yield f"{times.count:,} back in{within}"


class TotalsLine(Widget):
    """The line with the totals; `problem` replaces them, such as a term that is not understood."""

    totals: reactive[HistoryStatistics | None] = reactive(None)
    problem: reactive[str] = reactive("")

    def render(self) -> RenderResult:
        """Draw the line."""
        width = self.content_size.width
        if self.problem:
            return Content.styled(fit_width(self.problem, width), "$text-warning")
        if self.totals is None or not self.totals.total:
            return Content("")
        return Content(totals_words(self.totals, width))
