"""The rows that a search of the history found, of which only some windows are in memory."""

from collections.abc import Iterator, Sequence
from typing import overload

from dazos_tui.history.models import HistoryEntry

WINDOW_ROWS = 200
"""Entries that are loaded at once."""

_MOST_WINDOWS = 40
"""Most windows kept in memory; a window that was loaded long ago is loaded again when it is looked at."""


class HistoryRows(Sequence[HistoryEntry | None]):
    """The rows found, in order. A row that is not loaded is None, and its window is added to `wanted`."""

    def __init__(self, count: int, label: str = "", *, is_complete: bool = True) -> None:
        """Build so many rows, none of them loaded.

        `label` is the number for display, such as ``10,000+``. If not `is_complete`, there may be more.
        """
        self._count = count
        self.label = label or f"{count:,}"
        self.is_complete = is_complete
        self._windows: dict[int, Sequence[HistoryEntry]] = {}
        self._wanted: dict[int, None] = {}
        self._cut_short: set[int] = set()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> HistoryEntry | None: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[HistoryEntry | None]: ...

    def __getitem__(self, index: int | slice) -> Sequence[HistoryEntry | None] | HistoryEntry | None:
        if isinstance(index, slice):
            return [self._row(place) for place in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._row(index)

    def _row(self, index: int) -> HistoryEntry | None:
        number, place = divmod(index, WINDOW_ROWS)
        window = self._windows.get(number)
        if window is not None and place < len(window):
            return window[place]
        # A short window is loaded again only once: the history may have changed since the rows were counted.
        if window is None or number in self._cut_short:
            self._wanted[number] = None
        return None

    @property
    def wanted(self) -> int | None:
        """Return the number of the missing window that was looked at last, or None."""
        return next(reversed(self._wanted), None)

    def fill(self, number: int, entries: Sequence[HistoryEntry]) -> None:
        """Add the window with this number."""
        self._wanted.clear()
        self._cut_short.discard(number)
        self._windows.pop(number, None)
        self._windows[number] = entries
        while len(self._windows) > _MOST_WINDOWS:
            del self._windows[next(iter(self._windows))]

    def extended(self, count: int) -> "HistoryRows":
        """Return all rows, with those that were not found before at their end."""
        rows = HistoryRows(count)
        rows._windows = dict(self._windows)
        rows._cut_short = {number for number, window in rows._windows.items() if len(window) < WINDOW_ROWS}
        return rows

    def index_of(self, entry_id: int) -> int | None:
        """Return the index of an entry, or None if it is not among the loaded ones."""
        return next((index for index, entry in self._loaded() if entry.id == entry_id), None)

    def _loaded(self) -> Iterator[tuple[int, HistoryEntry]]:
        for number, window in self._windows.items():
            yield from enumerate(window, start=number * WINDOW_ROWS)
