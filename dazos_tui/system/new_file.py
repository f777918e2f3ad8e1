"""Files that are written once, whole or not at all, and for their owner only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

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
    """Write a new file that only its owner can read, or none. Raises UnsafeFileError, OSError."""
    check_new_file(path)
    with new_private_file(path) as file:
        file.write(text)


@contextmanager
def new_private_file(path: Path, *, replace: bool = False) -> Iterator[TextIO]:
    """Open a new text file (UTF-8) that only you can read; it is there whole, or after an error not at all.

    An existing file stays as it is, unless `replace` is set: then the new one takes its place at the end.
    Raises FileExistsError and other OSErrors, ValueError for what cannot be a path.
    """
    written = path.with_name(f".{path.name}.{os.urandom(4).hex()}") if replace else path
    handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
        if replace:
            written.replace(path)
    except BaseException:
        with suppress(OSError):
            written.unlink()
        raise
