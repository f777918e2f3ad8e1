"""The success notice after a send: at the top, green, in the CRM's words."""

from rich.cells import cell_len
from textual.content import Content

from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.layout import MEDIUM, WIDE
from dazos_tui.tui.widgets.reflowed_rows import ReflowedRows, Rows, as_rows, wrap_text

_MAX_ROWS = 4
"""Most rows of the CRM's message; the history keeps all of it."""
_QUIET = "$foreground 72%"
"""Style of secondary text. The background here is closer to it than that of the screen."""


class Notice(ReflowedRows):
    """One success. It stays until it is dismissed, so that the result stays visible.

    On a wide terminal it covers the right end of the first rows; else it has rows of its own.
    """

    _number = 0
    _title, _words, _recipient, _email = "", "", "", ""

    def show_notice(self, title: str, words: str, recipient: str, email: str = "") -> None:
        """Show a success, replacing the previous one.

        `recipient` is the person and the instance. Where they do not fit one row of a narrow
        terminal, `email` replaces them.
        """
        self._title, self._words, self._recipient, self._email = title, words, recipient, email
        self._number = self._number + 1 if self.display else 0
        self.display = True
        self.screen.add_class("-noticed")
        self.set_content(self._render_rows)

    def dismiss(self) -> None:
        """Hide the notice."""
        self.display = False
        self.screen.remove_class("-noticed")

    def _render_rows(self, width: int) -> Rows:
        end = f"+{self._number}  Esc" if self._number else "Esc"
        head = f"✓ {self._title}"
        # The title has a row of its own only where the notice covers others: elsewhere rows are scarce.
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
        tight = self.app.size.width < MEDIUM and cell_len(self._recipient) > width
        return [*rows, *as_rows(wrap_text((self._email if tight else "") or self._recipient, width))]
