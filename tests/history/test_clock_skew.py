"""A row of the history in the future, as a clock was wrong: told as such, wherever an age is told."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from dazos_tui.demo.server import DemoServer
from dazos_tui.history.clock_skew import ahead_words, is_ahead
from dazos_tui.history.models import BackIn, Entry, Outcome, Proof, Request
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.instances.factory import client_for
from dazos_tui.resets.service import ResetService
from dazos_tui.troubleshooting.steps import walk
from dazos_tui.tui.formatting import ago
from dazos_tui.verification.next_step import next_step
from dazos_tui.verification.service import later
from tests.support import demo_instance

NOW = datetime(2026, 11, 23, 13, 37, tzinfo=UTC)


def entry(ahead, outcome=Outcome.SENT, back_in=None):
    return Entry(1, Request(*["x"] * 9), NOW + ahead, None, outcome, "", back_in=back_in)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(hours=10), "10 h in the future"),
        (timedelta(minutes=2), "2 min in the future"),
        (timedelta(days=400), "400 d in the future"),
        (timedelta(seconds=59), "just now"),
        (timedelta(0), "just now"),
        (timedelta(minutes=-14), "14 min ago"),
        (timedelta(minutes=-178), "2 h 58 ago"),
        (timedelta(minutes=-125), "2 h 05 ago"),
        (timedelta(hours=-2), "2 h ago"),
        (timedelta(hours=-71), "2 d ago"),
    ],
)
def test_an_age_says_how_far_it_is_in_the_future(ahead, words):
    assert ago(NOW + ahead, NOW) == words


def test_clocks_that_differ_by_seconds_are_not_wrong():
    assert not is_ahead(NOW + timedelta(seconds=60), NOW)
    assert is_ahead(NOW + timedelta(seconds=61), NOW)


def test_nobody_waits_for_a_mail_from_the_future():
    assert "a clock was wrong" in next_step(entry(timedelta(hours=1)), NOW)
    assert next_step(entry(timedelta(seconds=5)), NOW) == "Give the mail a few minutes."
    assert next_step(entry(timedelta(hours=1), Outcome.UNKNOWN), NOW).startswith(
        "Unknown whether it went out"
    )


def test_who_is_back_in_before_the_link_was_sent_by_a_wrong_clock():
    assert later(entry(timedelta(hours=1), back_in=BackIn(NOW, Proof.PERSON))) == (
        "before the link, by its date: a clock was wrong"
    )
    assert later(entry(timedelta(seconds=5), back_in=BackIn(NOW, Proof.PERSON))) == "less than a minute later"


async def test_a_send_is_held_and_looked_into_with_true_words(tmp_path):
    with DemoServer(users=45) as demo, HistoryStore(tmp_path / "history.db") as store:
        instance = demo_instance(demo)
        async with client_for(instance) as client:
            await client.sign_in(instance.username, SecretStr("demo-admin-password"))
            wrong = utc_now() + timedelta(hours=10)
            person = str(demo.instance("harbor-prod").person("odd.garcia").id)
            ahead = ResetService(instance, client, HistoryStore(tmp_path / "history.db", clock=lambda: wrong))
            assert (await ahead.send(await ahead.check(person))).entry.requested_at > utc_now()
            check = await ResetService(instance, client, store).check(person)
            profile = await client.profile(person)
        steps = walk(instance, profile, check.last, utc_now(), ())
    (held,) = check.holds
    assert held.code == "sent_recently"
    assert held.sentence.startswith(f"A link was asked for {ahead_words(wrong)} by demo.admin (sent).")
    assert any(ahead_words(wrong) in step.sentence for step in steps)
    assert "minute ago" not in held.sentence + "".join(step.sentence for step in steps)
