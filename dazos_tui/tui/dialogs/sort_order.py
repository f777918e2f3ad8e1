"""The choice of the order of the list."""

from textual.content import Content

from dazos_tui.directory.order import COLUMNS, Order
from dazos_tui.tui.dialogs.choice import ChoiceDialog
from dazos_tui.tui.widgets.column_titles import arrow
from dazos_tui.tui.widgets.user_list import TITLES


class SortDialog(ChoiceDialog[str]):
    """Lists the columns; gives back one of them, or nothing at all for the order of relevance."""

    def __init__(self, order: Order) -> None:
        columns = ["", *COLUMNS]
        choices = [(column, Content(_words(column, order))) for column in columns]
        note = "The column sorted by, chosen again, turns the order round."
        super().__init__("Sort the list by", choices, start=columns.index(order.column), note=note)


def _words(column: str, order: Order) -> str:
    if not column:
        return "Best match first"
    return f"{TITLES[column]} {arrow(order)}" if column == order.column else TITLES[column]
