"""Stores in a file, and on both databases: SQLite, and a real PostgreSQL."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dazos_tui.history.backend import HistoryBackend
from dazos_tui.history.sqlite import SqliteBackend, _checkpoints
from dazos_tui.history.store import HistoryStore
from tests.clusters import cluster
from tests.history.clock import Clock

__all__ = ["cluster"]

# A forked process, as mutation testing uses, does not have the thread.
os.register_at_fork(after_in_child=_checkpoints.cache_clear)

BACKENDS = ("sqlite", "postgres")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a history in a file is, which is not there yet."""
    return tmp_path / "state" / "history.db"


@pytest.fixture
def store(path: Path) -> Iterator[HistoryStore]:
    """Return a store in a file, whose clock advances by a minute each time it is read."""
    with HistoryStore(path, clock=Clock()) as store:
        yield store


@pytest.fixture(params=BACKENDS)
def new_backend(request: pytest.FixtureRequest, path: Path) -> Callable[[], HistoryBackend]:
    """Return a function that makes another connection to one history, on each database in turn."""
    if request.param == "sqlite":
        return lambda: SqliteBackend(path)
    from dazos_tui.history.postgres import PostgresBackend

    postgres = request.getfixturevalue("cluster")
    server = postgres.server(postgres.new_database())
    return lambda: PostgresBackend(server)


@pytest.fixture
def any_store(new_backend: Callable[[], HistoryBackend]) -> Iterator[HistoryStore]:
    """Return a store, on each database in turn, whose clock advances by a minute each time it is read."""
    with HistoryStore(new_backend(), clock=Clock()) as store:
        yield store
