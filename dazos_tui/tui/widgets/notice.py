"""What the CRM said after a link was sent, where it is looked for: at the top, and green."""

from rich.cells import cell_len
from textual.content import Content

from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.layout import MEDIUM, WIDE
from dazos_tui.tui.widgets.reflowed_rows import ReflowedRows, Rows, as_rows, wrap_text

_MAX_ROWS = 4
"""Rows of the CRM's words; the history has all of them."""
_QUIET = "$foreground 72%"
"""Words that matter less. Their ground is nearer to them in colour than that of the screen."""


class Notice(ReflowedRows):
    """One success. It stays until it is dismissed: what was done stays in sight while one goes on.

    On a wide terminal it lies over the right end of the first rows; else it has rows of its own.
    """

    _number = 0
    _title, _words, _whom, _email = "", "", "", ""

    def show_notice(self, title: str, words: str, whom: str, email: str = "") -> None:
        """Show that something went well, in the place of what was shown before.

        `whom` is who, and where; if that fits no row of a narrow terminal, `email` stands for it.
        """
        self._title, self._words, self._whom, self._email = title, words, whom, email
        self._number = self._number + 1 if self.display else 0
        self.display = True
        self.screen.add_class("-noticed")
        self.set_content(self._render_rows)

    def dismiss(self) -> None:
        """Show it no longer."""
        self.display = False
        self.screen.remove_class("-noticed")

    def _render_rows(self, width: int) -> Rows:
        end = f"+{self._number}  Esc" if self._number else "Esc"
        head = f"✓ {self._title}"
        # Only where it lies over others is there a row for the title alone: rows are dear elsewhere.
        beside = self.app.size.width < WIDE
        taken = cell_len(f"{head}  ") if beside else 0
        words = list(
            wrap_text(" ".join(self._words.split()), width - len(end) - 2, first=taken if beside else 0)
        )
        if len(words) > _MAX_ROWS:
            words = [*words[: _MAX_ROWS - 1], fit_width(f"{words[_MAX_ROWS - 1]} …", width)]
        first = Content.styled(head, "bold $text-success")
        if beside:
            first += Content(f"  {words.pop(0)}")
        gap = " " * max(1, width - first.cell_length - len(end))
        rows = [first + Content(gap) + Content.styled(end, _QUIET), *as_rows(words)]
        tight = self.app.size.width < MEDIUM and cell_len(self._whom) > width
        return [*rows, *as_rows(wrap_text((self._email if tight else "") or self._whom, width))]
