"""Many short texts in one piece of memory: a list of them would take twice as much.

The piece is the system's own and goes back to it as a whole, where small objects would leave holes.

Shell completion reads a list with each Tab, so nothing that is slow to import is imported here.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import accumulate, chain
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import overload

_FIRST_SIZE = 1 << 16
_AT_ONCE = 4096
_LINE_BREAK = ord("\n")
_OFTEN, _ENOUGH = 3, 60
"""A part that is in more than one of `_OFTEN` texts is looked for in one text after the other; counted as
if `_ENOUGH` more texts without it came before."""


def encoded(text: str) -> bytes:
    """Return a text as bytes that are in the same order, and contain each other if the texts do."""
    return text.encode("utf-8", "surrogatepass")


def decoded(text: bytes) -> str:
    """Return the text of these bytes."""
    return text.decode("utf-8", "surrogatepass")


def own_memory(size: int) -> mmap:
    """Return a piece of memory of this many bytes, which the system gets back as a whole."""
    return mmap(-1, size, flags=MAP_PRIVATE | MAP_ANONYMOUS)


class PackedTexts(Sequence[bytes]):
    """Texts as `encoded` returns them, in their order. A line break in them becomes a space."""

    def __init__(self, texts: Iterable[bytes] = ()) -> None:
        self._data = own_memory(_FIRST_SIZE)
        self._ends = array("L", [0])
        for text in texts:
            self.append(text)

    @classmethod
    def from_lines(cls, lines: bytes) -> "PackedTexts":
        """Return the lines of a file; a line break at its end begins no further one."""
        texts, size = cls(), len(lines)
        if size:
            texts._make_room(size + 1)
            texts._data[:size], texts._data[size] = lines, _LINE_BREAK
            texts._ends = array("L", accumulate(map(len, BytesIO(lines)), initial=0))
            if lines[-1] != _LINE_BREAK:
                texts._ends[-1] += 1
        return texts

    def append(self, text: bytes) -> None:
        """Add a text."""
        begin = self._ends[-1]
        end = begin + len(text) + 1
        self._make_room(end)
        # Each ends with a line break, so that many are taken apart at once.
        self._data[begin:end] = text.replace(b"\n", b" ") + b"\n"
        self._ends.append(end)

    def append_rows(self, other: "PackedTexts", start: int, stop: int) -> None:
        """Add those of other texts from the index `start` to before `stop`."""
        ends = other._ends
        begin, end = ends[start], ends[stop]
        shift = self._ends[-1] - begin
        self._make_room(end + shift)
        self._data[begin + shift : end + shift] = other._data[begin:end]
        self._ends.extend([place + shift for place in ends[start + 1 : stop + 1]])

    def _make_room(self, size: int) -> None:
        if size > len(self._data):
            # The part that is not used takes no memory.
            bigger, used = own_memory(2 * size), self._ends[-1]
            bigger[:used] = self._data[:used]
            self._data = bigger

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        data, ends = self._data, self._ends
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return data[ends[start] : ends[stop] - 1].split(b"\n") if start < stop else []
        if not 0 <= index < len(self):
            raise IndexError(index)
        return data[ends[index] : ends[index + 1] - 1]

    def __iter__(self) -> Iterator[bytes]:
        slices = (self[first : first + _AT_ONCE] for first in range(0, len(self), _AT_ONCE))
        return chain.from_iterable(slices)

    def has(self, index: int, part: bytes) -> bool:
        """Return whether a text contains `part`, which has no line break."""
        return self._data.find(part, self._ends[index], self._ends[index + 1]) >= 0

    def index_of_start(self, start: bytes) -> int | None:
        """Return the index of the first text that starts so, or None."""
        if self._data[: len(start)] == start and len(self):
            return 0
        place = self._data.find(b"\n" + start, 0, self._ends[-1])
        return bisect_left(self._ends, place + 1) if place >= 0 else None

    def containing(self, part: bytes, rows: Iterable[int]) -> Iterator[int]:
        """Yield those of `rows` whose text contains `part`, which has no line break."""
        find, ends = self._data.find, self._ends
        return (row for row in rows if find(part, ends[row], ends[row + 1]) >= 0)

    def flags(self, part: bytes, start: int, stop: int) -> bytes:
        """Return a digit for each text from `start` to before `stop`: 1 if it contains `part`, else 0.

        If many are asked for, this is faster than `containing`.
        """
        # A pattern finds it in two thirds of the time of `find`.
        search, data, ends = re.compile(re.escape(part)).search, self._data, self._ends
        flags, row, count = bytearray(b"0" * (stop - start)), start, 0
        while row < stop and (found := search(data, ends[row], ends[stop])):
            row = bisect_right(ends, found.start(), row, stop)
            flags[row - 1 - start] = ord("1")
            count += 1
            if count * _OFTEN > row - start + _ENOUGH:
                flags[row - start :] = self._flags_one_by_one(part, row, stop)
                break
        return bytes(flags)

    def _flags_one_by_one(self, part: bytes, start: int, stop: int) -> bytes:
        # A `str` is searched in half of the time of `bytes`.
        text, texts = decoded(part), decoded(self._data[self._ends[start] : self._ends[stop]]).split("\n")
        return "".join(["1" if text in one else "0" for one in texts[:-1]]).encode()
