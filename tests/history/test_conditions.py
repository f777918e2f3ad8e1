"""Reading the history by conditions, sorted and page by page, on both databases."""

from datetime import timedelta
from itertools import pairwise

import pytest

from dazos_tui.history.conditions import Comparison, Condition, HistoryField, RowOrder
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, Outcome
from tests.history.test_store import NOW, request

F, C = HistoryField, Comparison


@pytest.fixture
def store(any_store):
    """Return a store with five rows, a minute and more apart."""
    people = [
        ("Zoë Müller", "zoe@acme.example", "T-1", "acme", "kim"),
        ("Bob O'Brien", "bob@acme.example", "", "acme", "lee"),
        ("100%_Ann", "ann@beta.example", "T-2", "beta", "kim"),
        ("Kim Doe", "kim@acme.example", "t-10", "acme", "lee"),
        ("Zoë Müller", "zoe@acme.example", "", "acme", "kim"),
    ]
    for number, (name, email, ticket, instance, operator) in enumerate(people):
        any_store.record_request(
            request(
                user_id=str(number), user_name=f"u{number}", name=name, email=email, ticket=ticket,
                instance=instance, operator=operator, host="h",
            ),
            CrmAction.ENABLE_LOGIN if number == 3 else CrmAction.RESET_LINK,
        )  # fmt: skip
    any_store.record_outcome(1, Outcome.SENT, "Sent to kim's desk")
    any_store.record_outcome(2, Outcome.REFUSED, "No")
    any_store.record_back_in(1, BackIn(NOW + timedelta(hours=1), BackInProof.SIGN_IN))
    return any_store


def ids(store, *conditions, **options):
    return [entry.id for entry in store.find(conditions, **options)]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (Condition(F.ANYTHING, C.CONTAINS, "ZOE"), [5, 1]),
        (Condition(F.ANYTHING, C.CONTAINS, "kim"), [5, 4, 3, 1]),
        (Condition(F.PERSON, C.CONTAINS, "kim"), [4]),
        (Condition(F.PERSON, C.CONTAINS, "O’brien"), [2]),
        (Condition(F.PERSON, C.CONTAINS, "acme"), [5, 4, 2, 1]),
        (Condition(F.PERSON, C.CONTAINS, "T-1"), []),
        (Condition(F.PERSON, C.CONTAINS, "%_"), [3]),
        (Condition(F.OPERATOR, C.IS, "kim"), [5, 3, 1]),
        (Condition(F.OPERATOR, C.CONTAINS, "IM"), [5, 3, 1]),
        (Condition(F.TICKET, C.CONTAINS, "t-1"), [4, 1]),
        (Condition(F.TICKET, C.IS, ""), [5, 2]),
        (Condition(F.INSTANCE, C.IS, "beta"), [3]),
        (Condition(F.OUTCOME, C.IS, "unknown"), [5, 4, 3]),
        (Condition(F.ACTION, C.IS, "enable login"), [4]),
        (Condition(F.REQUESTED_AT, C.SINCE, NOW.replace(microsecond=0) + timedelta(minutes=3)), [5, 4]),
        (Condition(F.REQUESTED_AT, C.BEFORE, NOW + timedelta(minutes=1)), [1]),
        (Condition(F.BACK_IN_AT, C.IS_KNOWN), [1]),
        (Condition(F.FINISHED_AT, C.IS_KNOWN), [2, 1]),
    ],
    ids=str,
)
def test_a_condition_and_its_opposite(store, condition, found):
    opposite = Condition(condition.field, condition.comparison, condition.value, negated=True)
    assert ids(store, condition) == found
    assert ids(store, opposite) == [number for number in (5, 4, 3, 2, 1) if number not in found]
    assert store.count([condition]) == len(found)


def test_all_conditions_must_hold(store):
    here = Condition(F.INSTANCE, C.IS, "acme")
    assert ids(store, here, Condition(F.PERSON, C.CONTAINS, "zoe"), limit=1) == [5]
    assert ids(store, here, Condition(F.PERSON, C.CONTAINS, "zoe"), Condition(F.TICKET, C.IS, "T-1")) == [1]
    assert store.count() == 5
    assert store.count([here]) == 4


@pytest.mark.parametrize("field", [F.ANYTHING, F.PERSON])
@pytest.mark.parametrize("comparison", [C.IS, C.SINCE, C.BEFORE, C.IS_KNOWN])
def test_a_condition_without_sense_is_an_error(store, field, comparison):
    with pytest.raises(ValueError, match="cannot be compared"):
        store.find([Condition(field, comparison, "x")])


ORDERS = [
    RowOrder(field, newest_first)
    for field in (None, F.NAME, F.EMAIL, F.OUTCOME, F.TICKET, F.OPERATOR, F.BACK_IN_AT, F.FINISHED_AT)
    for newest_first in (True, False)
]


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_follow_one_another_in_any_order(store, order, size):
    whole = store.find(order=order)
    assert len(whole) == 5
    pages, last = [], None
    while page := store.find(order=order, following=last, limit=size):
        pages += page
        last = page[-1]
    assert pages == whole
    assert store.find(order=RowOrder(order.field, not order.newest_first)) == whole[::-1]


def test_rows_are_sorted_by_a_column_and_then_by_their_time(store):
    assert ids(store, order=RowOrder(F.NAME, newest_first=False)) == [3, 2, 4, 1, 5]
    assert ids(store, order=RowOrder(F.BACK_IN_AT)) == [1, 5, 4, 3, 2]


@pytest.mark.parametrize("field", [F.ANYTHING, F.PERSON])
def test_an_order_without_sense_is_an_error(store, field):
    [row] = store.find(limit=1)
    with pytest.raises(ValueError, match="cannot be sorted"):
        store.find(order=RowOrder(field), following=row)


def test_rows_recorded_meanwhile_shift_no_page(store):
    first = store.find(limit=2)
    store.record_request(request(user_id="new"))
    assert ids(store, following=first[-1]) == [3, 2, 1]


def test_all_entries_are_read_page_by_page(store, monkeypatch):
    monkeypatch.setattr("dazos_tui.history.store._ROWS_AT_ONCE", 2)
    found = list(store.iter_entries([Condition(F.INSTANCE, C.IS, "acme")], order=RowOrder(None, False)))
    assert [entry.id for entry in found] == [1, 2, 4, 5]
    assert all(one.sort_key < other.sort_key for one, other in pairwise(found))
