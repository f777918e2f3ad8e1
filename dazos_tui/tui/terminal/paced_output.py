"""Sends the newest picture to the terminal as fast as the line takes it, and skips the pictures between."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable, Iterable
from functools import partial

from dazos_tui.tui.terminal.flow import Mark, OutputFlow
from dazos_tui.tui.terminal.input_filter import StatusReports
from dazos_tui.tui.terminal.screen_diff import PlacedText, ScreenDiff
from dazos_tui.tui.terminal.sgr import minimize_sgr

_SYNC_BEGINS, _SYNC_ENDS = "\x1b[?2026h", "\x1b[?2026l"
"""Marks around what the terminal shows at once (Synchronized Output)."""

_RESIZE_SECONDS = 0.4
"""How long to wait on a slow line after a change of the size.

While a window's edge is dragged, a picture for a size in between would be late, and would write over what is
right again in the end. The app draws more than one picture for a new size."""

_POLL_SECONDS = 0.1
"""How often to look whether output that was held back may be sent although there was no answer."""


class PacedOutput:
    """The output of the app to its terminal, for the thread of the event loop.

    Pictures wait until the line takes them (see `flow`); everything else is sent at once. A terminal that
    answers no status query is sent everything at once.
    """

    def __init__(
        self,
        screen_diff: ScreenDiff,
        transmit: Callable[[str], object],
        size: Callable[[], tuple[int, int] | None],
        loop: AbstractEventLoop,
        *,
        colours: bool = True,
    ) -> None:
        """Build the output: `transmit` writes to the terminal, `size` returns its columns and rows now."""
        self._screen_diff = screen_diff
        self._transmit = transmit
        self._size = size
        self._loop = loop
        self._colours = colours
        self._flow = OutputFlow(loop.time)
        self._timer: TimerHandle | None = None
        self._synchronizes = False
        self._resized_at = float("-inf")
        self.reports = StatusReports(self.send, self._on_lost)

    def start(self) -> None:
        """Start with a terminal of unknown content, of which it is not known whether it answers."""
        self._screen_diff.clear()
        self._flow = OutputFlow(self._loop.time)

    def stop(self) -> None:
        """Draw nothing any more of what still waits."""
        self._screen_diff.clear()

    def repaint(self) -> None:
        """Send everything again: the terminal may show something else."""
        self._screen_diff.invalidate()
        self._continue()

    def has_sent(self, pieces: Iterable[PlacedText]) -> bool:
        """Return whether these pieces were the last text sent for these places: what still waits was not."""
        return all(self._screen_diff.shows(*piece) for piece in pieces)

    def send(self, data: str) -> None:
        """Send something at once."""
        self._flow.sent(len(data.encode(errors="replace")))
        self._transmit(data)

    def write(self, data: str) -> None:
        """Send the picture that `data` makes, as soon as the line takes it; anything else at once."""
        if data in {_SYNC_BEGINS, _SYNC_ENDS}:
            # They are sent around what is sent.
            self._synchronizes = True
            return
        self._resize()
        if other := self._screen_diff.record(data):
            self.send(minimize_sgr(other, colours=self._colours))
        else:
            self._flush()

    def when_drawn(self, then: Callable[[], object] | None) -> None:
        """Call `then`, if any, once the terminal has drawn everything sent so far, as far as is known."""
        self.reports.ask(then, answered=partial(self._on_answer, self._flow, self._flow.asked()))

    def _on_answer(self, flow: OutputFlow, mark: Mark) -> None:
        flow.answered(mark)
        self._continue()

    def _on_lost(self) -> None:
        """Learn the line again: until now each answer counted for the query before its own."""
        if self._flow.has_answers:
            self._flow = OutputFlow(self._loop.time)
            self.when_drawn(None)

    def _flush(self) -> None:
        """Send what differs from the newest picture, as far as the line takes it now."""
        while self._screen_diff.differs and not self._waits_for_size and (room := self._flow.room()) != 0:
            if changes := minimize_sgr(self._screen_diff.output(room), colours=self._colours):
                self.send(f"{_SYNC_BEGINS}{changes}{_SYNC_ENDS}" if self._synchronizes else changes)
                self._query_if_needed()
        if self._screen_diff.differs:
            self._query_if_needed()
            if self._timer is None:
                self._timer = self._loop.call_later(_POLL_SECONDS, self._on_timer)

    def _query_if_needed(self) -> None:
        if self._flow.needs_query:
            self.when_drawn(None)

    def _on_timer(self) -> None:
        self._timer = None
        self._continue()

    def _continue(self) -> None:
        self._resize()
        self._flush()

    def _resize(self) -> None:
        if self._screen_diff.resize(self._size()):
            self._resized_at = self._loop.time()

    @property
    def _waits_for_size(self) -> bool:
        """Return whether the size may still be changing, on a line too slow for a picture of each."""
        return self._flow.is_slow and self._loop.time() < self._resized_at + _RESIZE_SECONDS
