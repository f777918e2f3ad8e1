"""Over a slow line, a yes counts only after the terminal has displayed the box."""

import json
import re
import shlex
import sys

import httpx
import pytest

from tests.smoke.slow_line import SlowLine

TARGET = ("Elena García", "odd.garcia@harbor.example.com", "harbor-prod · 127.0.0.1", "PRODUCTION")
BOX = ("Send a reset link?", *TARGET, "Esc cancel")


def demo(state, *before, users=45):
    return [sys.executable, "-m", "dazos_tui", *before, "--state", str(state), "demo", "--users", str(users)]


def mails(line):
    host = re.findall(r"127\.0\.0\.1:\d+", line.near.text)[0]
    return httpx.get(f"http://{host}/outbox", headers={"Accept": "application/json"}).json()


def open_box(line):
    """Go to a person and open the send box."""
    line.sees("Which CRM instance?")
    line.type(b"\r")
    line.sees("39 active · 6 inactive")
    line.type(b"garcia")
    line.sees("1 match")
    line.type(b"\r")
    line.sees("active · Case Manager")
    line.type(b"s")


def outcomes(state):
    from dazos_tui.history.store import HistoryStore

    with HistoryStore(state / "demo" / "history.db") as store:
        return [str(entry.outcome) for entry in store.search()]


@pytest.mark.parametrize(("delay", "rate"), [(0.3, 0), (0.0, 1000)], ids=["far", "thin"])
def test_a_yes_before_the_box_was_displayed_sends_nothing(tmp_path, delay, rate):
    with SlowLine(demo(tmp_path), delay=delay, rate=rate) as line:
        open_box(line)
        line.wrote(*BOX)
        # The box was written long enough ago to be read if it had been displayed.
        line.idle(0.45)
        assert not all(word in line.screen.text for word in ("y send", *BOX))
        line.put(b"y")
        line.sees("y send", *BOX)
        assert mails(line) == []
        line.idle(0.7)
        line.type(b"y")
        line.sees("Success")
        assert [mail["user_name"] for mail in mails(line)] == ["odd.garcia"]
    assert outcomes(tmp_path) == ["sent"]


def test_the_terminal_is_queried_only_after_the_whole_box_was_written(tmp_path):
    with SlowLine(demo(tmp_path)) as line:
        open_box(line)
        line.sees("y send", *BOX)
        first, *_, last = line.near_at_queries
        assert first.strip() == ""
        assert all(word in last for word in BOX)
        assert "… send" in last
        # No answer of the terminal ended up in a text field.
        assert "garcia  " in line.screen.text
        assert "[0n" not in line.screen.text


def test_a_terminal_that_never_answers_is_logged_once_and_the_send_works_later(tmp_path):
    log = tmp_path / "log"
    with SlowLine(demo(tmp_path, "--log", str(log)), answers=False) as line:
        open_box(line)
        line.sees(*BOX)
        line.idle(0.5)
        line.put(b"y")
        line.sees("y send", *BOX)
        assert mails(line) == []
        line.type(b"\x1b")
        line.until(lambda: "Send a reset link?" not in line.screen.text, "the box stays")
        line.type(b"s")
        line.sees("y send", *BOX)
        line.type(b"y")
        line.sees("Success")
    events = [json.loads(row)["event"] for row in log.read_text().splitlines()]
    assert events.count("no status report") == 1


def test_a_key_held_down_costs_few_pictures_and_no_answer_is_left_for_the_shell(tmp_path):
    """A page of the list takes about 1,500 bytes: 40 of them half a minute on this line."""
    shell = f'{shlex.join(demo(tmp_path, users=900))}; read -rs -t 1 -n 9 left; echo "left: ${{#left}}."'
    with SlowLine(["/bin/bash", "--norc", "-c", shell], delay=0.1, rate=2000) as line:
        line.sees("Which CRM instance?")
        line.type(b"\r")
        line.sees("1 of 900")
        line.type(b"\x1b[B")
        line.sees("2 of 900")
        before = line.written
        for _ in range(40):
            line.type(b"\x1b[6~")
            line.idle(0.025)
        # Pages of 12 people: nothing was lost.
        line.sees("482 of 900")
        assert line.written - before < 15_000
        line.type(b"\x1b[5~\x18")
        line.sees("left: 0.")
