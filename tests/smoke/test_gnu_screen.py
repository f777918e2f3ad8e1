"""In GNU screen, which has no alternate screen by default, no names are left behind."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

PATIENCE = 30.0

pytestmark = pytest.mark.skipif(shutil.which("screen") is None, reason="GNU screen cannot be installed here")


class GnuScreen:
    """Runs a shell in a window of GNU screen; types and reads. A context manager."""

    def __init__(self, *settings):
        # In a folder with a short name: the path of a socket is limited.
        self._home = Path(tempfile.mkdtemp(prefix="scr"))
        rc, self._copy = self._home / "rc", self._home / "copy"
        rc.write_text("\n".join(["startup_message off", "defutf8 on", *settings, ""]))
        kept = {name: value for name, value in os.environ.items() if name not in {"STY", "TMUX"}}
        self._environment = {**kept, "SCREENDIR": str(self._home), "TERM": "xterm-256color", "PS1": "$ "}
        self._run("-U", "-c", str(rc), "-dmS", "t", "bash", "--norc", "--noprofile")
        self.sees("$")

    def _run(self, *arguments):
        subprocess.run(
            ["screen", *arguments], env=self._environment, check=False, capture_output=True, timeout=30
        )

    def _command(self, *words):
        self._run("-S", "t", "-p", "0", "-X", *words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._command("quit")
        shutil.rmtree(self._home, ignore_errors=True)

    def type(self, text):
        """Type text, and keys as a terminal sends them."""
        self._command("stuff", text)

    @property
    def text(self):
        """Return what the window shows, and its scrollback."""
        self._copy.unlink(missing_ok=True)
        self._command("hardcopy", "-h", str(self._copy))
        return self._copy.read_text(errors="replace") if self._copy.exists() else ""

    def sees(self, *words):
        """Wait until the window shows all words; return its text then."""
        deadline = time.monotonic() + PATIENCE
        while not all(word in (shown := self.text) for word in words):
            assert time.monotonic() < deadline, f"never saw {words}; the window shows:\n{shown}"
            time.sleep(0.05)
        return shown


def names_nobody(text):
    return not any(sign in text for sign in ("@harbor", "Ada ", "Users", "match"))


@pytest.mark.parametrize("altscreen", ["off", "on"])
def test_no_name_is_left_on_the_screen_after_the_app(tmp_path, altscreen):
    app = shlex.join([sys.executable, "-m", "dazos_tui", "--state", str(tmp_path), "demo"])
    with GnuScreen(f"altscreen {altscreen}") as window:
        window.type(f"{app}\n")
        window.sees("Which CRM instance?")
        window.type("\r")
        window.sees("389 active", "Ada Amber", "@harbor")
        window.type("\x1a")
        assert names_nobody(window.sees("Stopped"))
        window.type("fg; echo en''ded\n")
        window.sees("389 active", "Ada Amber")
        window.type("\x18")
        assert names_nobody(window.sees("ended\n"))
