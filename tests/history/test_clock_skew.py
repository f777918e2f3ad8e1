"""A row of the history in the future: its age, a guard and the troubleshooter say that a clock was wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from dazos_tui.demo.server import DemoServer
from dazos_tui.history.clock_skew import describe_ahead, is_clock_ahead
from dazos_tui.history.store import HistoryStore, utc_now
from dazos_tui.instances.factory import create_client
from dazos_tui.resets.service import ResetService
from dazos_tui.troubleshooting.steps import diagnose
from dazos_tui.tui.formatting import format_age
from tests.support import demo_instance

NOW = datetime(2026, 11, 23, 13, 37, tzinfo=UTC)


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
    assert held.message == (
        f"A link was requested {describe_ahead(wrong)} by demo.admin (sent). Send again only if you mean to."
    )
    [step] = [step for step in steps if step.code == "sent"]
    assert step.message == f"The CRM confirmed a link to {profile.user.email}, {describe_ahead(wrong)}."
