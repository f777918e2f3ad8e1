"""The demo in many terminals: values of TERM and similar variables, and how few keys the job takes."""

import re
import shlex
import sys

import pytest

from tests.smoke.terminal import Terminal, needs_tmux

pytestmark = needs_tmux

COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:[34][0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
"""A style with a colour (ECMA-48, 8.3.117, and the bright colours of aixterm)."""

TERMINALS = {
    "xterm": (["TERM=xterm"], False),
    "xterm-256color": (["TERM=xterm-256color"], True),
    "xterm-16color": (["TERM=xterm-16color"], False),
    "screen": (["TERM=screen"], False),
    "screen-256color": (["TERM=screen-256color"], True),
    "tmux": (["TERM=tmux"], False),
    "tmux-256color": (["TERM=tmux-256color"], True),
    "linux": (["TERM=linux"], False),
    "vt100": (["TERM=vt100"], False),
    "truecolor": (["TERM=xterm", "COLORTERM=truecolor"], True),
    "no-color": (["TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=1"], False),
    "unknown": (["TERM=a-terminal-of-tomorrow"], True),
}
"""Environments, and whether the app should show colours in each."""

MOST_KEYS = 6
"""The most keys from the start of the demo to the success, without the characters of the name."""


def demo(state, *environment):
    command = [sys.executable, "-m", "dazos_tui", "--state", str(state), "demo"]
    return ["env", "-u", "COLORTERM", "-u", "NO_COLOR", *environment, *command]


def has_colours(terminal):
    return COLOUR.search(terminal.raw) is not None


@pytest.mark.parametrize(("environment", "colours"), TERMINALS.values(), ids=TERMINALS)
def test_the_job_works_in_many_terminals(tmp_path, environment, colours):
    shell = f"{shlex.join(demo(tmp_path, *environment))}; echo code $?; exec sleep 100"
    with Terminal(["sh", "-c", shell], width=80, height=24) as terminal:
        terminal.sees("Which CRM instance?", "harbor-prod", "PRODUCTION", "STAGING")
        assert has_colours(terminal) == colours
        terminal.press("Enter")
        terminal.sees("389 active")
        terminal.type("garcia")
        terminal.sees("1 match", "Elena García")
        assert has_colours(terminal) == colours
        terminal.press("Enter")
        terminal.sees("odd.garcia@harbor.example.com", "active · Case Manager")
        terminal.type("s")
        terminal.sees("Send a reset link?", "PRODUCTION", "y send")
        assert has_colours(terminal) == colours
        terminal.press("Escape")
        terminal.sees_no("y send")
        terminal.type("q")
        assert "Traceback" not in terminal.sees("code 0")


@pytest.mark.parametrize(("width", "height"), [(120, 40), (45, 20)])
def test_the_job_takes_few_keys(tmp_path, width, height):
    with Terminal(demo(tmp_path, "TERM=xterm-256color"), width=width, height=height) as terminal:
        keys = 0

        def press(key):
            nonlocal keys
            keys += 1
            terminal.press(key)

        terminal.sees("Which CRM instance?")
        press("Enter")
        terminal.sees("389 active")
        terminal.type("garcia")
        terminal.sees("1 match")
        press("Enter")
        terminal.sees("active · Case Manager")
        press("s")
        terminal.sees("y send")
        press("y")
        terminal.sees("Success", "Reset Password Instruction")
    assert keys <= MOST_KEYS
