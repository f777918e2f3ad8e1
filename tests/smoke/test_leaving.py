"""However the app ends, it restores the terminal."""

import os
import pty
import signal
import subprocess
import sys

import pytest

from tests.patience import patience
from tests.smoke.terminal import Terminal, needs_tmux

pytestmark = needs_tmux

OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_clean_and_sets_the_exit_code(tmp_path, number):
    app = f"{sys.executable} -m dazos_tui --state {tmp_path} demo"
    shell = f"{app} & echo $! > {tmp_path}/pid; fg >/dev/null; echo code $?; exec sleep 100"
    with Terminal(["bash", "--norc", "-c", f"set -m; {shell}"], width=80, height=24) as terminal:
        terminal.sees("Which CRM instance?")
        os.kill(int((tmp_path / "pid").read_text()), number)
        terminal.sees(f"code {128 + number}")
        flags = terminal._tmux("display-message", "-p", "-t", "t", "#{alternate_on} #{mouse_any_flag}")
    assert flags.split() == ["0", "0"]


@pytest.mark.parametrize("continued", [False, True])
def test_the_app_ends_with_its_terminal(tmp_path, continued):
    """This happens when a connection breaks, or when tmux ends, which also sends SIGCONT."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dazos_tui", "--state", str(tmp_path / "state"), "demo"]
    environment = {**os.environ, "TERM": "xterm-256color"}
    app = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *command],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        seen = b""
        while b"Which CRM instance?" not in seen:
            seen += os.read(ours, 65536)
        os.close(ours)
        if continued:
            app.send_signal(signal.SIGCONT)
        assert app.wait(timeout=patience(20)) == 128 + signal.SIGHUP
    finally:
        app.kill()
        app.wait()
