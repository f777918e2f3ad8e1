"""Who of a plan gets a link, as the user chose."""

import pytest

from dazos_tui.config.models import Instance
from dazos_tui.crm.models import Status, User
from dazos_tui.resets.batch_plan import BatchPlan, PlannedPerson, PlanVerdict
from dazos_tui.resets.findings import Finding
from dazos_tui.resets.people_file import WantedPerson
from dazos_tui.tui.plan_choices import PlanChoices

LINK, STOPPED, SKIPPED = 0, 1, 2
"""The places of three people in the plan, by what will happen to them."""


def person(place, verdict):
    user = User(
        str(place), f"user.{place}", f"User {place}", f"{place}@example.com", "", Status.ACTIVE, admin=None
    )
    findings = (Finding("locked", "Locked."),) if verdict is PlanVerdict.STOPPED else ()
    return PlannedPerson(WantedPerson(user.user_name), verdict, user=user, findings=findings)


@pytest.fixture
def choices():
    instance = Instance(name="acme", url="https://crm.example.com/", environment="sandbox", username="kim")
    verdicts = (PlanVerdict.LINK, PlanVerdict.STOPPED, PlanVerdict.SKIPPED)
    return PlanChoices(BatchPlan("b1", instance, tuple(map(person, range(3), verdicts))))


def links(choices):
    return [one.user.id for one in choices.chosen.links]


def test_what_is_no_link_comes_first_and_no_choice_moves_a_row(choices):
    assert list(choices.places) == [STOPPED, SKIPPED, LINK]
    assert list(choices.with_taken_in(STOPPED).toggled(LINK).places) == [STOPPED, SKIPPED, LINK]


def test_who_is_left_out_is_in_the_list_and_not_in_what_is_carried_out(choices):
    without = choices.toggled(LINK)
    assert links(without) == []
    assert len(without.people) == 3
    assert links(without.toggled(LINK)) == ["0"]


def test_who_is_taken_in_gets_a_link_with_exactly_the_warnings_overridden(choices):
    taken = choices.with_taken_in(STOPPED)
    assert links(taken) == ["0", "1"]
    assert taken.chosen.links[1].allowed == {"locked"}


def test_leaving_out_who_was_taken_in_only_stops_them_again(choices):
    again = choices.with_taken_in(STOPPED).toggled(STOPPED)
    assert again.people[STOPPED].verdict is PlanVerdict.STOPPED
    assert again == choices


def test_who_was_left_out_can_be_taken_in(choices):
    assert links(choices.toggled(STOPPED).with_taken_in(STOPPED)) == ["0", "1"]


@pytest.mark.parametrize("place", [LINK, SKIPPED])
def test_only_who_is_stopped_can_be_taken_in(choices, place):
    assert choices.with_taken_in(place) is choices
