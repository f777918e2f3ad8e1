"""The body of a response, which may be a decompression bomb."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dazos_tui.crm.http.body import BoundedBody, UnreadableBodyError


@given(st.lists(st.binary()), st.booleans())
def test_a_body_is_returned_unchanged(chunks: list[bytes], packed: bool) -> None:
    whole = b"".join(chunks)
    body = BoundedBody("gzip" if packed else "", len(whole))
    for chunk in [gzip.compress(whole)] if packed else chunks:
        body.add(chunk)
    assert body.finish() == whole


def test_a_bomb_is_never_decompressed_fully() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    body = BoundedBody("gzip", 1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableBodyError):
            body.add(bomb)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def _add_all(body: BoundedBody, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        body.add(chunk)


def _empty_blocks() -> Iterator[bytes]:
    """Yield a compressed body that never ends and has no content."""
    packer = zlib.compressobj(wbits=31)
    yield packer.compress(b"") + packer.flush(zlib.Z_SYNC_FLUSH)
    yield from repeat(b"\x00\x00\x00\xff\xff" * 10_000)


def _after_the_end() -> Iterator[bytes]:
    yield gzip.compress(b"<html></html>")
    yield from repeat(b"x" * 50_000)


def _endless_name() -> Iterator[bytes]:
    yield b"\x1f\x8b\x08\x08" + bytes(6)
    yield from repeat(b"x" * 50_000)


@pytest.mark.parametrize("chunks", [_empty_blocks, _after_the_end, _endless_name])
def test_an_endless_compressed_body_is_given_up_and_not_kept(chunks: Callable[[], Iterator[bytes]]) -> None:
    body = BoundedBody("gzip", 5_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableBodyError, match="of more than 5,000,000 bytes"):
            _add_all(body, chunks())
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_little_text_after_the_compressed_body_is_ignored() -> None:
    body = BoundedBody("gzip", 100)
    body.add(gzip.compress(b"page") + b"\nPHP Notice")
    body.add(b": more of it")
    assert body.finish() == b"page"
