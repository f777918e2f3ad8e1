"""The body of an answer, unpacked within a limit, so that no answer can fill the memory."""

import zlib

_GZIP_WBITS = 31
"""What zlib takes as its window's size to expect a gzip header."""
_GZIP_NAMES = frozenset({"gzip", "x-gzip"})
_OTHER_ENCODINGS = frozenset(
    {"aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "exi", "pack200-gzip", "x-compress", "zstd"}
)
"""All others of IANA's registry of content codings: whatever is in neither set packs nothing."""
_COMPRESSION_OVERHEAD = 100_000
"""Bytes that packing may add to what it packs: for 20 MB that cannot be packed, it is a tenth of this."""


class UnreadableBodyError(Exception):
    """A body that cannot be read to its end; the text continues "HOST sent an answer"."""


class BoundedBody:
    """Collects the chunks of one answer; never holds more than `limit` and a byte, however well packed."""

    def __init__(self, encoding: str, limit: int) -> None:
        """Take the Content-Encoding header. Raises UnreadableBodyError if it names a packing not asked for.

        Some servers write “none” or a character set into it; like browsers, this takes such a body as it is.
        """
        packings = [one for one in _split_header(encoding) if one in _GZIP_NAMES or one in _OTHER_ENCODINGS]
        if len(packings) > 1 or not _GZIP_NAMES.issuperset(packings):
            raise UnreadableBodyError("packed in a way that was not asked for")
        self._decompressor = zlib.decompressobj(wbits=_GZIP_WBITS) if packings else None
        self._limit = limit
        self._data = bytearray()
        self._received = 0

    def add(self, chunk: bytes) -> None:
        """Take the next piece as it came. Raises UnreadableBodyError if it is damaged or over the limit."""
        self._received += len(chunk)
        room = self._limit + 1 - len(self._data)
        try:
            self._data += self._decompress(chunk, room)
        except zlib.error:
            raise UnreadableBodyError("that cannot be unpacked") from None
        # Packed data may also go on for ever and hold nothing.
        if len(self._data) > self._limit or self._received > self._limit + _COMPRESSION_OVERHEAD:
            raise UnreadableBodyError(f"of more than {self._limit:,} bytes, far more than a page of the CRM")

    def _decompress(self, chunk: bytes, room: int) -> bytes:
        if self._decompressor is None:
            return chunk[:room]
        # What follows the end is no part of it, and zlib would keep it all.
        return b"" if self._decompressor.eof else self._decompressor.decompress(chunk, room)

    def finish(self) -> bytes:
        """Return the body at its end. Raises UnreadableBodyError if the packed data went on."""
        if self._decompressor and self._received and not self._decompressor.eof:
            raise UnreadableBodyError("that ends too early")
        return bytes(self._data)


def _split_header(header: str) -> list[str]:
    return [name.strip().lower() for name in header.split(",")]
