"""A real browser, Chromium without a window: what a page is in it, and how it looks."""

import shutil
import subprocess
from pathlib import Path

from tests.patience import patience

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in _NAMES if (found := shutil.which(name))), "")
MISSING = "" if CHROMIUM else "no Chromium: apt-get install chromium"
"""Why there is no browser here; empty if there is one."""


def dom_of(page: Path, folder: Path) -> str:
    """Return the document as the browser has it after loading a page, as HTML."""
    return _run(page, folder, "--dump-dom").stdout.decode()


def picture_of(page: Path, folder: Path, *, dark: bool = False) -> bytes:
    """Return a picture (PNG) of the beginning of a page, for a light or a dark screen."""
    file = folder / "page.png"
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    _run(page, folder, f"--screenshot={file}", "--window-size=1000,1400", scheme)
    return file.read_bytes()


def printed(page: Path, folder: Path) -> bytes:
    """Return a page as it is printed (PDF)."""
    file = folder / "page.pdf"
    _run(page, folder, f"--print-to-pdf={file}", "--no-pdf-header-footer")
    return file.read_bytes()


def _run(page: Path, folder: Path, *options: str) -> "subprocess.CompletedProcess[bytes]":
    profile = f"--user-data-dir={folder / 'browser'}"
    quiet = ("--hide-scrollbars", "--disable-extensions", "--disable-background-networking")
    start = (CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", profile, *quiet)
    command = [*start, *options, page.absolute().as_uri()]
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run(command, check=True, capture_output=True, timeout=patience(50), env=environment)
