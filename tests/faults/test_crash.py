"""A send that is ended in its midst leaves a history that is true. At length: see `crash`."""

import signal
from datetime import UTC, datetime

import pytest

from dazos_tui.history.models import Entry, Outcome, Request
from tests.faults import crash
from tests.faults.verdict import Fate, Mail, violations

KILLS = 12
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MAIL = Mail("ann", AT.isoformat())
KILLED = Fate("anywhere", "SIGKILL", "ann", -signal.SIGKILL, "", "", 1)
DONE = Fate("undisturbed", "none", "ann", 0, '{"outcome": "sent"}', "", 1)


def row(outcome, *, finished=True, at=AT):
    request = Request("x", "production", "x.example.com", "op", "7", "ann", "Ann", "ann@example.com", "")
    return Entry(1, request, at, at if finished else None, outcome, "")


async def test_whenever_a_send_is_ended_its_history_agrees_with_the_outbox():
    report = await crash.run(KILLS)
    assert report.violations == [], str(report)
    assert sum(fate.code < 0 for fate in report.fates) >= KILLS // 2
    cut_off = {row.request.user_name for row in report.rows if row.finished_at is None}
    assert cut_off & {mail.person for mail in report.mails}, str(report)


@pytest.mark.parametrize(
    ("fate", "rows", "mails"),
    [
        (KILLED, [], []),
        (KILLED, [row(Outcome.UNKNOWN, finished=False)], []),
        (KILLED, [row(Outcome.UNKNOWN, finished=False)], [MAIL]),
        (KILLED, [row(Outcome.SENT)], [MAIL]),
        (DONE, [row(Outcome.SENT)], [MAIL]),
    ],
)
def test_what_may_be_is_no_violation(fate, rows, mails):
    asked = [Fate(fate.aim, fate.by, fate.person, fate.code, fate.said, "", len(rows))]
    assert violations(asked, rows, mails) == []


@pytest.mark.parametrize(
    ("fate", "rows", "mails", "words"),
    [
        (KILLED, [], [MAIL], "and no row"),
        (KILLED, [row(Outcome.SENT)], [], "sent, without a mail"),
        (KILLED, [row(Outcome.NOT_SENT)], [MAIL], "not sent, with a mail"),
        (KILLED, [row(Outcome.SENT)], [MAIL, MAIL], "2 mails"),
        (KILLED, [row(Outcome.SENT), row(Outcome.SENT)], [MAIL], "2 rows"),
        (KILLED, [row(Outcome.SENT, at=AT.replace(second=6))], [MAIL], "younger"),
        (KILLED, [], [Mail("bob", MAIL.at)], "no process"),
        (DONE, [row(Outcome.UNKNOWN, finished=False)], [MAIL], "without outcome"),
        (Fate("x", "y", "ann", 1, "", "Traceback", 0), [], [], "Traceback"),
    ],
)
def test_what_must_not_be_is_found(fate, rows, mails, words):
    assert words in "\n".join(violations([fate], rows, mails))
