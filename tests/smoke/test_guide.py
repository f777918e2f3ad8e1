"""The vendor's whole guide in a real terminal: from the ticket to the person who is back in."""

import re
import sys

import httpx
import pytest

from tests.browser_user import set_password, signs_in
from tests.smoke.terminal import Terminal, needs_tmux

pytestmark = needs_tmux


@pytest.mark.parametrize(("width", "height"), [(120, 40), (45, 20)])
def test_the_guide_from_the_ticket_to_back_in(tmp_path, width, height):
    command = [sys.executable, "-m", "dazos_tui", "--state", str(tmp_path), "demo"]
    with Terminal(command, width=width, height=height) as terminal:
        shown = terminal.sees("Which CRM instance?", "harbor-prod", "127.0.0.1:")
        host = re.findall(r"127\.0\.0\.1:\d+", shown)[0]
        terminal.press("Enter")
        terminal.sees("389 active")
        terminal.type("garcia")
        terminal.sees("1 match")
        terminal.press("Enter")
        terminal.sees("active · Case Manager")
        terminal.type("s")
        terminal.sees("y send", "t ticket", "Esc cancel")
        terminal.type("t")
        terminal.type("HD-4711")
        terminal.sees("HD-4711", "Enter done")
        terminal.press("Enter")
        terminal.sees("HD-4711", "y send")
        terminal.type("y")

        # The note opens by itself because there is a ticket, and stays open after it was copied.
        terminal.sees("newest", "Copy (^y)")
        terminal.press("C-y")
        terminal.sees("Copied into tmux's buffer", "newest")
        note = terminal._tmux("show-buffer")
        assert "odd.garcia@harbor.example.com" in note
        assert "spam" in note
        terminal.press("Escape")
        terminal.sees_no("Copy (^y)")
        # On a narrow screen the note covered it.
        terminal.sees("Success")

        [mail] = httpx.get(f"http://{host}/outbox", headers={"Accept": "application/json"}).json()
        set_password(mail["link"], "odd.garcia", "brand-new-password")
        assert signs_in(f"http://{host}/harbor-prod/", "odd.garcia", "brand-new-password")

        # From here on the app has to notice the sign-in without a key.
        terminal.sees("Back in", "Elena García (odd.garcia): back in")
        terminal.press("F3")
        terminal.sees("in < 1 min", "Elena García")
