"""Memory that is free goes back to the system, and threads have no heaps of their own."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dazos_tui.system.memory import return_free_memory, share_heap_between_threads

has_trim = hasattr(ctypes.CDLL(None), "malloc_trim")


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not has_trim, reason="the C library keeps what is free")
def test_free_memory_between_used_pieces_goes_back_to_the_system():
    pieces = [bytearray(3000) for _ in range(20_000)]
    used = pieces[::100]
    pieces.clear()
    before = resident_bytes()
    return_free_memory()
    assert before - resident_bytes() > 20_000_000
    assert len(used) == 200


HEAPS_OF_THREADS = """
import sys, threading
from pathlib import Path
from dazos_tui.system.memory import share_heap_between_threads

if sys.argv[1] == "shared":
    share_heap_between_threads()
together, kept = threading.Barrier(4), []

def work():
    kept.append([bytearray(3_000) for _ in range(100)])
    together.wait()

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
# A heap is reserved whole, 64 MB, and used from its beginning.
print(sum(line.split()[1] == "---p" and "/" not in line for line in Path("/proc/self/maps").open()))
"""


def heaps(how: str) -> int:
    return int(subprocess.check_output([sys.executable, "-c", HEAPS_OF_THREADS, how]))


@pytest.mark.skipif(not has_trim, reason="the C library has one heap anyway")
def test_threads_share_the_heap():
    assert heaps("shared") < heaps("own") - 2


def test_a_c_library_without_it_is_no_error(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    return_free_memory()
    share_heap_between_threads()
