"""The menu for the order of the list."""

from textual.content import Content

from dazos_tui.directory.order import SORT_COLUMNS, SortOrder
from dazos_tui.tui.dialogs.choice import ChoiceDialog
from dazos_tui.tui.widgets.column_titles import sort_arrow
from dazos_tui.tui.widgets.history_table import BY_TIME
from dazos_tui.tui.widgets.history_table import TITLES as HISTORY_TITLES
from dazos_tui.tui.widgets.user_list import TITLES


class SortOrderDialog(ChoiceDialog[str]):
    """Lists the columns; returns the chosen one, empty for the order of relevance."""

    def __init__(self, order: SortOrder) -> None:
        columns = ["", *SORT_COLUMNS]
        choices = [(column, Content(_option_text(column, order))) for column in columns]
        note = "Choose the current column again to reverse the order."
        super().__init__("Sort the list by", choices, start=columns.index(order.column), note=note)


class SortHistoryDialog(ChoiceDialog[str]):
    """Lists the columns of the history; returns the chosen one."""

    def __init__(self, order: SortOrder) -> None:
        columns = list(HISTORY_TITLES)
        choices = [(column, Content(_history_option_text(column, order))) for column in columns]
        note = "Choose the current column again to reverse the order."
        super().__init__("Sort the history by", choices, start=columns.index(order.column), note=note)


def _history_option_text(column: str, order: SortOrder) -> str:
    title = f"{HISTORY_TITLES[column]}, by day" if column == BY_TIME.column else HISTORY_TITLES[column]
    return f"{title} {sort_arrow(order)}" if column == order.column else title


def _option_text(column: str, order: SortOrder) -> str:
    if not column:
        return "Best match first"
    return f"{TITLES[column]} {sort_arrow(order)}" if column == order.column else TITLES[column]
