"""Searching the history: rows newest first, in windows, found as far as they are needed.

A search reads the rows in order until it has what is wanted, or has examined enough for one keystroke; it
goes on from there when asked. So a count is exact, or says that it is the least: “10,000+”.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from dazos_tui.history.backend import Row, Value
from dazos_tui.history.link_counts import LinkCounts
from dazos_tui.history.models import HistoryEntry
from dazos_tui.history.query import ColumnTerm, HistoryQuery, TextTerm, TimeTerm, WaitingTerm
from dazos_tui.history.query_sql import QuerySql, query_to_sql, required_texts
from dazos_tui.history.store import HistoryStore
from dazos_tui.history.times import format_time

WINDOW_ROWS = 200
"""The rows that are wanted at once: more than a screen shows."""
EFFORT_ROWS = 40_000
"""The rows that one step of a search examines at most: about 20 ms."""
MOST_CANDIDATES = 5_000
"""Up to this many rows that an index names are looked at one by one; beyond, reading in order is faster."""
TRIGRAM = 3
"""The letters of a text that an index needs at least."""
MOST_COUNTED = 50_000
"""Up to this many rows of a time or an instance are counted at once."""
MOST_SORTED = 10_000
"""The most rows that can be sorted by a column."""

_FIRST_CHUNK, _CHUNK_ROWS, _WAITING_COST = 1_000, 10_000, 8
_WINDOW_AT_ONCE, _FIRST_WINDOW = 1_000, 100

SORT_COLUMNS = {
    "time": "requested_at", "outcome": "outcome", "person": "lower(name)", "email": "lower(email)",
    "instance": "instance", "operator": "operator", "ticket": "ticket", "back": "back_in_at",
}  # fmt: skip
"""What found rows can be sorted by, as SQL."""


# Without a condition, SQLite counts without reading the rows.
_COUNT_ALL = """
SELECT (SELECT count(*) FROM resets), last.id, last.uid
FROM resets AS last WHERE last.id = (SELECT max(id) FROM resets)
"""
_COUNT_LATER = """
SELECT (SELECT count(*) FROM resets WHERE id > known.id), last.id, last.uid
FROM resets AS known, resets AS last
WHERE known.id = :newest AND known.uid = :uid AND last.id = (SELECT max(id) FROM resets)
"""


# Of a longer text, the server would look up every three letters, also those that most rows have.
_MOST_INDEXED = 16
_NEWEST, _MANY = 2_000, -1
_MANY_AMONG_NEWEST = _NEWEST * WINDOW_ROWS // EFFORT_ROWS
# A server reads all rows that have a text before it returns the first. Where many of the newest rows have it,
# reading in order fills the window sooner. The server looks at these first, and stops there.
_SELECT_CANDIDATES = f"""
WITH newest AS (SELECT count(*) AS number FROM
    (SELECT folded FROM resets ORDER BY sort_key DESC LIMIT {_NEWEST}) AS rows WHERE {{where}})
SELECT id FROM (SELECT id FROM resets
    WHERE {{where}} AND (SELECT number FROM newest) < {_MANY_AMONG_NEWEST} LIMIT {{limit}}) AS found
UNION ALL SELECT {_MANY} FROM newest WHERE number >= {_MANY_AMONG_NEWEST}
"""  # noqa: S608 - no outside text in it


class CandidateIndex(Protocol):
    """An index that narrows a search for texts."""

    def candidates(self, texts: Sequence[str], limit: int) -> Sequence[int] | None:
        """Return the ids of rows that may have all texts; None if there are too many, or if unknown.

        With more than `limit`, reading the rows in order is faster.
        """

    def link_counts(self, query: HistoryQuery, most_people: int | None) -> LinkCounts | None:
        """Return the counts of the links that a query finds; None if it cannot tell, or not quickly.

        With `most_people`, only so many people need to be in them: those with most links.
        """

    def catch_up(self) -> bool:
        """Index a slice of the rows that it lacks; return whether there are more. Never raises."""

    def drop_outdated(self) -> None:
        """Delete what it has of people who were erased since. Never raises."""

    def close(self) -> None:
        """Close what it has open."""


class TextCandidates:
    """The rows with some texts by the database's own index of trigrams, as a PostgreSQL server may have."""

    def __init__(self, history: HistoryStore) -> None:
        """Build it on a history whose database has such an index."""
        self._history = history

    def candidates(self, texts: Sequence[str], limit: int) -> Sequence[int] | None:
        """Return the ids of rows that may have all texts; None if these are many, or more than `limit`."""
        parts = [text[:_MOST_INDEXED] for text in texts if len(text) >= TRIGRAM]
        if not parts:
            return None
        found = query_to_sql(HistoryQuery(tuple(map(TextTerm, parts))))
        sql = _SELECT_CANDIDATES.format(where=found.where, limit=limit + 1)
        ids = [int(row[0]) for row in self._history.backend.read(sql, found.values)]
        return ids if len(ids) <= limit and _MANY not in ids else None

    def link_counts(self, _query: HistoryQuery, _most_people: int | None) -> LinkCounts | None:
        """Return None: the database has to count."""
        return None

    def catch_up(self) -> bool:
        """Return that nothing is missing: the database keeps its index."""
        return False

    def drop_outdated(self) -> None:
        """Do nothing: the database does it."""

    def close(self) -> None:
        """Do nothing: the history is the caller's."""


class RowCount:
    """How many rows a history has, counted once, then those that came since: none is ever deleted."""

    def __init__(self, history: HistoryStore) -> None:
        """Build it; nothing is counted yet."""
        self._history = history
        # How many rows there were, and which was the newest. A history in the place of another has another.
        self._known: tuple[int, int, str] | None = None

    def now(self) -> int:
        """Return how many rows there are. Raises HistoryError."""
        self._known = self._later() or self._all()
        return self._known[0]

    def _later(self) -> tuple[int, int, str] | None:
        if self._known is None:
            return None
        count, newest, uid = self._known
        rows = self._history.backend.read(_COUNT_LATER, {"newest": newest, "uid": uid})
        return (count + int(rows[0][0]), int(rows[0][1]), str(rows[0][2])) if rows else None

    def _all(self) -> tuple[int, int, str]:
        rows = self._history.backend.read(_COUNT_ALL, {})
        return (int(rows[0][0]), int(rows[0][1]), str(rows[0][2])) if rows else (0, 0, "")


class HistorySearch:
    """Searches one history. It is thread-safe; `dazos_tui.history.search_index` makes one with its index."""

    def __init__(self, history: HistoryStore, index: CandidateIndex | None = None) -> None:
        """Build the search; `index` only makes it faster."""
        self._history = history
        self._index = index
        self._row_count = RowCount(history)

    def find(
        self, query: HistoryQuery, *, wanted: int = WINDOW_ROWS, effort: int | None = EFFORT_ROWS
    ) -> "FoundRows":
        """Return the rows that match, newest first; by time if the query has an end.

        It stops when it has `wanted` rows, or has examined `effort` rows (None: no limit). Raises
        HistoryError.
        """
        found = FoundRows(self._history, query, self._candidates(query), self._row_count)
        found.extend(wanted, effort=effort)
        return found

    def link_counts(self, query: HistoryQuery, most_people: int | None = None) -> LinkCounts | None:
        """Return the counts of the links that a query finds from the index; None if it does not have them."""
        return None if self._index is None else self._index.link_counts(query, most_people)

    def catch_up(self) -> bool:
        """Bring a slice of what is missing into the index; return whether there is more. Never raises.

        Until nothing is missing, searches may need several steps. It takes about 0.2 s: not for the event
        loop, and not for a single search.
        """
        return self._index is not None and self._index.catch_up()

    def drop_outdated(self) -> None:
        """Delete what the index has of people who were erased since, by anybody. Never raises."""
        if self._index is not None:
            self._index.drop_outdated()

    def close(self) -> None:
        """Close the index; the history is the caller's."""
        if self._index is not None:
            self._index.close()

    def count_all(self, instance: str | None = None) -> int:
        """Return how many rows there are, in all or of one instance. Raises HistoryError."""
        if instance is None:
            return self._row_count.now()
        return _number(self._history, "instance = :instance", {"instance": instance}, 2**31)

    def _candidates(self, query: HistoryQuery) -> Sequence[int] | None:
        texts = required_texts(query)
        found = self._index.candidates(texts, MOST_CANDIDATES) if self._index and texts else None
        return self._indexed_candidates(query) if found is None else found

    def _indexed_candidates(self, query: HistoryQuery) -> Sequence[int] | None:
        """Return the rows of an instance, a person or a stretch of time, if these are few."""
        for term in query.terms:
            if isinstance(term, ColumnTerm) or (isinstance(term, TimeTerm) and term.end and not term.exclude):
                sql = query_to_sql(HistoryQuery((term,)))
                limited = f"SELECT id FROM resets WHERE {sql.where} LIMIT {MOST_CANDIDATES + 1}"  # noqa: S608
                ids = [int(row[0]) for row in self._history.backend.read(limited, dict(sql.values))]
                if len(ids) <= MOST_CANDIDATES:
                    return ids
        return None


class FoundRows:
    """The rows that a search has found so far. They are those of the time when the search reads them."""

    def __init__(
        self,
        history: HistoryStore,
        query: HistoryQuery,
        candidates: Sequence[int] | None,
        row_count: RowCount,
    ) -> None:
        """Build the result; nothing is read before `extend`. `row_count` knows how many rows there are."""
        self.query = query
        self._row_count = row_count
        self.is_complete = False
        self._history = history
        self._sql: QuerySql = query_to_sql(query, reading_in_order=True)
        self._candidates = candidates
        self._ids = array("q")
        # By time, so that a stretch of it can be read without all that came later.
        self._key = "requested_at" if query.start or query.end else "sort_key"
        # Who is waiting is found by comparing each row with all later ones of its person.
        is_slow = any(isinstance(term, WaitingTerm) for term in query.terms)
        self._row_cost = _WAITING_COST if is_slow else 1
        self._most_rows = max(1, _CHUNK_ROWS // self._row_cost)
        # Few at first: often they are enough, and somebody waits for them.
        self._chunk_rows = min(_FIRST_CHUNK, self._most_rows)
        self._position: str | int | None = format_time(query.end) if query.end else None

    def __len__(self) -> int:
        """Return how many rows were found so far."""
        return len(self._ids)

    @property
    def count_label(self) -> str:
        """Return how many there are: ``31``, or ``10,000+`` if there may be more."""
        return f"{len(self):,}" if self.is_complete else f"{len(self):,}+"

    def exact_count(self) -> int | None:
        """Return how many match, if that is known or quickly counted, else None. Raises HistoryError."""
        if self.is_complete:
            return len(self)
        is_quick = len(self.query.terms) <= 1 and all(
            isinstance(term, TimeTerm) or (isinstance(term, ColumnTerm) and term.columns == ("instance",))
            for term in self.query.terms
        )
        if not is_quick:
            return None
        if not self.query.terms:
            return self._row_count.now()
        number = _number(self._history, self._sql.where, dict(self._sql.values), MOST_COUNTED + 1)
        return number if number <= MOST_COUNTED else None

    def extend(self, wanted: int | None = None, *, effort: int | None = None) -> None:
        """Go on until `wanted` rows are found in all, or `effort` more are examined. Raises HistoryError."""
        if self._candidates is not None and not self.is_complete:
            self._keep(self._select(among(self._candidates), {}))
            self.is_complete = True
        examined = 0
        while not self.is_complete and (wanted is None or len(self) < wanted):
            if effort is not None and examined >= effort:
                return
            examined += self._chunk_rows * self._row_cost
            self._read_chunk()
            self._chunk_rows = self._most_rows

    def window(self, start: int, length: int, *, effort: int | None = EFFORT_ROWS) -> list[HistoryEntry]:
        """Return up to `length` rows from position `start` (from 0) on, with `effort` as in `extend`.

        There may be fewer if the search is not complete. Raises HistoryError.
        """
        self.extend(start + length, effort=effort)
        return self._history.entries_by_id(self._ids[start : start + length])

    def entries(self, limit: int | None = None) -> Iterator[HistoryEntry]:
        """Yield all rows, up to `limit` of them, reading only a few at once. Raises HistoryError."""
        start = 0
        while limit is None or start < limit:
            # Few at first: somebody waits for the first of them.
            length = _WINDOW_AT_ONCE if start else _FIRST_WINDOW
            length = length if limit is None else min(length, limit - start)
            self.extend(start + length)
            if start >= len(self):
                return
            yield from self.window(start, length, effort=0)
            start += length

    def position_of(self, entry_id: int) -> int | None:
        """Return a row's position among those found so far, or None."""
        try:
            return self._ids.index(entry_id)
        except ValueError:
            return None

    @property
    def ids(self) -> Sequence[int]:
        """Return the ids of the rows found so far, in order."""
        return self._ids

    def sort(self, column: str, *, descending: bool = False) -> bool:
        """Sort by one of `SORT_COLUMNS`, equal rows newest first; return whether there were few enough.

        Raises HistoryError.
        """
        self.extend(MOST_SORTED + 1)
        if not self.is_complete or len(self) > MOST_SORTED:
            return False
        direction = "DESC" if descending else "ASC"
        order = f"{SORT_COLUMNS[column]} {direction}, sort_key DESC, id DESC"
        sql = f"SELECT id FROM resets WHERE {among(self._ids)} ORDER BY {order}"  # noqa: S608
        rows = self._history.backend.read(sql, {})
        self._ids = array("q", [int(row[0]) for row in rows])
        return True

    def _read_chunk(self) -> None:
        limits, values = list[str](), dict[str, Value]()
        if self._position is not None:
            limits, values = [f"{self._key} < :before"], {"before": self._position}
        if self.query.start:
            limits, values["start"] = [*limits, "requested_at >= :start"], format_time(self.query.start)
        where = " AND ".join(limits) or "1 = 1"
        last = self._history.backend.read(
            f"SELECT {self._key} FROM resets WHERE {where} "  # noqa: S608
            f"ORDER BY {self._key} DESC LIMIT 1 OFFSET {self._chunk_rows - 1}",
            values,
        )
        if last:
            self._position = values["last"] = last[0][0]
            where = f"{where} AND {self._key} >= :last"
        self._keep(self._select(where, values))
        self.is_complete = not last

    def _select(self, where: str, values: Mapping[str, Value]) -> list[Row]:
        columns = ", ".join(["id", *self._sql.columns])
        return self._history.backend.read(
            f"SELECT {columns} FROM resets WHERE {where} AND {self._sql.where} "  # noqa: S608
            f"ORDER BY {self._key} DESC, sort_key DESC, id DESC",
            {**values, **self._sql.values},
        )

    def _keep(self, rows: Sequence[Row]) -> None:
        if self._sql.checks:
            accepts = self._sql.accepts
            rows = [row for row in rows if accepts(row[1:])]
        self._ids.extend(int(row[0]) for row in rows)


def among(ids: Sequence[int]) -> str:
    """Return the condition that a row has one of these ids."""
    return f"id IN ({', '.join(map(str, ids))})" if ids else "1 = 0"


def _number(history: HistoryStore, where: str, values: Mapping[str, Value], most: int) -> int:
    """Return how many rows a condition selects, or `most` if there are more."""
    counted = f"(SELECT 1 FROM resets WHERE {where} LIMIT {most}) AS counted"  # noqa: S608
    rows = history.backend.read(f"SELECT count(*) FROM {counted}", values)  # noqa: S608
    return int(rows[0][0]) if rows else 0
