"""Standard streams that are closed, full or read by nobody: a sentence, an exit code, no traceback."""

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from dazos_tui.cli._support.output import write_stdout
from dazos_tui.cli.app import cli
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from tests.cli.test_json_schemas import EVERY
from tests.patience import patience
from tests.reset_requests import request

HARBOR = ["-i", "harbor-prod"]
ARGUMENTS = {
    "users": [*HARBOR, "anna"],
    "find": ["anna"],
    "send": [*HARBOR, "cara.beacon", "--yes", "--again"],
    "verify": HARBOR,
    "login": HARBOR,
    "logout": HARBOR,
    "doctor": HARBOR,
    "learn": [*HARBOR, "--curl", "-"],
    "db backup": ["/dev/null"],
    "db import": [str(Path(__file__).with_name("__init__.py"))],
    "db erase": ["nobody", "--yes"],
    "schema": ["users"],
}
"""What each command is run with; nothing, if it is not here."""

DATA = {
    "users", "find", "history", "note", "verify", "instances", "doctor", "db check", "db roles",
    "config show", "config check", "config path", "schema", "--help", "--version", "send --help",
    "demo --serve-only",
}  # fmt: skip
"""Commands that are of no use if their output cannot be written. (A send is: its outcome is what counts.)"""

COMMANDS = [*EVERY, "--help", "--version", "send --help", "config", "db", "demo --serve-only"]
CODES = {int(code) for code in re.findall(r"^  (\d+) ", cli.epilog or "", flags=re.M)}


def shell(desk, words, redirection):
    """Run a command as a shell does with these redirections."""
    command = desk.command(*words.split(), *ARGUMENTS.get(words, []))
    return subprocess.run(
        ["bash", "-c", f"{shlex.join(command)} {redirection}"],
        env=desk.all_environment(), text=True, capture_output=True, check=False, timeout=patience(60),
    )  # fmt: skip


@pytest.fixture
def used(desk):
    """A history with a row."""
    with HistoryStore(desk.state / "history.db") as store:
        begun = store.record_request(request(instance="harbor-prod"))
        store.record_outcome(begun.id, Outcome.SENT, "Success")
    return desk


def require_told(words, done, reason):
    assert "Traceback" not in done.stderr
    assert done.returncode in CODES
    assert done.stderr.strip() or not done.returncode
    if words in DATA:
        assert (done.returncode, done.stdout) == (2, "")
        assert f"Could not write the output: {reason}." in done.stderr


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_does_without_its_streams(used, words):
    require_told(words, shell(used, words, "<&- >&-"), "stdout is closed")
    if words != "demo --serve-only":
        # Nothing can be said now, but what is done is the same.
        assert shell(used, words, "<&- 2>&-").returncode in CODES
        gone = shell(used, words, "</dev/null | true; exit ${PIPESTATUS[0]}")
        assert "Traceback" not in gone.stderr
        assert gone.returncode in CODES


@pytest.mark.parametrize("words", ["users", "history", "doctor", "schema", "--help", "send --help"])
def test_a_full_disk(used, words):
    require_told(words, shell(used, words, ">/dev/full </dev/null"), "No space left on device")


@pytest.mark.parametrize("words", ["users", "history", "--help", "--version"])
def test_a_reader_that_goes_away_is_no_error(used, words):
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = used.command(*words.split(), *ARGUMENTS.get(words, []))
    done = subprocess.run(
        command, env=used.all_environment(), stdout=write_end, stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, check=False, timeout=patience(60),
    )  # fmt: skip
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, "")


STREAMS = ("<&-", ">&-", "2>&-", "</dev/null", ">/dev/full", "2>/dev/full")
WITHOUT_ARGUMENTS: list[tuple[list[str], str]] = [([], redirection) for redirection in STREAMS]
# The streams are checked before the arguments are looked at.
WITH_ARGUMENTS = [(words, "<&-") for words in ([*HARBOR, "garcia"], ["demo"])]


@pytest.mark.parametrize(("arguments", "redirection"), WITHOUT_ARGUMENTS + WITH_ARGUMENTS)
def test_the_app_says_what_it_needs_and_draws_nothing(desk, arguments, redirection):
    ours, theirs = pty.openpty()
    line = f"{shlex.join(desk.command(*arguments))} {redirection}"
    process = subprocess.Popen(
        ["bash", "-c", line], env=desk.all_environment(), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    with suppress(OSError):
        while chunk := os.read(ours, 4096):
            seen += chunk
    os.close(ours)
    assert process.wait(timeout=patience(60)) == 2
    assert b"Traceback" not in seen
    assert b"\x1b" not in seen
    if redirection != "2>/dev/full":
        assert b"is not a terminal" in seen


def test_no_file_gets_the_number_of_a_closed_stream():
    """A program that is started, such as a password_command, would write its messages into that file."""
    code = (
        "import os, sys; from dazos_tui.cli import main; sys.argv = ['dazos-tui', '--version']\n"
        "try: main()\n"
        "finally: os._exit(os.open('/dev/null', os.O_RDONLY) <= 2)"
    )
    line = f"{shlex.join([sys.executable, '-c', code])} <&- >&- 2>&-"
    assert subprocess.run(["bash", "-c", line], check=False, timeout=patience(60)).returncode == 0


def test_ctrl_c_without_a_stderr_writes_nothing_to_stdout(desk):
    long = "x" * 400
    with HistoryStore(desk.state / "history.db") as store:
        # More than a pipe and a buffer take, so that the command waits until it is read on.
        for number in range(200):
            store.record_request(request(user_id=str(number), ticket=long))
    line = f"exec {shlex.join(desk.command('history', '--json'))} 2>&-"
    with subprocess.Popen(
        ["bash", "-c", line], env=desk.all_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        written = process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        written += process.stdout.read()
    assert process.returncode == 130
    assert written.count(b"\n") < 200
    *whole, _ = written.split(b"\n")
    assert all(one.startswith(b"{") and one.endswith(b"}") for one in whole)


def test_an_error_in_making_a_line_is_not_taken_for_one_of_the_output():
    def lines():
        yield "one"
        raise ValueError("two")

    with pytest.raises(ValueError, match="two"):
        write_stdout(lines())
