"""Opens files with recordings: regular files only, up to a size, and never created or changed."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from dazos_tui.learning.recording import UnreadableRecordingError
from dazos_tui.text.sanitize import safe_text


def open_recording(path: Path, *, max_bytes: int) -> BinaryIO:
    """Open a file for reading. Raises UnreadableRecordingError."""
    shown = safe_text(str(path))
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would block.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = safe_text(getattr(error, "strerror", None) or "not a path")
        raise UnreadableRecordingError(
            f"Could not read {shown}: {reason}.", advice="Check the name of the file."
        ) from None
    state = os.fstat(handle)
    if stat.S_ISREG(state.st_mode) and state.st_size <= max_bytes:
        return os.fdopen(handle, "rb")
    os.close(handle)
    what = f"larger than {max_bytes:,} bytes" if stat.S_ISREG(state.st_mode) else "not a regular file"
    raise UnreadableRecordingError(
        f"Could not read {shown}: it is {what}.", advice="Check the name of the file."
    )


def read_command_file(path: Path, *, max_bytes: int) -> str:
    """Return the text of a file with one copied request. Raises UnreadableRecordingError."""
    with open_recording(path, max_bytes=max_bytes) as file:
        content = file.read(max_bytes)
    # Windows' own programs also save text as UTF-16.
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return content.decode(encoding, "replace")
