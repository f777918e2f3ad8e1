"""Invisible characters and apostrophes are reported before a send and by the troubleshooter."""

from datetime import UTC, datetime

import pytest

from dazos_tui.directory.email_typos import find_email_typos
from dazos_tui.history.models import Outcome
from dazos_tui.resets.service import ResetBlockedError
from dazos_tui.troubleshooting.steps import StepStatus, diagnose
from dazos_tui.verification.next_step import SIGN_INS_NOT_LISTED, next_step
from dazos_tui.verification.service import Verdict
from tests.resets.test_form_route import FORM, FormRouteDesk, any_person, valley
from tests.resets.test_service import demo, record_id, service
from tests.verification.back_in_harness import at_work

__all__ = ["demo", "valley"]

NOW = datetime(2026, 11, 23, 13, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("elena\u200b@example.com", "U+200B ZERO WIDTH SPACE at position 6"),
        ("elena@exam\u00adple.com", "U+00AD SOFT HYPHEN at position 11"),
        ("elena@example.com\u00a0", "U+00A0 NO-BREAK SPACE at position 18"),
        ("\u202aelena@example.com\u202c", "U+202A LEFT-TO-RIGHT EMBEDDING at position 1, U+202C"),
    ],
)
async def test_an_invisible_character_is_reported_before_the_send(demo, tmp_path, email, words):
    demo.instance("harbor-prod").person("odd.garcia").email1 = email
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
        [held] = prepared.overridable
        assert (held.code, held.is_overridable) == ("invalid_email", True)
        assert words in held.message
        assert held.message.isprintable()
        with pytest.raises(ResetBlockedError):
            await resets.send(prepared)
        found = find_email_typos(prepared.profile.user.email, "Elena García", "odd.garcia", {})
        [step] = [
            step
            for step in diagnose(prepared.instance, prepared.profile, None, NOW, found)
            if words in step.message
        ]
        assert step.status is StepStatus.FOUND
    assert not demo.instance("harbor-prod").outbox


async def test_the_form_gets_the_e_mail_as_the_crm_has_it(valley, tmp_path):
    server, instance = valley
    person = any_person(instance)
    person.email1 = person.email1.replace("@", "\u200b@")
    async with FormRouteDesk(server, tmp_path, FORM) as desk:
        prepared = await desk.service.prepare(str(person.id))
        result = await desk.service.send(prepared, allowed={"invalid_email"})
    assert result.entry.outcome is Outcome.SENT
    assert [mail.to for mail in instance.outbox] == [person.email1]
    assert "\u200b" not in result.entry.request.email


async def test_the_troubleshooter_reports_an_invisible_character_in_a_user_name(demo, tmp_path):
    person = demo.instance("harbor-prod").person("odd.garcia")
    person.user_name = "odd\u200b.garcia"
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(str(person.id))
        steps = diagnose(prepared.instance, prepared.profile, None, NOW, ())
    [step] = [step for step in steps if step.code == "hidden_user_name"]
    assert "“odd.garcia” contains an invisible character: U+200B" in step.message


@pytest.mark.parametrize("place", ["user_name", "email1"])
async def test_an_apostrophe_is_reported_where_a_stock_vtiger_cannot_handle_it(valley, tmp_path, place):
    server, instance = valley
    person = any_person(instance)
    setattr(person, place, f"o'{getattr(person, place)}")
    instance.population.by_user_name[person.user_name.casefold()] = person
    async with FormRouteDesk(server, tmp_path, FORM) as desk:
        prepared = await desk.service.prepare(str(person.id))
        result = await desk.service.send(prepared)
        steps = diagnose(prepared.instance, prepared.profile, result.entry, NOW, ())
    assert result.entry.outcome is Outcome.REFUSED
    [step] = [step for step in steps if step.code == "apostrophe"]
    assert step.status is StepStatus.FOUND
    assert "refuses them although they are right" in step.message
    assert not instance.outbox


async def test_without_an_apostrophe_none_is_reported(demo, tmp_path):
    async with service(demo, tmp_path) as (resets, _):
        prepared = await resets.prepare(record_id(demo, "odd.garcia"))
    codes = {step.code for step in diagnose(prepared.instance, prepared.profile, None, NOW, ())}
    assert not codes & {"apostrophe", "hidden_user_name"}


async def test_not_back_in_with_an_apostrophe_says_why_sign_ins_are_not_seen(demo, tmp_path):
    async with at_work(demo, tmp_path) as desk:
        plain = desk.reset()
        assert next_step(plain, plain.requested_at) == "Give the mail a few minutes."
        person = desk.crm.person("odd.garcia")
        person.email1 = "elena.o'hara@harbor.example.com"
        entry = desk.reset()
        assert next_step(entry, entry.requested_at) == f"{SIGN_INS_NOT_LISTED} Give the mail a few minutes."
        verdict, words = await desk.verdict(entry)
        assert (verdict, words) == (Verdict.WAITING, SIGN_INS_NOT_LISTED)
