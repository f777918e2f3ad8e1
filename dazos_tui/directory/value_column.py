"""One of a few values for each row, such as the roles of many people, in a byte each."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from dazos_tui.directory.row_set import mask_where

V = TypeVar("V")

_IN_A_BYTE = 256


class ValueColumn(Generic[V]):
    """The value of each row. More than 256 different ones take more memory and time."""

    def __init__(self, values: Sequence[V] = (), codes: Iterable[int] = ()) -> None:
        """Build it from the different values, and the index among them of each row's value."""
        self.values = tuple(values)
        self.codes = bytes(codes) if len(self.values) <= _IN_A_BYTE else array("L", codes)

    def __getitem__(self, row: int) -> V:
        return self.values[self.codes[row]]

    def rows_where(self, accepts: Callable[[V], bool]) -> int:
        """Return a bit for each row whose value is accepted."""
        accepted = [accepts(value) for value in self.values]
        if not any(accepted):
            return 0
        if isinstance(self.codes, bytes):
            digits = self.codes.translate(bytes(map(b"01".__getitem__, accepted)).ljust(_IN_A_BYTE))
            return int(digits[::-1] or b"0", 2)
        return mask_where(map(accepted.__getitem__, self.codes))
