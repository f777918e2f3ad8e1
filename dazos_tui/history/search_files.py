"""Where the caches of a history are: in files that may be deleted at any time."""

from collections.abc import Iterator
from pathlib import Path

_ENDS = ("", "-wal", "-shm", "-journal")
_SERVER_PATTERN = "history-????????????.db-search"


def search_index_path(history_path: Path) -> Path:
    """Return the path of the index of the history at a path: ``history.db-search`` for ``history.db``."""
    return history_path.with_name(f"{history_path.name}-search")


def server_index_path(folder: Path, place: str) -> Path:
    """Return the path of the cache of a server's history, such as ``history-0123456789ab.db-search``.

    `place` is the address of the database. What is in the file says itself which history it is of.
    """
    # Imported here, since only a server's history needs it.
    from hashlib import sha256

    return folder / f"history-{sha256(place.encode()).hexdigest()[:12]}.db-search"


def server_index_paths(folder: Path) -> Iterator[Path]:
    """Yield the paths of all caches of servers' histories in a folder."""
    return folder.glob(_SERVER_PATTERN)


def delete_search_index(history_path: Path) -> None:
    """Delete the index of the history at a path, if there is one. Raises OSError."""
    delete_index(search_index_path(history_path))


def delete_index(index: Path) -> None:
    """Delete a cache and SQLite's files beside it, if there is one. Raises OSError."""
    for end in _ENDS:
        index.with_name(f"{index.name}{end}").unlink(missing_ok=True)
