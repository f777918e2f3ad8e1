"""The troubleshooter: each branch applies to a person in the demo, read over HTTP."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from dazos_tui.config.models import Instance
from dazos_tui.crm.client import CrmClient
from dazos_tui.crm.models import Profile, Status
from dazos_tui.crm.reader import UserListReader
from dazos_tui.demo.server import DemoServer
from dazos_tui.directory.email_typos import count_domains, find_email_typos
from dazos_tui.history.models import BackIn, BackInProof, CrmAction, HistoryEntry, Outcome, ResetRequest
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.factory import create_client
from dazos_tui.resets.findings import RESEND_CODES
from dazos_tui.resets.service import ResetService
from dazos_tui.troubleshooting.steps import (
    Remedy,
    StepStatus,
    TroubleshootingStep,
    diagnose,
    diagnose_missing_user,
    summarize,
)
from tests.support import demo_instance

NOW = datetime(2026, 11, 23, 13, 37, tzinfo=UTC)
SECRETS = ("demo-admin-password", "demokey", "demohash")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    with DemoServer() as server:
        yield server


@pytest.fixture
def instance(demo: DemoServer) -> Instance:
    return demo_instance(demo)


@pytest.fixture
async def client(demo: DemoServer, instance: Instance) -> AsyncIterator[CrmClient]:
    async with create_client(instance) as client:
        await client.sign_in(instance.username, SecretStr(demo.instance("harbor-prod").password))
        yield client


async def profile_of(demo: DemoServer, client: CrmClient, user_name: str) -> Profile:
    return await client.fetch_profile(str(demo.instance("harbor-prod").person(user_name).id))


async def domains(client: CrmClient):
    reader = UserListReader(client, statuses=(Status.ACTIVE, Status.INACTIVE))
    return count_domains([user async for arrival in reader.read() for user in arrival.users])


def steps_for(instance, profile, last=None, known=()):
    return diagnose(instance, profile, last, NOW, known)


def found(steps):
    return [step.code for step in steps if step.status is StepStatus.FOUND]


def asked(steps):
    return [step.code for step in steps if step.status is StepStatus.ASK]


def step_of(steps, code) -> TroubleshootingStep:
    [found_one] = (step for step in steps if step.code == code)
    assert isinstance(found_one, TroubleshootingStep)
    return found_one


def reset_of(profile, outcome=Outcome.SENT, *, minutes=5, **changes) -> HistoryEntry:
    user = profile.user
    request = ResetRequest(
        "harbor-prod", "production", "crm.example.com", "demo.admin", user.id, user.user_name, user.name,
        user.email, "T-1",
    )  # fmt: skip
    entry = HistoryEntry(7, request, NOW - timedelta(minutes=minutes), NOW, outcome, "")
    return replace(entry, **changes)


INACTIVE = "anna.ivory"
BRANCHES = [
    (INACTIVE, "inactive", Remedy.OPEN_IN_BROWSER),
    ("vera.acorn", "role", Remedy.OPEN_IN_BROWSER),
    ("dana.ferry", "role", Remedy.OPEN_IN_BROWSER),
    ("hugo.copper", "locked", Remedy.ENABLE_LOGIN),
    ("leo.copper", "no_email", Remedy.OPEN_IN_BROWSER),
    ("lena.acorn", "address_domain", Remedy.OPEN_IN_BROWSER),
    ("ada.hazel", "address_domain", Remedy.OPEN_IN_BROWSER),
    ("otto.beacon", "address_local_part", Remedy.OPEN_IN_BROWSER),
    ("ben.hazel", "address_comma", Remedy.OPEN_IN_BROWSER),
    ("odd.garcia", None, None),
]


async def test_every_branch_applies_to_a_person_in_the_demo(demo, instance, client):
    known = await domains(client)
    for user_name, code, remedy in BRANCHES:
        profile = await profile_of(demo, client, user_name)
        user = profile.user
        steps = steps_for(
            instance,
            profile,
            reset_of(profile),
            find_email_typos(user.email, user.name, user.user_name, known),
        )
        assert found(steps) == ([code] if code else []), user_name
        if code:
            assert step_of(steps, code).remedy is remedy
            assert step_of(steps, code).advice


async def test_hardly_any_other_address_in_the_demo_looks_misspelt(client):
    reader = UserListReader(client, statuses=(Status.ACTIVE, Status.INACTIVE))
    everybody = [user async for arrival in reader.read() for user in arrival.users]
    known = count_domains(everybody)
    doubted = {
        user.user_name for user in everybody if find_email_typos(user.email, user.name, user.user_name, known)
    }
    assert doubted == {"lena.acorn", "ada.hazel", "otto.beacon", "ben.hazel"}


async def test_a_misspelt_address_is_reported_with_its_facts(demo, instance, client):
    profile = await profile_of(demo, client, "lena.acorn")
    known = await domains(client)
    steps = steps_for(
        instance, profile, None, find_email_typos(profile.user.email, "Lena Acorn", "lena.acorn", known)
    )
    colleagues = known["harbor.example.com"]
    assert step_of(steps, "address_domain").message == (
        f"“habror.example.com” is one letter off from harbor.example.com, which {colleagues} colleagues use. "
        "Was lena.acorn@harbor.example.com meant?"
    )


async def test_after_a_real_send_nothing_is_found_and_the_person_is_asked(demo, instance, client, tmp_path):
    with HistoryStore(tmp_path / "history.db") as store:
        service = ResetService(instance, client, store)
        profile = await profile_of(demo, client, "odd.zoe")
        assert found(diagnose(instance, profile, None, datetime.now(UTC), ())) == ["never_sent"]
        await service.send(await service.prepare(profile.user.id))
        steps = diagnose(instance, profile, store.search()[0], datetime.now(UTC), ())
        assert found(steps) == []
        assert step_of(steps, "sent").status is StepStatus.FINE
        assert asked(steps) == ["mail", "newest", "link", "browser", "instance"]
        demo.instance("harbor-prod").faults.answer_with("action", "<html>")
        await service.send(await service.prepare(profile.user.id), allowed=RESEND_CODES)
        steps = diagnose(instance, profile, store.search()[0], datetime.now(UTC), ())
    assert found(steps) == ["unknown"]


@pytest.fixture
async def garcia(demo, client) -> Profile:
    return await profile_of(demo, client, "odd.garcia")


@pytest.mark.parametrize(
    ("outcome", "code", "remedy"),
    [
        (Outcome.UNKNOWN, "unknown", Remedy.CHECK_SIGN_INS),
        (Outcome.REFUSED, "refused", Remedy.OPEN_IN_BROWSER),
        (Outcome.NOT_SENT, "not_sent", Remedy.SEND_AGAIN),
    ],
)
def test_the_outcome_of_the_last_link_is_found(instance, garcia, outcome, code, remedy):
    steps = steps_for(instance, garcia, reset_of(garcia, outcome, message="No, said the CRM."))
    assert found(steps) == [code]
    assert step_of(steps, code).remedy is remedy
    assert "5 min ago" in step_of(steps, code).message
    assert ("mail" in asked(steps)) is (outcome is Outcome.UNKNOWN)
    assert ("No, said the CRM." in step_of(steps, code).message) is (outcome is Outcome.REFUSED)


def test_an_unknown_outcome_advises_to_check_session_and_sign_ins(instance, garcia):
    step = step_of(steps_for(instance, garcia, reset_of(garcia, Outcome.UNKNOWN)), "unknown")
    assert "your own session" in step.advice
    assert "login history" in step.advice


@pytest.mark.parametrize(
    ("proof", "words"), [(BackInProof.SIGN_IN, "login history shows"), (BackInProof.PERSON, "they said")]
)
def test_a_person_who_is_back_in_has_another_problem(instance, garcia, proof, words):
    last = reset_of(garcia, minutes=300, back_in=BackIn(NOW - timedelta(hours=3), proof))
    steps = steps_for(instance, garcia, last)
    assert found(steps) == ["back_in"]
    assert "3 h ago" in step_of(steps, "back_in").message
    assert words in step_of(steps, "back_in").message
    assert asked(steps) == ["browser", "instance"]


@pytest.mark.parametrize(
    ("outcome", "words"), [(Outcome.SENT, "went to old@"), (Outcome.UNKNOWN, "was meant to go to old@")]
)
def test_an_address_that_changed_since_the_last_link_is_found(instance, garcia, outcome, words):
    last = reset_of(garcia, outcome)
    last = replace(last, request=replace(last.request, email="old@example.com"))
    steps = steps_for(instance, garcia, last)
    assert "sent_elsewhere" in found(steps)
    assert words in step_of(steps, "sent_elsewhere").message
    assert "arrived at old@example.com" in step_of(steps, "mail").message


@pytest.mark.parametrize(
    ("outcome", "advice"),
    [
        (Outcome.SENT, "Have them sign in with the password they had."),
        (Outcome.UNKNOWN, "If it is still locked, try again"),
        (Outcome.REFUSED, "If it is still locked, try again"),
        (Outcome.NOT_SENT, "If it is still locked, try again"),
    ],
)
def test_an_enabled_login_is_asked_about(instance, garcia, outcome, advice):
    steps = steps_for(instance, garcia, reset_of(garcia, outcome, action=CrmAction.ENABLE_LOGIN))
    assert found(steps) == []
    assert asked(steps) == ["enabled", "browser", "instance"]
    assert step_of(steps, "enabled").advice.startswith(advice)


async def test_no_link_is_proposed_while_it_cannot_help(demo, instance, client):
    for user_name in (INACTIVE, "vera.acorn", "leo.copper"):
        steps = steps_for(instance, await profile_of(demo, client, user_name))
        assert found(steps)[-1] == "never_sent"
        assert all(step.remedy is not Remedy.SEND_AGAIN for step in steps)
        assert "First fix the problem" in step_of(steps, "never_sent").advice
    steps = steps_for(instance, await profile_of(demo, client, "hugo.copper"))
    assert step_of(steps, "never_sent").remedy is Remedy.SEND_AGAIN


async def test_an_invalid_address_is_found_without_typos(demo, instance, client):
    profile = await profile_of(demo, client, "ben.hazel")
    assert found(steps_for(instance, profile, reset_of(profile))) == ["invalid_email"]


def test_found_comes_first_then_questions_then_what_is_fine(instance, garcia):
    order = [step.status for step in steps_for(instance, garcia)]
    assert order == sorted(order, key=list(StepStatus).index)
    assert set(order) == set(StepStatus)


async def test_each_step_has_its_own_code_and_a_sentence(demo, instance, client):
    known = await domains(client)
    for user_name, _, _ in BRANCHES:
        profile = await profile_of(demo, client, user_name)
        user = profile.user
        steps = steps_for(
            instance, profile, None, find_email_typos(user.email, user.name, user.user_name, known)
        )
        assert len({step.code for step in steps}) == len(steps)
        assert all(step.title and step.message.endswith((".", "?", "”")) for step in steps)
        assert all(step.advice for step in steps if step.status is not StepStatus.FINE)


def test_a_person_missing_under_users_may_be_elsewhere():
    steps = diagnose_missing_user("jo doe", ("summit-prod", "ridge-prod"), is_certain=True)
    assert found(steps) == ["missing"]
    assert "“jo doe”" in steps[0].message
    assert asked(steps) == ["instance", "portal", "no_account"]
    assert "summit-prod, ridge-prod" in step_of(steps, "instance").message
    assert step_of(steps, "instance").remedy is Remedy.OTHER_INSTANCES


def test_without_other_instances_no_search_there_is_proposed():
    assert asked(diagnose_missing_user("jo doe", (), is_certain=True)) == ["portal", "no_account"]


def test_the_summary_says_what_was_checked_what_was_found_and_what_to_do(instance, garcia):
    text = summarize(garcia, steps_for(instance, garcia, reset_of(garcia, Outcome.UNKNOWN)))
    lines = text.splitlines()
    assert lines[0] == (
        "Looked into why Elena García (odd.garcia, odd.garcia@harbor.example.com) cannot get in."
    )
    assert [line for line in lines if not line.startswith("- ")] == [
        lines[0],
        "Found:",
        "To ask:",
        "In order:",
    ]
    assert "- A link was requested 5 min ago and no clear answer came: it may have been sent. Check" in text
    assert "- The account is active." in lines


def test_the_summary_without_last_reset_has_no_empty_part(instance, garcia):
    text = summarize(garcia, [step for step in steps_for(instance, garcia) if step.status is StepStatus.ASK])
    assert "Found:" not in text
    assert "In order:" not in text


async def test_no_secret_and_no_lifetime_is_mentioned(demo, instance, client):
    for user_name, _, _ in BRANCHES:
        profile = await profile_of(demo, client, user_name)
        text = summarize(profile, steps_for(instance, profile, reset_of(profile)))
        assert not any(secret in text for secret in SECRETS)
        for line in text.splitlines():
            if "link" in line.casefold() and "lock" not in line.casefold():
                assert not any(word in line for word in ("hour", "24 h", "10 minutes"))
