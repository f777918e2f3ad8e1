"""The guard of a yes, in a box without a screen: when a yes counts, and what takes it back."""

from typing import Any

import pytest
from textual import events

from dazos_tui.tui.dialogs import confirm_guard
from dazos_tui.tui.dialogs.confirm_guard import (
    KEY_REPEAT_SECONDS,
    QUICKEST_SECONDS,
    READING_SECONDS,
    UNDO_SECONDS,
    ConfirmGuard,
)


class Timer:
    def __init__(self, at, callback):
        self.at, self.callback = at, callback

    def stop(self):
        self.callback = lambda: None


class AppWithoutTerminal:
    """What was written there is drawn."""

    _driver = None


class Box:
    """A box whose time passes as a test says."""

    app: Any = AppWithoutTerminal()
    is_attached, confirm_key = True, "y"

    def __init__(self):
        self.now, self.in_sight, self.line = 100.0, True, 3
        self.timers, self.answers, self.said = [], [], []
        self.guard: ConfirmGuard[str] = ConfirmGuard(self, "Nothing was sent")

    def rows_to_verify(self):
        return [(self.line, 0, "Send a link?")] if self.in_sight else None

    def confirmed_result(self):
        return "the answer"

    def show_readiness(self):
        self.shown = self.guard.is_armed, self.guard.is_confirmed

    def leave(self, answer=None):
        self.answers.append(answer)

    def notify(self, message, *, severity, markup):
        self.said.append((message, severity, markup))

    def set_timer(self, delay, callback):
        self.timers.append(Timer(self.now + delay, callback))
        return self.timers[-1]

    def call_after_refresh(self, callback):
        self.set_timer(0, callback)
        return True

    def passes(self, seconds):
        """Let so much time pass, with all that was to happen in it."""
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer.at <= end + 1e-9]:
            timer = min(due, key=lambda one: one.at)
            self.timers.remove(timer)
            self.now = max(self.now, timer.at)
            timer.callback()
        self.now = end

    def press(self, key):
        if self.guard.accepts_key(key):
            self.guard.confirm()


@pytest.fixture
def box(monkeypatch):
    box = Box()
    monkeypatch.setattr(confirm_guard, "monotonic", lambda: box.now)
    box.guard.arm()
    return box


@pytest.fixture
def armed(box):
    box.passes(READING_SECONDS)
    return box


def typed(letter):
    return events.Key(letter, letter)


def test_a_yes_before_the_box_can_have_been_read_does_not_count(box):
    box.passes(READING_SECONDS - 0.01)
    box.press("y")
    box.passes(0.005)
    assert box.shown == (False, False)
    box.passes(KEY_REPEAT_SECONDS)
    assert box.shown == (True, False)
    box.press("y")
    assert (box.shown, box.answers) == ((True, True), [])
    box.passes(UNDO_SECONDS)
    assert box.answers == ["the answer"]


def test_a_box_that_is_not_in_sight_is_looked_for_until_it_is(box):
    box.in_sight = False
    box.passes(10)
    assert not box.guard.is_armed
    box.in_sight = True
    box.passes(READING_SECONDS)
    assert not box.guard.is_armed
    box.passes(0.1)
    assert box.guard.is_armed


def test_a_box_covered_while_it_is_read_has_to_be_read_again(box):
    box.passes(READING_SECONDS - 0.01)
    box.in_sight = False
    box.passes(0.02)
    box.in_sight = True
    box.passes(READING_SECONDS - 0.05)
    assert not box.guard.is_armed
    box.passes(0.2)
    assert box.guard.is_armed


def test_of_two_armings_only_the_last_one_counts(box):
    box.passes(READING_SECONDS - 0.01)
    box.guard.arm()
    box.passes(READING_SECONDS - 0.01)
    assert not box.guard.is_armed
    box.passes(0.01)
    assert box.guard.is_armed


def test_a_key_that_is_held_never_counts(box):
    for _ in range(100):
        box.press("y")
        box.passes(KEY_REPEAT_SECONDS / 2)
    assert (box.guard.is_armed, box.answers) == (True, [])
    box.passes(KEY_REPEAT_SECONDS)
    box.press("y")
    box.passes(UNDO_SECONDS)
    assert box.answers == ["the answer"]


def test_a_key_that_is_held_does_not_count_where_the_line_pauses(box):
    for pause in [0.03] * 30 + [KEY_REPEAT_SECONDS * 2] + [0.03] * 30:
        box.press("y")
        box.passes(pause)
    box.passes(10)
    assert (box.shown, box.answers) == ((True, False), [])


@pytest.mark.parametrize("pause", [QUICKEST_SECONDS + 0.01, UNDO_SECONDS - 0.05])
def test_a_yes_that_is_pressed_twice_or_for_long_still_counts(armed, pause):
    armed.press("y")
    armed.passes(pause)
    for _ in range(10):
        armed.press("y")
        armed.passes(0.03)
    assert armed.answers == ["the answer"]


def test_a_yes_counts_once(armed):
    armed.press("y")
    armed.passes(UNDO_SECONDS / 2)
    armed.press("A")
    armed.passes(10)
    assert armed.answers == ["the answer"]


def test_another_letter_takes_the_yes_back_and_says_so(armed):
    armed.press("y")
    assert armed.guard.handle_unbound_key(typed("v"))
    armed.passes(10)
    assert armed.answers == [None]
    assert armed.said == [("Nothing was sent: a key other than y was pressed.", "warning", False)]


def test_a_key_other_than_a_letter_is_not_handled(armed):
    assert not armed.guard.handle_unbound_key(events.Key("f5", None))
    assert (armed.said, armed.answers) == ([], [])


def test_what_changes_takes_the_yes_back(armed):
    armed.press("y")
    armed.guard.arm()
    assert armed.shown == (False, False)
    armed.passes(10)
    assert (armed.guard.is_armed, armed.answers) == (True, [])


def test_a_covered_box_accepts_and_returns_nothing(armed):
    armed.press("y")
    armed.in_sight = False
    armed.passes(UNDO_SECONDS)
    assert (armed.shown, armed.answers) == ((False, False), [])
    armed.in_sight = True
    armed.passes(1)
    assert armed.guard.is_armed
    armed.in_sight = False
    armed.press("A")
    assert armed.shown == (False, False)


def test_a_box_that_moved_has_to_be_read_again(armed):
    armed.line += 1
    armed.press("y")
    assert armed.shown == (False, False)
    armed.passes(READING_SECONDS)
    assert (armed.guard.is_armed, armed.answers) == (True, [])


def test_a_cancel_takes_the_yes_back(armed):
    armed.press("y")
    armed.guard.cancel()
    armed.passes(10)
    assert armed.answers == [None]
    assert armed.said == []


@pytest.mark.parametrize("in_sight", [True, False])
def test_a_box_that_is_gone_is_not_looked_at_again(box, in_sight):
    box.is_attached, box.in_sight = False, in_sight
    box.passes(0)
    assert box.timers == []


def test_a_yes_does_not_count_while_what_covered_the_box_was_sent_last(armed, monkeypatch):
    """Over a slow line the box may be in sight for the app, and not yet for the user."""
    monkeypatch.setattr(confirm_guard, "has_sent", lambda app, rows: False)
    armed.press("y")
    assert (armed.shown, armed.answers) == ((False, False), [])


def test_a_box_that_is_covered_in_what_was_sent_does_not_close_confirmed(armed, monkeypatch):
    armed.press("y")
    monkeypatch.setattr(confirm_guard, "has_sent", lambda app, rows: False)
    armed.passes(UNDO_SECONDS)
    assert (armed.shown, armed.answers) == ((False, False), [])
