"""The history pane: what it shows while the history is read, and when it cannot be."""

from collections.abc import Callable, Sequence
from typing import Protocol

from textual.timer import Timer

from dazos_tui.history.errors import HistoryError
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.times import format_local_time
from dazos_tui.resets.service import UNKNOWN_OUTCOME_ADVICE
from dazos_tui.tui.formatting import format_recipient
from dazos_tui.tui.instance_history import InstanceHistory, RecentEntries
from dazos_tui.tui.layout import Pane
from dazos_tui.tui.panes import Panes
from dazos_tui.tui.person_cards import PersonCards
from dazos_tui.tui.presenter import Presenter

RETRY_SECONDS = 5.0
"""How often a server that could not be read is tried again by itself."""

_INTERRUPTED = "dazos-tui stopped before the CRM answered. These links may or may not have been sent:"
_TITLE, _STALE_TITLE = "History", "History, not up to date"
_NO_ROWS, _READING = "No link requested in this instance yet.", "Reading the history …"
_SLOW = "The history's server has not answered yet. What you type is not held up."
_AGAIN = "It is tried again by itself."


class HistoryPaneView(Protocol):
    """The part of the work screen that the pane uses."""

    def set_timer(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` after `delay` seconds."""

    def key_to_pane(self, pane: Pane) -> str:
        """Return the key that goes to a pane; empty if it has none."""


class HistoryPane:
    """Keeps the pane, the list and the card up to date with the history."""

    def __init__(
        self,
        view: HistoryPaneView,
        panes: Panes,
        history: InstanceHistory,
        cards: PersonCards,
        presenter: Presenter,
    ) -> None:
        self._view, self._panes, self._history = view, panes, history
        self._cards, self._presenter = cards, presenter
        self._has_read = self._has_marked = self._is_out = False
        self._retry: Timer | None = None
        history.on_unreachable = self._read

    def begin(self) -> None:
        """Show the history for the first time, and the links that were interrupted."""
        self._mark_interrupted()
        if not self._history.is_local:
            self._panes.history.show_rows([], empty=_READING)
        self._read()

    def refresh(self) -> None:
        """Read the history again; update the pane, the list and the card."""
        self._read()
        if self._history.is_local:
            self._cards.show_resets()

    def _read(self) -> None:
        self._history.refresh(self._show, self._show_problem, self._show_slow)

    def _show(self, recent: RecentEntries) -> None:
        self._has_read, self._is_out = True, False
        self._panes.users.show_last_links(recent.by_user)
        self._panes.history.show_rows(recent.rows, empty=_NO_ROWS)
        if not self._history.is_local:
            self._set_title(_TITLE)
            self._cards.show_resets()
            self._mark_interrupted()

    def _show_slow(self) -> None:
        if not self._is_out:
            self._say(_SLOW)

    def _show_problem(self, error: HistoryError) -> None:
        if self._history.is_local:
            self._panes.history.show_rows([], empty="The history cannot be read.")
            self._presenter.show_message("The history cannot be read", str(error), error.advice)
            return
        words = " ".join(filter(None, (str(error), error.advice, _AGAIN)))
        if not self._is_out:
            self._presenter.notify_when_visible(words, title="The history cannot be read", severity="warning")
        self._is_out = True
        self._say(words)
        if self._retry is not None:
            self._retry.stop()
        self._retry = self._view.set_timer(RETRY_SECONDS, self._read)

    def _say(self, words: str) -> None:
        """Say something in place of rows, or in the title if there are some."""
        if self._has_read:
            self._set_title(_STALE_TITLE)
        else:
            self._panes.history.show_rows([], empty=words)

    def _set_title(self, title: str) -> None:
        self._panes.frames[Pane.HISTORY].set_title(title, self._view.key_to_pane(Pane.HISTORY))

    def _mark_interrupted(self) -> None:
        """Show, once, the links whose outcome is unknown because the app or the machine stopped."""
        if not self._has_marked:
            self._has_marked = True
            self._history.mark_interrupted(self._show_interrupted, self._show_unmarked)

    def _show_interrupted(self, interrupted: Sequence[HistoryEntry]) -> None:
        if interrupted:
            lines = [
                f"{format_local_time(entry.requested_at)}  {format_recipient(entry)}" for entry in interrupted
            ]
            reason = "\n".join([_INTERRUPTED, "", *lines])
            self._presenter.show_message("Unknown whether it was sent", reason, UNKNOWN_OUTCOME_ADVICE)

    def _show_unmarked(self, error: HistoryError) -> None:
        if self._history.is_local:
            self._presenter.show_message("The history cannot be written", str(error), error.advice)
        else:
            # Once the server can be read again. The pane says what is wrong.
            self._has_marked = False
