"""The searchable text of many people: a folded line for each, and their folded roles."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from dazos_tui.directory.gram_index import GramIndex
from dazos_tui.directory.packed_people import SEPARATOR, PackedPeople
from dazos_tui.directory.row_set import mask_of, rows_in
from dazos_tui.text.packed_texts import decoded, encoded

_SEPARATOR = encoded(SEPARATOR)
_PLACES = {"name": 1, "user": 2, "email": 3}
"""The fields of a line, as a query names them, with their places among its separators."""
_LAST = b"\xff"
"""It occurs in no encoded text, and sorts last."""


class SearchText:
    """The lines and roles of people, by row."""

    def __init__(self, people: PackedPeople) -> None:
        self._lines, self._kinds = people.lines, people.kinds
        # Many people have the same domain.
        self._grams = GramIndex(people.lines, ends_at="@")

    @property
    def everything(self) -> int:
        """Return a bit for each row."""
        return (1 << len(self._lines)) - 1

    def prepare(self) -> Iterator[None]:
        """Make later searches faster, a little with each step."""
        return self._grams.prepare()

    def field_in(self, row: int, field: str) -> str:
        """Return the folded name, user name or e-mail of a row: `field` is as a query names it."""
        return decoded(self._lines[row].split(_SEPARATOR)[_PLACES[field]])

    def column(self, field: str) -> list[bytes]:
        """Return what `field_in` returns for each row, encoded."""
        place = _PLACES[field]
        return [line.split(_SEPARATOR)[place] for line in self._lines]

    def rows_equal_to(self, line: bytes) -> range:
        """Return the rows equal to a line: none if it is not there, several if people share all of it."""
        return range(bisect_left(self._lines, line), bisect_right(self._lines, line))

    def rows_with_name_start(self, text: str) -> int:
        """Return a bit for each row whose name starts with `text`."""
        prefix = encoded(SEPARATOR + text)
        start, stop = bisect_left(self._lines, prefix), bisect_right(self._lines, prefix + _LAST)
        return (1 << stop) - (1 << start)

    def rows_identified_by(self, word: str, *, among: int) -> int:
        """Return a bit for each of these rows whose user name or e-mail is `word`."""
        rows = rows_in(self._grams.rows_containing(f"{SEPARATOR}{word}{SEPARATOR}", among=among))
        owners = (row for row in rows if encoded(word) in self._lines[row].split(_SEPARATOR)[2:4])
        return mask_of(owners, len(self._lines))

    def rows_in_line(self, text: str, *, among: int) -> int:
        """Return a bit for each of these rows with `text` in its line."""
        return self._grams.rows_containing(text, among=among)

    def rows_in_field(self, text: str, field: str, *, among: int) -> int:
        """Return a bit for each of these rows with `text` in its name, user name or e-mail."""
        part, place = encoded(text), _PLACES[field]
        rows = rows_in(self.rows_in_line(text, among=among))
        found = (row for row in rows if part in self._lines[row].split(_SEPARATOR)[place])
        return mask_of(found, len(self._lines))

    def rows_in_role(self, text: str) -> int:
        """Return a bit for each row with `text` in its role."""
        return self._kinds.rows_where(lambda kind: text in kind.folded_role)

    def has(self, row: int, text: str) -> bool:
        """Return whether the line or the role of a row has `text`."""
        return self._lines.has(row, encoded(text)) or text in self._kinds[row].folded_role

    def rows_that_may_start(self, word: str, *, among: int) -> int:
        """Return a bit for each of these rows where a word of the line may start with `word`.

        `has_word_start` says whether one does.
        """
        return self._grams.rows_with_word_starting(word[0], among=among)

    def has_word_start(self, row: int, word: str) -> bool:
        """Return whether a word of a line starts with `word`."""
        line = decoded(self._lines[row])
        place = line.find(word)
        while place > 0:
            if not line[place - 1].isalnum():
                return True
            place = line.find(word, place + 1)
        return False
