"""Where the search index of a history in a file is: beside it, in files that may be deleted at any time."""

from pathlib import Path

SUFFIX = "-search"
"""What the index's name has after that of the history: ``history.db-search``."""


def delete_search_index(history_path: Path) -> None:
    """Delete the index of the history at a path, if there is one. Raises OSError."""
    index = history_path.with_name(f"{history_path.name}{SUFFIX}")
    for end in ("", "-wal", "-shm", "-journal"):
        index.with_name(f"{index.name}{end}").unlink(missing_ok=True)
