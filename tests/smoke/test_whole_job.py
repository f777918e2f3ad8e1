"""From `dazos-tui demo` to a person who is back in, in a real terminal with only the keyboard."""

import re
import shutil
import sys

import httpx
import pytest

from dazos_tui.history.store import HistoryStore
from tests.browser_user import set_password, signs_in
from tests.patience import patience
from tests.smoke.terminal import Terminal, needs_tmux

pytestmark = needs_tmux


def demo_command(state, *options):
    return [sys.executable, "-m", "dazos_tui", "--state", str(state), "demo", *options]


@pytest.mark.parametrize(("width", "height"), [(120, 40), (80, 24), (45, 20)])
def test_from_the_demo_to_a_new_password(tmp_path, width, height):
    with Terminal(demo_command(tmp_path), width=width, height=height) as terminal:
        shown = terminal.sees("Which CRM instance?", "harbor-prod", "127.0.0.1:")
        host = re.findall(r"127\.0\.0\.1:\d+", shown)[0]
        terminal.press("Enter")
        terminal.sees("389 active")
        terminal.type("garcia")
        terminal.sees("1 match")
        terminal.press("Enter")
        terminal.sees("odd.garcia@harbor.example.com", "active · Case Manager")
        terminal.type("s")
        terminal.sees("Elena García", " PRODUCTION  ─╮", "never from here", "y send", "Esc cancel")
        terminal.type("y")
        terminal.sees("Success", "Reset Password Instruction")

        [mail] = httpx.get(f"http://{host}/outbox", headers={"Accept": "application/json"}).json()
        assert (mail["user_name"], mail["to"]) == ("odd.garcia", "odd.garcia@harbor.example.com")
        url = f"http://{host}/harbor-prod/"
        assert not signs_in(url, "odd.garcia", "brand-new-password")
        set_password(mail["link"], "odd.garcia", "brand-new-password")
        assert signs_in(url, "odd.garcia", "brand-new-password")

        # In a terminal, Escape followed at once by a key is read as Alt with that key.
        terminal.press("Escape")
        terminal.sees_no("Success")
        terminal.press("Tab")
        terminal.type("h")
        terminal.sees("History", "< 1 min", "Elena García")
        terminal.type("q")
        terminal.ends()

    with Terminal(demo_command(tmp_path), width=width, height=height) as terminal:
        terminal.sees("Which CRM instance?")
        terminal.press("Enter")
        terminal.sees("389 active")
        terminal.press("Tab")
        terminal.type("h")
        terminal.sees("< 1 min", "Elena García")


def test_hostile_names_do_not_change_the_terminal(tmp_path):
    with Terminal(demo_command(tmp_path)) as terminal:
        terminal.sees("Which CRM instance?")
        terminal.press("Enter")
        terminal.sees("389 active")
        terminal.type("user:odd.")
        terminal.sees("match", "]52;c;")
        raw = terminal.raw
        assert "\x1b]" not in raw
        assert not set("\x07\x08\x0b\x0c\x0e\x0f\x7f\x85\x9b\x9d\u202e\u200b\u2066") & set(raw)
        buffers = terminal._tmux("list-buffers")
        assert buffers == ""


def test_without_a_terminal_it_says_what_to_do(tmp_path):
    import subprocess

    done = subprocess.run(
        demo_command(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=patience(60),
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "Traceback" not in done.stderr


def test_after_quitting_the_history_file_holds_what_was_sent(tmp_path):
    path = tmp_path / "state" / "demo" / "history.db"
    with Terminal(demo_command(tmp_path / "state")) as terminal:
        terminal.sees("Which CRM instance?")
        terminal.press("Enter")
        terminal.sees("389 active")
        terminal.type("garcia")
        terminal.sees("1 match")
        terminal.press("Enter")
        terminal.sees("odd.garcia@harbor.example.com", "active · Case Manager")
        terminal.type("s")
        terminal.sees("Send a reset link?", "never from here", "y send")
        terminal.type("y")
        terminal.sees("Success")
        with HistoryStore(path) as colleague:
            assert len(colleague.search()) == 1
            terminal.press("F10")
            terminal.ends()
            shutil.copy(path, tmp_path / "history.db")
    with HistoryStore(tmp_path / "history.db") as copy:
        assert [str(entry.outcome) for entry in copy.search()] == ["sent"]
