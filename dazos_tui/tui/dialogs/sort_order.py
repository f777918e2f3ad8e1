"""The menu for the order of a list."""

from collections.abc import Mapping

from textual.content import Content

from dazos_tui.directory.order import SortOrder
from dazos_tui.tui.dialogs.choice import ChoiceDialog
from dazos_tui.tui.widgets.column_titles import sort_arrow


class SortOrderDialog(ChoiceDialog[str]):
    """Lists the columns; returns the chosen one."""

    def __init__(self, what: str, titles: Mapping[str, str], order: SortOrder) -> None:
        """Build the menu for `what` is sorted; `titles` has each column, empty for the order of relevance."""
        choices = [(column, Content(_option_text(column, title, order))) for column, title in titles.items()]
        note = "Choose the current column again to reverse the order."
        super().__init__(f"Sort the {what} by", choices, start=list(titles).index(order.column), note=note)


def _option_text(column: str, title: str, order: SortOrder) -> str:
    return f"{title} {sort_arrow(order)}" if column and column == order.column else title
