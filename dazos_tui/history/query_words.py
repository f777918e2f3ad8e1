"""A query of the history in words, for a report."""

from dazos_tui.history.query import (
    BackInTerm,
    ColumnTerm,
    HistoryQuery,
    HistoryTerm,
    NotedTerm,
    OutcomeTerm,
    TextTerm,
    TimeTerm,
    WaitingTerm,
    quote_value,
)
from dazos_tui.text.sanitize import safe_text


def describe_query(query: HistoryQuery) -> str:
    """Return what a query looks for, such as ``since 2026-11-01 00:00, by:kim``; empty for everything."""
    return ", ".join(f"{'not ' * _is_excluded(term)}{_describe(term)}" for term in query.terms)


def _is_excluded(term: HistoryTerm) -> bool:
    return not isinstance(term, ColumnTerm) and term.exclude


def _describe(term: HistoryTerm) -> str:
    match term:
        case TextTerm(text, field):
            return f"{field}:{_quoted(text)}" if field else _quoted(text)
        case ColumnTerm(text, columns):
            return f"{columns[0].replace('_', ' ')} {_quoted(safe_text(text))}"
        case OutcomeTerm(outcomes):
            return f"outcome {' or '.join(sorted(outcomes))}"
        case WaitingTerm() | NotedTerm():
            return "waiting" if isinstance(term, WaitingTerm) else "with a note"
        case BackInTerm(is_back):
            return "back in" if is_back else "not back in"
        case TimeTerm(start, end):
            since = f"since {start.astimezone():%Y-%m-%d %H:%M}" if start else ""
            until = f"before {end.astimezone():%Y-%m-%d %H:%M}" if end else ""
            return f"{since} {until}".strip()


def _quoted(text: str) -> str:
    return text if text.isalnum() else quote_value(text)
