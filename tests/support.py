"""Helpers of several tests: configurations for the demo CRM, and waits."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from dazos_tui.config.models import Config, Instance
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.settings import demo_config
from dazos_tui.history.sqlite import SqliteBackend
from dazos_tui.history.store import HistoryStore
from tests.patience import patience


def demo_instance(server: DemoServer, name: str = "harbor-prod", **changes) -> Instance:
    """Return the configuration of a demo instance with some keys changed (None removes a key)."""
    table = demo_config(server.instances)["instances"][name] | changes
    return Instance(name=name, **{key: value for key, value in table.items() if value is not None})


def config_of(*instances: Instance) -> Config:
    """Return a configuration with these instances."""
    return Config(instances={instance.name: instance for instance in instances})


def demo_config_of(server: DemoServer) -> Config:
    """Return the configuration of all demo instances."""
    return config_of(*(demo_instance(server, instance.name) for instance in server.instances))


def eventually(holds: Callable[[], object], *, seconds: float = 5.0) -> bool:
    """Wait until `holds()`, for example because the demo logs a request only after it has answered it."""
    deadline = time.monotonic() + patience(seconds)
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


async def until(holds: Callable[[], object]) -> None:
    """Wait, beside other tasks, until `holds()`, of which nothing else tells. Raises TimeoutError."""
    async with asyncio.timeout(patience(5)):
        while not holds():  # noqa: ASYNC110 - nothing signals it
            await asyncio.sleep(0.001)


@contextmanager
def local_time_of(zone: str) -> Iterator[None]:
    """Make this time zone that of the process, such as "America/New_York", and restore what was there."""
    try:
        with patch.dict(os.environ, TZ=zone):
            time.tzset()
            yield
    finally:
        time.tzset()


def is_running(process: int | str) -> bool:
    """Return whether a process runs. One that ended and was not waited for is still there, as a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def settle(store: HistoryStore) -> None:
    """Wait until the rows of a store are in its file itself, which happens soon after they are recorded."""
    assert isinstance(store.backend, SqliteBackend)
    if store.backend._checkpoint is not None:
        store.backend._checkpoint.result(patience(10))


def raw_connection(store: HistoryStore) -> sqlite3.Connection:
    """Return the SQLite connection of a store in a file."""
    assert isinstance(store.backend, SqliteBackend)
    return store.backend.connect()
