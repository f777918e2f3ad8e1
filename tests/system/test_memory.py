"""Memory that is free goes back to the system."""

import ctypes
import os
from pathlib import Path

import pytest

from dazos_tui.system.memory import return_free_memory

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


def test_a_c_library_without_it_is_no_error(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    return_free_memory()
