"""How far a batch has come, for where its screen is not: the lock, and quitting."""

from dazos_tui.history.models import Outcome
from dazos_tui.resets.batch import BatchRun

_MARKS = {Outcome.SENT: "✓", Outcome.REFUSED: "✗", Outcome.NOT_SENT: "–", Outcome.UNKNOWN: "?"}


class BatchProgress:
    """A batch under way, without the name of anybody in it."""

    def __init__(self, run: BatchRun) -> None:
        self._run = run
        self.has_ended = False

    @property
    def key(self) -> str:
        """Return what identifies the batch among all that is being sent."""
        return f"batch {self._run.plan.id}"

    @property
    def query(self) -> str:
        """Return the search that finds its rows in the history."""
        return f"batch:{self._run.plan.id}"

    @property
    def words(self) -> str:
        """Return how many of how many people have been asked for, and what became of them."""
        run = self._run
        counts = "  ".join(f"{run.count(outcome):,} {mark}" for outcome, mark in _MARKS.items())
        return f"{len(run.results):,} of {run.total:,}   {counts}"

    def stop(self) -> None:
        """Stop the batch after the link under way."""
        self._run.cancel()

    def stop_if_paused(self) -> None:
        """Stop the batch if it is paused: nobody would be there to continue it."""
        if self._run.is_paused:
            self._run.cancel()
