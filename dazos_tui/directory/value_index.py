"""The rows of each of a few values, such as the roles of many people."""

from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import chain
from operator import or_
from typing import Generic, TypeVar

from dazos_tui.directory.row_set import mask_of

_ROWS_AT_ONCE = 4096
"""Rows that are indexed before others get their turn: about a millisecond."""
_COMMON_SHARE = 64
"""A value is common if it has more than one row of this many."""

V = TypeVar("V")


class ValueIndex(Generic[V]):
    """The value of each row, and the rows of each value."""

    def __init__(self, values: Sequence[V]) -> None:
        self._values = values
        self._rows: dict[V, array[int]] | None = None
        self._common: dict[V, int] = {}

    def prepare(self) -> Iterator[None]:
        """Index the values, some with each step."""
        rows = defaultdict[V, "array[int]"](lambda: array("L"))
        for row, value in enumerate(self._values):
            rows[value].append(row)
            if row % _ROWS_AT_ONCE == 0:
                yield
        # As a number they take less memory, and are joined at once.
        common = [value for value in rows if len(rows[value]) * _COMMON_SHARE > len(self._values)]
        for value in common:
            places, mask = rows.pop(value), 0
            for first in range(0, len(places), _ROWS_AT_ONCE):
                mask |= mask_of(places[first : first + _ROWS_AT_ONCE], len(self._values))
                yield
            self._common[value] = mask
        self._rows = rows

    def rows_where(self, accepts: Callable[[V], bool]) -> int:
        """Return a bit for each row whose value is accepted."""
        if self._rows is None:
            deque(self.prepare(), maxlen=0)
        rows = self._rows or {}
        found = mask_of(
            chain.from_iterable(rows[value] for value in rows if accepts(value)), len(self._values)
        )
        return reduce(or_, (mask for value, mask in self._common.items() if accepts(value)), found)
