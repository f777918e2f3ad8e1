"""Where the search index of a history in a file is: beside it, in files that may be deleted at any time."""

from pathlib import Path


def search_index_path(history_path: Path) -> Path:
    """Return the path of the index of the history at a path: ``history.db-search`` for ``history.db``."""
    return history_path.with_name(f"{history_path.name}-search")


def delete_search_index(history_path: Path) -> None:
    """Delete the index of the history at a path, if there is one. Raises OSError."""
    index = search_index_path(history_path)
    for end in ("", "-wal", "-shm", "-journal"):
        index.with_name(f"{index.name}{end}").unlink(missing_ok=True)
