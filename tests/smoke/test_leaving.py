"""Whatever ends the app leaves the terminal as it was."""

import os
import signal
import sys

import pytest

from tests.smoke.terminal import Terminal, needs_tmux

pytestmark = needs_tmux


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_clean_and_is_told_by_the_exit_code(tmp_path, number):
    app = f"{sys.executable} -m dazos_tui --state {tmp_path} demo"
    shell = f"{app} & echo $! > {tmp_path}/pid; fg >/dev/null; echo code $?; exec sleep 100"
    with Terminal(["bash", "--norc", "-c", f"set -m; {shell}"], width=80, height=24) as terminal:
        terminal.sees("Which CRM instance?")
        os.kill(int((tmp_path / "pid").read_text()), number)
        terminal.sees(f"code {128 + number}")
        flags = terminal._tmux("display-message", "-p", "-t", "t", "#{alternate_on} #{mouse_any_flag}")
    assert flags.split() == ["0", "0"]
