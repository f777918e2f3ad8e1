"""The guard of an irreversible confirmation: it never accepts an unseen, repeated or held key."""

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel
from textual.timer import Timer

from dazos_tui.tui.terminal.driver import has_sent, when_drawn
from dazos_tui.tui.terminal.screen_diff import PlacedText

Answer = TypeVar("Answer")

READING_SECONDS = 0.3
"""For this long after the terminal has drawn the dialog, no key acts: it may have been typed ahead."""

UNDO_SECONDS = 0.3
"""For this long after the confirmation any other letter undoes it: the key then was the start of a name."""

KEY_REPEAT_SECONDS = 0.7
"""A key that returns sooner is held down. This is the longest usual delay before a keyboard repeats."""

QUICKEST_SECONDS = 0.1
"""A confirmation that returns sooner comes from a key that is held down, whose line had paused."""

_POLL_SECONDS = 0.05
"""How often to check whether the dialog has been drawn, if it was not at once."""

CONFIRM_BINDINGS: list[BindingType] = [
    Binding("y", "yes", "Yes"),
    Binding("n,escape,q", "cancel", "Cancel"),
]
"""The keys of a dialog with a guard. Its actions call `ConfirmGuard.cancel`, or ask the guard."""


class GuardedBox(Protocol[Answer]):
    """What a guard needs of its dialog. The last six members come from Textual and `Dialog`."""

    @property
    def confirm_key(self) -> str:
        """Return the key that confirms now; empty for none."""

    def rows_to_verify(self) -> Sequence[PlacedText] | None:
        """Return the text that must be on the screen for a confirmation to count; None if some is not."""

    def confirmed_result(self) -> Answer | None:
        """Return the result of a confirmation."""

    def show_readiness(self) -> None:
        """Show whether the guard is armed or confirmed."""

    @property
    def app(self) -> App[Any]:
        """Return the app, whose terminal must draw the dialog."""

    @property
    def is_attached(self) -> bool:
        """Return whether the dialog is still among the app's screens."""

    def leave(self, answer: Answer | None = None, /) -> None:
        """Close the dialog with this answer."""

    def notify(self, message: str, /, *, severity: SeverityLevel, markup: bool) -> None:
        """Show a toast."""

    def set_timer(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Call something after a delay in seconds, unless the dialog has closed before."""

    def call_after_refresh(self, callback: Callable[[], object], /) -> bool:
        """Call something after the screen is next drawn."""


class ConfirmGuard(Generic[Answer]):
    """Accepts a confirmation only after the terminal has drawn the dialog, and delays it so it can be undone.

    Any other letter cancels: a user who types a name here believes they are in the filter.
    """

    def __init__(self, box: GuardedBox[Answer], nothing_done: str) -> None:
        """Guard this dialog. `nothing_done` begins the message about any other key: ``Nothing was sent``."""
        self._box = box
        self._nothing_done = nothing_done
        self._armed = False
        self._attempt = 0
        self._drawn: frozenset[PlacedText] = frozenset()
        """What the terminal was asked about: the rows that it shows when the guard is armed."""
        self._confirmation: Timer | None = None
        self._confirmed_at = 0.0
        self._pressed: dict[str, float] = {}

    @property
    def is_armed(self) -> bool:
        """Return whether a confirmation counts now."""
        return self._armed

    @property
    def is_confirmed(self) -> bool:
        """Return whether a confirmation was given, which another letter can still undo."""
        return self._confirmation is not None

    def arm(self) -> None:
        """Accept a confirmation once the current content can have been read.

        Call this whenever the content changes: a confirmation of the earlier content is undone.
        """
        self._armed = False
        self._undo_confirm()
        self._attempt += 1
        self._box.call_after_refresh(partial(self._query_terminal, self._attempt))
        self._box.show_readiness()

    def _query_terminal(self, attempt: int) -> None:
        if attempt != self._attempt or not self._box.is_attached:
            return
        rows = self._box.rows_to_verify()
        if rows is None or not when_drawn(self._box.app, rows, partial(self._on_drawn, attempt)):
            self._box.set_timer(_POLL_SECONDS, partial(self._query_terminal, attempt))
        else:
            self._drawn = frozenset(rows)

    def _is_in_sight(self) -> bool:
        """Return whether the dialog is in its place and not covered, on the screen and in what was sent.

        Over a slow line, what covered it may have been sent, and not yet what uncovers it. Rows that changed
        since the guard was armed may still wait to be sent: they only name the keys that count now.
        """
        seen = self._drawn.intersection(self._box.rows_to_verify() or ())
        return bool(seen) and has_sent(self._box.app, seen)

    def _on_drawn(self, attempt: int) -> None:
        if attempt == self._attempt and self._box.is_attached:
            self._box.set_timer(READING_SECONDS, partial(self._arm_if_visible, attempt))

    def _arm_if_visible(self, attempt: int) -> None:
        if attempt != self._attempt:
            return
        if not self._is_in_sight():
            self.arm()
            return
        self._armed = True
        self._box.show_readiness()

    def is_key_repeat(self, key: str) -> bool:
        """Return whether this key, if pressed now, would count as held down."""
        return monotonic() - self._pressed.get(key, float("-inf")) < KEY_REPEAT_SECONDS

    def accepts_key(self, key: str) -> bool:
        """Return whether this key press counts: not repeated, not held down, and its dialog is visible."""
        held = self.is_key_repeat(key)
        self._pressed[key] = monotonic()
        if self.is_confirmed and monotonic() - self._confirmed_at < QUICKEST_SECONDS:
            self._undo_confirm()
            self._box.show_readiness()
        if held or self.is_confirmed or not self._armed:
            return False
        if not self._is_in_sight():
            # Something covers the dialog: it must be seen again first.
            self.arm()
        return self._armed

    def confirm(self) -> None:
        """Close the dialog with its result after `UNDO_SECONDS`."""
        self._confirmation = self._box.set_timer(UNDO_SECONDS, self._close_confirmed)
        self._confirmed_at = monotonic()
        self._box.show_readiness()

    def _close_confirmed(self) -> None:
        if self._is_in_sight():
            self._box.leave(self._box.confirmed_result())
            return
        # Another dialog has covered it: nothing unseen is done.
        self.arm()

    def _undo_confirm(self) -> None:
        if self._confirmation is not None:
            self._confirmation.stop()
            self._confirmation = None

    def handle_unbound_key(self, key: events.Key) -> bool:
        """Cancel at a letter without a meaning here, also after a confirmation; return whether it was one."""
        if key.is_printable:
            self.cancel_by_key()
        return key.is_printable

    def cancel_by_key(self) -> None:
        """Cancel, and say so: the user may believe they are typing elsewhere."""
        words = f"{self._nothing_done}: a key other than {self._box.confirm_key or 'y'} was pressed."
        self._box.notify(words, severity="warning", markup=False)
        self.cancel()

    def cancel(self) -> None:
        """Close the dialog without an answer."""
        self._armed = False
        self._undo_confirm()
        self._box.leave()
