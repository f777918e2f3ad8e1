"""The frame of a box, with its title in the first row."""

from rich.cells import cell_len
from textual.containers import Vertical
from textual.content import Content

from dazos_tui.tui.formatting import truncate_middle

_ENDS = 6
"""Columns that the frame takes at the left and right of the words in its first row."""


class TitledBox(Vertical):
    """A box with this title; where the CRM will do something, its frame and a sign name the `environment`.

    The `short` title is for where there is no room for the other one.
    """

    def __init__(self, title: str, environment: str = "", *, short: str = "") -> None:
        super().__init__(classes=f"box env-{environment}" if environment else "box")
        self._title, self._environment, self._short = title, environment, short
        self.border_title = Content(title)

    def on_resize(self) -> None:
        """Put the sign at the right end, and keep both ends of a title that is too long."""
        room = max(0, self.outer_size.width - _ENDS)
        if not self._environment:
            self.border_title = Content(truncate_middle(self._title, room))
            return
        env = self._environment
        sign = f" {env.upper()} "
        room -= cell_len(sign)
        fits = cell_len(self._title) < room
        title = self._title if fits else truncate_middle(self._short or self._title, room - 1)
        gap = room - cell_len(title)
        line = f" {'─' * (gap - 2)} " if gap > 2 else " " * gap
        self.border_title = Content.assemble(
            title, (line, f"$env-{env} not bold"), (sign, f"$env-{env}-text on $env-{env}")
        )
