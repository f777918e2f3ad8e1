"""Opening a page in the browser of the machine one sits at."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress

_FAILURE_SECONDS = 3.0
"""So soon a program that hands the page to a browser tells that it could not."""


def find_browser(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the program that opens a page in a window here, or None: over SSH, or without a desktop."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return None
    if sys.platform == "darwin":
        return shutil.which("open")
    has_windows = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    return shutil.which("xdg-open") if has_windows else None


async def open_page(program: str, url: str, environment: Mapping[str, str]) -> bool:
    """Have `program` open the page; return whether that went well, as far as it tells soon.

    What it writes goes nowhere. One that goes on for longer is the browser itself.
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
