"""The note for the ticket about a batch."""

from datetime import UTC, datetime

import pytest

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import Status, User
from dazos_tui.history.models import HistoryEntry, Outcome, ResetRequest
from dazos_tui.notes.batch_note import render_batch_note
from dazos_tui.resets.batch_plan import BatchPlan, PlannedPerson, PlanVerdict
from dazos_tui.resets.batch_report import BatchReport, PersonResult
from dazos_tui.resets.people_file import WantedPerson

NAMES = ["ada.acorn", "bea.amber", "gus.saffron", "kai.beacon"]
OUTCOMES = [Outcome.SENT, Outcome.UNKNOWN, Outcome.REFUSED]


@pytest.fixture
def instance():
    return Instance(
        name="acme", url="https://crm.example.com/", environment="production", username="kim.lead"
    )


def person(number, name):
    user = User(
        str(number),
        name,
        name.replace(".", " ").title(),
        f"{name}@example.com",
        "Sales",
        Status.ACTIVE,
        admin=False,
    )
    return PlannedPerson(WantedPerson(name), PlanVerdict.LINK, user=user)


def entry(instance, number, planned, outcome):
    user = planned.user
    request = ResetRequest(
        instance=instance.name,
        environment="production",
        host="crm.example.com",
        operator="kim.lead",
        user_id=user.id,
        user_name=user.user_name,
        name=user.name,
        email=user.email,
        ticket="T-1050",
        batch="b1",
    )
    at = datetime(2026, 11, 28, 14, 11, number, tzinfo=UTC)
    words = "Permission denied for gus@example.com" if outcome is Outcome.REFUSED else "words"
    return HistoryEntry(number, request, at, at, outcome, words)


@pytest.fixture
def report(instance):
    people = [person(number, name) for number, name in enumerate(NAMES, 1)]
    results = [
        PersonResult(one, outcome, "", entry(instance, number, one, outcome))
        for number, (one, outcome) in enumerate(zip(people, OUTCOMES, strict=False), 1)
    ]
    results.append(PersonResult(people[3], Outcome.NOT_SENT, "Not requested."))
    return BatchReport(BatchPlan("b1", instance, tuple(people)), tuple(results))


def test_it_lists_everybody_by_what_became_of_them(report):
    assert render_batch_note(report, report.results[3:]) == (
        "Links to set a new password were requested for 3 people in acme (crm.example.com) on 2026-11-28 by "
        "kim.lead. Batch b1.\n"
        "\n"
        "Sent (1):\n"
        "- Ada Acorn <ada.acorn@example.com>, 14:11 UTC\n"
        "\n"
        "Not known whether it was sent: look in the mailbox before you send again (1):\n"
        "- Bea Amber <bea.amber@example.com>, 14:11 UTC: words\n"
        "\n"
        "Refused by the CRM (1):\n"
        "- Gus Saffron <gus.saffron@example.com>, 14:11 UTC: Permission denied for gus@example.com\n"
        "\n"
        "Not asked (1):\n"
        "- Kai Beacon <kai.beacon@example.com>"
    )


def test_it_can_mask_every_address(report):
    note = render_batch_note(report, report.results[3:], mask_address=True)
    assert "a***@example.com" in note
    assert "k***@example.com" in note
    assert not any(f"{name}@" in note for name in [*NAMES, "gus"])
