"""What a yes that cannot be undone has to pass: nobody gives it blindly, twice or by a key that is held."""

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.timer import Timer

from dazos_tui.tui.terminal.driver import PlacedText, when_drawn

Answer = TypeVar("Answer")

READING_SECONDS = 0.3
"""For so long after the terminal has drawn the box no key acts: one typed ahead cannot be meant for it."""

UNDO_SECONDS = 0.3
"""For so long after the yes another letter takes it back: then it was the first one of a name."""

KEY_REPEAT_SECONDS = 0.7
"""A key that comes again sooner is being held: the longest usual delay until a keyboard repeats a key."""

_POLL_SECONDS = 0.05
"""How often it is looked whether the box has been written, if it was not at once."""

CONFIRM_BINDINGS: list[BindingType] = [
    Binding("y", "yes", "Yes"),
    Binding("n,escape,q", "cancel", "Cancel"),
]
"""The keys of a box that has a guard. It runs `ConfirmGuard.cancel`, and asks the guard about a yes."""


class GuardedBox(Protocol[Answer]):
    """What a guard sees of its box. The last six members are Textual's, and those of every box."""

    @property
    def confirm_key(self) -> str:
        """Return the key that acts here and now; empty for none."""

    def rows_to_verify(self) -> Sequence[PlacedText] | None:
        """Return what must be on the screen for a yes to count; None if some of it is not."""

    def confirmed_result(self) -> Answer | None:
        """Return the answer that a yes gives."""

    def show_readiness(self) -> None:
        """Show whether a yes counts, or was given."""

    @property
    def app(self) -> App[Any]:
        """Return the app, whose terminal has to draw the box."""

    @property
    def is_attached(self) -> bool:
        """Return whether the box is still among the app's screens."""

    def leave(self, answer: Answer | None = None, /) -> None:
        """Close the box with this answer."""

    def notify(self, message: str, /, *, severity: SeverityLevel, markup: bool) -> None:
        """Show a notice."""

    def set_timer(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Call something in so many seconds, unless the box is gone by then."""

    def call_after_refresh(self, callback: Callable[[], object], /) -> bool:
        """Call something once the screen is drawn."""


class ConfirmGuard(Generic[Answer]):
    """Takes a yes only once the terminal has drawn its box, and keeps it for a moment to be taken back.

    Any other letter cancels: whoever types a name in the box believes to be in the filter.
    """

    def __init__(self, box: GuardedBox[Answer], nothing_done: str) -> None:
        """Guard this box. `nothing_done` is what another key than the one for yes says: ``Nothing was sent``."""
        self._box = box
        self._nothing_done = nothing_done
        self._armed = False
        self._turn = 0
        self._yes: Timer | None = None
        self._pressed: dict[str, float] = {}

    @property
    def is_armed(self) -> bool:
        """Return whether a yes counts by now."""
        return self._armed

    @property
    def is_confirmed(self) -> bool:
        """Return whether a yes was given, which another letter still takes back."""
        return self._yes is not None

    def arm(self) -> None:
        """Take a yes from the moment on in which what the box shows now can have been read.

        To be called whenever that changes: a yes that was given to something else is taken back.
        """
        self._armed = False
        self._undo_confirm()
        self._turn += 1
        self._box.call_after_refresh(partial(self._query_terminal, self._turn))
        self._box.show_readiness()

    def _query_terminal(self, turn: int) -> None:
        if turn != self._turn or not self._box.is_attached:
            return
        rows_to_verify = self._box.rows_to_verify()
        if rows_to_verify is None or not when_drawn(
            self._box.app, rows_to_verify, partial(self._on_drawn, turn)
        ):
            self._box.set_timer(_POLL_SECONDS, partial(self._query_terminal, turn))

    def _on_drawn(self, turn: int) -> None:
        if turn == self._turn and self._box.is_attached:
            self._box.set_timer(READING_SECONDS, partial(self._arm, turn))

    def _arm(self, turn: int) -> None:
        if turn != self._turn:
            return
        if self._box.rows_to_verify() is None:
            self.arm()
            return
        self._armed = True
        self._box.show_readiness()

    def is_key_repeat(self, key: str) -> bool:
        """Return whether this key, if it came now, would be taken for one that is being held."""
        return monotonic() - self._pressed.get(key, float("-inf")) < KEY_REPEAT_SECONDS

    def accepts_key(self, key: str) -> bool:
        """Return whether this key, which was just pressed, counts: not twice, not held, not unseen."""
        held = self.is_key_repeat(key)
        self._pressed[key] = monotonic()
        if held or self.is_confirmed or not self._armed:
            return False
        if self._box.rows_to_verify() is None:
            # Something lies over it: it has to be seen again first.
            self.arm()
        return self._armed

    def confirm(self) -> None:
        """Close the box with its yes, in a moment."""
        self._yes = self._box.set_timer(UNDO_SECONDS, self._close_confirmed)
        self._box.show_readiness()

    def _close_confirmed(self) -> None:
        if self._box.rows_to_verify() is not None:
            self._box.leave(self._box.confirmed_result())
            return
        # Another box has come over it: what is not seen is not done.
        self.arm()

    def _undo_confirm(self) -> None:
        if self._yes is not None:
            self._yes.stop()
            self._yes = None

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Cancel at a letter that means nothing here, also just after the yes; return whether it was one."""
        if key.is_printable:
            self.cancel_by_key()
        return key.is_printable

    def cancel_by_key(self) -> None:
        """Do nothing, and say so to somebody who may believe to type elsewhere."""
        words = f"{self._nothing_done}: a key other than {self._box.confirm_key or 'y'} was pressed."
        self._box.notify(words, severity="warning", markup=False)
        self.cancel()

    def cancel(self) -> None:
        """Close the box without an answer."""
        self._armed = False
        self._undo_confirm()
        self._box.leave()
