"""Ctrl+C in the moment in which a program gets the terminal."""

import os
import pty
import signal

from dazos_tui.system.subprocesses import run_program


async def test_ctrl_c_just_before_a_program_has_the_terminal_ends_the_program(monkeypatch):
    presses = iter([signal.SIGINT])

    def put_in_foreground(*_):
        for number in presses:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(os, "tcsetpgrp", put_in_foreground)
    ours, terminal = pty.openpty()
    before = signal.getsignal(signal.SIGINT)
    code, _, _ = await run_program(["sleep", "300"], 120, os.environ, terminal=terminal)
    os.close(ours)
    os.close(terminal)
    assert code == -signal.SIGINT
    assert signal.getsignal(signal.SIGINT) is before
