"""Ctrl+C, and a terminal that goes, in the moment in which a program gets the terminal."""

import os
import pty
import signal
from collections.abc import Iterator

import pytest

from dazos_tui.system.subprocesses import ProgramNotStartedError, run_program


@pytest.fixture
def terminal() -> Iterator[int]:
    ours, terminal = pty.openpty()
    yield terminal
    os.close(ours)
    os.close(terminal)


@pytest.fixture
def received() -> Iterator[list[int]]:
    """Return the signals of Ctrl+C that we acted on."""
    numbers: list[int] = []
    earlier = signal.signal(signal.SIGINT, lambda number, _: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGINT, earlier)


async def test_ctrl_c_just_before_a_program_has_the_terminal_ends_the_program(monkeypatch, terminal):
    presses = iter([signal.SIGINT])

    def put_in_foreground(*_):
        for number in presses:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(os, "tcsetpgrp", put_in_foreground)
    before = signal.getsignal(signal.SIGINT)
    code, _, _ = await run_program(["sleep", "300"], 120, os.environ, terminal=terminal)
    assert code == -signal.SIGINT
    assert signal.getsignal(signal.SIGINT) is before


async def test_an_interrupt_of_ours_while_the_program_runs_is_acted_on(
    monkeypatch, tmp_path, terminal, received
):
    killpg = os.killpg

    def note_that_it_runs(group, number):
        killpg(group, number)
        (tmp_path / "runs").touch()

    monkeypatch.setattr(os, "killpg", note_that_it_runs)
    interrupting = f"until [ -e '{tmp_path}/runs' ]; do :; done; kill -INT $PPID; exit 3"
    assert (await run_program(["sh", "-c", interrupting], 120, os.environ, terminal=terminal))[0] == 3
    assert received == [signal.SIGINT]


async def test_ctrl_c_before_a_program_that_cannot_be_started_is_acted_on(monkeypatch, terminal, received):
    def press_ctrl_c(_terminal):
        os.kill(os.getpid(), signal.SIGINT)
        return "/dev/tty"

    monkeypatch.setattr(os, "ttyname", press_ctrl_c)
    with pytest.raises(ProgramNotStartedError):
        await run_program(["/nowhere"], 120, os.environ, terminal=terminal)
    assert received == [signal.SIGINT]


async def test_a_terminal_that_goes_before_the_program_has_it_is_no_error():
    ours, terminal = pty.openpty()
    os.close(ours)
    try:
        code, printed, _ = await run_program(
            ["sh", "-c", 'echo "$GPG_TTY"'], 120, os.environ, terminal=terminal
        )
    finally:
        os.close(terminal)
    assert (code, printed) == (0, b"/dev/tty\n")


async def test_a_terminal_that_goes_once_the_program_was_started_is_no_error(monkeypatch):
    ours, terminal = pty.openpty()
    name = os.ttyname

    def hang_up_after(descriptor: int) -> str:
        """Return the name of a terminal that has then gone."""
        found = name(descriptor)
        os.close(ours)
        monkeypatch.setattr(os, "ttyname", name)
        return found

    monkeypatch.setattr(os, "ttyname", hang_up_after)
    try:
        code, *_ = await run_program(["true"], 120, os.environ, terminal=terminal)
    finally:
        os.close(terminal)
    assert code == 0
