"""The fixture of a PostgreSQL cluster. Where it cannot run, tests that need it are skipped and say why."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgres_cluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> "Iterator[Cluster]":
    """Run a PostgreSQL for all tests of this process that need one."""
    pytest.importorskip("psycopg", reason="psycopg is missing: pip install 'dazos-tui[postgres]'")
    from tests.postgres_cluster import MISSING, running_cluster

    if MISSING:
        pytest.skip(MISSING)
    with running_cluster() as running:
        yield running
