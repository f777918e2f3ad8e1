"""The line with the column titles of the list."""

from collections.abc import Iterator

from rich.cells import set_cell_size
from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from dazos_tui.directory.order import BY_RELEVANCE, SortOrder
from dazos_tui.tui.list_columns import LAST_LINK_COLUMN, MATCH_STYLE, TITLES, columns_for


class ColumnTitles(Widget):
    """Titles above their columns, the sorted one with an arrow. A click on a title sorts by it."""

    order: reactive[SortOrder] = reactive(BY_RELEVANCE)

    class Clicked(Message):
        """A title was clicked."""

        def __init__(self, column: str) -> None:
            self.column = column
            super().__init__()

    def render(self) -> RenderResult:
        """Draw the titles."""
        titles = (set_cell_size(self._title(column), width) for column, width, _ in self._places())
        return Content(" " * MATCH_STYLE + " ".join(titles))

    def _title(self, column: str) -> str:
        if column != self.order.column:
            return TITLES[column]
        return f"{TITLES[column]} {sort_arrow(self.order)}"

    def _places(self) -> Iterator[tuple[str, int, int]]:
        """Yield each column with its width and where it starts."""
        start = MATCH_STYLE
        # The padding on the right is above the scroll mark of the list.
        for column, width in columns_for(self.content_size.width, self.app.size.width):
            yield column, width, start
            start += width + 1

    def on_click(self, event: events.Click) -> None:
        """Sort by the column that was clicked, if it can be sorted by."""
        for column, width, start in self._places():
            if column != LAST_LINK_COLUMN and start <= event.x < start + width:
                self.post_message(self.Clicked(column))


def sort_arrow(order: SortOrder) -> str:
    """Return the arrow for the direction of an order."""
    return "▼" if order.descending else "▲"
