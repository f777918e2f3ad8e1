"""A real terminal (tmux) with a program in it."""

import shutil
import subprocess
import time
import uuid
from typing import Self

import pytest

from tests.patience import patience

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PATIENCE = 15.0
CALM = 0.4
"""Seconds without a change after which the screen counts as complete."""


class Terminal:
    """Runs one command in a terminal of the given size; types and reads. A context manager."""

    def __init__(self, command: list[str], *, width: int = 120, height: int = 40) -> None:
        self._socket = f"dazos-{uuid.uuid4().hex[:8]}"
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", str(width), "-y", str(height), *command
        )
        self._tmux("set-option", "-t", "t", "remain-on-exit", "on")

    def _tmux(self, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=patience(30),
        )
        return done.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    @property
    def text(self) -> str:
        """Return what the terminal shows."""
        return self._tmux("capture-pane", "-p", "-t", "t")

    @property
    def raw(self) -> str:
        """Return what the terminal shows, with the escape sequences of its colours."""
        return self._tmux("capture-pane", "-p", "-e", "-t", "t")

    def type(self, text: str) -> None:
        """Type text."""
        self._tmux("send-keys", "-t", "t", "-l", "--", text)

    def paste(self, text: str, *, marked: bool = True) -> None:
        """Paste text, as a terminal does; without marks (bracketed paste) it is the same as typing it."""
        self._tmux("load-buffer", "-", given=text)
        self._tmux("paste-buffer", "-d", *(["-p"] if marked else []), "-t", "t")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names, such as Enter or Escape."""
        self._tmux("send-keys", "-t", "t", *keys)

    def sees(self, *words: str) -> str:
        """Wait until the terminal shows all words; return what it shows then."""
        deadline = time.monotonic() + patience(PATIENCE)
        while not all(word in (shown := self.text) for word in words):
            assert time.monotonic() < deadline, f"never saw {words}; the terminal shows:\n{shown}"
            time.sleep(0.05)
        return shown

    def sees_no(self, word: str) -> None:
        """Wait until the terminal no longer shows a word."""
        deadline = time.monotonic() + patience(PATIENCE)
        while word in self.text:
            assert time.monotonic() < deadline, f"still sees {word!r}; the terminal shows:\n{self.text}"
            time.sleep(0.05)

    def settles(self) -> None:
        """Wait until what the terminal shows has not changed for a while."""
        deadline = time.monotonic() + patience(PATIENCE)
        shown, since = self.raw, time.monotonic()
        while time.monotonic() - since < CALM:
            assert time.monotonic() < deadline, f"never settles; the terminal shows:\n{self.text}"
            time.sleep(0.05)
            if (now := self.raw) != shown:
                shown, since = now, time.monotonic()

    @property
    def ended(self) -> bool:
        """Return whether the program has ended."""
        return self._tmux("display-message", "-p", "-t", "t", "#{pane_dead}").strip() == "1"

    def ends(self) -> None:
        """Wait until the program has ended."""
        deadline = time.monotonic() + patience(PATIENCE)
        while not self.ended:
            assert time.monotonic() < deadline, f"still running; the terminal shows:\n{self.text}"
            time.sleep(0.05)
