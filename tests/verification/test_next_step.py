"""What is advised for a link whose recipient is not back in yet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dazos_tui.history.models import BackIn, BackInProof, CrmAction, HistoryEntry, Outcome, ResetRequest
from dazos_tui.verification.next_step import (
    SIGN_INS_NOT_LISTED,
    has_unlisted_sign_ins,
    is_waiting,
    next_step,
    short_next_step,
)

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


def link(age=timedelta(0), outcome=Outcome.SENT, **changes):
    request = ResetRequest(
        instance="acme", environment="sandbox", host="crm.example.com", operator="op", user_id="7",
        user_name="bea.amber", name="Bea Amber", email="bea@example.com", ticket="",
    )  # fmt: skip
    requested = replace(request, **changes)
    return HistoryEntry(1, requested, NOW - age, NOW - age, outcome, "")


@pytest.mark.parametrize(
    ("age", "short", "start"),
    [
        (timedelta(0), "give the mail time", "Give the mail a few minutes."),
        (timedelta(minutes=9, seconds=59), "give the mail time", "Give the mail a few minutes."),
        (timedelta(minutes=10), "ask if the mail came", "Ask whether the mail came. Check the spam"),
        (timedelta(hours=7, minutes=59), "ask if the mail came", "Ask whether the mail came. Check the spam"),
        (timedelta(hours=8), "ask if still needed", "Ask whether it is still needed. If so, send a fresh"),
        (timedelta(seconds=-5), "give the mail time", "Give the mail a few minutes."),
        (timedelta(hours=-2), "ask if it came", "It is not known when it was sent, since a clock was wrong"),
    ],
)
def test_the_next_step_depends_on_the_age_of_the_link(age, short, start):
    assert short_next_step(link(age), NOW) == short
    assert next_step(link(age), NOW).startswith(start)


def test_before_another_link_somebody_looks_whether_the_unknown_one_came():
    for age in (timedelta(0), timedelta(hours=9), timedelta(hours=-2)):
        unknown = link(age, Outcome.UNKNOWN)
        assert short_next_step(unknown, NOW) == "look first"
        assert next_step(unknown, NOW).startswith(
            "It is not known whether it went out: ask whether a mail came"
        )


def test_an_apostrophe_in_either_name_hides_sign_ins():
    plain = link()
    assert not has_unlisted_sign_ins(plain)
    for changes in ({"user_name": "bea.o'brien"}, {"email": "o'brien@example.com"}):
        hidden = link(**changes)
        assert has_unlisted_sign_ins(hidden)
        assert next_step(hidden, NOW) == f"{SIGN_INS_NOT_LISTED} {next_step(plain, NOW)}"


def test_only_a_link_that_may_have_come_is_waited_for():
    back_in = BackIn(NOW, BackInProof.SIGN_IN)
    waiting = {one: is_waiting(link(outcome=one)) for one in Outcome}
    assert waiting == {one: one in {Outcome.SENT, Outcome.UNKNOWN} for one in Outcome}
    assert not is_waiting(replace(link(), back_in=back_in))
    assert not is_waiting(replace(link(), action=CrmAction.ENABLE_LOGIN))
