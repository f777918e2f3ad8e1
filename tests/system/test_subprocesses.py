"""Programs that are started and given up."""

import asyncio
import gc
import os

import pytest

from dazos_tui.system.subprocesses import run_program
from tests.support import is_running, until


async def test_a_program_given_up_twice_is_killed_and_leaves_nothing_open(tmp_path):
    number = tmp_path / "number"
    command = ["sh", "-c", f"echo $$ > {number}.new; mv {number}.new {number}; exec sleep 600"]
    work = asyncio.create_task(run_program(command, 600, os.environ))
    await until(number.exists)
    # As an app does that ends: first its workers are cancelled, then everything that still runs.
    work.cancel()
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await until(lambda: not is_running(int(number.read_text())))
    del work
    # A transport that is left open says so when it is collected, which fails the test.
    gc.collect()
