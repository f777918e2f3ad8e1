"""What became of everybody in a batch."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from time import monotonic
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from dazos_tui.history.models import Outcome
from dazos_tui.resets.batch_plan import PlanVerdict
from dazos_tui.resets.batch_report import BatchReport, PersonResult, StopReason
from dazos_tui.tui.dialogs.batch_screen import BatchScreen, describe
from dazos_tui.tui.dialogs.confirm_guard import READING_SECONDS
from dazos_tui.tui.dialogs.guarded_layout import KeyHint, wrap_rows
from dazos_tui.tui.widgets.batch_lists import (
    ResultList,
    ResultRow,
    person_email,
    person_name,
    was_not_reached,
)
from dazos_tui.tui.widgets.history_list import MARKS
from dazos_tui.tui.widgets.reflowed_rows import QUIET
from dazos_tui.tui.widgets.virtual_list import VirtualList

_ENDS = {
    None: "",
    StopReason.CANCELLED: "stopped by you",
    StopReason.INTERRUPTED: "interrupted",
    StopReason.UNKNOWN_OUTCOME: "stopped: unknown",
    StopReason.FAILURES: "stopped after failures",
    StopReason.SESSION: "stopped: no session",
    StopReason.HISTORY: "stopped: no history",
}


_SAID_BELOW = frozenset({None, StopReason.CANCELLED, StopReason.UNKNOWN_OUTCOME})
"""Ends that need no further words: the list begins with the unknown one."""


class ReportAction(StrEnum):
    """What to do with a report. The screen closes only for `CONTINUE`."""

    NOTE = "note"
    EXPORT = "export"
    CONTINUE = "continue"


def not_asked(report: BatchReport) -> tuple[PersonResult, ...]:
    """Return who was to get a link, and certainly did not: those to plan again. Never the unknown."""
    planned = zip(report.plan.people, report.results, strict=True)
    return tuple(
        result
        for person, result in planned
        if person.verdict is PlanVerdict.LINK and result.outcome is Outcome.NOT_SENT
    )


class ReportDialog(BatchScreen[ReportAction]):
    """Shows a report, first what is not *sent*. `act` does what the keys for the note and the export say."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "note", "Note"),
        Binding("e", "export", "Export"),
        Binding("r", "again", "Plan again"),
        Binding("escape,q", "cancel", "Close"),
    ]
    AUTO_FOCUS = "#result-list"

    def __init__(self, report: BatchReport, act: Callable[[ReportAction], object]) -> None:
        super().__init__(report.plan.instance)
        self._report, self._act = report, act
        self._again = not_asked(report)
        self._opened_at = float("inf")
        again = set(map(id, self._again))
        shown = [one for one in report.failures_first if one.entry is not None or id(one) in again]
        self._rows = [ResultRow(at, result.person, result) for at, result in enumerate(shown)]

    def list_widget(self) -> Widget:
        """Return a new list."""
        widget = ResultList(id="result-list")
        widget.add_class("batch-list")
        return widget

    def on_mount(self) -> None:
        """Show what became of everybody."""
        self.query_one(ResultList).show_rows(self._rows)
        self.draw()
        self._opened_at = monotonic()
        self.set_timer(READING_SECONDS + 0.01, self.draw)

    @property
    def title_words(self) -> str:
        """Return how the batch ended."""
        return " · ".join(filter(None, ["Done", _ENDS[self._report.stopped]]))

    def head_rows(self, width: int) -> list[str | Content]:
        """Return the counts, and why the batch stopped by itself."""
        report, waiting = self._report, sum(map(was_not_reached, self._again))
        not_sent = len(self._again) - waiting
        numbers = (
            (report.count(Outcome.SENT), f"{MARKS[Outcome.SENT]} sent"),
            (report.count(Outcome.UNKNOWN), f"{MARKS[Outcome.UNKNOWN]} unknown"),
            (report.count(Outcome.REFUSED), f"{MARKS[Outcome.REFUSED]} refused"),
            (not_sent, f"{MARKS[Outcome.NOT_SENT]} not sent"),
            (waiting, "not asked"),
        )
        counts = " · ".join(f"{number:,} {words}" for number, words in numbers if number) or "nobody asked"
        rows: list[str | Content] = [f" {row}" for row in wrap_rows(counts, width - 2)]
        if report.stopped not in _SAID_BELOW:
            reason = wrap_rows(f"{report.message} {report.advice}".strip(), width - 2)
            rows += [Content.styled(f" {row}", "$text-warning") for row in reason[: self.max_detail_rows]]
        return [*self.place_rows(width), *rows, *self.title_rows(width, "What became of it")]

    def detail(self) -> tuple[str, str]:
        """Return the e-mail of the row under the cursor, and the outcome in full."""
        row = self.query_one(ResultList).current
        if row is None:
            return "", ""
        who = describe(person_name(row.person), person_email(row.person), self.app.size.width)
        return who, self._sentence(row)

    def foot_rows(self, width: int) -> list[str | Content]:
        """Return the detail, and where all of it is."""
        details = (
            (describe(person_name(row.person), person_email(row.person), width), self._sentence(row))
            for row in self._rows
        )
        rows = self.detail_rows(width, min(self.longest_detail(width, details), self.max_detail_rows - 1))
        batch = f"all of it is in the history · batch:{self._report.plan.id}"
        return [*rows, *(Content.styled(f" {row}", QUIET) for row in wrap_rows(batch, width - 2))]

    @staticmethod
    def _sentence(row: ResultRow) -> str:
        return f"{row.result.message} {row.result.advice}".strip() if row.result is not None else ""

    def key_hints(self) -> Sequence[KeyHint]:
        """Return the keys that act now."""
        hints = [KeyHint("n", "note"), KeyHint("e", "export")] if self._has_rows else []
        if self._again:
            hints.append(KeyHint("r", f"the {len(self._again):,} not asked or not sent", "the rest"))
        return *hints, KeyHint("Esc", "close" if self._can_close else "…")

    @property
    def _has_rows(self) -> bool:
        return any(result.entry is not None for result in self._report.results)

    @on(VirtualList.Moved)
    def _moved(self) -> None:
        self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the keys for which there is nobody."""
        if action in {"note", "export"}:
            return self._has_rows
        if action == "again":
            return bool(self._again)
        return super().check_action(action, parameters)

    def action_cancel(self) -> None:
        """Close the report, unless it opened just now: the key was meant to stop the batch."""
        if self._can_close:
            self.leave()

    @property
    def _can_close(self) -> bool:
        return monotonic() - self._opened_at > READING_SECONDS

    def action_note(self) -> None:
        """Show one note about all of them."""
        self._act(ReportAction.NOTE)

    def action_export(self) -> None:
        """Export the rows of the history."""
        self._act(ReportAction.EXPORT)

    def action_again(self) -> None:
        """Make a plan for those who were not asked, or not sent a link."""
        self.leave(ReportAction.CONTINUE)
