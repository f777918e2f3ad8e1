"""The statistics are what counting the entries one by one gives."""

import itertools
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dazos_tui.history import fact_blocks, statistics
from dazos_tui.history.errors import HistoryError
from dazos_tui.history.index_file import immediate
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, Outcome, ResetRequest
from dazos_tui.history.query import ColumnTerm, HistoryQuery, parse_history_query
from dazos_tui.history.search_index import SearchIndex, indexed_search
from dazos_tui.history.statistics import (
    BackInTimes,
    DayCounts,
    HistoryStatistics,
    PersonKey,
    RankedName,
    collect_statistics,
)
from dazos_tui.history.statistics_record import statistics_to_record
from tests.history.rows import CASES, PEOPLE, START, WENT_OUT, StillClock, filled, naive, write_row
from tests.reset_requests import request
from tests.support import local_time_of, raw_connection

ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"]


@pytest.fixture(params=ZONES)
def zone(request):
    with local_time_of(request.param):
        yield request.param


def require_true(store, text, search=None):
    query = parse_history_query(text, START)
    wanted = set(naive(query, store.search()))
    links = [one for one in store.search() if one.id in wanted and one.action is CrmAction.RESET_LINK]
    found = collect_statistics(store, query, search=search)
    assert found.outcomes == {outcome: sum(one.outcome is outcome for one in links) for outcome in Outcome}
    assert found.total == len(links)
    days = Counter((one.requested_at.astimezone().date(), one.outcome) for one in links)
    assert {(day.day, outcome): n for day in found.days for outcome, n in day.counts.items() if n} == days
    dates = sorted({day for day, _ in days})
    length = (dates[-1] - dates[0]).days + 1 if dates else 0
    if length <= statistics._MOST_DAYS:
        dates = [dates[0] + timedelta(days=number) for number in range(length)]
    assert [day.day for day in found.days] == dates
    hours = Counter(one.requested_at.astimezone().hour for one in links)
    assert found.hours == tuple(hours[hour] for hour in range(24))
    delays = sorted(
        ceil((one.back_in.at - one.requested_at) / timedelta(minutes=1)) for one in links if one.back_in
    )
    back = found.back_in
    assert (back.count, back.misdated) == (len(delays), sum(minutes < 0 for minutes in delays))
    assert back.not_yet == sum(one.outcome in WENT_OUT and one.back_in is None for one in links)
    dated = [minutes for minutes in delays if minutes >= 0]
    limits = [-1, 15, 60, 240, 1440, 10**9]
    assert back.buckets == tuple(
        sum(low < minutes <= high for minutes in dated) for low, high in itertools.pairwise(limits)
    )
    assert back.median == (dated[(len(dated) - 1) // 2] if dated else None)
    assert back.slowest_tenth == (dated[-max(1, len(dated) // 10)] if dated else None)
    for column, ranked in (("instance", found.instances), ("operator", found.operators)):
        counts = Counter(getattr(one.request, column) for one in links)
        assert {one.name: one.count for one in ranked} == counts
    accounts = Counter((one.request.server, one.request.user_id) for one in links)
    assert sorted(one.count for one in found.people) == sorted(accounts.values())[-10:]
    assert {(one.name, one.detail) for one in found.people} <= {(name, email) for *_, name, email in PEOPLE}


@pytest.mark.usefixtures("zone")
@settings(max_examples=25)
@given(rows=CASES["rows"], texts=CASES["texts"])
def test_they_are_those_of_the_entries(tmp_path_factory, rows, texts):
    with filled(tmp_path_factory.mktemp("statistics") / "history.db", rows) as store:
        for text in ("", *texts):
            require_true(store, text)


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(fact_blocks, "BLOCK_ROWS", 5)


@pytest.mark.usefixtures("zone", "small_blocks")
@settings(max_examples=15)
@given(rows=CASES["rows"], later=CASES["rows"], indexed=st.integers(0, 12))
def test_they_are_the_same_from_the_index_whatever_happened_since(tmp_path_factory, rows, later, indexed):
    path = tmp_path_factory.mktemp("statistics") / "history.db"
    times = "since:2026-11-02 until:2026-11-03"
    texts = ("", "instance:acme", "outcome:sent,unknown", "-outcome:sent", times)
    with filled(path, rows) as store, closing(indexed_search(store)) as search:
        for _ in range(indexed):
            search.catch_up()
        for number, row in enumerate(later):
            write_row(store, store._clock, len(rows) + number, *row)
        links = [one for one in store.search(outcome=Outcome.SENT) if one.action is CrmAction.RESET_LINK]
        for entry in links[-1:]:
            store.record_back_in(
                entry.id, BackIn(entry.requested_at + timedelta(hours=3), BackInProof.PERSON)
            )
        for text in texts:
            require_true(store, text, search)
        while search.catch_up():
            pass
        for text in texts:
            require_true(store, text, search)
            query = parse_history_query(text, START)
            has_counts = bool(rows or later) and "instance:" not in text
            assert (search.link_counts(query) is not None) is has_counts
        narrowed = HistoryQuery((ColumnTerm("acme", ("instance",)),))
        assert collect_statistics(store, narrowed, search=search) == collect_statistics(store, narrowed)


@settings(max_examples=10)
@given(rows=CASES["rows"], texts=CASES["texts"])
def test_they_are_the_same_on_a_server(cluster, rows, texts):
    from dazos_tui.history.postgres import PostgresBackend

    with filled(PostgresBackend(cluster.server(cluster.new_database())), rows) as store:
        for text in ("", *texts):
            require_true(store, text)


DELAYS = [
    timedelta(minutes=minutes) for minutes in (0, 14.99, 15, 15.01, 60, 61, 240, 1440, 1441, 99_999, -30)
]


def test_the_buckets_end_where_they_say(any_store):
    store = any_store
    for number, delay in enumerate(DELAYS):
        clock = StillClock()
        store._clock = clock
        write_row(store, clock, number, 0, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, back=False)
        store.record_back_in(number + 1, BackIn(clock.now + delay, BackInProof.SIGN_IN))
    found = collect_statistics(store, HistoryQuery()).back_in
    assert (found.count, found.misdated, found.not_yet) == (11, 1, 0)
    assert found.buckets == (3, 2, 2, 1, 2)
    assert (found.median, found.slowest_tenth) == (60, 99_999)


def test_delays_and_rows_without_a_person_are_the_same_from_the_index(tmp_path, small_blocks):
    with filled(tmp_path / "history.db", []) as store, closing(indexed_search(store)) as search:
        nobody = ResetRequest("acme", "production", "acme.example", "kim", "", "", "", "", "")
        store.record_request(nobody)
        for number, delay in enumerate(DELAYS):
            write_row(store, store._clock, number, 0, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, back=False)
            store.record_back_in(number + 2, BackIn(store._clock.now + delay, BackInProof.SIGN_IN))
        while search.catch_up():
            pass
        counts = search.link_counts(HistoryQuery())
        assert counts is not None
        assert sorted(counts.delays.elements()) == [-30, 0, 15, 15, 16, 60, 61, 240, 1440, 1441, 99_999]
        assert counts.people == {("acme.example", "42"): 11}
        assert collect_statistics(store, HistoryQuery(), search=search) == collect_statistics(
            store, HistoryQuery()
        )


def test_the_slowest_tenth_of_22_begins_with_the_second_slowest(any_store):
    clock = StillClock()
    any_store._clock = clock
    for number in range(1, 23):
        write_row(any_store, clock, number, 0, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, back=False)
        any_store.record_back_in(number, BackIn(clock.now + timedelta(minutes=number), BackInProof.SIGN_IN))
    found = collect_statistics(any_store, HistoryQuery()).back_in
    assert (found.median, found.slowest_tenth) == (11, 21)


def test_links_of_one_minute_count_each_whatever_their_outcome(any_store):
    any_store._clock = StillClock()
    for outcome in (Outcome.SENT, Outcome.REFUSED, Outcome.SENT):
        any_store.record_outcome(any_store.record_request(request()).id, outcome, "")
    found = collect_statistics(any_store, HistoryQuery())
    assert found.hours[START.astimezone().hour] == sum(found.hours) == 3
    assert [(day.counts[Outcome.SENT], day.counts[Outcome.REFUSED]) for day in found.days] == [(2, 1)]


def test_nothing_found_adds_up_to_nothing(any_store):
    found = collect_statistics(any_store, HistoryQuery())
    assert (found.total, found.days, found.people, found.back_in.median) == (0, (), (), None)
    assert found.hours == (0,) * 24


def test_many_ids_are_counted_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(statistics, "_IDS_AT_ONCE", 2)
    rows = [(number % 4, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, True) for number in range(12)]
    with filled(tmp_path / "history.db", rows) as store:
        require_true(store, "person:ann")
        assert collect_statistics(store, parse_history_query("person:ann.lee", START)).people[0].count == 3


BLOCKS = [
    (
        number % 4,
        number % 3,
        number % 2,
        0,
        (*Outcome, None)[number % 5],
        CrmAction.RESET_LINK,
        number % 3 == 0,
    )
    for number in range(13)
]
IN_BLOCKS = (
    "", "outcome:sent", "-outcome:sent", "outcome:sent,unknown -outcome:unknown", "outcome:not-sent",
    "since:2026-11-02", "until:2026-11-02", "on:2026-11-03", "since:2026-11-01T12:00Z",
    "since:2026-11-03T06:00Z", "until:2026-11-03T06:00Z", "since:2026-11-02T22:00Z until:2026-11-03T12:00Z",
    "since:2027-01-01", "until:2026-01-01", "since:2026-11-02 outcome:sent", "outcome:sent outcome:refused",
)  # fmt: skip


@pytest.fixture
def in_blocks(tmp_path, small_blocks):
    """Return a store whose links are in three blocks of the index, and a search that has all of them."""
    with filled(tmp_path / "history.db", BLOCKS) as store, closing(indexed_search(store)) as search:
        while search.catch_up():
            pass
        yield store, search


def collected(store, query, search=None):
    """Return statistics without the names of people: of those with as many links, any may be left out."""
    found = collect_statistics(store, query, search=search)
    return replace(found, people=tuple(replace(one, name="", detail="") for one in found.people))


@pytest.mark.parametrize("instance", ["", "acme", "beta", "nowhere"])
def test_the_index_counts_what_the_database_counts(in_blocks, instance):
    store, search = in_blocks
    for text in IN_BLOCKS:
        query = parse_history_query(text, START)
        query = query.with_terms(ColumnTerm(instance, ("instance",))) if instance else query
        assert search.link_counts(query) is not None
        assert collected(store, query, search) == collected(store, query)


@pytest.mark.parametrize(
    "text", ["ann", "person:ann", "-since:2026-11-02", "back:yes", "noted:yes", "waiting:yes"]
)
def test_what_the_index_does_not_have_is_counted_by_the_database(in_blocks, text):
    store, search = in_blocks
    assert search.link_counts(parse_history_query(text, START)) is None
    assert search.link_counts(HistoryQuery((ColumnTerm("x", ("user_name",)),))) is None
    require_true(store, text, search)


def test_as_many_people_are_named_as_are_asked_for(in_blocks):
    store, search = in_blocks
    everybody = search.link_counts(HistoryQuery())
    assert sorted(everybody.people.values()) == [1] * 11 + [2]
    [(most, count)] = search.link_counts(HistoryQuery(), 1).people.items()
    assert (most, count) == (("acme.example", "42"), 2)
    assert store.get(everybody.newest[most]).request.user_id == "42"
    assert everybody.newest[most] == 13
    assert search.link_counts(HistoryQuery(), 1).newest == {most: 13}


@pytest.mark.parametrize("row", [1, 4, 5, 10, 13])
def test_a_row_that_changes_is_counted_again(in_blocks, row):
    store, search = in_blocks
    before = collected(store, HistoryQuery(), search)
    store._clock.now = START + timedelta(days=9)
    entry = store.get(row)
    if entry.finished_at is None:
        store.record_outcome(row, Outcome.REFUSED, "no")
    else:
        store.record_request(entry.request)
    after = collected(store, HistoryQuery(), search)
    assert after != before
    assert after == collected(store, HistoryQuery())


def test_with_a_row_from_before_1970_the_database_counts(in_blocks):
    store, search = in_blocks
    store._clock = START.replace(year=1960).replace
    store.record_request(store.search()[0].request)
    for text in ("", "outcome:unknown", "until:1970-01-01"):
        query = parse_history_query(text, START)
        assert search.link_counts(query) is None
        require_true(store, text, search)


def test_blocks_are_made_a_few_in_each_step(tmp_path, small_blocks):
    with filled(tmp_path / "history.db", BLOCKS) as store:
        path = store.backend.path

        def refreshed(index, most):
            def refresh(database):
                with immediate(database):
                    return fact_blocks.refresh(database, store.backend.read, most)

            return index._file.use(refresh, creating=True)

        for number, (most, answers) in enumerate(
            ((1, [True, True, False, False]), (2, [True, False, False]), (3, [False, False]), (4, [False]))
        ):
            with closing(SearchIndex(store, path.with_name(str(number)))) as index:
                assert [refreshed(index, most) for _ in answers] == answers
                if most == 1:
                    for row in (5, 10):
                        store.record_outcome(row, Outcome.SENT, "")
                    assert [refreshed(index, 1) for _ in range(3)] == [True, False, False]


def test_far_behind_the_index_is_caught_up_with_first(in_blocks):
    store, search = in_blocks
    for number in range(13, 43):
        write_row(store, store._clock, number, *BLOCKS[number % 13])
    assert search.link_counts(HistoryQuery()) is None
    assert collect_statistics(store, HistoryQuery(), search=search).total == 43
    assert [search.link_counts(HistoryQuery()) is None for _ in range(3)] == [False] * 3
    require_true(store, "", search)


def test_roles_are_counted_if_they_are_known(tmp_path):
    rows = [(number % 4, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False) for number in range(10)]
    roles = {PersonKey("acme.example", "42"): "Billing", PersonKey("acme.example", "43"): "Billing"}
    with filled(tmp_path / "history.db", rows) as store:
        found = collect_statistics(store, HistoryQuery(), role_of=roles.get)
        assert [(one.name, one.count) for one in found.roles] == [("Billing", 6)]


def test_a_row_from_the_far_future_does_not_make_a_day_of_each_year(tmp_path):
    with filled(tmp_path / "history.db", []) as store:
        for year in (2026, 9000):
            store._clock = datetime(year, 1, 2, 12, tzinfo=UTC).replace
            store.record_request(request())
        assert [day.day.year for day in collect_statistics(store, HistoryQuery()).days] == [2026, 9000]


def test_a_row_that_another_program_wrote_is_an_error(tmp_path):
    row = (0, 0, 0, 0, Outcome.SENT, CrmAction.RESET_LINK, False)
    with filled(tmp_path / "history.db", [row]) as store:
        raw_connection(store).execute("UPDATE resets SET requested_at = 'yesterday'")
        with pytest.raises(HistoryError, match="data that dazos-tui never writes") as caught:
            collect_statistics(store, HistoryQuery())
        assert caught.value.advice == "“dazos-tui history” names it: another program has changed it."


def test_they_are_written_as_json():
    days = (
        DayCounts(date(2026, 11, 27), Counter({Outcome.SENT: 2, Outcome.UNKNOWN: 1})),
        DayCounts(date(2026, 11, 28), Counter({Outcome.REFUSED: 3, Outcome.NOT_SENT: 4})),
    )
    found = HistoryStatistics(
        {Outcome.SENT: 2, Outcome.REFUSED: 3, Outcome.NOT_SENT: 4, Outcome.UNKNOWN: 1},
        days,
        tuple(range(24)),
        BackInTimes(15, 7, 6, 161, 3000, (5, 4, 3, 2, 1)),
        people=(RankedName("Ann Lee", 8, "ann@example.com"),),
        instances=(RankedName("acme", 9),),
        operators=(RankedName("kim", 10),),
        roles=(RankedName("Billing", 11),),
    )
    assert statistics_to_record(found) == {
        "links": 10,
        "outcomes": {"sent": 2, "refused": 3, "not sent": 4, "unknown": 1},
        "days": [
            {"day": "2026-11-27", "sent": 2, "refused": 0, "not sent": 0, "unknown": 1},
            {"day": "2026-11-28", "sent": 0, "refused": 3, "not sent": 4, "unknown": 0},
        ],
        "hours": list(range(24)),
        "back_in": {
            "count": 15,
            "not_seen": 7,
            "misdated": 6,
            "median_minutes": 161,
            "slowest_tenth_minutes": 3000,
            "buckets": [
                {"up_to_minutes": 15, "count": 5},
                {"up_to_minutes": 60, "count": 4},
                {"up_to_minutes": 240, "count": 3},
                {"up_to_minutes": 1440, "count": 2},
                {"up_to_minutes": None, "count": 1},
            ],
        },
        "people": [{"name": "Ann Lee", "email": "ann@example.com", "count": 8}],
        "roles": [{"name": "Billing", "count": 11}],
        "instances": [{"name": "acme", "count": 9}],
        "operators": [{"name": "kim", "count": 10}],
    }
