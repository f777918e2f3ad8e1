"""Checks that the files at the history's path are still those that were opened.

SQLite keeps writing to an open file whatever happens to its name. If the file was removed, moved away or
replaced by a copy, it still accepts rows, but nobody ever reads them.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dazos_tui.history.errors import HistoryReplacedError
from dazos_tui.text.sanitize import safe_text

FileIdentity = tuple[int, int, int]
"""Device, inode and number of hard links of one file."""

_SUFFIXES = ("", "-wal", "-shm")
"""SQLite's names for the database, its write-ahead log and the log's index (sqlite.org/walformat.html)."""


@dataclass(slots=True)
class KnownHistoryFile:
    """What this process knows of one history's file, shared by all its connections since the first."""

    identity: FileIdentity | None = None
    newest_id: int = 0
    """The id of the newest row that was seen. Rows are never deleted."""


@dataclass(slots=True)
class OpenHistoryFiles:
    """The files of one connection, as they were when it was opened."""

    path: Path
    known: KnownHistoryFile
    _opened_identities: Sequence[FileIdentity | None] = field(init=False, default=())
    _paths: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        # Once: it takes longer than looking.
        self._paths = [f"{self.path.absolute()}{suffix}" for suffix in _SUFFIXES]

    def record_opened(self) -> None:
        """Remember the files at the path. Raises HistoryReplacedError if this process knew another one."""
        self.require_known_file()
        self._opened_identities = self._current_identities()
        self.known.identity = self._opened_identities[0]

    def require_known_file(self) -> None:
        """Raise HistoryReplacedError if this process had another file open at the path before."""
        if self.known.identity is not None and _identity_of(self.path) != self.known.identity:
            raise self.replaced_error("was removed, moved, linked or replaced")

    def require_unchanged(self) -> None:
        """Raise HistoryReplacedError if any of the files at the path is not the one that was opened."""
        if self._current_identities() != self._opened_identities:
            raise self.replaced_error("was removed, moved, linked or replaced")

    def replaced_error(self, what: str) -> HistoryReplacedError:
        """Return the error that says what happened to the history's file."""
        return HistoryReplacedError(
            f"The history {safe_text(str(self.path))} {what} while dazos-tui had it open.",
            advice="Put the right file in its place, with no other dazos-tui running; then quit and start "
            "dazos-tui again.",
        )

    def _current_identities(self) -> Sequence[FileIdentity | None]:
        return [_identity_of(path) for path in self._paths]


def _identity_of(path: str | Path) -> FileIdentity | None:
    try:
        state = os.lstat(path)
    except (OSError, ValueError):
        return None
    return state.st_dev, state.st_ino, state.st_nlink
