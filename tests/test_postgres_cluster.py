"""The PostgreSQL of the tests ends with the process that started it, however that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clusters import cluster
from tests.support import eventually, is_running

__all__ = ["cluster"]

_STARTS_ONE = """
import time
from tests.postgres_cluster import running_cluster
with running_cluster() as cluster:
    print(cluster.pid, cluster.folder, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
@pytest.mark.usefixtures("cluster")
def test_a_cluster_ends_when_its_test_process_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", _STARTS_ONE],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    ) as starter:
        assert starter.stdout is not None
        pid, folder = starter.stdout.readline().split()
        assert is_running(pid)
        os.kill(starter.pid, signal.SIGKILL)
    assert eventually(lambda: not is_running(pid))
    assert eventually(lambda: not Path(folder).exists())
