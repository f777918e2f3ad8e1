"""The frame of a dialog, with the title in its first row."""

from rich.cells import cell_len
from textual.containers import Vertical
from textual.content import Content

from dazos_tui.tui.formatting import truncate_middle

_ENDS = 6
"""Columns of the frame around the text in its first row."""


class TitledBox(Vertical):
    """A frame with a title. With an `environment`, it has that colour and a badge.

    The `short` title is used where the full one does not fit.
    """

    def __init__(self, title: str, environment: str = "", *, short: str = "") -> None:
        super().__init__(classes=f"box env-{environment}" if environment else "box")
        self._title, self._environment, self._short = title, environment, short
        self.border_title = Content(title)

    def on_resize(self) -> None:
        """Put the badge at the right end, and cut a long title in the middle."""
        room = max(0, self.outer_size.width - _ENDS)
        if not self._environment:
            self.border_title = Content(truncate_middle(self._title, room))
            return
        env = self._environment
        badge = f" {env.upper()} "
        room -= cell_len(badge)
        fits = cell_len(self._title) < room
        title = self._title if fits else truncate_middle(self._short or self._title, room - 1)
        gap = room - cell_len(title)
        line = f" {'─' * (gap - 2)} " if gap > 2 else " " * gap
        self.border_title = Content.assemble(
            title, (line, f"$env-{env} not bold"), (badge, f"$env-{env}-text on $env-{env}")
        )
