"""Rows of every kind, and a plain filter that says which of them a search must find."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from dazos_tui.history.models import BackIn, BackInProof, CrmAction, Outcome, ResetRequest
from dazos_tui.history.query import (
    TEXT_FIELDS,
    BackInTerm,
    ColumnTerm,
    NotedTerm,
    OutcomeTerm,
    TextTerm,
    TimeTerm,
    WaitingTerm,
)
from dazos_tui.history.store import HistoryStore
from dazos_tui.text.normalize import fold

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
PEOPLE = [
    ("42", "ann.lee", "Ann Lee", "ann@example.com"),
    ("43", "zoe", "Zoë Müller", "zoe.m@example.org"),
    ("44", "obrien", "Pat O'Brien", "PAT@example.com"),
    ("45", "100%_x", "Łukasz “Ann” Bell", ""),
]
INSTANCES = ["acme", "beta", "acme-box"]
OPERATORS = ["kim.lead", "Åsa", "ann.lead"]
KEYBOARDS = [("", "", ""), ("kim", "desk", ""), ("root", "desk", "Åsa")]
BATCHES = ["", "ann-1", "spring", "spring"]
TICKETS = ["", "T-1", "T-12", "HD 7"]
WENT_OUT = {Outcome.SENT, Outcome.UNKNOWN}


class StillClock:
    """A clock that shows the time it was set to."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


def write_row(store, clock, number, person, instance, operator, ticket, outcome, action, back):
    clock.now = START + timedelta(hours=7 * number)
    user_id, user_name, name, email = PEOPLE[person]
    host = f"{INSTANCES[instance]}.example"
    texts = (INSTANCES[instance], "production", host, OPERATORS[operator], user_id, user_name, name, email)
    keyboard, batch = KEYBOARDS[number % len(KEYBOARDS)], BATCHES[number % len(BATCHES)]
    request = ResetRequest(*(*texts, TICKETS[ticket], host, *keyboard, batch))
    entry = store.record_request(request, action)
    if outcome is not None:
        entry = store.record_outcome(entry.id, outcome, f"The CRM said {outcome}, 50% <b>")
    if number % 4 == 1:
        store.record_noted(entry.id)
    if back and action is CrmAction.RESET_LINK and entry.outcome in WENT_OUT:
        store.record_back_in(entry.id, BackIn(clock.now + timedelta(minutes=5), BackInProof.SIGN_IN))


ROWS = st.tuples(
    st.integers(0, 3), st.integers(0, 2), st.integers(0, 2), st.integers(0, 3),
    st.sampled_from([*Outcome, None]), st.sampled_from([*CrmAction, CrmAction.RESET_LINK]), st.booleans(),
)  # fmt: skip

WORDS = st.sampled_from(
    ["ann", "Zoë", "obrien", "o'b", "lukasz", "%", "_", "t-1", "hd 7", "example", "acme", "sent", "kim",
     "asa", "said", "e", "root", "desk", "spring", "\\", "nobody", "b> ", "enable"]
)  # fmt: skip
DAYS = st.integers(-1, 8).map(lambda days: f"{START + timedelta(days=days):%Y-%m-%d}")
TERMS = st.one_of(
    WORDS,
    st.tuples(st.sampled_from(list(TEXT_FIELDS)), WORDS).map(":".join),
    st.lists(st.sampled_from(["sent", "refused", "not-sent", "unknown"]), min_size=1, max_size=2).map(
        lambda outcomes: f"outcome:{','.join(outcomes)}"
    ),
    st.tuples(st.sampled_from(["since", "until", "on"]), DAYS).map(":".join),
    st.sampled_from(["waiting:yes", "waiting:no", "back:yes", "back:no", "noted:yes", "noted:no"]),
)
QUERIES = st.lists(st.tuples(st.sampled_from(["", "", "-"]), TERMS).map("".join), max_size=3).map(" ".join)


def is_waiting(entry, entries):
    later = (
        other
        for other in entries
        if other.id > entry.id
        and (other.request.server, other.request.user_id) == (entry.request.server, entry.request.user_id)
        and other.outcome in WENT_OUT
        and other.action is CrmAction.RESET_LINK
    )
    return went_out(entry) and entry.back_in is None and not any(later)


def went_out(entry):
    return entry.action is CrmAction.RESET_LINK and entry.outcome in WENT_OUT


def holds(term, entry, entries):  # noqa: PLR0911 - one line for each kind of term
    """Return whether a row matches a term, in the plainest way."""
    request = entry.request
    match term:
        case TextTerm(text, "", _):
            action = "" if entry.action is CrmAction.RESET_LINK else entry.action
            texts = (
                request.name, request.user_name, request.email, request.ticket, request.instance,
                request.operator, request.os_user, request.sudo_user, request.batch, entry.outcome,
                entry.message, action,
            )  # fmt: skip
            return any(text in fold(one) for one in texts)
        case TextTerm(text, field, _):
            return any(text in fold(getattr(request, column)) for column in TEXT_FIELDS[field])
        case ColumnTerm(text, columns):
            return any(getattr(request, column) == text for column in columns)
        case OutcomeTerm(outcomes):
            return entry.outcome in outcomes
        case TimeTerm(start, end):
            return (start is None or entry.requested_at >= start) and (
                end is None or entry.requested_at < end
            )
        case NotedTerm():
            return entry.noted_at is not None
        case WaitingTerm():
            return is_waiting(entry, entries)
        case BackInTerm(is_back=True):
            return entry.back_in is not None
        case BackInTerm():
            return went_out(entry) and entry.back_in is None
    raise AssertionError(term)


def naive(query, entries):
    return [
        entry.id
        for entry in entries
        if all(holds(term, entry, entries) is not getattr(term, "exclude", False) for term in query.terms)
    ]


def filled(place, rows):
    clock = StillClock()
    store = HistoryStore(place, clock=clock)
    for number, row in enumerate(rows):
        write_row(store, clock, number, *row)
    return store


CASES = {
    "rows": st.lists(ROWS, max_size=12),
    "texts": st.lists(QUERIES, min_size=1, max_size=8),
    "indexed": st.integers(0, 12),
}
