from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dazos_tui.history.models import Outcome
from dazos_tui.history.query import (
    FIELDS,
    MOST_TERMS,
    BackInTerm,
    NotedTerm,
    OutcomeTerm,
    TextTerm,
    TimeTerm,
    WaitingTerm,
    parse_history_query,
    quote_value,
    time_term,
)
from dazos_tui.history.search_text import fold_stored
from dazos_tui.history.when import parse_when
from dazos_tui.text.sanitize import safe_text
from tests.support import local_time_of

NOW = datetime(2026, 11, 25, 13, 37, tzinfo=UTC)  # a Wednesday


@pytest.fixture(autouse=True)
def new_york():
    with local_time_of("America/New_York"):
        yield


def moment(value):
    """Return a local time written as a tuple; anything else as it is."""
    return datetime(*value).astimezone() if isinstance(value, tuple) else value


def terms(text):
    query = parse_history_query(text, NOW)
    assert (query.problems, query.hints) == ((), ())
    return query.terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("  \t ", ()),
        ("garcia Bob", (TextTerm("garcia"), TextTerm("bob"))),
        ("Nguyễn O'Brien", (TextTerm("nguyen"), TextTerm("obrien"))),
        ("ann ann", (TextTerm("ann"),)),
        ('"Ann  Lee"', (TextTerm("ann lee"),)),
        ('"ann lee', (TextTerm("ann lee"),)),
        ('"say ""hi"" now"', (TextTerm('say "hi" now'),)),
        ('6"', (TextTerm('6"'),)),
        ("-billing", (TextTerm("billing", exclude=True),)),
        ('-"ann lee"', (TextTerm("ann lee", exclude=True),)),
        ("-", (TextTerm("-"),)),
        ('"-ann"', (TextTerm("-ann"),)),
        ('"outcome:sent"', (TextTerm("outcome:sent"),)),
        ("person:Garc", (TextTerm("garc", "person"),)),
        ('name:"Ann Lee"', (TextTerm("ann lee", "name"),)),
        ("USER:ann", (TextTerm("ann", "user"),)),
        ("-email:@example.com", (TextTerm("@example.com", "email", exclude=True),)),
        ("by:kim operator:kim", (TextTerm("kim", "by"),)),
        ("ticket:T-1042 instance:acme", (TextTerm("t-1042", "ticket"), TextTerm("acme", "instance"))),
        ("person: outcome: since:", ()),
        ("https://crm.example/x", (TextTerm("https://crm.example/x"),)),
        ("10:30", (TextTerm("10:30"),)),
        ("outcome:unknown", (OutcomeTerm(frozenset({Outcome.UNKNOWN})),)),
        ("outcome:sent,unk", (OutcomeTerm(frozenset({Outcome.SENT, Outcome.UNKNOWN})),)),
        ('outcome:not-sent outcome:"not sent"', (OutcomeTerm(frozenset({Outcome.NOT_SENT})),)),
        ("-outcome:sent", (OutcomeTerm(frozenset({Outcome.SENT}), exclude=True),)),
        ("waiting:yes -waiting:no waiting:y", (WaitingTerm(),)),
        ("waiting:no -waiting:yes", (WaitingTerm(exclude=True),)),
        ("noted:yes -noted:no", (NotedTerm(),)),
        ("noted:n -noted:yes", (NotedTerm(exclude=True),)),
        ("batch:Spring", (TextTerm("spring", "batch"),)),
        ("back:no", (BackInTerm(is_back=False),)),
        ("back:YES", (BackInTerm(is_back=True),)),
        ('back:" n "', (BackInTerm(is_back=False),)),
        ("outcome:,", ()),
        ("outcome:SENT,,not_sent", (OutcomeTerm(frozenset({Outcome.SENT, Outcome.NOT_SENT})),)),
        ('-since:" "', ()),
        ("http://x -by:", (TextTerm("http://x"),)),
        ("-back:yes", (BackInTerm(is_back=True, exclude=True),)),
    ],
)
def test_what_is_typed_becomes_terms(text, expected):
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("since:7d", NOW - timedelta(days=7), None),
        ("since:2h", NOW - timedelta(hours=2), None),
        ("since:90min", NOW - timedelta(minutes=90), None),
        ("since:1mo", (2026, 10, 25, 8, 37), None),
        ("since:1y", (2025, 11, 25, 8, 37), None),
        ("since:2026-11-01", (2026, 11, 1), None),
        ("since:2026-11-01T10:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC), None),
        ("since:yesterday", (2026, 11, 24), None),
        ("since:monday", (2026, 11, 23), None),
        ("since:month", (2026, 11, 1), None),
        ("since:last-month", (2026, 10, 1), None),
        ("since:week", (2026, 11, 23), None),
        ("since:2026-02", (2026, 2, 1), None),
        ("until:2026-11-03", None, (2026, 11, 4)),
        ("until:2025", None, (2026, 1, 1)),
        ("until:2026-11-03T13:00", None, (2026, 11, 3, 13)),
        ("on:2026-11-03", (2026, 11, 3), (2026, 11, 4)),
        ("on:wed", (2026, 11, 25), (2026, 11, 26)),
        ("on:thursday", (2026, 11, 19), (2026, 11, 20)),
        ("on:7d", (2026, 11, 18), (2026, 11, 19)),
        ("on:2026-11-01", (2026, 11, 1), (2026, 11, 2)),  # 25 hours: the clock goes back
        ("on:lastyear", (2025, 1, 1), (2026, 1, 1)),
        ("on:this-year", (2026, 1, 1), (2027, 1, 1)),
        ("on:today", (2026, 11, 25), (2026, 11, 26)),
        ("on:yesterday", (2026, 11, 24), (2026, 11, 25)),
        ("on:Last_Week", (2026, 11, 16), (2026, 11, 23)),
        ('on:"this week"', (2026, 11, 23), (2026, 11, 30)),
        ("on:lastmonth", (2026, 10, 1), (2026, 11, 1)),
        ("on:month", (2026, 11, 1), (2026, 12, 1)),
        ("on:2026-12", (2026, 12, 1), (2027, 1, 1)),
        ("on:2026-01", (2026, 1, 1), (2026, 2, 1)),
        ("on:2026", (2026, 1, 1), (2027, 1, 1)),
        ("on:0002", (2, 1, 1), (3, 1, 1)),
        ("on:9998-06-01", (9998, 6, 1), (9998, 6, 2)),
        ("since:0002-06-01T10:00", (2, 6, 1, 10), None),
        ("until:9998-06-01T10:00", None, (9998, 6, 1, 10)),
        ("on:2026-W47-1", (2026, 11, 16), (2026, 11, 17)),
        ("on:sun", (2026, 11, 22), (2026, 11, 23)),
        ("since:2026-11-01T00:00:00", (2026, 11, 1), None),
        ("until:2026-11-01T00:00:00", None, (2026, 11, 1)),
        ("until:2026-11-01T00:00Z", None, datetime(2026, 11, 1, tzinfo=UTC)),
        ("since:24298mo", (2, 1, 25, 8, 37), None),
        ("since:11mo", (2025, 12, 25, 8, 37), None),
        ("since:1month", (2026, 10, 25, 8, 37), None),
        ("since:2w", NOW - timedelta(days=14), None),
        ('since:" 3 days "', NOW - timedelta(days=3), None),
        ("until:1h", None, NOW - timedelta(hours=1)),
    ],
)
def test_times(text, start, end):
    assert terms(text) == (TimeTerm(moment(start), moment(end)),)


def test_times_are_excluded():
    for field in ("since", "until", "on"):
        assert terms(f"-{field}:2026") == (replace(terms(f"{field}:2026")[0], exclude=True),)
        assert time_term(field, "2026", NOW) == terms(f"{field}:2026")[0]


def test_a_day_on_which_the_clock_changes_has_25_hours():
    day = parse_when("2026-11-01", NOW)
    assert day.end - day.start == timedelta(hours=25)


def test_a_month_before_the_31st_is_the_last_day():
    then = parse_when("1mo", datetime(2026, 3, 31, 12, tzinfo=UTC)).start
    assert (then.month, then.day) == (2, 28)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("since:1m", "“since:1m” could mean months or minutes: use 1mo or 1min."),
        ("on:12M", "“on:12M” could mean months or minutes: use 12mo or 12min."),
        ("since:soon", "“since:soon” is not a time; examples are 7d, 2h, 2026-11-01"),
        ("since:2026-13-01", "is not a time"),
        ("since:5x", "is not a time"),
        ("since:999999y", "“since:999999y” is too long ago or too far ahead."),
        ("since:2025y", "“since:2025y” is too long ago or too far ahead."),
        ("since:24300mo", "“since:24300mo” is too long ago or too far ahead."),
        ("since:739700d", "“since:739700d” is too long ago or too far ahead."),
        ("since:0001-12-31T12:00", "“since:0001-12-31T12:00” is too long ago or too far ahead."),
        ("since:9999-01-01T00:00Z", "“since:9999-01-01T00:00Z” is too long ago or too far ahead."),
        ("on:0001", "“on:0001” is too long ago or too far ahead."),
        ("on:9998", "“on:9998” is too long ago or too far ahead."),
        ("on:9999-01", "“on:9999-01” is too long ago or too far ahead."),
        ("since:we", "“since:we” is not a time; examples are 7d"),
        ("since:thismonthly", "is not a time"),
        ("since:last", "is not a time"),
        ("since:" + "x" * 60, "“since:" + "x" * 39 + "…” is not a time"),
        (
            "outcome:snet",
            "“outcome:” takes sent, refused, not-sent or unknown, or several with commas between"
            " (did you mean “sent”?).",
        ),
        ("outcome:not-snt", "between (did you mean “not-sent”?)."),
        ("outcome:unsent", "between (did you mean “sent”?)."),
        ("outcome:sent,lost", "“outcome:” takes sent, refused, not-sent or unknown"),
        ("since:999999w", "is too long ago"),
        ("until:9999-12-31", "is too long ago or too far ahead"),
        ("on:0001-01-01", "is too long ago"),
        ("outcome:lost", "takes sent, refused, not-sent or unknown, or several with commas between."),
        ("waiting:maybe", "“waiting:” takes yes or no."),
        ("noted:x", "“noted:” takes yes or no."),
        ("back:x", "“back:” takes yes or no."),
        ("x " * (MOST_TERMS + 1), "That is too much to search for: 100 words at most."),
    ],
)
def test_a_value_that_cannot_be_used_is_named(text, problem):
    [found] = parse_history_query(text, NOW).problems
    assert problem in found


def test_as_many_words_as_the_databases_take():
    assert len(terms(" ".join(map(str, range(MOST_TERMS))))) == MOST_TERMS


def test_a_field_that_does_not_exist_is_named_and_searched_for_as_a_word():
    query = parse_history_query("mail:Ann", NOW)
    assert query.terms == (TextTerm("mail:ann"),)
    assert query.hints == (
        "There is no field “mail” (did you mean “email”?); there are person, name, user, email, by, ticket, "
        "instance, batch, outcome, since, until, on, waiting, back, noted.",
    )


def test_further_terms_are_added_once_and_the_problems_stay():
    query = parse_history_query("ann mail:x since:soon", NOW)
    further = query.with_terms(TextTerm("bob"), TextTerm("ann"))
    assert further.terms == (TextTerm("ann"), TextTerm("mail:x"), TextTerm("bob"))
    assert (further.problems, further.hints) == (query.problems, query.hints)
    assert all((query.problems, query.hints))


PIECES = st.sampled_from(
    [*FIELDS, ":", "-", '"', " ", ",", "1m", "7d", "sent", "yes", "2026-11-01", "\\", "%"]
)


@given(st.text() | st.lists(PIECES | st.text(max_size=3)).map("".join))
def test_no_text_breaks_it(text):
    query = parse_history_query(text, NOW)
    assert query == parse_history_query(text, NOW)
    for sentence in (*query.problems, *query.hints):
        assert sentence == safe_text(sentence, limit=5_000)


@given(st.text(), st.sampled_from(["", "person", "ticket", "by"]), st.booleans())
@example("\x1f", "person", False)
@example("´", "", False)
@example('say "hi"', "", False)
def test_a_quoted_text_is_found_as_it_is(text, field, exclude):
    typed = f"{'-' if exclude else ''}{f'{field}:' if field else ''}{quote_value(text)}"
    folded = fold_stored(safe_text(text.encode("utf-8", "replace").decode()))
    expected = (TextTerm(folded, field, exclude),) if folded else ()
    assert parse_history_query(typed, NOW).terms == expected
    between = dict.fromkeys([TextTerm("a"), *expected, TextTerm("b")])
    assert parse_history_query(f"a {typed} b", NOW).terms == tuple(between)
