"""Reading the history for its screen: searches, windows of rows, statistics. All of it takes a thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dazos_tui.directory.order import SortOrder
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.query import ColumnTerm, HistoryQuery, parse_history_query
from dazos_tui.history.search import FoundRows
from dazos_tui.history.search_index import indexed_search
from dazos_tui.history.statistics import HistoryStatistics, PersonKey, collect_statistics
from dazos_tui.history.store import HistoryStore
from dazos_tui.tui.widgets.history_rows import WINDOW_ROWS, HistoryRows
from dazos_tui.tui.widgets.history_table import BY_TIME

_ROWS_IN_SIGHT = 60
"""Rows above and below the cursor that are read with it, so that none of them is missing for a moment."""


@dataclass(frozen=True, slots=True)
class HistoryQuestion:
    """What is looked for: a query, in one instance or (None) in all, and the order of the rows."""

    text: str = ""
    instance: str | None = None
    order: SortOrder = BY_TIME

    def query(self, now: datetime) -> HistoryQuery:
        """Return what it means at the time `now` (aware)."""
        query = parse_history_query(self.text, now)
        here = () if self.instance is None else (ColumnTerm(self.instance, ("instance",)),)
        return query.with_terms(*here)


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """What was found: `rows` to show, of `total` without the query. Too many rows are not `is_sorted`."""

    found: FoundRows
    rows: HistoryRows
    total: int
    is_sorted: bool


class HistoryReader:
    """Answers questions about the history through connections of its own. Raises HistoryError."""

    def __init__(self, store: HistoryStore) -> None:
        """Build the reader; `store` is not used itself, so that nobody waits for a search."""
        self._store, self._counted = store.reopen(), store.reopen()
        self._search, self._count = indexed_search(self._store), indexed_search(self._counted)

    def find(
        self, question: HistoryQuestion, query: HistoryQuery, entry_id: int, total: int | None
    ) -> HistoryAnswer:
        """Return what is found, with the first window of rows, and the one with the entry `entry_id`.

        `total` is the number of rows without the query, if known: counting a million takes a while.
        """
        if total is None:
            total = self._search.count_all(question.instance)
        found = self._search.find(query, wanted=WINDOW_ROWS)
        order = question.order
        is_sorted = order == BY_TIME or found.sort(order.column, descending=order.descending)
        exact = found.exact_count() if question.text.strip() else total
        count, label = (len(found), found.count_label) if exact is None else (exact, f"{exact:,}")
        rows = HistoryRows(count, label, is_complete=exact is not None)
        place = found.position_of(entry_id) or 0
        nearby = (0, max(0, place - _ROWS_IN_SIGHT), min(count - 1, place + _ROWS_IN_SIGHT))
        for number in {row // WINDOW_ROWS for row in nearby} if count else ():
            rows.fill(number, self.window(found, number))
        return HistoryAnswer(found, rows, total, is_sorted=is_sorted)

    def window(self, found: FoundRows, number: int) -> list[HistoryEntry]:
        """Return the entries of a window."""
        return found.window(number * WINDOW_ROWS, WINDOW_ROWS, effort=None)

    def index_more(self) -> bool:
        """Index a part of the rows that are not indexed yet; return whether there are more."""
        return self._search.catch_up()

    def statistics(self, query: HistoryQuery, roles: Mapping[PersonKey, str]) -> HistoryStatistics:
        """Return the statistics of what is found, also while another search runs. `roles` are those now."""
        role_of = roles.get if roles else None
        return collect_statistics(self._counted, query, search=self._count, role_of=role_of)

    def find_apart(self, question: HistoryQuestion, query: HistoryQuery) -> FoundRows:
        """Return the rows found, none of them read yet, for use beside the search that is shown."""
        found = self._search.find(query, wanted=1, effort=0)
        if question.order != BY_TIME:
            found.sort(question.order.column, descending=question.order.descending)
        return found

    def later_entries(self, entry: HistoryEntry) -> list[HistoryEntry]:
        """Return the later entries of the same person, oldest first."""
        entries = self._store.entries_of_account(entry.request.account)
        return [one for one in reversed(entries) if one.id > entry.id]

    def close(self) -> None:
        """Close the connections."""
        self._search.close()
        self._count.close()
        self._store.close()
        self._counted.close()
