"""A batch while it is sent: whose turn it is, and what became of those before."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from dazos_tui.history.models import Outcome
from dazos_tui.resets.batch import BatchRun
from dazos_tui.resets.batch_plan import PlanVerdict
from dazos_tui.tui.dialogs.batch_screen import BatchScreen, describe
from dazos_tui.tui.dialogs.guarded_layout import KeyHint
from dazos_tui.tui.widgets.batch_lists import (
    ROOMY_LIST,
    ResultList,
    ResultRow,
    person_email,
    person_name,
)
from dazos_tui.tui.widgets.history_list import MARKS
from dazos_tui.tui.widgets.reflowed_rows import QUIET

_COUNTED = (Outcome.SENT, Outcome.REFUSED, Outcome.UNKNOWN)
_FULL, _EMPTY = "█", "░"
_MAX_BAR = 60


class ProgressDialog(BatchScreen[None]):
    """Shows a run. It can pause it, or stop it after the one under way, and closes only once it has ended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Stop"),
        Binding("p", "pause", "Pause"),
    ]
    AUTO_FOCUS = "#result-list"

    def __init__(self, run: BatchRun) -> None:
        super().__init__(run.plan.instance)
        self._run = run
        self._has_ended = False
        self._places = [at for at, one in enumerate(run.plan.people) if one.verdict is PlanVerdict.LINK]

    def list_widget(self) -> Widget:
        """Return a new list."""
        widget = ResultList(id="result-list")
        widget.add_class("batch-list")
        return widget

    def on_mount(self) -> None:
        """Show who is to get a link."""
        self.show_run()

    def show_run(self) -> None:
        """Show how far the run has come. The cursor follows it."""
        if not self.is_attached or not self.query(ResultList):
            return
        run, people = self._run, self._run.plan.people
        widget = self.query_one(ResultList)
        rows = [
            ResultRow(at, people[at], run.results.get(at), is_current=people[at] is run.current)
            for at in self._places
        ]
        widget.touched = True
        widget.show_rows(rows)
        done = len(run.results)
        widget.action_move(min(done, len(rows) - 1) - widget.cursor)
        self.draw()

    @property
    def title_words(self) -> str:
        """Return what is going on."""
        if self._run.is_stopping:
            return "Stopping after this one" if self.app.size.width >= ROOMY_LIST else "Stopping"
        return "Paused" if self._run.is_paused else "Sending"

    def head_rows(self, width: int) -> list[str | Content]:
        """Return where the links go to, the counts, and the bar."""
        run, done = self._run, len(self._run.results)
        counts = [f"{done:,} of {run.total:,}", *(f"{run.count(one):,} {MARKS[one]}" for one in _COUNTED)]
        if other := done - sum(map(run.count, _COUNTED)):
            counts.append(f"{other:,} {MARKS[Outcome.NOT_SENT]}")
        words = f" {'   '.join(counts)}"
        left = _length(run.seconds_left) if run.seconds_left else ""
        room = width - 1 - len(words) - len(left)
        line = Content.assemble(words, " " * room, (left, QUIET)) if left and room > 2 else Content(words)
        cells = min(_MAX_BAR, width - 2)
        full = cells * done // max(1, run.total)
        bar = f" {_FULL * full}{_EMPTY * (cells - full)}"
        return [*self.place_rows(width), line, bar, *self.title_rows(width, "What became of it")]

    def foot_rows(self, width: int) -> list[str | Content]:
        """Return whose turn it is."""
        return self.detail_rows(width, 0)

    def detail(self) -> tuple[str, str]:
        """Return the name and e-mail of whose turn it is."""
        current = self._run.current
        width = self.app.size.width
        return describe(person_name(current), person_email(current), width) if current is not None else "", ""

    def key_hints(self) -> Sequence[KeyHint]:
        """Return the keys that act now."""
        if self._run.is_stopping:
            return (KeyHint("", "what was sent is in the history", "it is in the history"),)
        pause = KeyHint("p", "go on" if self._run.is_paused else "pause")
        return KeyHint("Esc", "stop after this one", "stop"), pause

    def action_pause(self) -> None:
        """Pause after the one under way, or go on."""
        if self._run.is_paused:
            self._run.resume()
        else:
            self._run.pause()
        self.draw()

    def action_cancel(self) -> None:
        """Stop after the one under way. The screen closes once that has ended."""
        self._run.cancel()
        self.draw()

    def leave_at_end(self) -> None:
        """Close the screen: the run has ended. Below another dialog it closes once that has."""
        self._has_ended = True
        self.leave()

    def on_screen_resume(self) -> None:
        """Close the screen if the run ended while another dialog covered it."""
        if self._has_ended:
            self.leave()

    def action_leave(self) -> None:
        """Do the same as Escape: the screen cannot be left while links are sent."""
        self.action_cancel()


def _length(seconds: int) -> str:
    """Return how long the rest takes at least."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest:02} s left" if minutes else f"{rest} s left"
