"""The body of an answer, unpacked within a limit, so that no answer can fill the memory."""

import zlib

_GZIP = 31
"""What zlib takes as its window's size to expect a gzip header."""


class UnreadableError(Exception):
    """A body that cannot be read to its end; the text continues "HOST sent an answer"."""


class Body:
    """Collects the chunks of one answer; never holds more than `limit` and a byte, however well packed."""

    def __init__(self, encoding: str, limit: int) -> None:
        """Take the Content-Encoding header. Raises UnreadableError if it is not one that was asked for."""
        packing = encoding.strip().lower()
        if packing not in {"", "identity", "gzip", "x-gzip"}:
            raise UnreadableError("packed in a way that was not asked for")
        self._unpacker = zlib.decompressobj(wbits=_GZIP) if packing.endswith("gzip") else None
        self._limit = limit
        self._data = bytearray()
        self._begun = False

    def add(self, chunk: bytes) -> None:
        """Take the next piece as it came. Raises UnreadableError if it is damaged or over the limit."""
        self._begun = True
        room = self._limit + 1 - len(self._data)
        try:
            self._data += self._unpacker.decompress(chunk, room) if self._unpacker else chunk[:room]
        except zlib.error:
            raise UnreadableError("that cannot be unpacked") from None
        if len(self._data) > self._limit:
            raise UnreadableError(f"of more than {self._limit:,} bytes, far more than a page of the CRM")

    def whole(self) -> bytes:
        """Return the body at its end. Raises UnreadableError if the packed data went on."""
        if self._unpacker and self._begun and not self._unpacker.eof:
            raise UnreadableError("that ends too early")
        return bytes(self._data)
