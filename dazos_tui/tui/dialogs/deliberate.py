"""A box whose yes cannot be undone: it takes a deliberate one, which nobody gives blindly."""

from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import Button

from dazos_tui.tui.dialogs.dialog import SCROLL_BINDINGS, Dialog
from dazos_tui.tui.driver import Placed, when_drawn

Answer = TypeVar("Answer")

READING_SECONDS = 0.3
"""For so long after the terminal has drawn the box no key acts: one typed ahead cannot be meant for it."""

REGRET_SECONDS = 0.3
"""For so long after the yes another letter takes it back: then it was the first one of a name."""

HELD_SECONDS = 0.7
"""A key that comes again sooner is being held: the longest usual delay until a keyboard repeats a key."""

_LOOK_SECONDS = 0.05
"""How often it is looked whether the box has been written, if it was not at once."""


class DeliberateDialog(Dialog[Answer | None], Generic[Answer]):
    """Starts on Cancel: only ``y`` or the yes button acts, and only once the terminal has drawn the box.

    Any other letter cancels: whoever types a name here believes to be in the filter.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *SCROLL_BINDINGS,
        Binding("y", "yes", "Yes"),
        Binding("n,escape,q", "cancel", "Cancel"),
    ]
    AUTO_FOCUS = "#cancel"

    yes_label = ""
    """What the yes button says, such as ``Send (y)``; and what is said once it was pressed."""
    busy_label = ""
    untouched = ""
    """What is said after another key than the one for yes, such as ``Nothing was sent``."""

    _yes: Timer | None = None
    _turn = 0

    def __init__(self, *, classes: str) -> None:
        super().__init__(classes=classes)
        self._armed = False
        self._pressed: dict[str, float] = {}

    def yes(self) -> Answer | None:
        """Return the answer that a yes gives."""
        raise NotImplementedError

    @property
    def yes_key(self) -> str:
        """Return the key that acts here and now; empty for none."""
        return "y"

    @property
    def is_armed(self) -> bool:
        """Tell whether a yes counts by now."""
        return self._armed

    def arm(self) -> None:
        """Take a yes from the moment on in which what the box shows now can have been read.

        To be called whenever that changes: a yes that was given to something else is taken back.
        """
        self._armed = False
        self._take_back()
        self._turn += 1
        self.call_after_refresh(self._ask_terminal, self._turn)

    def placed(self) -> Sequence[Placed] | None:
        """Return what must be on the screen for a yes to count; None if something of it is not."""
        return ()

    def _ask_terminal(self, turn: int) -> None:
        if turn != self._turn or not self.is_attached:
            return
        placed = self.placed()
        if placed is None or not when_drawn(self.app, placed, partial(self._drawn, turn)):
            self.set_timer(_LOOK_SECONDS, partial(self._ask_terminal, turn))

    def _drawn(self, turn: int) -> None:
        if turn == self._turn and self.is_attached:
            self.set_timer(READING_SECONDS, partial(self._arm, turn))

    def _arm(self, turn: int) -> None:
        if turn != self._turn:
            return
        if self.placed() is None:
            self.arm()
            return
        self._armed = True
        self.show_readiness()

    def show_readiness(self) -> None:
        """Show whether a yes counts, or was given."""
        button = self.query_one("#yes", Button)
        button.label, button.disabled = self.busy_label if self.is_leaving else self.yes_label, False

    @property
    def is_leaving(self) -> bool:
        """Tell whether a yes was given, which another letter still takes back."""
        return self._yes is not None

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "yes":
            self.action_yes()
        elif event.button.id == "cancel":
            self.action_cancel()

    def take_stray(self, key: events.Key) -> bool:
        """Cancel at a letter that means nothing here, also just after the yes."""
        if key.is_printable:
            self.call_off()
        return key.is_printable

    def call_off(self) -> None:
        """Do nothing, and say so to somebody who may believe to type elsewhere."""
        words = f"{self.untouched}: another key than {self.yes_key or 'y'} was pressed."
        self.notify(words, severity="warning", markup=False)
        self.action_cancel()

    def is_held(self, key: str) -> bool:
        """Tell whether this key, if it came now, would be taken for one that is being held."""
        return monotonic() - self._pressed.get(key, float("-inf")) < HELD_SECONDS

    def may_act(self, key: str) -> bool:
        """Tell whether this key counts: not twice, not held, not before the box was seen."""
        held = self.is_held(key)
        self._pressed[key] = monotonic()
        if held or self.is_leaving or not self._armed:
            return False
        if self.placed() is None:
            # Something lies over it: it has to be seen again first.
            self.arm()
        return self._armed

    def action_yes(self) -> None:
        """Take the key for a yes, if it counts."""
        if self.may_act("y"):
            self.give_yes()

    def give_yes(self) -> None:
        """Give the answer in a moment."""
        self._yes = self.set_timer(REGRET_SECONDS, self._leave_with_yes)
        self.show_readiness()

    def _leave_with_yes(self) -> None:
        if self.app.screen is self and self.placed() is not None:
            self.leave(self.yes())
            return
        # Another box has come over it: what is not seen is not done.
        self.arm()

    def _take_back(self) -> None:
        if self._yes is not None:
            self._yes.stop()
            self._yes = None

    def action_cancel(self) -> None:
        """Do nothing."""
        self._armed = False
        self._take_back()
        self.leave()
