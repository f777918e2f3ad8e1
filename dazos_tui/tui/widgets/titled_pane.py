"""A pane of the work screen, between a title line and a bottom line."""

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
    """The line above or below a pane: title on the left, note on the right.

    It is a widget and not the border of the pane, so that a new title redraws only this row. Where panes are
    stacked there are no side frames, and so no corners.
    """

    title: reactive[str] = reactive("")
    note: reactive[str] = reactive("")
    filled: reactive[bool] = reactive(default=False)
    """Whether the focus is in the pane: the title then has a filled background."""

    def __init__(self, corners: str, title: str = "", *, id: str | None = None) -> None:  # noqa: A002
        """Build the line; `corners` are its two corner characters."""
        super().__init__(id=id)
        self._corners = corners
        self.set_reactive(PaneEdge.title, title)

    def render(self) -> RenderResult:
        """Draw the line."""
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
    """A pane with its two edges; `name` is its title."""

    def __init__(self, name: str, *children: Widget, id: str) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="pane")
        self._name_shown = name
        self._content_widgets = children
        self.top, self.bottom = PaneEdge("╭╮", name), PaneEdge("╰╯")
        self.top.add_class("top")
        self.bottom.add_class("bottom")

    def compose(self) -> ComposeResult:
        """Lay out the content between the edges."""
        yield self.top
        with Vertical(classes="inside"):
            yield from self.inside()
        yield self.bottom

    def inside(self) -> ComposeResult:
        """Yield the content of the pane."""
        yield from self._content_widgets

    def name_key(self, key: str) -> None:
        """Show in the title which key focuses the pane; empty for none."""
        self.top.title = f"{self._name_shown} · {key}" if key else self._name_shown

    def set_title(self, name: str, key: str) -> None:
        """Set the title of the pane and the key that focuses it."""
        self._name_shown = name
        self.name_key(key)

    def show_focus(self, *, here: bool) -> None:
        """Show whether the focus is in the pane."""
        self.top.filled = here

    def set_footer_note(self, words: str) -> None:
        """Show a note on the right below the pane, or above it where there is no line below."""
        self.top.note, self.bottom.note = ("", words) if self.app.size.width >= WIDE else (words, "")

    def on_resize(self) -> None:
        """Move the note to the line that is visible."""
        self.set_footer_note(self.top.note or self.bottom.note)
