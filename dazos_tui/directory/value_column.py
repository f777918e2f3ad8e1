"""One of a few values for each row, such as the roles of many people, in a byte each."""

from array import array
from collections.abc import Callable
from typing import Generic, TypeVar

from dazos_tui.directory.row_set import mask_of_digits

V = TypeVar("V")

_IN_A_BYTE = 256


class ValueColumn(Generic[V]):
    """The value of each row. From the 257th different one on it takes more memory and time."""

    def __init__(self) -> None:
        self._codes_by_value: dict[V, int] = {}
        self.values: list[V] = []
        self.codes: bytearray | array[int] = bytearray()

    def append(self, value: V) -> None:
        """Add the value of the next row."""
        code = self._codes_by_value.setdefault(value, len(self.values))
        if code == len(self.values):
            self.values.append(value)
            if code == _IN_A_BYTE:
                self.codes = array("L", list(self.codes))
        self.codes.append(code)

    def without_rows(self) -> "ValueColumn[V]":
        """Return a column that knows the same values."""
        copy = ValueColumn[V]()
        copy._codes_by_value, copy.values = self._codes_by_value.copy(), self.values.copy()
        copy.codes = self.codes[:0]
        return copy

    def append_rows(self, other: "ValueColumn[V]", start: int, stop: int) -> None:
        """Add the values of rows of a column, of whose `without_rows` this one is made."""
        self.codes.extend(other.codes[start:stop])

    def __getitem__(self, row: int) -> V:
        return self.values[self.codes[row]]

    def rows_where(self, accepts: Callable[[V], bool]) -> int:
        """Return a bit for each row whose value is accepted."""
        accepted = [accepts(value) for value in self.values]
        if not any(accepted):
            return 0
        if isinstance(self.codes, bytearray):
            digits = self.codes.translate(bytes(map(b"01".__getitem__, accepted)).ljust(_IN_A_BYTE))
        else:
            digits = bytearray(map([48 + is_accepted for is_accepted in accepted].__getitem__, self.codes))
        return mask_of_digits(digits)
