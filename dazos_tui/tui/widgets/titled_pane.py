"""A pane of the work screen: what is in it, between two lines that say what it is."""

from rich.cells import cell_len
from textual.app import ComposeResult, RenderResult
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from dazos_tui.tui.formatting import fit_width
from dazos_tui.tui.layout import WIDE
from dazos_tui.tui.widgets.reflowed_rows import QUIET


class PaneEdge(Widget):
    """The line above or below a pane: its title at the left, a note at the right.

    It is a row of its own, not the border of the pane: another title writes this row and nothing else.
    Where panes stand one above the other there are no side frames, and so no corners.
    """

    title: reactive[str] = reactive("")
    note: reactive[str] = reactive("")
    filled: reactive[bool] = reactive(default=False)
    """Whether the focus is in the pane: its title is then filled, and the frame keeps its colour."""

    def __init__(self, corners: str, title: str = "") -> None:
        """Take the two corners, as one text, and the title."""
        super().__init__()
        self._corners = corners
        self.set_reactive(PaneEdge.title, title)

    def render(self) -> RenderResult:
        """Draw it."""
        left, right = tuple(self._corners if self.app.size.width >= WIDE else "──")
        title = fit_width(f" {self.title} ", max(0, self.size.width - 4)) if self.title else ""
        note = f" {self.note} " if self.note else ""
        room = self.size.width - 4 - cell_len(title)
        note = note if cell_len(note) < room else ""
        look = "$background on $primary bold" if self.filled else QUIET
        line = "─" * (room - cell_len(note))
        parts = f"{left}─", (title, look), line, (note, QUIET), f"─{right}"
        return Content.assemble(*parts)


class TitledPane(Vertical):
    """A pane with its two edges. `name` says what it is."""

    def __init__(self, name: str, *children: Widget, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="pane")
        self._called = name
        self._inside = children
        self.top, self.bottom = PaneEdge("╭╮", name), PaneEdge("╰╯")
        self.top.add_class("top")
        self.bottom.add_class("bottom")

    def compose(self) -> ComposeResult:
        """Lay out what is in the pane between its edges."""
        yield self.top
        with Vertical(classes="inside"):
            yield from self.inside()
        yield self.bottom

    def inside(self) -> ComposeResult:
        """Yield what is in the pane."""
        yield from self._inside

    def name_key(self, key: str) -> None:
        """Say in the title which key goes there; empty: none does."""
        self.top.title = f"{self._called} · {key}" if key else self._called

    def set_title(self, name: str, key: str) -> None:
        """Say what the pane is from now on, and which key goes there."""
        self._called = name
        self.name_key(key)

    def show_focus(self, *, here: bool) -> None:
        """Say whether the focus is in the pane."""
        self.top.filled = here

    def set_footer_note(self, words: str) -> None:
        """Say this at the right, below the pane, or above it where there is no line below."""
        self.top.note, self.bottom.note = ("", words) if self.app.size.width >= WIDE else (words, "")

    def on_resize(self) -> None:
        """Move the note to the line that is there."""
        self.set_footer_note(self.top.note or self.bottom.note)
