"""Opening a page in the browser of the machine one sits at."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress


def opener(environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the program that opens a page in a window here, or None: over SSH, or without a desktop."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return None
    if sys.platform == "darwin":
        return shutil.which("open")
    has_windows = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    return shutil.which("xdg-open") if has_windows else None


async def open_page(program: str, url: str, environment: Mapping[str, str]) -> bool:
    """Have `program` open the page; return whether it could be started. What it writes goes nowhere."""
    nowhere = asyncio.subprocess.DEVNULL
    with suppress(OSError):
        await asyncio.create_subprocess_exec(
            program,
            url,
            stdin=nowhere,
            stdout=nowhere,
            stderr=nowhere,
            start_new_session=True,
            env=environment,
        )
        return True
    return False
