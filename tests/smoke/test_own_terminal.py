"""The app at a terminal that sends odd things, goes away or is of another size for a moment."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.smoke.own_terminal import PATIENCE, OwnTerminal

BROKEN_READING = """
from dazos_tui.tui import driver
def fails(*_):
    raise RuntimeError("nobody foresaw it")
driver.parsed = fails
from dazos_tui.cli import main
main()
"""


def demo(state, *python):
    return [sys.executable, *(python or ("-m", "dazos_tui")), "--state", str(state), "demo"]


def processor_seconds(pid):
    """Return how much processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def test_an_error_while_keys_are_read_is_told_by_the_exit_code(tmp_path):
    with OwnTerminal(demo(tmp_path, "-c", BROKEN_READING)) as app:
        app.sees("Which CRM instance?")
        app.send(b"x")
        assert app.ends() == 1
        assert "nobodyforesawit" in app.text


@pytest.mark.parametrize("controlling", [True, False])
def test_an_app_whose_terminal_has_gone_ends_and_keeps_no_processor_busy(tmp_path, controlling):
    """Also where no signal tells it, as it does not where the terminal is not the controlling one."""
    with OwnTerminal(demo(tmp_path), controlling=controlling) as app:
        app.sees("Which CRM instance?")
        used = before = processor_seconds(app.process.pid)
        app.hang_up()
        deadline = time.monotonic() + PATIENCE
        while app.process.poll() is None:
            assert time.monotonic() < deadline, "still running"
            time.sleep(0.05)
            with suppress(OSError, IndexError):
                used = processor_seconds(app.process.pid)
        assert app.process.returncode == 128 + signal.SIGHUP
        assert used - before < 2


@pytest.mark.parametrize("size", ["1x1", "2x1", "3x3", "4x2", "1x50", "200x1", "9x9"])
def test_a_terminal_may_be_of_any_size_for_a_moment(tmp_path, size):
    columns, rows = map(int, size.split("x"))
    with OwnTerminal(demo(tmp_path)) as app:
        app.sees("Which CRM instance?")
        app.send(b"\r")
        app.sees("389 active")
        for small in range(3):
            app.resize(columns, rows)
            app.read(0.05 * small)
            app.resize(100, 24 + small)
            app.read(0.1)
        app.seen = b""
        app.send(b"garcia")
        app.sees("1 match")


@pytest.mark.parametrize(
    ("environment", "closed", "why"),
    [
        ({"PYTHONIOENCODING": "latin-1"}, "", "needs UTF-8, and writes iso8859-1"),
        ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, "", "needs UTF-8, and writes ascii"),
        ({"TERM": ""}, "", "TERM is missing"),
        ({"TERM": "dumb"}, "", "TERM is dumb"),
        ({"TERM": "unknown"}, "", "TERM is unknown"),
        ({}, "<&-", "stdin is no terminal"),
        ({}, ">&-", "stdout is no terminal"),
        ({}, "</dev/null", "stdin is no terminal"),
    ],
)
def test_where_the_app_cannot_be_shown_it_says_why(tmp_path, environment, closed, why):
    shell = ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *demo(tmp_path)]
    with OwnTerminal(shell, **environment) as app:
        assert app.ends() == 2
        assert why.replace(" ", "") in app.text
        assert "Usethecommandsinstead" in app.text
        assert "Traceback" not in app.text


def test_nothing_can_be_said_where_nothing_is_left_to_say_it_on(tmp_path):
    with OwnTerminal(["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *demo(tmp_path)]) as app:
        assert app.ends() == 2
        assert app.text == ""
