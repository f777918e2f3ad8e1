"""Files that are written once, for their owner only, and never over another file."""

import os
from contextlib import suppress
from pathlib import Path

from dazos_tui.system.files import UnsafeFileError, check_path
from dazos_tui.text.sanitize import safe_text


def check_new_file(path: Path) -> None:
    """Check that `path` can be written as a new file where nobody else could replace it.

    Raises UnsafeFileError if there already is one, if the folder is missing, or if others may write there;
    OSError for a path that cannot be read.
    """
    shown = safe_text(str(path))
    if os.path.lexists(path):
        raise UnsafeFileError(f"{shown} already exists.", advice="Choose the name of a new file.")
    if not path.absolute().parent.is_dir():
        raise UnsafeFileError(f"The folder of {shown} does not exist.", advice="Choose a folder that does.")
    check_path(path.absolute().parent)


def write_new_file(path: Path, text: str) -> None:
    """Write a new file that only its owner can read (0600), or none. Raises UnsafeFileError, OSError."""
    check_new_file(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o600)
    except FileExistsError:
        check_new_file(path)
        raise
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
