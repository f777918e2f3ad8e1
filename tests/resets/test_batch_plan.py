"""The plan of a batch: who is meant, and what it says about everybody. Profiles are given, not read."""

from dataclasses import replace
from datetime import UTC, datetime

from dazos_tui.config.models import Environment, Instance
from dazos_tui.crm.errors import PermissionDeniedError, UserNotFoundError
from dazos_tui.crm.models import Profile, Status, User
from dazos_tui.history.models import HistoryEntry, Outcome, ResetRequest
from dazos_tui.resets.batch_plan import PlanVerdict, match_people, picked_people, plan_batch
from dazos_tui.resets.findings import Finding
from dazos_tui.resets.people_file import IdentifierKind, WantedPerson
from dazos_tui.resets.service import PreparedReset

INSTANCE = Instance(
    name="acme", url="https://crm.example.com/", username="op", environment=Environment.SANDBOX
)

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
REQUEST = ResetRequest(
    instance="acme", environment="sandbox", host="crm.example.com", operator="op", user_id="1",
    user_name="user1", name="User 1", email="u1@example.com", ticket="", batch="spring",
)  # fmt: skip


def user(number, *, email="", user_name=""):
    email = email or f"u{number}@example.com"
    return User(str(number), user_name or f"user{number}", f"User {number}", email, "", Status.ACTIVE, None)


USERS = [user(1), user(2), user(3, email="shared@example.com"), user(4, email="Shared@example.com")]


def ids_of(text, kind=IdentifierKind.ANY, *, users=USERS, **more):
    [found] = match_people([WantedPerson(text, 1, kind, **more)], users)
    return [one.id for one in found.candidates]


def plan_of(users, findings, **options):
    """Return the plan for people with these findings by record id; an error in their place is raised."""

    async def check(one):
        found = findings.get(one.id, ())
        if isinstance(found, Exception):
            raise found
        return PreparedReset(INSTANCE, Profile(one, (), ()), None, None, tuple(found))

    options = {"batch_id": "b1", "done": {}, **options}
    return plan_batch(INSTANCE, picked_people(users), check, **options)


async def found_plan(found):
    """Return the planned people for rows that match nobody, or several: no profile is read."""

    async def check(one):
        raise AssertionError(one)

    return (await plan_batch(INSTANCE, found, check, batch_id="b1", done={})).people


def verdicts(plan):
    return [person.verdict for person in plan.people]


def test_a_text_can_be_email_user_name_or_record_id_whatever_its_case():
    assert ids_of("U1@EXAMPLE.com") == ids_of("User1") == ids_of("1") == ["1"]
    assert ids_of("nobody") == ids_of("") == []


def test_the_kind_of_a_column_decides_what_a_text_can_be():
    users = [user(1, user_name="2"), user(2), user(3, user_name="u2@example.com")]
    assert ids_of("2", users=users) == ["1", "2"]
    assert ids_of("2", IdentifierKind.RECORD_ID, users=users) == ["2"]
    assert ids_of("2", IdentifierKind.USER_NAME, users=users) == ["1"]
    assert ids_of("u2@example.com", IdentifierKind.EMAIL, users=users) == ["2"]


def test_the_user_name_of_the_row_decides_among_several_with_one_email():
    assert ids_of("shared@example.com") == ["3", "4"]
    assert ids_of("shared@example.com", user_name="USER4") == ["4"]
    assert ids_of("shared@example.com", user_name="somebody.else") == ["3", "4"]


def test_an_odd_email_is_meant_if_somebody_has_exactly_that():
    odd = user(5, email="u1@example,com")
    assert ids_of("u1@example", written="u1@example,com", users=[*USERS, odd]) == ["5"]


async def test_verdicts_follow_from_the_findings_and_a_stopped_person_can_be_taken_in():
    locked, blocked = Finding("locked", "Locked."), Finding("inactive", "Inactive.", is_blocking=True)
    note = Finding("sent_before", "Sent before.")
    plan = await plan_of(USERS[:3], {"1": [locked], "2": [blocked], "3": [note]})
    assert verdicts(plan) == [PlanVerdict.STOPPED, PlanVerdict.SKIPPED, PlanVerdict.LINK]
    assert [person.reason for person in plan.people] == ["Locked.", "Inactive.", "Sent before."]
    taken = plan.with_stopped_taken_in({"1", "2"})
    assert verdicts(taken) == [PlanVerdict.LINK, PlanVerdict.SKIPPED, PlanVerdict.LINK]
    assert taken.people[0].allowed == {"locked"}
    assert plan.with_stopped_taken_in({"2", "3"}) == plan
    assert (plan.count(PlanVerdict.LINK), taken.count(PlanVerdict.LINK)) == (1, 2)
    assert verdicts(taken.without({"3"})) == [PlanVerdict.LINK, PlanVerdict.SKIPPED]
    allowed = await plan_of(USERS[:1], {"1": [locked]}, allowed={"locked"})
    assert verdicts(allowed) == [PlanVerdict.LINK]


async def test_the_second_person_with_an_email_is_stopped_as_the_guards_will_stop_them():
    plan = await plan_of(USERS[2:], {})
    assert verdicts(plan) == [PlanVerdict.LINK, PlanVerdict.STOPPED]
    assert plan.people[1].reason == "User 3 has the same e-mail, and gets a link in this batch."
    again = await plan_of(USERS[2:], {}, allowed={"sent_recently"})
    assert verdicts(again) == [PlanVerdict.LINK, PlanVerdict.LINK]


async def test_somebody_without_a_link_keeps_nobody_from_one():
    plan = await plan_of(USERS[2:], {"3": [Finding("locked", "Locked.")]})
    assert verdicts(plan) == [PlanVerdict.STOPPED, PlanVerdict.LINK]


async def test_a_profile_that_cannot_be_read_concerns_only_this_person():
    gone, denied = UserNotFoundError("Gone."), PermissionDeniedError("Denied.")
    plan = await plan_of(USERS[:3], {"1": gone, "2": denied})
    assert verdicts(plan) == [PlanVerdict.UNKNOWN_PERSON, PlanVerdict.SKIPPED, PlanVerdict.LINK]
    assert [person.reason for person in plan.people] == ["Gone.", "Denied.", ""]
    assert [person.user for person in plan.people] == USERS[:3]
    assert {person.last_batch for person in plan.people} == {""}


async def test_progress_is_how_many_were_looked_at():
    seen = []
    await plan_of(USERS[:2], {}, on_progress=lambda looked, total: seen.append((looked, total)))
    assert seen == [(0, 2), (1, 2), (2, 2)]


async def test_a_text_that_is_one_thing_of_one_person_and_another_of_another_says_what():
    users = [user(1, user_name="2"), replace(user(2), name="")]
    [ambiguous] = await found_plan(match_people([WantedPerson("2")], users))
    assert ambiguous.verdict is PlanVerdict.AMBIGUOUS
    assert ambiguous.reason == "“2” is the user name of User 1, and the record id of user2."
    assert [one.id for one in ambiguous.candidates] == ["1", "2"]


async def test_what_is_said_of_an_email_of_several_does_not_depend_on_its_column():
    shared = await found_plan(match_people([WantedPerson("shared@example.com")], USERS))
    assert [one.reason for one in shared] == ["2 people match “shared@example.com”: user3, user4."]


async def test_who_is_named_again_is_so_with_the_place_where_they_were_named_first():
    found = match_people([WantedPerson("user1", 3), WantedPerson("u1@example.com", 9)], USERS)

    async def check(one):
        notes = (Finding("sent_before", "Sent before."), Finding("by_form", "By form."))
        last = HistoryEntry(4, REQUEST, NOW, NOW, Outcome.SENT, "")
        return PreparedReset(INSTANCE, Profile(one, (), ()), None, last, notes)

    first, again = (await plan_batch(INSTANCE, found, check, batch_id="b1", done={})).people
    assert (first.reason, first.last_batch) == ("Sent before. By form.", "spring")
    assert (again.verdict, again.user) == (PlanVerdict.REPEATED, USERS[0])
    assert again.reason == "The same person as “user1” in line 3."


async def test_of_many_with_one_email_five_are_named():
    users = [user(number, email="Desk@example.com") for number in range(1, 7)]
    wanted = WantedPerson("desk@example.com", kind=IdentifierKind.EMAIL)
    five, six = await found_plan([*match_people([wanted], users[:5]), *match_people([wanted], users)])
    assert five.reason == "5 people match “desk@example.com”: user1, user2, user3, user4, user5."
    assert six.reason == "6 people match “desk@example.com”: user1, user2, user3, user4, user5, …."


async def test_who_matches_nobody_is_unknown_with_the_reason_that_is_known():
    rows = match_people([WantedPerson("zoe"), WantedPerson("")], USERS)
    found = [*rows, replace(rows[0], problem="Permission denied.")]
    planned = await found_plan(found)
    assert [one.verdict for one in planned] == [PlanVerdict.UNKNOWN_PERSON] * 3
    assert [one.reason for one in planned] == [
        "Nobody matches “zoe”.", "The row names nobody.", "Permission denied.",
    ]  # fmt: skip
