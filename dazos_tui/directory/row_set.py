"""A set of rows as one large number with a bit for each row: quick to count, to intersect and to join."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

_BITS = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
"""The positions of the bits of each byte."""


class RowSet:
    """Rows in ascending order, numbered from 0. They are listed only as far as they are read."""

    def __init__(self, mask: int) -> None:
        """Build the set from a number whose bit `n` says whether row `n` is in it."""
        self.mask = mask

    @cached_property
    def _rows(self) -> Sequence[int]:
        return rows_in(self.mask)

    @cached_property
    def _bytes(self) -> bytes:
        return _little_endian(self.mask)

    def __len__(self) -> int:
        return self.mask.bit_count()

    def __contains__(self, row: object) -> bool:
        if not isinstance(row, int) or row >> 3 >= len(self._bytes):
            return False
        return bool(self._bytes[row >> 3] >> (row & 7) & 1)

    def __iter__(self) -> Iterator[int]:
        for place, byte in enumerate(self._bytes):
            if byte:
                first = place << 3
                for bit in _BITS[byte]:
                    yield first + bit

    def __getitem__(self, index: int) -> int:
        return self._rows[index]

    def position(self, row: int) -> int:
        """Return how many rows of the set come before a row."""
        return (self.mask & ((1 << row) - 1)).bit_count()


def rows_in(mask: int) -> list[int]:
    """Return the positions of the bits of a number, in ascending order."""
    return [
        (place << 3) + bit for place, byte in enumerate(_little_endian(mask)) if byte for bit in _BITS[byte]
    ]


def mask_of(rows: Iterable[int], size: int) -> int:
    """Return a number with these bits; all are less than `size`."""
    flags = bytearray((size + 7) >> 3)
    for row in rows:
        flags[row >> 3] |= 1 << (row & 7)
    return int.from_bytes(flags, "little")


def mask_of_digits(digits: bytes | bytearray) -> int:
    """Return a number whose bit `n` is the digit `n`."""
    return int(digits[::-1] or b"0", 2)


def _little_endian(mask: int) -> bytes:
    return mask.to_bytes((mask.bit_length() + 7) >> 3, "little")
