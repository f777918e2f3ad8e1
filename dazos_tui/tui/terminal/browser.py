"""Opening a page in the browser of the user's machine."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress

_FAILURE_SECONDS = 3.0
"""Within this time, a program that passes the page to a browser reports a failure."""


def find_browser(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the program that opens a page in a browser here, or None over SSH or without a desktop."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return None
    if sys.platform == "darwin":
        return shutil.which("open")
    has_windows = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    return shutil.which("xdg-open") if has_windows else None


async def open_page(program: str, url: str, environment: Mapping[str, str]) -> bool:
    """Open the page with `program`; return whether that succeeded, as far as is known soon.

    Its output is discarded. A program that keeps running is the browser itself.
    """
    nowhere = asyncio.subprocess.DEVNULL
    with suppress(OSError):
        process = await asyncio.create_subprocess_exec(
            program,
            url,
            stdin=nowhere,
            stdout=nowhere,
            stderr=nowhere,
            start_new_session=True,
            env=environment,
        )
        try:
            return await asyncio.wait_for(process.wait(), _FAILURE_SECONDS) == 0
        except TimeoutError:
            return True
    return False
