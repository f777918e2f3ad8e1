"""Finding the lines that contain a text: for each pair of characters, a number with a bit for each line.

Only lines that have all pairs of a text can contain it, and these are known by a few operations on large
numbers; the rest of the work is to look at those few lines.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise

from dazos_tui.directory.row_set import mask_of, mask_of_digits, rows_in
from dazos_tui.text.packed_texts import PackedTexts, decoded, encoded, own_memory

_BLOCK_LINES = 4096
_LINES_AT_ONCE = 128
"""Lines that are indexed before others get their turn: about a millisecond or two."""
_MOST_ENDS = 256
"""Up to so many different ends of lines are indexed once for all lines of a block that have them."""

_FEW = 16
"""Rows are looked at one by one if they are fewer than one in this many, else all of a block at once."""

_Pair = tuple[str, str]


class GramIndex:
    """The lines of a text in blocks. Until a block is indexed, all its lines are read."""

    def __init__(self, lines: PackedTexts, ends_at: str, block_lines: int = _BLOCK_LINES) -> None:
        """Build the index. What follows the last `ends_at` in a line is taken to be in many lines.

        Each line has two characters or more. `block_lines` is how many are in a block, a multiple of 8.
        """
        self._lines = lines
        self._ends_at = ends_at
        self._size = block_lines
        self._known_pairs: dict[_Pair, _Pair] = {}
        self._blocks: list[_Block | None] = [None] * -(-len(lines) // block_lines)

    def prepare(self) -> Iterator[None]:
        """Index the lines, a few with each step."""
        for number in range(len(self._blocks)):
            block = _Block(self._known_pairs)
            yield from block.prepare(self._lines[self._rows_of(number)], self._ends_at)
            self._blocks[number] = block

    def rows_containing(self, text: str, *, among: int) -> int:
        """Return a bit for each line that contains `text`; `among` has the bits of those that count."""
        found, part = bytearray(), encoded(text)
        for number, (block, wanted) in enumerate(self._blocks_among(among)):
            possible, certain = (wanted, 0) if block is None else block.rows_containing(text, wanted)
            if possible:
                certain |= self._rows_with(part, number, possible)
            found += certain.to_bytes(self._size >> 3, "little")
        return int.from_bytes(found, "little")

    def _rows_with(self, part: bytes, number: int, among: int) -> int:
        """Return the bits of the lines of a block that contain `part`, by looking at them."""
        lines, rows = self._lines, range(len(self._lines))[self._rows_of(number)]
        if among.bit_count() * _FEW > len(rows):
            return mask_of_digits(lines.flags(part, rows.start, rows.stop)) & among
        found = lines.containing(part, (rows.start + row for row in rows_in(among)))
        return mask_of((row - rows.start for row in found), self._size)

    def rows_with_word_starting(self, letter: str, *, among: int) -> int:
        """Return a bit for each line where `letter` follows a character that is no letter or digit.

        Of lines that are not indexed yet, it returns all in `among`.
        """
        found = bytearray()
        for block, wanted in self._blocks_among(among):
            mask = wanted if block is None else wanted & block.word_starts.get(letter, 0)
            found += mask.to_bytes(self._size >> 3, "little")
        return int.from_bytes(found, "little")

    def _blocks_among(self, among: int) -> Iterator[tuple["_Block | None", int]]:
        """Yield each block, or None until it is indexed, with its bits of `among`."""
        length = self._size >> 3
        bits = among.to_bytes(length * len(self._blocks), "little")
        for number, block in enumerate(self._blocks):
            yield block, int.from_bytes(bits[number * length : (number + 1) * length], "little")

    def _rows_of(self, number: int) -> slice:
        return slice(number * self._size, (number + 1) * self._size)


class _Masks:
    """A number for each pair, all in one piece of memory: as objects they would leave holes between them."""

    def __init__(self, masks: Mapping[_Pair, int], length: int) -> None:
        """Pack numbers of up to `length` bytes."""
        self._length, self._places = length, {pair: place for place, pair in enumerate(masks)}
        self._data = own_memory(length * len(masks) + 1)
        for mask in masks.values():
            self._data.write(mask.to_bytes(length, "little"))

    def __getitem__(self, pair: _Pair) -> int:
        place = self._places.get(pair)
        if place is None:
            return 0
        return int.from_bytes(self._data[place * self._length : (place + 1) * self._length], "little")


class _Block:
    """Some lines, and the bits of those that have each pair of characters."""

    def __init__(self, known_pairs: dict[_Pair, _Pair]) -> None:
        """Build an empty block. `known_pairs` are shared by all blocks: most have the same."""
        self._known_pairs = known_pairs
        self._pairs = _Masks({}, 0)
        self._letters: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self.word_starts: dict[str, int] = {}

    def prepare(self, lines: Sequence[bytes], ends_at: str) -> Iterator[None]:
        no_bits = partial(bytearray, (len(lines) + 7) >> 3)
        pairs, ends = defaultdict[_Pair, bytearray](no_bits), defaultdict[str, bytearray](no_bits)
        for row, line in enumerate(map(decoded, lines)):
            place, bit, at = row >> 3, 1 << (row & 7), line.rfind(ends_at)
            part = line
            if at > 0 and ((end := line[at:]) in ends or len(ends) < _MOST_ENDS):
                ends[end][place] |= bit
                # With the character where they meet.
                part = line[: at + 1]
            for pair in set(pairwise(part)):
                pairs[pair][place] |= bit
            if row % _LINES_AT_ONCE == 0:
                yield
        yield
        self._ends = {end: int.from_bytes(flags, "little") for end, flags in ends.items()}
        masks = {pair: int.from_bytes(flags, "little") for pair, flags in pairs.items()}
        yield
        self._complete(masks)
        yield
        shared = {self._known_pairs.setdefault(pair, pair): mask for pair, mask in masks.items()}
        self._pairs = _Masks(shared, len(no_bits()))

    def _complete(self, pairs: dict[_Pair, int]) -> None:
        letters, starts = defaultdict[str, int](int), defaultdict[str, int](int)
        for end, mask in self._ends.items():
            for pair in set(pairwise(end)):
                pairs[pair] = pairs.get(pair, 0) | mask
        for (first, second), mask in pairs.items():
            letters[first] |= mask
            letters[second] |= mask
            if not first.isalnum():
                starts[second] |= mask
        self._letters, self.word_starts = dict(letters), dict(starts)

    def rows_containing(self, text: str, among: int) -> tuple[int, int]:
        """Return the bits of the lines that may contain `text`, then of those that certainly do."""
        candidates = among
        for pair in pairwise(text):
            candidates &= self._pairs[pair]
            if not candidates:
                return 0, 0
        if len(text) == 1:
            return 0, candidates & self._letters.get(text, 0)
        if len(text) == 2:
            return 0, candidates
        found = 0
        for end, mask in self._ends.items():
            if text in end:
                found |= mask
        return candidates & ~found, candidates & found
