"""Finding the lines that contain a text: for each pair of characters, a number with a bit for each line.

Only lines that have all pairs of a text can contain it, and these are known by a few operations on large
numbers; the rest of the work is to look at those few lines.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

from dazos_tui.directory.row_set import mask_of, rows_in

_BLOCK_LINES = 4096
_LINES_AT_ONCE = 128
"""Lines that are indexed before others get their turn: about a millisecond or two."""
_MOST_ENDS = 256
"""Up to so many different ends of lines are indexed once for all lines of a block that have them."""

_Pair = tuple[str, str]


class GramIndex:
    """The lines of a text in blocks. Until a block is indexed, its lines are read one by one."""

    def __init__(self, lines: Sequence[str], ends_at: str, block_lines: int = _BLOCK_LINES) -> None:
        """Build the index. What follows the last `ends_at` in a line is taken to be in many lines.

        Each line has two characters or more. `block_lines` is how many are in a block, a multiple of 8.
        """
        self._lines = lines
        self._ends_at = ends_at
        self._size = block_lines
        self._blocks: list[_Block | None] = [None] * -(-len(lines) // block_lines)

    def prepare(self) -> Iterator[None]:
        """Index the lines, a few with each step."""
        for number in range(len(self._blocks)):
            block = _Block(self._lines_of(number), self._ends_at)
            yield from block.prepare()
            self._blocks[number] = block

    def rows_containing(self, text: str, *, among: int) -> int:
        """Return a bit for each line that contains `text`; `among` has the bits of those that count."""
        found = bytearray()
        for number, block in enumerate(self._blocks):
            wanted = among >> number * self._size & ((1 << self._size) - 1)
            if block is None:
                lines = self._lines_of(number)
                mask = mask_of((row for row in rows_in(wanted) if text in lines[row]), self._size)
            else:
                mask = block.rows_containing(text, wanted)
            found += mask.to_bytes(self._size >> 3, "little")
        return int.from_bytes(found, "little")

    def rows_with_word_starting(self, letter: str, *, among: int) -> int:
        """Return a bit for each line where `letter` follows a character that is no letter or digit.

        Of lines that are not indexed yet, it returns all in `among`.
        """
        found = bytearray()
        for number, block in enumerate(self._blocks):
            mask = among >> number * self._size & ((1 << self._size) - 1)
            if block is not None:
                mask &= block.word_starts.get(letter, 0)
            found += mask.to_bytes(self._size >> 3, "little")
        return int.from_bytes(found, "little")

    def _lines_of(self, number: int) -> Sequence[str]:
        return self._lines[number * self._size : (number + 1) * self._size]


class _Block:
    """Some lines, and the bits of those that have each pair of characters."""

    def __init__(self, lines: Sequence[str], ends_at: str) -> None:
        self._lines = lines
        self._ends_at = ends_at
        self._pairs: dict[_Pair, int] = {}
        self._letters: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self.word_starts: dict[str, int] = {}

    def prepare(self) -> Iterator[None]:
        no_bits = partial(bytearray, (len(self._lines) + 7) >> 3)
        pairs, ends = defaultdict[_Pair, bytearray](no_bits), defaultdict[str, bytearray](no_bits)
        for row, line in enumerate(self._lines):
            place, bit, at = row >> 3, 1 << (row & 7), line.rfind(self._ends_at)
            part = line
            if at > 0 and ((end := line[at:]) in ends or len(ends) < _MOST_ENDS):
                ends[end][place] |= bit
                # With the character where they meet.
                part = line[: at + 1]
            for pair in set(pairwise(part)):
                pairs[pair][place] |= bit
            if row % _LINES_AT_ONCE == 0:
                yield
        self._ends = {end: int.from_bytes(flags, "little") for end, flags in ends.items()}
        self._pairs = {pair: int.from_bytes(flags, "little") for pair, flags in pairs.items()}
        yield
        self._complete()

    def _complete(self) -> None:
        letters, starts = defaultdict[str, int](int), defaultdict[str, int](int)
        for end, mask in self._ends.items():
            for pair in set(pairwise(end)):
                self._pairs[pair] = self._pairs.get(pair, 0) | mask
        for (first, second), mask in self._pairs.items():
            letters[first] |= mask
            letters[second] |= mask
            if not first.isalnum():
                starts[second] |= mask
        self._letters, self.word_starts = dict(letters), dict(starts)

    def rows_containing(self, text: str, among: int) -> int:
        candidates = among
        for pair in pairwise(text):
            candidates &= self._pairs.get(pair, 0)
            if not candidates:
                return 0
        if len(text) == 1:
            return candidates & self._letters.get(text, 0)
        if len(text) == 2:
            return candidates
        found = 0
        for end, mask in self._ends.items():
            if text in end:
                found |= mask
        lines = self._lines
        others = [row for row in rows_in(candidates & ~found) if text in lines[row]]
        return candidates & found | mask_of(others, len(lines))
