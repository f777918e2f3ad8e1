"""Without colours, in a real terminal: none is sent, and cursor and selection are still visible."""

import os
import re
import subprocess
import sys

import pytest

from dazos_tui.tui.terminal.colour_support import wants_colours
from dazos_tui.tui.terminal.sgr import minimize_sgr
from tests.secrecy.terminal import Terminal
from tests.tui.emulator import Terminal as Emulator

STYLE = re.compile(rb"\x1b\[([\d;]*)m")
COLOURLESS = {0, 1, 2, 3, 4, 7, 9, 22, 23, 24, 27, 29}
"""ECMA-48, 8.3.117: codes that are not colours, except blinking and hiding."""

TERMINALS = {
    "NO_COLOR": {"NO_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "the console": {"TERM": "linux"},
    "an old xterm": {"TERM": "xterm"},
    "an old screen": {"TERM": "screen"},
}


def demo(tmp_path, **environment):
    kept = {
        name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM", "TMUX"}
    }
    command = [sys.executable, "-m", "dazos_tui", "--state", str(tmp_path / "state"), "demo", "--users", "45"]
    return Terminal(command, {**kept, "HOME": str(tmp_path), **environment}, tmp_path)


def codes(raw):
    """Return every SGR code in the output."""
    return {int(code or 0) for style in STYLE.findall(raw) for code in style.split(b";")}


def look_of(raw, text):
    """Return the attributes common to all characters of a text on the terminal."""
    terminal = Emulator.showing(raw.decode(errors="replace"))
    for line, column in sorted(terminal.cells):
        places = [(line, column + index) for index in range(len(text))]
        cells = [terminal.cells[place] for place in places if place in terminal.cells]
        if "".join(cell[0] for cell in cells) == text:
            return frozenset.intersection(*(cell[3] for cell in cells if cell[0] != " "))
    raise AssertionError(f"not shown: {text}")


@pytest.mark.parametrize("environment", TERMINALS.values(), ids=TERMINALS)
def test_no_colour_is_sent_and_everything_stays_distinguishable(tmp_path, environment):
    with demo(tmp_path, **environment) as terminal:
        terminal.shows("Which CRM instance?", "PRODUCTION", "STAGING")
        terminal.sees("harbor-prod")
        chosen, other = look_of(terminal.raw, "harbor-prod"), look_of(terminal.raw, "summit-prod")
        assert (7 in chosen, 7 in other) == (True, False)
        assert look_of(terminal.raw, " STAGING ") == {1, 7}
        # In the cursor row everything else is reversed too.
        assert look_of(terminal.raw, "PRODUCTION") == {1, 4, 7}
        terminal.type("\r")
        terminal.shows("inactive")
        terminal.shows_no("reading …")
        assert look_of(terminal.raw, " PRODUCTION ") == {1, 7}
        terminal.type("garcia\r")
        terminal.shows("User Name")
        terminal.type("s")
        terminal.shows("y send", "Esc cancel")
        assert look_of(terminal.raw, "Esc") == {1}
        terminal.type("\x1b")
        terminal.shows_no("Esc cancel")
        assert codes(terminal.raw) <= COLOURLESS
        terminal.type("q")
        assert terminal.ends() == 0


@pytest.mark.parametrize("no_color", [{}, {"NO_COLOR": ""}], ids=["unset", "empty"])
def test_a_terminal_with_colours_has_them(tmp_path, no_color):
    with demo(tmp_path, TERM="xterm-256color", COLORTERM="truecolor", **no_color) as terminal:
        terminal.sees("Which CRM instance?", "harbor-prod")
        # The production badge of the default theme.
        assert b"48;2;198;47;47" in terminal.raw


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-direct"}, True),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, True),
        ({"TERM": "a-terminal-of-tomorrow"}, True),
        ({"TERM": "linux"}, False),
        ({"TERM": "vt100"}, False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, True),
    ],
)
def test_which_terminals_get_colours(environment, colours):
    # A process can look up the description of only one terminal.
    program = (
        "from dazos_tui.tui.terminal.colour_support import wants_colours;"
        f"print(wants_colours({environment!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(colours)


def test_no_color_is_checked_before_terminfo():
    assert not wants_colours({"NO_COLOR": "yes", "TERM": "xterm-256color"})


@pytest.mark.parametrize(
    ("style", "attributes"),
    [
        ("38;2;255;255;255;48;2;0;0;0", ""),
        ("38;2;0;0;0;48;2;255;255;255", "7"),
        ("1;38;2;120;120;120;48;2;0;0;0", "1;2"),
        ("38;2;130;130;130;48;2;255;255;255", "2;7"),
        # A light badge in a reversed row.
        ("7;38;2;0;0;0;48;2;255;255;255", ""),
        ("31;42", ""),
        ("4;38;5;9;48;5;10", "4"),
    ],
)
def test_light_and_dark_become_attributes(style, attributes):
    shown = minimize_sgr(f"\x1b[{style}mwords\x1b[0m", colours=False)
    assert shown == (f"\x1b[{attributes}mwords\x1b[0m" if attributes else "words")
