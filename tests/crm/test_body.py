"""The body of an answer, which may be packed to fill the memory."""

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.body import Body, UnreadableError


@given(st.lists(st.binary()), st.booleans())
def test_whatever_was_sent_comes_out(chunks: list[bytes], packed: bool) -> None:
    whole = b"".join(chunks)
    body = Body("gzip" if packed else "", len(whole))
    for chunk in [gzip.compress(whole)] if packed else chunks:
        body.add(chunk)
    assert body.whole() == whole


def test_a_bomb_never_unfolds() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    body = Body("gzip", 1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableError):
            body.add(bomb)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
