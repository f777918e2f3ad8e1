"""The app in a terminal that sends odd input, goes away, or changes its size for a moment."""

import json
import os
import re
import shlex
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from tests.patience import patience
from tests.smoke.own_terminal import PATIENCE, OwnTerminal

BROKEN_READING = """
from dazos_tui.tui.terminal import driver
def fails(*_):
    raise RuntimeError("nobody foresaw it")
driver.parse_input = fails
from dazos_tui.cli import main
main()
"""


def command(*arguments):
    return [sys.executable, "-m", "dazos_tui", *arguments]


def demo(state, *python):
    return [sys.executable, *(python or ("-m", "dazos_tui")), "--state", str(state), "demo"]


def processor_seconds(pid):
    """Return how much processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def test_an_error_while_reading_keys_sets_the_exit_code(tmp_path):
    with OwnTerminal(demo(tmp_path, "-c", BROKEN_READING)) as app:
        app.sees("Which CRM instance?")
        app.send(b"x")
        assert app.ends() == 1
        assert "nobodyforesawit" in app.text


@pytest.mark.parametrize("controlling", [True, False])
def test_the_app_ends_without_a_busy_loop_when_its_terminal_goes(tmp_path, controlling):
    """Also if no signal says so, because the terminal is not the controlling one."""
    with OwnTerminal(demo(tmp_path), controlling=controlling) as app:
        app.sees("Which CRM instance?")
        used = before = processor_seconds(app.process.pid)
        app.hang_up()
        deadline = time.monotonic() + patience(PATIENCE)
        while app.process.poll() is None:
            assert time.monotonic() < deadline, "still running"
            time.sleep(0.05)
            with suppress(OSError, IndexError):
                used = processor_seconds(app.process.pid)
        assert app.process.returncode == 128 + signal.SIGHUP
        assert used - before < 2


def test_a_terminal_may_have_any_size_for_a_moment(tmp_path):
    with OwnTerminal(demo(tmp_path)) as app:
        app.sees("Which CRM instance?")
        app.send(b"\r")
        app.sees("389 active")
        for size in [(1, 1), (2, 1), (3, 3), (4, 2), (1, 50), (200, 1), (9, 9)]:
            for small in range(3):
                app.resize(*size)
                app.read(0.05 * small)
                app.resize(100, 24 + small)
                app.read(0.1)
            finds_somebody(app)


def finds_somebody(app):
    """Type a name, and wait until it is found."""
    app.seen = b""
    # While the terminal is too small for the app, it ignores characters, so they are typed again.
    # Ctrl+L writes the whole screen, not only the changed cells.
    for _ in range(10):
        app.send(b"\x15garcia\x0c")
        for _ in range(10):
            app.read(0.1)
            if "1match" in app.text:
                return
    raise AssertionError(app.text[-2000:])


@pytest.mark.parametrize(
    ("environment", "closed", "why"),
    [
        ({"PYTHONIOENCODING": "latin-1"}, "", "needs UTF-8, but the encoding here is iso8859-1"),
        (
            {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
            "",
            "needs UTF-8, but the encoding here is ascii",
        ),
        ({}, "<&-", "stdin is not a terminal"),
        ({}, ">&-", "stdout is not a terminal"),
        ({}, "</dev/null", "stdin is not a terminal"),
    ],
)
def test_where_the_app_cannot_run_it_says_why(tmp_path, environment, closed, why):
    shell = ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *demo(tmp_path)]
    with OwnTerminal(shell, **environment) as app:
        assert app.ends() == 2
        assert why.replace(" ", "") in app.text
        assert "Usethecommandsinstead" in app.text
        assert "Traceback" not in app.text


@pytest.mark.parametrize("terminal", ["", "unknown"])
def test_a_terminal_that_only_writes_lines_gets_plain_mode(tmp_path, terminal):
    with OwnTerminal(demo(tmp_path), TERM=terminal) as app:
        app.sees("Number of the instance:")
        app.send(b"q\n")
        app.sees("Goodbye.")
        assert app.ends() == 0


def test_a_closed_stream_ends_the_start_in_a_sentence(tmp_path):
    with OwnTerminal(["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", *demo(tmp_path)]) as app:
        assert app.ends() == 2
        assert "thisneedsaterminal" in app.text
        assert "Traceback" not in app.text


def app_in(folder, demo_server, *lines):
    """Return the command of the app on a demo instance, with these extra lines of config."""
    table = demo_config(demo_server.instances)["instances"]["harbor-prod"]
    config = folder / "config.toml"
    config.write_text("\n".join([*lines, "[instances.harbor-prod]", *(
        f"{key} = {json.dumps(value)}" for key, value in table.items()
    )]))  # fmt: skip
    config.chmod(0o600)
    return command("--config", str(config), "--state", str(folder / "state"), "-i", "harbor-prod")


TITLE = "\x1b]0;harbor-prod PRODUCTION – dazos-tui\x07".encode()


def test_the_title_names_the_instance_and_is_restored(tmp_path):
    with DemoServer(users=45) as server, OwnTerminal(app_in(tmp_path, server)) as app:
        app.until(TITLE)
        assert app.seen.index(b"\x1b[22;0t") < app.seen.index(TITLE)
        app.sees("active")
        app.send(b"\x1b[21~")
        assert app.ends() == 0
        assert b"\x1b[23;0t" in app.seen


def test_the_config_can_turn_off_the_title(tmp_path):
    with DemoServer(users=45) as server, OwnTerminal(app_in(tmp_path, server, "title = false")) as app:
        app.until(b"active")
        assert b"\x1b]0;" not in app.seen
        app.send(b"\x1b[21~")
        assert app.ends() == 0
        assert not {b"\x1b[22;0t", b"\x1b[23;0t"} & set(re.findall(rb"\x1b\[[0-9;]*t", app.seen))


def test_nothing_stays_on_a_terminal_without_an_alternate_screen(tmp_path):
    with OwnTerminal(demo(tmp_path)) as app:
        app.sees("Which CRM instance?")
        app.send(b"\x1b[21~")
        assert app.ends() == 0
        left = app.seen[app.seen.rindex(b"\x1b[24;1H\x1b[K\x1b[23;1H\x1b[K") :]
        assert left.count(b";1H\x1b[K") == 24
        assert re.sub(rb"\x1b\[[<>=?0-9;]*[a-zA-Z]", b"", left).strip() == b""


def test_ctrl_z_suspends_the_app_and_fg_restores_it(tmp_path):
    shell = f"set -m; {shlex.join(demo(tmp_path))}; echo 'stop''ped'; read; fg; echo code $?"
    with OwnTerminal(["bash", "--norc", "-c", shell]) as app:
        app.sees("Which CRM instance?")
        app.send(b"\x1a")
        app.sees("stopped")
        app.send(b"\r")
        app.sees("Which CRM instance?")
        app.send(b"\x1b[21~")
        app.sees("code 0")


def test_without_job_control_ctrl_z_shows_a_notice(tmp_path):
    with OwnTerminal(demo(tmp_path)) as app:
        app.sees("Which CRM instance?")
        app.send(b"\x1a")
        app.sees("job control")


SHELL_AFTER = """
import os, subprocess, sys, termios, tty
code = subprocess.call(sys.argv[1:])
tty.setraw(0, termios.TCSANOW)
print("after the app", flush=True)
while (typed := os.read(0, 99)) != b"q":
    print("typed", typed.hex(), flush=True)
"""


@pytest.mark.parametrize("answers", [True, False])
def test_a_late_answer_of_the_terminal_is_not_typed_into_the_shell(tmp_path, answers):
    """Also if the terminal never answers: the app waits only for a moment."""
    with OwnTerminal([sys.executable, "-c", SHELL_AFTER, *demo(tmp_path)]) as app:
        app.until(b"\x1b[5n")
        app.sees("Which CRM instance?")
        app.send(b"\x1b[21~")
        # The app has left its screen. The answer is late, as over a slow line.
        app.until(b"\x1b[1;1H\x1b[K")
        late = time.monotonic() + 0.2
        while (left := late - time.monotonic()) > 0:
            app.read(left)
        if answers:
            app.send(b"\x1b[0n")
        app.until(b"after the app")
        app.send(b"x")
        app.until(b"78")
        assert app.seen.partition(b"after the app")[2].split() == [b"typed", b"78"]
