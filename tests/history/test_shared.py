"""What holds for every history, on SQLite and on PostgreSQL."""

from datetime import datetime, timedelta

import pytest

from dazos_tui.history.errors import ConcurrentResetError
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, HistoryEntry, Outcome
from dazos_tui.history.store import HistoryError, HistoryStore
from dazos_tui.history.times import format_time, parse_time
from tests.history.clock import BACK, NOW, Clock
from tests.reset_requests import request


@pytest.fixture
def store(any_store):
    return any_store


def test_a_reset_is_unknown_until_it_is_finished(store):
    begun = store.record_request(request())
    assert (begun.outcome, begun.finished_at, begun.message) == (Outcome.UNKNOWN, None, "")
    assert begun.requested_at == NOW.replace(microsecond=123000)
    assert store.search() == [begun]
    finished = store.record_outcome(begun.id, Outcome.SENT, "Success")
    assert finished == HistoryEntry(
        begun.id,
        request(),
        begun.requested_at,
        begun.requested_at + timedelta(minutes=1),
        Outcome.SENT,
        "Success",
    )
    assert store.search() == [finished]


def test_an_entry_that_does_not_exist_is_named(store):
    store.record_request(request())
    for use in (
        lambda: store.record_outcome(2, Outcome.SENT, ""),
        lambda: store.record_noted(2),
        lambda: store.record_back_in(2, BACK),
    ):
        with pytest.raises(HistoryError) as caught:
            use()
        assert str(caught.value) == f"There is no entry 2 in the history {store.place}."
        assert caught.value.advice == "Another history may be in use."
    assert (store.get(2), store.entries_by_id([2, 1])) == (None, [store.get(1)])
    assert store.record_request(request()).id == 2


def test_an_outcome_is_recorded_once(store):
    entry = store.record_request(request())
    kept = store.record_outcome(entry.id, Outcome.SENT, "yes")
    # Repeated after a lost connection.
    assert store.record_outcome(entry.id, Outcome.SENT, "yes") == kept
    for outcome, message in ((Outcome.REFUSED, "yes"), (Outcome.SENT, "no")):
        with pytest.raises(HistoryError) as caught:
            store.record_outcome(entry.id, outcome, message)
        assert str(caught.value) == "Entry 1 of the history already has an outcome (sent)."
        assert caught.value.advice == "See “dazos-tui history” for what it says."
    assert store.get(1) == kept
    refused = store.record_outcome(store.record_request(request()).id, Outcome.REFUSED, "no")
    with pytest.raises(HistoryError, match=r"Entry 2 of the history already has an outcome \(refused\)"):
        store.record_outcome(2, Outcome.SENT, "yes")
    assert store.search() == [refused, kept]


@pytest.fixture
def three(store):
    people = [
        ("Zoë Müller", "zoe@acme.example", "T-1"),
        ("Bob O'Brien", "bob@acme.example", ""),
        ("100%_Ann", "ann@beta.example", "T-2"),
    ]
    for number, (name, email, ticket) in enumerate(people):
        instance = "beta" if "beta" in email else "acme"
        store.record_request(
            request(user_id=str(number), name=name, email=email, ticket=ticket, instance=instance)
        )
    store.record_outcome(1, Outcome.SENT, "Reset Password Instruction has been sent successfully!")
    store.record_outcome(2, Outcome.REFUSED, "No such luck")
    return store


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [3, 2, 1]),
        ("   ", [3, 2, 1]),
        ("zoe muller", [1]),
        ("MÜLLER Zo", [1]),
        ("muller zoe t-1 acme sent", [1]),
        ("obrien", [2]),
        ("example", [3, 2, 1]),
        ("beta", [3]),
        ("successfully", [1]),
        ("refused", [2]),
        ("unknown", [3]),
        ("admin", [3, 2, 1]),
        ("%", [3]),
        ("_", [3]),
        ("0%_a", [3]),
        ("zoe bob", []),
        ("nobody", []),
        ("x' OR '1'='1", []),
    ],
)
def test_every_word_must_be_found_somewhere(three, query, ids):
    assert [entry.id for entry in three.search(query)] == ids


def test_a_word_is_not_found_across_two_texts(store):
    store.record_request(request(name="Ann", user_name="Bee"))
    assert store.search("annbee") == []


def test_the_filters_narrow(three):
    def ids(**filters):
        return [entry.id for entry in three.search(**filters)]

    assert ids(instance="acme") == [2, 1]
    assert ids(instance="ac") == []
    assert ids(outcome=Outcome.UNKNOWN) == [3]
    assert ids(outcome=Outcome.NOT_SENT) == []
    assert ids(limit=2) == [3, 2]
    assert ids(since=NOW + timedelta(minutes=1) - timedelta(microseconds=456)) == [3, 2]
    assert ids(since=NOW + timedelta(minutes=1, milliseconds=1)) == [3]
    assert ids(since=(NOW + timedelta(minutes=1)).astimezone()) == [3, 2]
    assert ids(query="acme", instance="acme", outcome=Outcome.SENT, limit=1) == [1]


def test_words_and_filters_narrow_together(store):
    for number, (instance, ticket) in enumerate((("acme", "HD-1"), ("beta", "HD-1"), ("acme", "HD-2"))):
        entry = store.record_request(request(instance=instance, ticket=ticket, user_id=str(number)))
        store.record_outcome(entry.id, Outcome.REFUSED if number else Outcome.SENT, "")

    def found(*words, **options):
        return [entry.id for entry in store.search(*words, **options)]

    assert found("ANN hd-1") == [2, 1]
    assert found("hd-1", instance="acme") == [1]
    assert found(ticket="HD-1") == [2, 1]
    assert found(outcome=Outcome.REFUSED, limit=1) == [3]
    assert found(since=store.get(2).requested_at + timedelta(milliseconds=1), outcome=Outcome.SENT) == []


def test_the_last_reset_is_the_newest_of_that_person_in_that_instance(store):
    assert store.last_reset(request().account) is None
    store.record_request(request())
    last = store.record_outcome(store.record_request(request()).id, Outcome.SENT, "")
    store.record_request(request(user_id="43"))
    store.record_request(request(instance="beta"))
    store.record_request(request(user_name="ann.before", host="old.acme.example"))
    for outcome in (Outcome.REFUSED, Outcome.NOT_SENT):
        store.record_outcome(store.record_request(request()).id, outcome, "")
    assert store.last_reset(request().account) == last


def test_lone_surrogates_are_replaced(store):
    entry = store.record_request(request(name="a\ud800b"))
    assert entry.request.name == "a?b"
    assert store.search("a\ud800b") == [entry]


def test_a_newer_reset_of_the_person_prevents_the_record(store):
    first = store.record_request(request(), unless_after=0)
    store.record_request(request(user_id="43", user_name="other"), unless_after=0)
    with pytest.raises(ConcurrentResetError) as caught:
        store.record_request(request(), unless_after=0)
    assert str(caught.value) == "admin requested a link for this person just now (unknown)."
    assert caught.value.entry == first
    store.record_outcome(first.id, Outcome.NOT_SENT, "")
    assert store.record_request(request(), unless_after=0).id == 3


def test_a_link_that_went_out_meanwhile_is_not_sent_twice(new_backend):
    with (
        HistoryStore(new_backend(), clock=Clock()) as one,
        HistoryStore(new_backend(), clock=Clock(NOW + timedelta(hours=1))) as two,
    ):
        first = one.record_request(request(operator="kim"), unless_after=0)
        with pytest.raises(ConcurrentResetError) as caught:
            two.record_request(request(), unless_after=0)
        assert caught.value.entry == first
        assert str(caught.value) == "kim requested a link for this person just now (unknown)."
        second = two.record_request(request(), unless_after=first.id)
        with pytest.raises(ConcurrentResetError) as caught:
            one.record_request(request(), unless_after=first.id)
        assert caught.value.entry == second
        assert len(one.search()) == 2


def sent(store: HistoryStore, outcome: Outcome = Outcome.SENT, **changes: str) -> HistoryEntry:
    return store.record_outcome(store.record_request(request(**changes)).id, outcome, "")


def waiting(store: HistoryStore, since: datetime = NOW, **where: str) -> list[int]:
    return [entry.id for entry in store.resets_awaiting_sign_in(since, **where)]


def test_waiting_are_links_that_may_have_gone_out_without_a_sign_in_oldest_first(store):
    first, refused, unknown = (
        sent(store),
        sent(store, Outcome.REFUSED, user_id="43"),
        sent(store, Outcome.UNKNOWN, user_id="44"),
    )
    elsewhere = sent(store, instance="other")
    assert waiting(store) == [first.id, unknown.id, elsewhere.id]
    assert waiting(store, instance="acme") == [first.id, unknown.id]
    assert waiting(store, unknown.requested_at) == [unknown.id, elsewhere.id]
    assert refused.id not in waiting(store)


def test_only_a_persons_newest_link_waits(store):
    sent(store)
    sent(store, user_name="somebody.else", host="old.acme.example")
    second = sent(store)
    sent(store, Outcome.NOT_SENT)
    assert waiting(store) == waiting(store, instance="acme") == [second.id - 1, second.id]


def test_back_in_also_ends_the_wait_for_earlier_links(store):
    earlier, other, later = sent(store), sent(store, user_id="43"), sent(store)
    assert store.record_back_in(later.id, BACK).back_in == BACK
    assert waiting(store) == waiting(store, instance="acme") == [other.id]
    assert {entry.id: entry.back_in for entry in store.search()} == {
        earlier.id: BACK, other.id: None, later.id: BACK,
    }  # fmt: skip


def test_a_link_sent_after_back_in_waits_again(store):
    first = sent(store)
    store.record_back_in(first.id, BACK)
    second = sent(store)
    assert waiting(store) == [second.id]


def test_a_recorded_back_in_stays(store):
    entry = sent(store)
    back = store.record_back_in(entry.id, BACK)
    assert back.back_in == BACK
    later = BackIn(BACK.at + timedelta(hours=1), BackInProof.PERSON)
    assert store.record_back_in(entry.id, later) == back == store.get(entry.id)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.NOT_SENT])
def test_back_in_is_not_recorded_for_a_link_that_was_not_sent(store, outcome):
    entry = sent(store, outcome)
    with pytest.raises(HistoryError) as caught:
        store.record_back_in(entry.id, BACK)
    assert str(caught.value) == (
        f"Row 1 of the history is not a link that was sent ({outcome}), so nobody can be back in because of "
        "it."
    )
    assert caught.value.advice == "Choose the row of a link that was sent."
    assert store.search() == [entry]


def test_an_enabled_login_is_a_row_but_not_a_reset(store):
    entry = store.record_request(request(), CrmAction.ENABLE_LOGIN)
    store.record_outcome(entry.id, Outcome.SENT, "Login has been enabled")
    assert store.search("enable login")[0].action is CrmAction.ENABLE_LOGIN
    assert store.last_reset(request().account) is None
    assert waiting(store) == []
    with pytest.raises(HistoryError, match="not a link that was sent"):
        store.record_back_in(entry.id, BACK)


KEYBOARD = {"os_user": "Kím", "os_host": "desk", "sudo_user": "rob", "batch": "spring"}


def test_who_was_at_the_keyboard_and_the_batch_are_kept(store):
    entry = store.record_request(request(**KEYBOARD))
    assert entry.request == request(**KEYBOARD)
    finished = store.record_outcome(entry.id, Outcome.SENT, "")
    assert finished.request == request(**KEYBOARD)
    assert store.search() == [finished]


@pytest.mark.parametrize("word", ["kim", "ROB", "spring"])
def test_a_word_finds_who_was_at_the_keyboard_and_the_batch(store, word):
    store.record_request(request())
    entry = store.record_request(request(**KEYBOARD))
    assert store.search(word) == [entry]
    assert store.search("desk") == []


def test_the_rows_of_a_batch(store):
    first, _, third = (store.record_request(request(batch=name)) for name in ("spring", "", "spring"))
    store.record_request(request(batch="spring-2"))
    refused = store.record_outcome(third.id, Outcome.REFUSED, "")
    assert store.entries_of_batch("spring") == [first, refused]
    assert store.entries_of_batch("autumn") == []
    assert store.entries_of_batch("") == []


def test_a_note_is_recorded_once(store):
    entry = sent(store)
    assert entry.noted_at is None
    noted = store.record_noted(entry.id)
    assert noted.noted_at == parse_time(format_time(NOW + timedelta(minutes=2)))
    assert store.record_noted(entry.id) == noted == store.get(entry.id)
    assert waiting(store) == [entry.id]
    assert store.record_back_in(entry.id, BACK).noted_at == noted.noted_at


def test_a_person_s_row_of_a_batch_is_the_one_whose_link_may_have_gone_out(any_store):
    store = any_store
    refused = store.record_request(request(batch="spring"))
    store.record_outcome(refused.id, Outcome.REFUSED, "No.")
    account = refused.request.account
    assert store.batch_entry(account, "spring") is None
    begun = store.record_request(request(batch="spring"))
    assert store.batch_entry(account, "spring") == begun
    sent = store.record_outcome(begun.id, Outcome.SENT, "Yes.")
    store.record_request(request(batch="autumn"))
    store.record_request(request(user_id="8", batch="spring"))
    store.record_request(request())
    assert store.batch_entry(account, "spring") == sent
    assert store.batch_entry(account, "winter") is None
    assert store.batch_entry(account, "") is None
    assert store.batch_entry(request(user_id="9", email=refused.request.email).account, "spring") is None
