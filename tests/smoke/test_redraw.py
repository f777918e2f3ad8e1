"""A real terminal shows the complete screen although only changes are sent; and redrawing repairs it."""

import sys
from pathlib import Path

import pytest

from tests.smoke.terminal import Terminal, needs_tmux
from tests.tui.emulator import Terminal as Emulator

pytestmark = needs_tmux

STRAY = "Broadcast message"


def seen(terminal):
    """Return what the terminal shows, with all visible styles."""
    whole = terminal._tmux("capture-pane", "-p", "-e", "-N", "-t", "t")
    emulator = Emulator()
    for number, line in enumerate(whole.splitlines(), 1):
        # A line starts in the style in which the previous one ended.
        emulator.write(f"\x1b[{number};1H{line}")
    return emulator.seen


def assert_same(one, other):
    """Assert that two pictures are equal. tmux leaves out blanks at the end of a row that were erased."""
    assert {place: one[place] for place in one.keys() & other} == {
        place: other[place] for place in one.keys() & other
    }
    assert all((one.get(place) or other[place])[0] == " " for place in one.keys() ^ other)


def write_over(terminal):
    """Write into the terminal as another program may."""
    tty = terminal._tmux("display-message", "-p", "-t", "t", "#{pane_tty}").strip()
    with Path(tty).open("w") as other:
        other.write(f"\x1b7\x1b[6;3H\x1b[7m{STRAY}\x1b[0m\x1b[9;20H{STRAY}\x1b8")
    terminal.sees(STRAY)


def assert_redraw_changes_nothing(terminal):
    terminal.settles()
    before = seen(terminal)
    write_over(terminal)
    assert seen(terminal) != before
    terminal.press("C-l")
    terminal.sees_no(STRAY)
    terminal.settles()
    assert_same(seen(terminal), before)


@pytest.mark.parametrize(("width", "height"), [(120, 40), (80, 24), (45, 20)])
def test_the_screen_is_complete_and_redrawing_repairs_it(tmp_path, width, height):
    command = [sys.executable, "-m", "dazos_tui", "--state", str(tmp_path), "demo"]
    with Terminal(command, width=width, height=height) as terminal:
        terminal.sees("Which CRM instance?")
        assert_redraw_changes_nothing(terminal)
        terminal.press("Enter")
        terminal.sees("389 active")
        assert_redraw_changes_nothing(terminal)
        terminal.type("garcia")
        terminal.sees("1 match", "Elena García")
        assert_redraw_changes_nothing(terminal)
        terminal.press("Enter")
        terminal.sees("active · Case Manager")
        assert_redraw_changes_nothing(terminal)
        terminal.type("s")
        terminal.sees("y send")
        assert_redraw_changes_nothing(terminal)
        terminal.press("Escape")
        terminal.sees_no("y send")
        assert_redraw_changes_nothing(terminal)
        terminal.press("Escape")
        terminal.sees("389 active")
        assert_redraw_changes_nothing(terminal)


@pytest.mark.parametrize(("width", "height"), [(120, 40), (80, 24), (45, 20)])
def test_the_screen_is_complete_behind_a_box_and_after_it(tmp_path, width, height):
    command = [sys.executable, "-m", "dazos_tui", "--state", str(tmp_path), "demo"]
    with Terminal(command, width=width, height=height) as terminal:
        terminal.sees("Which CRM instance?")
        terminal.press("Enter")
        terminal.sees("389 active")
        for key, words in (("C-p", "Search for commands"), ("F1", "Type to find a key"), ("F2", "Which CRM")):
            terminal.press(key)
            terminal.sees(words)
            assert_redraw_changes_nothing(terminal)
            terminal.press("Escape")
            terminal.sees_no(words)
            assert_redraw_changes_nothing(terminal)
