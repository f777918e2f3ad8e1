"""A row of the history in the future, because a clock was wrong: every text with its age says so."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from dazos_tui.demo.server import DemoServer
from dazos_tui.history.clock_skew import describe_ahead, is_clock_ahead
from dazos_tui.history.models import BackIn, BackInProof, HistoryEntry, Outcome
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.instances.factory import create_client
from dazos_tui.resets.service import ResetService
from dazos_tui.troubleshooting.steps import diagnose
from dazos_tui.tui.formatting import format_age
from dazos_tui.verification.next_step import next_step
from dazos_tui.verification.service import describe_back_in_delay
from tests.reset_requests import request
from tests.support import demo_instance

NOW = datetime(2026, 11, 23, 13, 37, tzinfo=UTC)


def entry(ahead, outcome=Outcome.SENT, back_in=None):
    return HistoryEntry(1, request(), NOW + ahead, None, outcome, "", back_in=back_in)


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
    assert format_age(NOW + ahead, NOW) == words


def test_clocks_that_differ_by_seconds_are_not_wrong():
    assert not is_clock_ahead(NOW + timedelta(seconds=60), NOW)
    assert is_clock_ahead(NOW + timedelta(seconds=61), NOW)


def test_the_next_step_for_a_link_from_the_future():
    assert "a clock was wrong" in next_step(entry(timedelta(hours=1)), NOW)
    assert next_step(entry(timedelta(seconds=5)), NOW) == "Give the mail a few minutes."
    assert next_step(entry(timedelta(hours=1), Outcome.UNKNOWN), NOW).startswith(
        "It is not known whether it went out"
    )


def test_back_in_before_the_link_because_of_a_wrong_clock():
    assert describe_back_in_delay(entry(timedelta(hours=1), back_in=BackIn(NOW, BackInProof.PERSON))) == (
        "before the link, by its date: a clock was wrong"
    )
    assert (
        describe_back_in_delay(entry(timedelta(seconds=5), back_in=BackIn(NOW, BackInProof.PERSON)))
        == "less than a minute later"
    )


async def test_guard_and_troubleshooter_say_that_a_clock_was_wrong(tmp_path):
    with DemoServer(users=45) as demo, HistoryStore(tmp_path / "history.db") as store:
        instance = demo_instance(demo)
        async with create_client(instance) as client:
            await client.sign_in(instance.username, SecretStr("demo-admin-password"))
            wrong = utc_now() + timedelta(hours=10)
            person = str(demo.instance("harbor-prod").person("odd.garcia").id)
            ahead = ResetService(instance, client, HistoryStore(tmp_path / "history.db", clock=lambda: wrong))
            assert (await ahead.send(await ahead.prepare(person))).entry.requested_at > utc_now()
            check = await ResetService(instance, client, store).prepare(person)
            profile = await client.fetch_profile(person)
        steps = diagnose(instance, profile, check.last_reset, utc_now(), ())
    (held,) = check.overridable
    assert held.code == "sent_recently"
    assert held.message.startswith(f"A link was requested {describe_ahead(wrong)} by demo.admin (sent).")
    assert any(describe_ahead(wrong) in step.message for step in steps)
    assert "minute ago" not in held.message + "".join(step.message for step in steps)
