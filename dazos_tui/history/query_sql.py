"""What a query of the history is in SQL, and the part of it that SQL cannot decide.

The SQL is understood by SQLite and PostgreSQL alike; values are named (``:name``). A text in one field is
compared folded, which only Python can do: SQL narrows it to the rows that have the text anywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dazos_tui.history.query import (
    TEXT_FIELDS,
    BackInTerm,
    ColumnTerm,
    HistoryQuery,
    HistoryTerm,
    NotedTerm,
    OutcomeTerm,
    TextTerm,
    TimeTerm,
    WaitingTerm,
)
from dazos_tui.history.search_text import fold_stored, storable
from dazos_tui.history.statements import IS_SENT_OR_UNKNOWN, IS_WAITING
from dazos_tui.history.times import format_time


@dataclass(frozen=True, slots=True)
class QuerySql:
    """A query as SQL: `where` with its `values`. `checks` are the terms that `accepts` decides."""

    where: str
    values: Mapping[str, str]
    checks: tuple[TextTerm, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that `accepts` needs."""
        return tuple(dict.fromkeys(column for term in self.checks for column in TEXT_FIELDS[term.field]))

    @property
    def accepts(self) -> Callable[[Sequence[str]], bool]:
        """Return a function that says whether a row that `where` selected matches, from its `columns`."""
        places = {column: place for place, column in enumerate(self.columns)}
        checks = [
            (term.text, [places[column] for column in TEXT_FIELDS[term.field]], not term.exclude)
            for term in self.checks
        ]

        def accepts(texts: Sequence[str]) -> bool:
            return all(
                any(text in fold_stored(texts[place]) for place in among) is wanted
                for text, among, wanted in checks
            )

        return accepts


def query_to_sql(query: HistoryQuery, *, reading_in_order: bool = False) -> QuerySql:
    """Return a query as SQL. Nothing that was typed is part of the SQL itself.

    With `reading_in_order`, a database does not use an index of texts: for a few rows, or all that have a
    common text, that takes much longer.
    """
    parts, values = list[str](), dict[str, str]()
    for number, term in enumerate(query.terms):
        sql, used = _term_to_sql(term, f"v{number}")
        if sql:
            # What is true of a condition is in no index.
            is_hidden = reading_in_order and isinstance(term, TextTerm)
            parts.append(f"({sql}) IS TRUE" if is_hidden else f"({sql})")
            values |= used
    checks = tuple(term for term in query.terms if isinstance(term, TextTerm) and term.field)
    return QuerySql(" AND ".join(parts) or "1 = 1", values, checks)


def required_texts(query: HistoryQuery) -> tuple[str, ...]:
    """Return folded texts that every row of the result has somewhere."""
    texts = [term.text for term in query.terms if isinstance(term, TextTerm) and not term.exclude]
    for term in query.terms:
        if isinstance(term, OutcomeTerm) and not term.exclude and len(term.outcomes) == 1:
            texts += term.outcomes
    return tuple(map(str, texts))


def _term_to_sql(term: HistoryTerm, name: str) -> tuple[str, dict[str, str]]:
    """Return the condition of a term (may be empty) and its values, whose names start with `name`."""
    match term:
        case TextTerm():
            return _text_to_sql(term, name)
        case ColumnTerm(text, columns):
            # Who types an e-mail does not mind its case.
            equal = (
                f"lower(email) = lower(:{name})" if column == "email" else f"{column} = :{name}"
                for column in columns
            )
            return " OR ".join(equal), {name: storable(text)}
        case OutcomeTerm(outcomes):
            # The outcomes are ours, so they can be part of the SQL.
            sql, values = f"outcome IN ({', '.join(map(repr, map(str, sorted(outcomes))))})", {}
        case TimeTerm(start, end):
            limits = {"since": (">=", start), "until": ("<", end)}
            used = {key: (sign, limit) for key, (sign, limit) in limits.items() if limit}
            sql = " AND ".join(f"requested_at {sign} :{name}_{key}" for key, (sign, _) in used.items())
            values = {f"{name}_{key}": format_time(limit) for key, (_, limit) in used.items()}
        case WaitingTerm():
            sql, values = IS_WAITING, {}
        case NotedTerm():
            sql, values = "noted_at IS NOT NULL", {}
        case BackInTerm(is_back=True):
            sql, values = "back_in_at IS NOT NULL", {}
        case BackInTerm():
            sql, values = f"{IS_SENT_OR_UNKNOWN} AND back_in_at IS NULL", {}
    return (f"NOT ({sql})" if term.exclude else sql), values


def _text_to_sql(term: TextTerm, name: str) -> tuple[str, dict[str, str]]:
    if term.field and term.exclude:
        return "", {}
    escaped = term.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    sign = "NOT LIKE" if term.exclude else "LIKE"
    return f"folded {sign} :{name} ESCAPE '\\'", {name: f"%{escaped}%"}
