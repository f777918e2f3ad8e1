"""The searchable text of many people: a folded line for each, and their folded roles.

A line has the person's name, user name and e-mail, with a separator before, between and after them. Sorted as
text, the lines are in the order of the names, then of the user names.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from dazos_tui.crm.models import User
from dazos_tui.directory.gram_index import GramIndex
from dazos_tui.directory.row_set import mask_of, rows_in
from dazos_tui.directory.value_index import ValueIndex
from dazos_tui.text.normalize import fold

SEPARATOR = "\x1f"
"""A character that occurs in no text, since the CRM's text has no control characters, and sorts first."""


def search_line(user: User) -> str:
    """Return a person's search line."""
    return fold(f"{SEPARATOR}{SEPARATOR.join((user.name, user.user_name, user.email))}{SEPARATOR}")


class SearchText:
    """Sorted lines, and the role that belongs to each. Rows are their indexes."""

    def __init__(self, lines: Sequence[str], roles: Sequence[str]) -> None:
        """Build the text from lines that are already sorted, and folded roles."""
        self.lines = lines
        self.roles = roles
        self._roles = ValueIndex(roles)
        # Many people have the same domain.
        self._grams = GramIndex(lines, ends_at="@")

    @property
    def everything(self) -> int:
        """Return a bit for each row."""
        return (1 << len(self.lines)) - 1

    def prepare(self) -> Iterator[None]:
        """Make later searches faster, a little with each step."""
        yield from self._roles.prepare()
        yield from self._grams.prepare()

    def name_in(self, row: int) -> str:
        """Return the folded name of a row."""
        line = self.lines[row]
        return line[1 : line.index(SEPARATOR, 1)]

    def rows_equal_to(self, line: str) -> range:
        """Return the rows equal to a line: none if it is not there, several if people share all of it."""
        return range(bisect_left(self.lines, line), bisect_right(self.lines, line))

    def rows_with_name_start(self, text: str) -> int:
        """Return a bit for each row whose name starts with `text`."""
        prefix = SEPARATOR + text
        start, stop = bisect_left(self.lines, prefix), bisect_right(self.lines, prefix + "\U0010ffff")
        return (1 << stop) - (1 << start)

    def rows_identified_by(self, word: str, *, among: int) -> int:
        """Return a bit for each of these rows whose user name or e-mail is `word`."""
        rows = rows_in(self._grams.rows_containing(f"{SEPARATOR}{word}{SEPARATOR}", among=among))
        owners = (row for row in rows if word in self.lines[row].split(SEPARATOR)[2:4])
        return mask_of(owners, len(self.lines))

    def rows_in_line(self, text: str, *, among: int) -> int:
        """Return a bit for each of these rows with `text` in its line."""
        return self._grams.rows_containing(text, among=among)

    def rows_in_role(self, text: str) -> int:
        """Return a bit for each row with `text` in its role."""
        return self._roles.rows_where(lambda role: text in role)

    def has(self, row: int, text: str) -> bool:
        """Return whether the line or the role of a row has `text`."""
        return text in self.lines[row] or text in self.roles[row]

    def rows_that_may_start(self, word: str, *, among: int) -> int:
        """Return a bit for each of these rows where a word of the line may start with `word`.

        `has_word_start` says whether one does.
        """
        return self._grams.rows_with_word_starting(word[0], among=among)

    def has_word_start(self, row: int, word: str) -> bool:
        """Return whether a word of a line starts with `word`."""
        line = self.lines[row]
        place = line.find(word)
        while place > 0:
            if not line[place - 1].isalnum():
                return True
            place = line.find(word, place + 1)
        return False
