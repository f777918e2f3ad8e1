"""A yes that cannot be undone: it takes a deliberate one, which nobody gives blindly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import Button

from dazos_tui.tui.dialogs.dialog import Dialog
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


YES_AND_NO: list[BindingType] = [
    Binding("y", "yes", "Yes"),
    Binding("n,escape,q", "cancel", "Cancel"),
]
"""The keys of a box that takes such a yes."""


@dataclass(frozen=True, slots=True)
class YesOf:
    """What a yes needs of its box.

    `placed` gives what must be on the screen for it to count, None if something of it is not. `arm` has the
    box be seen again first, `show_readiness` shows whether a yes counts or was given, and `answer` is what it
    gives back.
    """

    placed: Callable[[], Sequence[Placed] | None]
    arm: Callable[[], None]
    show_readiness: Callable[[], None]
    answer: Callable[[], object]


class DeliberateYes:
    """Counts only once the terminal has drawn its box, and not from a key that is held; any letter undoes it.

    Somebody who types a name into the box believes to be in the filter.
    """

    def __init__(self, box: Dialog[Any], parts: YesOf) -> None:
        self._box, self._parts = box, parts
        self._armed = False
        self._pressed: dict[str, float] = {}
        self._given: Timer | None = None
        self._turn = 0

    @property
    def is_armed(self) -> bool:
        """Return whether a yes counts now."""
        return self._armed

    @property
    def is_given(self) -> bool:
        """Return whether a yes was given, which another letter still takes back."""
        return self._given is not None

    def arm(self) -> None:
        """Take a yes from the moment on in which what the box shows now can have been read.

        To be called whenever that changes: a yes that was given to something else is taken back.
        """
        self.disarm()
        self._turn += 1
        self._box.call_after_refresh(self._ask_terminal, self._turn)

    def disarm(self) -> None:
        """Take no yes, and the one that was given back."""
        self._armed = False
        if self._given is not None:
            self._given.stop()
            self._given = None

    def _ask_terminal(self, turn: int) -> None:
        if turn != self._turn or not self._box.is_attached:
            return
        placed = self._parts.placed()
        if placed is None or not when_drawn(self._box.app, placed, partial(self._drawn, turn)):
            self._box.set_timer(_LOOK_SECONDS, partial(self._ask_terminal, turn))

    def _drawn(self, turn: int) -> None:
        if turn == self._turn and self._box.is_attached:
            self._box.set_timer(READING_SECONDS, partial(self._arm, turn))

    def _arm(self, turn: int) -> None:
        if turn != self._turn:
            return
        if self._parts.placed() is None:
            self._parts.arm()
            return
        self._armed = True
        self._parts.show_readiness()

    def is_held(self, key: str) -> bool:
        """Return whether this key, if it came now, would be taken for one that is being held."""
        return monotonic() - self._pressed.get(key, float("-inf")) < HELD_SECONDS

    def may_act(self, key: str) -> bool:
        """Return whether this key counts: not twice, not held, not before the box was seen."""
        held = self.is_held(key)
        self._pressed[key] = monotonic()
        if held or self.is_given or not self._armed:
            return False
        if self._parts.placed() is None:
            # Something lies over it: it has to be seen again first.
            self._parts.arm()
        return self._armed

    def give(self) -> None:
        """Give the answer in a moment."""
        self._given = self._box.set_timer(REGRET_SECONDS, self._leave)
        self._parts.show_readiness()

    def _leave(self) -> None:
        if self._box.app.screen is self._box and self._parts.placed() is not None:
            self._box.leave(self._parts.answer())
            return
        # Another box has come over it: what is not seen is not done.
        self._parts.arm()

    def call_off(self, untouched: str, yes_key: str) -> None:
        """Do nothing, and say so to somebody who may believe to type elsewhere."""
        words = f"{untouched}: another key than {yes_key or 'y'} was pressed."
        self._box.notify(words, severity="warning", markup=False)
        self.cancel()

    def cancel(self) -> None:
        """Do nothing."""
        self.disarm()
        self._box.leave()


class DeliberateDialog(Dialog[Answer | None], Generic[Answer]):
    """Starts on Cancel: only ``y`` or the yes button acts, and only once the terminal has drawn the box."""

    BINDINGS: ClassVar[list[BindingType]] = [*YES_AND_NO]
    AUTO_FOCUS = "#cancel"

    yes_label = ""
    """What the yes button says, such as ``Send (y)``; and what is said once it was pressed."""
    busy_label = ""
    untouched = ""
    """What is said after another key than the one for yes, such as ``Nothing was sent``."""

    def __init__(self, *, classes: str) -> None:
        super().__init__(classes=classes)
        # Nothing must be in a certain place here: it counts that the box was drawn.
        self.deliberate = DeliberateYes(self, YesOf(tuple, self.arm, self.show_readiness, self.yes))

    def yes(self) -> Answer | None:
        """Return the answer that a yes gives."""
        raise NotImplementedError

    def arm(self) -> None:
        """Take a yes once the box could be read."""
        self.deliberate.arm()

    def show_readiness(self) -> None:
        """Show whether a yes counts, or was given."""
        button = self.query_one("#yes", Button)
        button.label = self.busy_label if self.deliberate.is_given else self.yes_label
        button.disabled = False

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "yes":
            self.action_yes()
        elif event.button.id == "cancel":
            self.action_cancel()

    def take_stray(self, key: events.Key) -> bool:
        """Cancel at a letter that means nothing here, also just after the yes."""
        if key.is_printable:
            self.deliberate.call_off(self.untouched, "y")
        return key.is_printable

    def action_yes(self) -> None:
        """Take the key for a yes, if it counts."""
        if self.deliberate.may_act("y"):
            self.give_yes()

    def give_yes(self) -> None:
        """Give the answer in a moment."""
        self.deliberate.give()

    def action_cancel(self) -> None:
        """Do nothing."""
        self.deliberate.cancel()
