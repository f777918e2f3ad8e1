"""Sending to three picked people, in a real terminal with only the keyboard."""

import os
import re
import signal
import sys

import httpx
import pytest

from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import write_demo_config
from dazos_tui.history.models import Outcome
from dazos_tui.history.store import HistoryStore
from tests.smoke.terminal import Terminal, needs_tmux
from tests.support import eventually

pytestmark = needs_tmux


def demo_command(state):
    return [sys.executable, "-m", "dazos_tui", "--state", str(state), "demo"]


@pytest.mark.parametrize(("width", "height"), [(120, 40), (80, 24), (45, 20)])
def test_three_people_are_picked_planned_and_sent(tmp_path, width, height):
    with Terminal(demo_command(tmp_path), width=width, height=height) as terminal:
        shown = terminal.sees("Which CRM instance?", "harbor-prod", "127.0.0.1:")
        host = re.findall(r"127\.0\.0\.1:\d+", shown)[0]
        terminal.press("Enter")
        terminal.sees("389 active")
        # In the empty filter a space picks, too.
        terminal.press("Space", "Space", "Space")
        terminal.sees("3 picked", "▪● Ada")
        terminal.press("Tab")
        terminal.type("s")
        terminal.sees("3 picked · plan", "PRODUCTION", "3 get a link", "Enter: ▏")
        terminal.press("Enter")
        terminal.sees("Type 3, then Enter.")
        terminal.type("3")
        terminal.sees("Enter: 3")
        terminal.press("Enter")
        terminal.sees("Sending", "of 3")
        terminal.sees("Done", "3 ✓ sent", "batch:", "Esc close")

        mails = httpx.get(f"http://{host}/outbox", headers={"Accept": "application/json"}).json()
        assert sorted(mail["user_name"] for mail in mails) == ["ada.acorn", "ada.acorn2", "ada.amber"]
        terminal.press("Escape")
        terminal.sees("389 active")
        terminal.sees_no("picked")
        terminal.type("q")
        terminal.ends()

    with HistoryStore(tmp_path / "demo" / "history.db") as store:
        rows = store.search()
        assert [row.outcome for row in rows] == [Outcome.SENT] * 3
        assert len({row.request.batch for row in rows}) == 1


def test_a_signal_in_the_middle_leaves_only_the_link_under_way_unknown(tmp_path):
    config, state = tmp_path / "config.toml", tmp_path / "state"
    with DemoServer(users=45) as server:
        write_demo_config(config, server.instances)
        app = f"{sys.executable} -m dazos_tui --config {config} --state {state} -i harbor-prod"
        shell = f"{app} & echo $! > {tmp_path}/pid; fg >/dev/null; echo code $?; exec sleep 100"
        with Terminal(["bash", "--norc", "-c", f"set -m; {shell}"], width=80, height=24) as terminal:
            terminal.sees("39 active")
            terminal.press("Space", "Space", "Space")
            terminal.sees("3 picked")
            terminal.press("C-o")
            terminal.sees("get a link", "Enter: ▏")
            faults = server.instance("harbor-prod").faults
            faults.delay("action", 0)
            faults.delay("action", 30)
            # One of the three is locked.
            terminal.type("2")
            terminal.press("Enter")
            terminal.sees("1 of 2", "asking")
            # The profile is read first; the record comes just before the request.
            with HistoryStore(state / "history.db") as store:
                assert eventually(lambda: len(store.search()) == 2)
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
            terminal.sees("code 143")
    with HistoryStore(state / "history.db") as store:
        outcomes = [row.outcome for row in store.search()]
        assert outcomes == [Outcome.UNKNOWN, Outcome.SENT]
