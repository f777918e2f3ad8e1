"""Menu items that cannot be run from here: they are reported before a send, and nothing is ever requested."""

import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import SecretStr

from dazos_tui.crm.models import MenuItemKind
from dazos_tui.demo.presets import DANGEROUS_ITEMS, RESET
from dazos_tui.demo.server import DemoServer
from dazos_tui.demo.trap_presets import MISLABELLED, SCRIPTED
from dazos_tui.history.store import HistoryStore
from dazos_tui.instances.doctor import DoctorStep, run_doctor
from dazos_tui.instances.factory import Prompts, create_client
from dazos_tui.resets.service import ResetBlockedError, ResetService
from tests.support import demo_instance


def script(code):
    """Return an instance whose item that sends a link runs this code."""
    item = replace(RESET, script=code)
    return replace(SCRIPTED, name="odd-prod", profile_menu=(*DANGEROUS_ITEMS, item), row_menu=())


SHAPES = {
    "no address": SCRIPTED,
    "action=DeleteAjax": MISLABELLED,
    "two different addresses": script("go('{url}','{url}&x=1')"),
    "more than name an address": script("go()//'{url}'"),
    "two different items": replace(
        SCRIPTED,
        profile_menu=(RESET, replace(RESET, label="send RESET link", target="module=Users&action=X")),
    ),
    "same parameter twice": replace(
        SCRIPTED, profile_menu=(replace(RESET, target="module=Users&action=X&record=1"),)
    ),
    "module Users": replace(SCRIPTED, profile_menu=(replace(RESET, target="module=Leads&action=SendMail"),)),
}


@asynccontextmanager
async def at(shape, state, **config):
    with DemoServer(shape) as server, HistoryStore(state / "history.db") as store:
        instance = demo_instance(server, shape.name, **config)
        async with create_client(instance) as client:
            crm = server.instance(shape.name)
            await client.sign_in(crm.username, SecretStr(crm.password))
            yield crm, ResetService(instance, client, store), store


def any_person(crm):
    mine = {crm.username, crm.non_admin.username}
    return next(one for one in crm.people if one.active and one.email1 and one.user_name not in mine)


@pytest.mark.parametrize("why", SHAPES)
async def test_an_item_that_cannot_be_run_is_a_finding_and_nothing_is_requested(tmp_path, why):
    async with at(SHAPES[why], tmp_path) as (crm, resets, store):
        prepared = await resets.prepare(str(any_person(crm).id))
        [finding] = prepared.blockers
        assert finding.code == "unusable_menu_item"
        assert why in finding.message
        assert "for everything but Send Reset Link" not in finding.message
        assert not prepared.needs_forgot_password_form
        with pytest.raises(ResetBlockedError, match=r"Send Reset Link|send RESET link"):
            await resets.send(prepared)
        assert list(store.search()) == []
    assert (crm.actions_run, crm.outbox, crm.deleted) == ([], [], [])
    assert not any(request.method == "POST" and "record" in request.query for request in crm.requests)


async def test_the_form_may_replace_an_item_without_an_address_but_not_a_suspect_one(tmp_path):
    async with at(SCRIPTED, tmp_path, reset_route="forgot_password") as (crm, resets, _):
        prepared = await resets.prepare(str(any_person(crm).id))
        assert (prepared.item, prepared.blockers) == (None, ())
        assert "forgot-password form" in prepared.findings[0].message
        assert (await resets.send(prepared)).error is None
        assert len(crm.outbox) == 1
    async with at(MISLABELLED, tmp_path, reset_route="forgot_password") as (crm, resets, _):
        assert (await resets.prepare(str(any_person(crm).id))).blockers


@pytest.mark.parametrize(
    ("shape", "why"), [(SCRIPTED, "no address"), (MISLABELLED, "mode=changeUsername")], ids=["no", "odd"]
)
async def test_a_locked_login_is_not_enabled_by_an_item_that_cannot_be_run(tmp_path, shape, why):
    async with at(shape, tmp_path) as (crm, resets, store):
        person = any_person(crm)
        crm.accounts.lock(person, time.time())
        profile = (await resets.prepare(str(person.id))).profile
        assert profile.menu_item(MenuItemKind.ENABLE_LOGIN) is not None
        with pytest.raises(ResetBlockedError, match=why):
            await resets.enable_login(profile)
        assert list(store.search()) == []
    assert crm.actions_run == []


@pytest.mark.parametrize("why", SHAPES)
async def test_the_doctor_fails_at_that_step_and_says_what_to_do(why):
    with DemoServer(SHAPES[why]) as server:
        instance = demo_instance(server, SHAPES[why].name)

        async def credential(_):
            return SecretStr(server.instances[0].password)

        async def no_answers(_):
            return None

        *before, last = [step async for step in run_doctor(instance, Prompts(credential, no_answers))]
    assert all(step.ok for step in before)
    assert (last.step, last.ok) == (DoctorStep.MENU_ITEM, False)
    assert why in last.message
    assert ("browser" in last.advice) == (why in {"no address"})
    assert server.instances[0].actions_run == []


async def test_the_doctor_accepts_the_form_in_place_of_a_script(tmp_path):
    with DemoServer(SCRIPTED) as server:
        instance = demo_instance(server, SCRIPTED.name, reset_route="forgot_password")

        async def credential(_):
            return SecretStr(server.instances[0].password)

        async def no_answers(_):
            return None

        *_, last = [step async for step in run_doctor(instance, Prompts(credential, no_answers))]
    assert last.ok
    assert "form is used" in last.message
