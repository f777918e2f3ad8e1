"""Whether the files at the history's path are still those that were opened.

SQLite goes on writing to an open file whatever becomes of its name: a file that was removed, moved away or
replaced by a copy takes every row, and nobody ever reads them again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dazos_tui.history.errors import HistoryReplaced
from dazos_tui.text.sanitize import safe_text

Identity = tuple[int, int, int]
"""Device, inode and number of names of one file."""

_SUFFIXES = ("", "-wal", "-shm")
"""SQLite's names for the database, its write-ahead log and the log's index (sqlite.org/walformat.html)."""


@dataclass(slots=True)
class Known:
    """What all connections of this process to one history know of it, from the first that was opened on."""

    main: Identity | None = None
    newest_id: int = 0
    """The id of the newest row that was seen: rows are never deleted."""


@dataclass(slots=True)
class OpenFiles:
    """The files of one connection, as they were when it was opened."""

    path: Path
    known: Known
    _opened: Sequence[Identity | None] = field(init=False, default=())

    def opened(self) -> None:
        """Keep what is at the path now. Raises HistoryReplaced if this process had another file there."""
        self.require_known()
        self._opened = self._now()
        self.known.main = self._opened[0]

    def require_known(self) -> None:
        """Raise HistoryReplaced if this process had another file open at the path before."""
        if self.known.main is not None and _identity(self.path) != self.known.main:
            raise self.replaced("was removed, moved, linked or replaced")

    def require_same(self) -> None:
        """Raise HistoryReplaced if any of the files at the path is another one than was opened."""
        if self._now() != self._opened:
            raise self.replaced("was removed, moved, linked or replaced")

    def replaced(self, what: str) -> HistoryReplaced:
        """Return the error that says what became of the history."""
        return HistoryReplaced(
            f"The history {safe_text(str(self.path))} {what} while dazos-tui had it open.",
            advice="Put the right file in its place, with no other dazos-tui running; then quit and start "
            "dazos-tui again.",
        )

    def _now(self) -> Sequence[Identity | None]:
        return [_identity(Path(f"{self.path.absolute()}{suffix}")) for suffix in _SUFFIXES]


def _identity(path: Path) -> Identity | None:
    try:
        state = path.lstat()
    except (OSError, ValueError):
        return None
    return state.st_dev, state.st_ino, state.st_nlink
