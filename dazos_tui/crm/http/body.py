"""The body of a response, decompressed within a limit, so that no response can fill the memory."""

import zlib

_GZIP_WBITS = 31
"""The zlib window size that means: expect a gzip header."""
_GZIP_NAMES = frozenset({"gzip", "x-gzip"})
_OTHER_ENCODINGS = frozenset(
    {"aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "exi", "pack200-gzip", "x-compress", "zstd"}
)
"""All others in IANA's registry of content codings. Names in neither set do not mean compression."""
_COMPRESSION_OVERHEAD = 100_000
"""Bytes that compression may add: for 20 MB of incompressible data, it adds a tenth of this."""


class UnreadableBodyError(Exception):
    """A body that cannot be read to its end; the text continues "HOST sent an answer"."""


class BoundedBody:
    """Collects the chunks of one response; never holds more than `limit` + 1 bytes, however compressed."""

    def __init__(self, encoding: str, limit: int) -> None:
        """Build an empty body with this Content-Encoding header, and a limit in bytes after decompression.

        Some servers write “none” or a character set into that header; like browsers, this reads such a body
        as it is. Raises UnreadableBodyError if the header names a compression that was not requested.
        """
        known = _GZIP_NAMES | _OTHER_ENCODINGS
        compressions = [name for name in _split_header(encoding) if name in known]
        if len(compressions) > 1 or not _GZIP_NAMES.issuperset(compressions):
            raise UnreadableBodyError("with a compression that was not asked for")
        self._decompressor = zlib.decompressobj(wbits=_GZIP_WBITS) if compressions else None
        self._limit = limit
        self._data = bytearray()
        self._received = 0

    def add(self, chunk: bytes) -> None:
        """Add the next chunk as received. Raises UnreadableBodyError if it is damaged or over the limit."""
        self._received += len(chunk)
        room = self._limit + 1 - len(self._data)
        try:
            self._data += self._decompress(chunk, room)
        except zlib.error:
            raise UnreadableBodyError("that could not be decompressed") from None
        # Compressed data may also go on forever without any content.
        if len(self._data) > self._limit or self._received > self._limit + _COMPRESSION_OVERHEAD:
            raise UnreadableBodyError(f"of more than {self._limit:,} bytes, far more than a page of the CRM")

    def _decompress(self, chunk: bytes, room: int) -> bytes:
        if self._decompressor is None:
            return chunk[:room]
        # Data after the end is not part of the body, and zlib would keep all of it.
        return b"" if self._decompressor.eof else self._decompressor.decompress(chunk, room)

    def finish(self) -> bytes:
        """Return the complete body. Raises UnreadableBodyError if the compressed data has not ended."""
        if self._decompressor and self._received and not self._decompressor.eof:
            raise UnreadableBodyError("that ends too early")
        return bytes(self._data)


def _split_header(header: str) -> list[str]:
    return [name.strip().lower() for name in header.split(",")]
