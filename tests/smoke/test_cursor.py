"""The terminal's own cursor is where the focus is: braille displays and screen readers follow it."""

import sys
import time

from tests.patience import patience
from tests.smoke.terminal import PATIENCE, Terminal, needs_tmux

pytestmark = needs_tmux


class Follower(Terminal):
    """A terminal with a reader that follows its cursor."""

    @property
    def around(self):
        """Return the line that the cursor is in, before the cursor and from it on."""
        place = self._tmux("display-message", "-p", "-t", "t", "#{cursor_x} #{cursor_y}")
        column, line = map(int, place.split())
        text = self.text.splitlines()[line].ljust(column)
        return text[:column], text[column:]

    def follows(self, before="", after=""):
        """Wait until the text before the cursor ends so, and the text from it on has this."""
        deadline = time.monotonic() + patience(PATIENCE)
        while True:
            head, tail = self.around
            if head.endswith(before) and after in tail:
                return
            assert time.monotonic() < deadline, f"the cursor is between {head!r} and {tail!r}:\n{self.text}"
            time.sleep(0.05)


def test_the_cursor_is_at_what_has_the_focus(tmp_path):
    command = [sys.executable, "-m", "dazos_tui", "--state", str(tmp_path), "demo"]
    with Follower(command) as terminal:
        terminal.sees("Which CRM instance?", "summit-prod")
        terminal.press("Down")
        terminal.follows(after="summit-prod")
        terminal.type("harbor")
        terminal.follows(before="harbor")
        terminal.press("Down", "Up", "Enter")
        terminal.sees("389 active")
        terminal.type("an")
        terminal.follows(before=" an")
        terminal.press("Down")
        terminal.follows(after="@harbor.example.com")
        terminal.press("Left")
        terminal.follows(before=" a", after="n")
        terminal.press("Escape")
        terminal.sees("Type a name or an e-mail")
        terminal.type("odd.garcia")
        terminal.sees("1 match")
        terminal.press("Enter")
        terminal.sees("User Login & Role")
        terminal.follows(after="Elena García")
        terminal.type("m")
        terminal.sees("Enter chooses")
        terminal.follows(after="Send Reset Link")
        terminal.press("Up")
        terminal.follows(after="Change Access Key")
        terminal.press("Escape")
        terminal.sees_no("Enter chooses")
        terminal.type("s")
        terminal.follows(after="Send a reset link?")
        terminal.type("t")
        terminal.follows(before="Ticket (t)   ")
