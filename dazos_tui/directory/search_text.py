"""The searchable text of many people: a folded line for each, and fast ways to find lines with a text.

A line has the person's name, user name, e-mail and role, with a separator before, between and after them.
Sorted as text, the lines are in the order of the names, then of the user names.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import overload

from dazos_tui.crm.models import User
from dazos_tui.text.normalize import fold

SEPARATOR = "\x1f"
"""A character that occurs in no text, since the CRM's text has no control characters, and sorts first."""

_FEW_SHARE = 0.3
"""Up to this share of the lines, reading only these is faster."""
_CHUNK_LINES = 2_000
_SAMPLE_LINES = 400
_COMMON_SHARE = 0.06
"""From this share of the lines on, testing each line is faster than finding each place in the whole text."""


def search_line(user: User) -> str:
    """Return a person's search line."""
    fields = (user.name, user.user_name, user.email, user.role)
    return fold(f"{SEPARATOR}{SEPARATOR.join(fields)}{SEPARATOR}")


def name_in(line: str) -> str:
    """Return the folded name at the start of a line."""
    return line[1 : line.index(SEPARATOR, 1)]


class SearchText(Sequence[str]):
    """Sorted lines. Rows are their indexes."""

    def __init__(self, lines: Sequence[str] = ()) -> None:
        """Build the text from lines that are already sorted."""
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        return self._lines[row]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    @cached_property
    def _text(self) -> bytearray:
        # Bytes, since one person with a rare letter would make a str four times as large.
        text = bytearray()
        for part in _chunks(self._lines):
            text += "\n".join([*part, ""]).encode()
        return text

    @cached_property
    def _starts(self) -> "array[int]":
        return array("L", [0, *(end.end() for end in re.finditer(rb"\n", self._text))])

    def rows_equal_to(self, line: str) -> range:
        """Return the rows equal to a line: none if it is not there, several if people share all of it."""
        return range(bisect_left(self._lines, line), bisect_right(self._lines, line))

    def rows_with_prefix(self, prefix: str, *, among: Sequence[int]) -> Sequence[int]:
        """Return those of the sorted rows `among` whose line starts with `prefix`."""
        first = bisect_left(self._lines, prefix)
        last = bisect_right(self._lines, prefix + "\U0010ffff")
        return among[bisect_left(among, first) : bisect_left(among, last)]

    def rows_containing(self, text: str, *, among: Sequence[int], limit: int | None = None) -> list[int]:
        """Return those of the sorted rows `among` whose line contains `text`, up to `limit` of them."""
        lines = self._lines
        if len(among) < len(lines) * _FEW_SHARE:
            return [row for row in among if text in lines[row]][:limit]
        if not self._is_common(text):
            rows = self._rows_by_place(text)
        elif limit is None or len(lines) <= limit:
            rows = [row for row, line in enumerate(lines) if text in line]
        else:
            rows = list(islice((row for row, line in enumerate(lines) if text in line), limit))
        return rows[:limit] if len(among) == len(lines) else sorted(set(rows).intersection(among))[:limit]

    def _is_common(self, text: str) -> bool:
        sample = self._lines[:: max(1, len(self._lines) // _SAMPLE_LINES)]
        return sum(text in line for line in sample) > _COMMON_SHARE * len(sample)

    def _rows_by_place(self, text: str) -> list[int]:
        # One match for each line, up to its end: the fastest way in the standard library.
        places = re.finditer(re.escape(text.encode()) + rb"[^\n]*", self._text)
        starts = self._starts
        return [bisect_right(starts, place.start()) - 1 for place in places]


def _chunks(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the lines in chunks: joining all at once would need as much memory again."""
    return (lines[start : start + _CHUNK_LINES] for start in range(0, len(lines), _CHUNK_LINES))
