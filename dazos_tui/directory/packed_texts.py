"""Many short texts in one string of bytes: a list of them would take twice the memory.

Shell completion reads a list with each Tab, so nothing that is slow to import is imported here.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import overload


def encoded(text: str) -> bytes:
    """Return a text as bytes that are in the same order, and contain each other if the texts do."""
    return text.encode("utf-8", "surrogatepass")


def decoded(text: bytes) -> str:
    """Return the text of these bytes."""
    return text.decode("utf-8", "surrogatepass")


class PackedTexts(Sequence[bytes]):
    """Texts as `encoded` returns them, in their order."""

    def __init__(self, texts: Iterable[bytes] = ()) -> None:
        data, ends = bytearray(), array("L", [0])
        for text in texts:
            data += text
            ends.append(len(data))
        self._data, self._ends = bytes(data), ends

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
            return [data[begin:end] for begin, end in pairwise(ends[start : stop + 1])]
        if not 0 <= index < len(self):
            raise IndexError(index)
        return data[ends[index] : ends[index + 1]]

    def __iter__(self) -> Iterator[bytes]:
        data = self._data
        return (data[begin:end] for begin, end in pairwise(self._ends))

    def has(self, index: int, part: bytes) -> bool:
        """Return whether a text contains `part`, faster than by taking it out."""
        return self._data.find(part, self._ends[index], self._ends[index + 1]) >= 0
